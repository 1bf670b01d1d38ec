"""The radio of a board with a cellular modem: the modem up to its data call, PPP on its line, and an end to both.

PPP that says it is lost, or never gets a link, or carries no connection to the broker any more, is hung up, and the
modem begins anew: a carrier that goes without a word shows in nothing but that. Names of `network.PPP` are those of
MicroPython 1.27 and later, esp32. Times are uptimes in ms.
"""

import asyncio
from binascii import crc32

from .modem import DATA, OFF, PULSE_MS, REFUSED, STOPPING, Modem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

LOOK_MS = 100
UP_MS = 60_000  # (ours) for LCP, authentication and IPCP
LOST_MS = 30_000  # PPP without a link for so long is hung up
VAIN = 6  # (ours) connections in vain over PPP that says it is up, then twice as many each time
VAIN_MAX = 96
RECORD = "sim"  # of the store: the CRC of a PIN that must not be tried again


class Cellular:
    """dial: makes PPP on the line and starts it; it is `network.PPP` with its login (`dialler`).

    given: {"apn", "user", "password", "pin"} of the configuration. store: gives the device's store, once it runs.
    came: called when the link has come up. told: what happens, in words.
    """

    def __init__(
        self, uart: "Any", key: "Any", dial: "Callable[[dict[str, str]], Any]", given: "dict[str, str] | None",
        clock: "Callable[[], int]", store: "Callable[[], Any]", came: "Callable[[], None]",
        told: "Callable[[str], None]",
    ) -> None:  # fmt: skip
        self._given: dict[str, str] = given or {}
        self.modem = Modem(uart, key, self._given)
        self._dial = dial
        self._clock = clock
        self._store = store
        self._came = came
        self._told = told
        self._known = False  # whether the PIN is spent
        self._failures = 0  # that were told
        self._ppp: Any = None
        self._up_at = 0  # when it was last up, or dialled
        self._was_up = False
        self._vain = 0
        self._vain_most = VAIN

    async def run(self) -> None:
        """For ever."""
        while True:
            self.look()
            await asyncio.sleep_ms(LOOK_MS)  # type: ignore[attr-defined]  # MicroPython's

    def look(self) -> None:
        modem = self.modem
        now = self._clock()
        if not self._known:
            self._known = True
            modem.use(self._given, _kept(self._store()) == self._mark())
        if modem.state != DATA:
            spent = modem.pin_spent
            modem.poll(now)
            if modem.pin_spent != spent:
                self._keep(modem.pin_spent)
        elif self._ppp is None:
            self._up_at = now
            self._was_up = False
            try:
                self._ppp = self._dial(self._given)
            except (OSError, ValueError) as error:
                self._hang_up(now, "PPP does not start: %s" % error)
        else:
            self._watch(now)
        if modem.failures != self._failures:
            self._failures = modem.failures
            left = "left alone for %d s" % (modem.pause_ms // 1000)
            self._told("%s; %s" % (modem.why, "it wants another PIN" if modem.state == REFUSED else left))

    def use(self, ways: "dict[str, Any]") -> None:
        """Another way to the backend (`access`)."""
        given = ways["modem"] or {}
        if given != self._given:
            self._given = given
            self._known = False  # it is read before the next look
            if self.modem.state == DATA:
                self._hang_up(self._clock(), "another access")

    def isconnected(self) -> bool:
        return self._ppp is not None and bool(self._ppp.isconnected())

    def name_server(self) -> str:
        """As PPP has told it; OSError while there is none."""
        if not self.isconnected():
            raise OSError("the modem has no link yet%s" % (self.modem.why and ", last: " + self.modem.why))
        return str(self._ppp.ifconfig()[3])

    def awake(self) -> bool:
        """On its way up: a board that slept now would have started its modem in vain. It ends in some minutes."""
        return self.modem.state not in (OFF, STOPPING, REFUSED) and not self.isconnected()

    def heard(self, good: bool) -> None:
        """A connection to the broker has come about, or not."""
        if good:
            self._vain = 0
            self._vain_most = VAIN
        elif self.isconnected():
            self._vain += 1
            if self._vain >= self._vain_most:
                self._vain = 0
                self._vain_most = min(2 * self._vain_most, VAIN_MAX)
                self._hang_up(self._clock(), "PPP carries nothing")

    def sleep(self) -> None:
        """The board is about to sleep: the modem is switched off, for which its key is held."""
        from time import sleep_ms  # type: ignore[attr-defined]  # noqa: PLC0415  MicroPython's

        self._end()
        if self.modem.stop():
            sleep_ms(PULSE_MS)
            self.modem.release()

    # ---- inside

    def _watch(self, now: int) -> None:
        if self._ppp.isconnected():
            self._up_at = now
            if not self._was_up:
                self._was_up = True
                self.modem.good()
                self._told("up")
                self._came()
        elif (self._ppp.status() or 0) < 0:
            self._hang_up(now, "PPP is lost (%d)" % self._ppp.status())
        elif now - self._up_at >= (LOST_MS if self._was_up else UP_MS):
            self._hang_up(now, "PPP is down")

    def _hang_up(self, now: int, why: str) -> None:
        self._end()
        self.modem.fail(now, why)

    def _end(self) -> None:
        if self._ppp is not None:
            try:
                self._ppp.active(False)
            except OSError:
                pass  # the modem is switched off anyway
            self._ppp = None

    def _mark(self) -> bytes:
        return crc32((self._given.get("pin") or "").encode()).to_bytes(4, "big")

    def _keep(self, spent: bool) -> None:
        """What cannot be kept must not be tried."""
        try:
            if spent:
                self._store().put(RECORD, self._mark())
            else:
                self._store().drop(RECORD)
        except OSError:
            if spent:
                self.modem.pin_spent = False
                self.modem.fail(self._clock(), "flash does not take that the PIN is tried")


def _kept(store: "Any") -> bytes:
    found: bytes = dict(store.items()).get(RECORD, b"")
    return found


def dialler(uart: "Any", ppp: "Callable[[Any], Any]") -> "Callable[[dict[str, str]], Any]":
    """What `Cellular` dials with. ppp: `network.PPP`. "user" and "password" are for operators that want them."""

    def dial(given: "dict[str, str]") -> "Any":
        made = ppp(uart)
        if given.get("user"):
            made.connect(security=made.SEC_CHAP, user=given["user"], key=given.get("password") or "")
        else:
            made.connect()
        return made

    return dial
