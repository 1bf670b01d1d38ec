"""A board under soak: real MicroPython on a stepped clock; broker, flash and power fail when they are told to."""

import asyncio
import os
import resource
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

from board_case import DEVICE, ROOT_KEY, TENANT
from lilong_firmware.kinds import rules
from lilong_protocol import topics
from lilong_simulator.fleet.board_config import BoardConfig
from lilong_simulator.fleet.board_lines import Handled, Line, Note, Offline, Online, Output, Refused
from lilong_simulator.fleet.plant import Plant
from lilong_simulator.fleet.process import HEAP, BoardProcess
from lilong_tools.broker.embedded import EmbeddedBroker
from lilong_tools.broker.embedded_client import Message

from tests.soak.dangers import SECOND

PATIENCE_S = 30  # real time, for what the processes do
STRIDE_MS = 60 * SECOND  # at most between two looks
LAMP_STRIDE_MS = 1_900  # its plant answers between two: a relay that does not is a fault after 2 s
BEAT_S = 300  # so often at least a device is heard that sleeps otherwise
GIVEN = {
    "door": {
        "cards": b"".join((7 + n * 1_000).to_bytes(4, "big") for n in range(300)),
        "pins": (10_042).to_bytes(4, "big"),
        "card_key": bytes(range(32)),
    },
    "intercom": {"cards": (7).to_bytes(4, "big"), "pins": (10_042).to_bytes(4, "big"), "card_key": bytes(range(32))},
    "vehicle_lane": {"cards": bytes(4 * 200), "paying": b"\x01", "card_key": bytes(range(32))},
    "cycle_gate": {"cards": bytes(4 * 600), "bicycles": bytes(4 * 120), "lobby": b"\x01", "card_key": bytes(range(32))},
    "streetlight": {"calendar": b"\x09\x60\x0c\xe4" * 37},
    "gateway": {"children": b"\x00\x5a\x00\x01" * 290},
}


class Broker(EmbeddedBroker):
    """Its port stays its own while it is down: nobody listens there then."""

    def __init__(self) -> None:
        super().__init__()
        self.hear: Callable[[str, bytes], None] = lambda *_: None
        self.up = False

    async def start(self) -> Self:
        if not self.port:
            self._holder = socket.socket()
            self._holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self._holder.bind((self.host, 0))
            self.port = self._holder.getsockname()[1]
        await super().start()
        self.up = True
        return self

    async def stop(self, *_: object) -> None:
        if self.up:
            await super().stop()
        self.up = False
        for session in list(self.sessions.values()):
            self.forget(session)

    def close(self) -> None:
        self._holder.close()

    def publish(self, message: Message) -> None:
        super().publish(message)
        if "/u/" in message.topic:
            self.hear(message.topic, message.payload)


class Subject:
    """One device over all its lives. Times are world ms; its own clock is faster by `drift_ppm`.

    outputs: as they stand. raised: (code, boot, seq) of the alarms that it has decided on, with the world's time.
    """

    def __init__(self, kind: str, folder: Path, heap: str = HEAP) -> None:
        self.kind = kind
        self.now = 0
        self.drift_ppm = 0
        self.outputs: dict[str, int] = {}
        self.raised: dict[tuple[int, int, int], int] = {}
        self.values: dict[str, int | None] = {channel[0]: channel[2] for channel in rules(kind).CHANNELS}
        self.interrupts = {channel[0] for channel in rules(kind).CHANNELS if not channel[1]}
        self.broker = Broker()
        self.born = 0
        self.lives = 0
        self.complaints: list[str] = []  # why connections ended
        self.flash = folder / "flash"
        self.tls: tuple[int, bytes] | None = None  # port and CA of what speaks TLS in front of the broker
        self._heap = heap
        self._uptime = self._drifted = 0
        self._plant = Plant()
        self._felt: list[tuple[str, int]] = []
        self._bell = asyncio.Event()
        self._handled = self._offline = 0
        self._online = False

    # ---- power

    async def power_on(self) -> None:
        self.outputs = {}
        self._uptime = self._drifted = 0
        self.born = self.now
        self._online = False
        self._process = BoardProcess(self._line, heap=self._heap)
        at_pins: Any = {name: value for name, value in self.values.items() if name not in ("credential", "pin")}
        port, ca = self.tls or (self.broker.port, None)
        config = BoardConfig(
            TENANT, DEVICE, self.kind, ROOT_KEY, self.broker.host, port, beat_s=BEAT_S, store=str(self.flash),
            seed=b"soak %d" % self.lives, data=GIVEN.get(self.kind, {}), values=at_pins, stepped=True,
            tls=ca and {"ca": ca},
        )  # fmt: skip
        self.lives += 1
        await self._process.start(config)
        await self.run_to(self.now)

    async def power_off(self, ms: int = 0) -> None:
        """For so long."""
        await self._process.stop()
        self.now += ms

    # ---- time

    async def run_to(self, when: int) -> None:
        """Let the device live up to a time of the world."""
        stride = LAMP_STRIDE_MS if self.kind == "streetlight" else STRIDE_MS
        while True:
            step = min(stride, when - self.now)
            self.now += step
            self._drifted += step * self.drift_ppm
            self._uptime += step + self._drifted // 1_000_000
            self._drifted %= 1_000_000
            await self._at()
            if self.now >= when:
                return

    async def set(self, *changes: tuple[str, int | None]) -> None:
        """The sensors read so from now on, and the device acts on it at this instant where they interrupt it."""
        self.values.update(changes)
        await self._at(*changes)

    async def _at(self, *changes: tuple[str, int | None]) -> None:
        while True:
            felt, self._felt = self._felt, []
            self.values.update(felt)
            await asyncio.wait_for(self._process.at(self._uptime, *changes, *felt), PATIENCE_S)
            changes = ()
            if not self._felt:
                return

    # ---- the link

    @property
    def connected(self) -> bool:
        session = self.broker.sessions.get(DEVICE)
        return self._online and session is not None and session.connection is not None

    async def deliver(self, cls: str, data: bytes, retain: bool = False) -> None:
        """Something comes down, from whomever; nothing does without a link."""
        if not self.connected:
            return
        await self.told(lambda: self.broker.publish(Message(topics.down(TENANT, DEVICE, cls), data, 1, retain)))

    async def told(self, say: Callable[[], object]) -> None:
        """Say something down, and have the device take it, unless its connection ends first."""
        handled, offline = self._handled, self._offline
        say()
        await self._until(lambda: self._handled > handled or self._offline > offline)
        await self._at()

    def answer(self, cls: str, data: bytes) -> None:
        """A backend's answer, on the heels of what it answers."""
        self.broker.publish(Message(topics.down(TENANT, DEVICE, cls), data, 1, False))

    async def cut(self, junk: bytes = b"") -> None:
        """The link breaks, or brings bytes that are no MQTT."""
        if not self.connected:
            return
        offline = self._offline
        connection = self.broker.sessions[DEVICE].connection
        assert connection is not None
        if junk:
            connection.transport.write(junk)
        else:
            self.broker.drop(DEVICE)
        await self._until(lambda: self._offline > offline)
        await self._at()

    async def broker_down(self) -> None:
        offline, was = self._offline, self.connected
        await self.broker.stop()
        if was:
            await self._until(lambda: self._offline > offline)

    # ---- flash

    def fill_flash(self, full: bool) -> None:
        """No byte more can be written, whatever the file; or it has room again."""
        pid = self._process.pid
        assert pid is not None
        if os.environ.get("MICROPYTHON"):  # it would end at SIGXFSZ
            self.flash.chmod(0o500 if full else 0o700)
            return
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (0 if full else resource.RLIM_INFINITY, resource.RLIM_INFINITY))

    def lose_flash(self, lost: bool) -> None:
        """Every access fails; or the chip answers again, with what it had."""
        away = self.flash.with_name("away")
        if lost:
            self.flash.rename(away)
        else:
            away.rename(self.flash)

    def files(self) -> dict[str, int]:
        """Bytes of each file of the store."""
        return {path.name: path.stat().st_size for path in self.flash.iterdir()} if self.flash.is_dir() else {}

    async def memory(self) -> int:
        """Bytes that live on the heap."""
        return (await self._process.memory()).allocated

    # ---- inside

    async def _until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while not condition():
                self._bell.clear()
                await self._bell.wait()

    def _line(self, line: Line) -> None:
        match line:
            case Output(name, value, _):
                self.outputs[name] = value
                if self.kind == "streetlight":
                    self._felt += self._plant.answer(name, value)
            case Note("raised", code, boot, seq, _):
                self.raised[code, boot, seq] = self.now
            case Handled():
                self._handled += 1
            case Online():
                self._online = True
            case Offline(why):
                self._online = False
                self._offline += 1
                self.complaints.append(why)
            case Refused(why):
                self.complaints.append(f"refused {why}")
        self._bell.set()
