"""What happens to a device under soak beside the dangers: link, broker, backend, flash, power, orders, an enemy."""

import random

from lilong_protocol import codes, frame, topics

from tests.soak.centre import Centre
from tests.soak.dangers import MINUTE, SECOND
from tests.soak.subject import Subject

# Long ones. lost: every access to the flash fails, as with a chip that does not answer.
WEATHER = ("silent", "down", "full", "silent and full", "lost", "calm")
SHORT = (
    "cut", "junk", "restart", "forged", "forged", "command", "command", "configure", "request", "offer",
)  # fmt: skip
NO_MQTT = (b"\xff" * 9, b"\0\0", b"\x30\xff\xff\xff\xff")
# Those that change nothing of what is judged: a reset of an alarm whose danger is there is refused.
PLAIN = ((codes.CMD_TEST, {}), (codes.CMD_RESET, {}), (99, {}))
COMMANDS = {
    "gas": (*PLAIN, (codes.CMD_OPEN_VALVE, {})),
    "door": (*PLAIN, (codes.CMD_CARD_REVOKE, {0: 5, 1: 1}), (codes.CMD_CARDS_CONFIRM, {0: 1})),
    "streetlight": ((codes.CMD_SET_LEVEL, {0: 100}), (codes.CMD_SET_LEVEL, {0: 101}), (codes.CMD_AUTOMATIC, {})),
}


class Faults:
    """counts: how often each came. unkept: the flash has failed in this round, so that a restart may raise anew."""

    def __init__(self, kind: str, device: Subject, centre: Centre, noise: random.Random) -> None:
        self.counts: dict[str, int] = {}
        self.unkept = False
        self._kind = kind
        self._device = device
        self._centre = centre
        self._noise = noise
        self._version = 0

    def spell(self, begin: int, end: int, weather: str) -> list[tuple[int, str]]:
        """When the long fault of a round comes and goes."""
        if weather == "calm":
            return []
        sixth = (end - begin) // 6
        start = begin + self._noise.randrange(sixth)
        stop = end - 2 * MINUTE - self._noise.randrange(sixth)  # whole again when the power goes
        return [(start, weather), (stop, f"no longer {weather}")]

    def short(self) -> list[str]:
        """The short ones of a round."""
        return [what for what in SHORT for _ in range(self._noise.randint(1, 2))]

    async def power(self) -> None:
        self.counts["power"] = self.counts.get("power", 0) + 1
        await self._device.power_off(self._noise.randint(0, 30 * SECOND))
        await self._device.power_on()

    async def happen(self, what: str) -> None:
        self.counts[what] = self.counts.get(what, 0) + 1
        if what in WEATHER or what.startswith("no longer"):
            await self._weather(what, what.startswith("no longer"))
        elif what in ("cut", "junk", "restart"):
            await self._link(what)
        else:
            await self._message(what)

    async def _weather(self, what: str, over: bool) -> None:
        device = self._device
        if "silent" in what:
            self._centre.silent = not over
        if "full" in what:
            device.fill_flash(not over)
            self.unkept = True
        if "lost" in what:
            device.lose_flash(not over)
            self.unkept = True
        if "down" in what and over:
            await device.broker.start()
        elif "down" in what:
            await device.broker_down()

    async def _link(self, what: str) -> None:
        device = self._device
        if what == "cut":
            await device.cut()
        elif what == "junk":
            await device.cut(self._noise.choice(NO_MQTT))
        elif device.broker.up:
            await device.broker_down()
            await device.broker.start()

    async def _message(self, what: str) -> None:
        device, centre, noise = self._device, self._centre, self._noise
        if what == "forged":
            for _ in range(3):
                await device.deliver(*centre.forgery(), retain=noise.random() < 0.2)
        elif what == "command":
            number, arguments = noise.choice(COMMANDS.get(self._kind, PLAIN))
            self._order(frame.COMMAND, topics.COMMAND, {0: number, 1: arguments})
        elif what == "configure":
            self._version += 1
            settings = {codes.S_LOG_LEVEL: noise.randint(0, 9), noise.randint(20, 99): 1, codes.S_HELD_OPEN: 1}
            centre.configure(self._version, settings)
        elif what == "request":
            body = noise.choice(({0: 0}, {0: 1, 1: "ev", 2: 1, 3: 1, 4: 99}, {0: 9}, {0: 1, 1: "al", 2: 1, 3: 1, 4: 2}))
            self._order(frame.REQUEST, topics.COMMAND, body)
        elif what == "offer":
            self._offer()

    def _offer(self) -> None:
        """An update that must not go into effect: too large, for nobody, or its bytes are not those of its digest."""
        noise = self._noise
        self._centre.artifact = noise.randbytes(noise.randint(1, 2_000))
        size = noise.choice((len(self._centre.artifact), 1 << 24, 0))
        body = {0: noise.randrange(1 << 16), 1: noise.choice((0, 1, 7)), 2: "9.9", 3: size, 4: noise.randbytes(32)}
        self._order(frame.UPDATE_OFFER, topics.UPDATE, body)

    def _order(self, kind: int, cls: str, body: dict[int, object]) -> None:
        self._centre.order(kind, cls, body, at_birth=not self._device.connected)
