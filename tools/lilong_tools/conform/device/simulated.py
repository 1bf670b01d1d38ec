"""A simulated device of our own for `conform device --simulate`: in the live fleet, or a MicroPython process."""

import asyncio
import tempfile
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import cast

from lilong_firmware.device import Device, Identity
from lilong_firmware.draws import Draws
from lilong_firmware.kinds import rules
from lilong_firmware.rarely import end
from lilong_firmware.rules import Rules
from lilong_protocol.pc.maker import SIMULATED, SIMULATION, maker_settings
from lilong_simulator.fleet import image
from lilong_simulator.fleet.board_config import BoardConfig
from lilong_simulator.fleet.board_lines import Line, Output
from lilong_simulator.fleet.live import LiveFleet, Target
from lilong_simulator.fleet.observer import Observer
from lilong_simulator.fleet.process import UPDATING_HEAP, BoardError, BoardProcess
from lilong_simulator.fleet.process_plant import ProcessPlant
from lilong_simulator.fleet.slots import SIMULATION_KEY, simulation_image

from ...broker import Broker
from ..scenario import NotTriedError
from .mqtt_wire import Hands
from .virtual_wire import Flash

OFF_S = 0.2
FRAMES = 200  # alarm frames of a boot for which there is no room when the flash is full
CRASH_S = 10.0


class _Unobserved(Observer):
    """Measures nothing."""


class InFleet:
    """Our firmware on CPython over a real connection. `boot` rises with each `renew`: what it has stored is gone."""

    def __init__(self, broker: Broker, identity: Identity, kind: str, boot: int) -> None:
        self._identity, self._rules = identity, rules(kind)
        self._boot = boot
        self._store = Flash()
        self._values: dict[str, int] = {}
        target = Target.all_as(broker.host, broker.port, broker.username, broker.password)
        self._fleet = LiveFleet(identity.tenant, target, _Unobserved())

    async def __aenter__(self) -> "InFleet":
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None,
                        trace: TracebackType | None) -> None:  # fmt: skip
        await self._fleet.close()

    async def stimulate(self, channel: str, value: int) -> None:
        self._values[channel] = value
        self._fleet.sense(self._identity.device, channel, value)

    async def restart(self) -> None:
        await self._power(None)

    async def renew(self) -> None:
        self._store, self._values = Flash(), {}
        self._boot += 1_000
        await self._power(self._boot)

    async def fill_flash(self, full: bool) -> None:
        self._store.full = full

    async def say(self, level: int) -> None:
        member = self._fleet.members[self._identity.device]
        member.device.log(self._uptime(), level, f"a line of level {level}")
        member.settle()

    async def crash(self) -> None:
        end(self._fleet.members[self._identity.device].device, self._uptime(), RuntimeError("conformance"))
        await self.restart()

    def hands(self) -> Hands:
        return Hands(self.stimulate, self.restart, self.renew, self.say, self.crash, self.fill_flash)

    @staticmethod
    def image() -> bytes:
        """What stands for firmware that it may install."""
        return simulation_image()

    def _uptime(self) -> int:
        return self._fleet.now() - self._fleet.members[self._identity.device].base

    async def _power(self, boot: int | None) -> None:
        if self._identity.device in self._fleet.members:
            self._fleet.destroy(self._identity.device)
            await asyncio.sleep(OFF_S)
        seed = f"{self._boot} {self._fleet.now()}".encode()
        device = Device(self._identity, self._rules, self._store, Draws(seed), boot=boot)
        self._fleet.add(self._identity.device, device, self._fleet.now(), dict(self._values))


class OnBoard:
    """The firmware image in a MicroPython process, with two bundles and a folder for its flash."""

    def __init__(self, broker: Broker, identity: Identity, kind: str, boot: int) -> None:
        self._broker, self._identity, self._kind = broker, identity, kind
        self._boot = boot
        self._folder = tempfile.TemporaryDirectory(prefix="lilong-conform-")
        self._lives = 0
        self._values: dict[str, int] = {}
        self._plant = ProcessPlant(self._feel)
        self._process: BoardProcess | None = None

    async def __aenter__(self) -> "OnBoard":
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None,
                        trace: TracebackType | None) -> None:  # fmt: skip
        await self._off()
        self._folder.cleanup()

    async def stimulate(self, channel: str, value: int) -> None:
        self._values[channel] = value
        if self._process is not None:
            self._process.set(channel, value)

    async def restart(self) -> None:
        await self._on(None)

    async def renew(self) -> None:
        self._lives += 1
        self._values = {}
        self._boot += 1_000
        await self._on(self._boot)

    async def fill_flash(self, full: bool) -> None:
        """In the way of each alarm frame to come stands a folder of its name."""
        boot = int.from_bytes((self._store / "boot").read_bytes(), "big")
        for seq in range(1, FRAMES):
            path = self._store / f"o{boot:08x}{seq:08x}.new"
            if full:
                path.mkdir()
            else:
                path.rmdir()

    async def crash(self) -> None:
        """A sensor reads what is no number, which no program expects."""
        channels = cast(type[Rules], rules(self._kind)).CHANNELS
        polled = next((channel[0] for channel in channels if channel[1]), None)
        if polled is None:
            raise NotTriedError(f"no sensor of a {self._kind} is sampled, so that none can read what is no number")
        sound = dict(self._values)
        self._values[polled] = "no number"  # type: ignore[assignment]
        await self._on(None)
        assert self._process is not None
        with suppress(BoardError, TimeoutError):
            async with asyncio.timeout(CRASH_S):
                while True:
                    await self._process.memory()
        kept = (self._store / "crash").exists()
        self._values = sound
        await self._on(None)
        if not kept:
            raise NotTriedError(f"what is no number on {polled} of a {self._kind} does not fault while it serves")

    def hands(self) -> Hands:
        return Hands(self.stimulate, self.restart, self.renew, crash=self.crash, fill_flash=self.fill_flash)

    @staticmethod
    def image() -> bytes:
        """Firmware that it may install: its own."""
        return image.build().read_bytes()

    @property
    def _store(self) -> Path:
        return Path(self._folder.name) / str(self._lives)

    @property
    def _slots(self) -> Path:
        return Path(self._folder.name) / f"slots{self._lives}"

    async def _on(self, boot: int | None) -> None:
        await self._off()
        broker, identity = self._broker, self._identity
        store, slots = self._store, self._slots
        for folder in (store, slots):
            folder.mkdir(exist_ok=True)
        self._process = BoardProcess(self._told, heap=UPDATING_HEAP)
        await self._process.start(
            BoardConfig(
                identity.tenant, identity.device, self._kind, identity.root, broker.host, broker.port, boot=boot,
                store=str(store), username=broker.username, password=broker.password, values=dict(self._values),
                slots=str(slots), maker=maker_settings(SIMULATION_KEY, SIMULATION, SIMULATED, self._kind),
            )
        )  # fmt: skip

    async def _off(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            await process.stop()
            await asyncio.sleep(OFF_S)

    def _told(self, line: Line) -> None:
        if isinstance(line, Output) and self._process is not None:
            self._plant.output(line.name, line.value)

    def _feel(self, channel: str, value: int) -> None:
        if self._process is not None:
            with suppress(BoardError):  # it has just ended
                self._process.set(channel, value)
