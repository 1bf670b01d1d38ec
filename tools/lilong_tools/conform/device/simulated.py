"""A simulated device of our own for `conform device --simulate`: in the live fleet, or a MicroPython process."""

import asyncio
import tempfile
from pathlib import Path
from types import TracebackType

from lilong_firmware.device import Device, Identity
from lilong_firmware.draws import Draws
from lilong_firmware.kinds import rules
from lilong_firmware.store import RamStore
from lilong_simulator.fleet.board_lines import Line, Output
from lilong_simulator.fleet.live import LiveFleet
from lilong_simulator.fleet.plant import Plant
from lilong_simulator.fleet.process import BoardConfig, BoardError, BoardProcess

from ...broker import Broker

OFF_S = 0.2


class _Unobserved:
    """Measures nothing."""

    def output(self, at: float, device: str, name: str, value: int) -> None: ...
    def note(self, at: float, device: str, what: str, code: int, boot: int, seq: int) -> None: ...
    def sent(self, at: float, device: str, cls: str, frame: bytes) -> None: ...
    def lag(self, lag_ms: float) -> None: ...
    def link(self, at: float, device: str, up: bool) -> None: ...


class InFleet:
    """Our firmware on CPython over a real connection. `boot` rises with each `renew`: what it has stored is gone."""

    def __init__(self, broker: Broker, identity: Identity, kind: str, boot: int) -> None:
        self._identity, self._rules = identity, rules(kind)
        self._boot = boot
        self._store = RamStore()
        self._values: dict[str, int] = {}
        password = None if broker.password is None else broker.password.encode()
        self._fleet = LiveFleet(
            identity.tenant, broker.host, broker.port, _Unobserved(), username=broker.username, password=password
        )

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
        self._store, self._values = RamStore(), {}
        self._boot += 1_000
        await self._power(self._boot)

    async def _power(self, boot: int | None) -> None:
        if self._identity.device in self._fleet.members:
            self._fleet.destroy(self._identity.device)
            await asyncio.sleep(OFF_S)
        seed = f"{self._boot} {self._fleet.now()}".encode()
        device = Device(self._identity, self._rules, self._store, Draws(seed), boot=boot)
        self._fleet.add(self._identity.device, device, self._fleet.now(), dict(self._values))


class OnBoard:
    """The firmware image in a MicroPython process, with a folder for its flash."""

    def __init__(self, broker: Broker, identity: Identity, kind: str, boot: int) -> None:
        self._broker, self._identity, self._kind = broker, identity, kind
        self._boot = boot
        self._folder = tempfile.TemporaryDirectory(prefix="lilong-conform-")
        self._lives = 0
        self._values: dict[str, int] = {}
        self._plant = Plant()
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

    async def _on(self, boot: int | None) -> None:
        await self._off()
        broker, identity = self._broker, self._identity
        store = Path(self._folder.name) / str(self._lives)
        store.mkdir(exist_ok=True)
        self._process = BoardProcess(self._told)
        await self._process.start(
            BoardConfig(
                identity.tenant, identity.device, self._kind, identity.root, broker.host, broker.port, boot=boot,
                store=str(store), username=broker.username, password=broker.password, values=dict(self._values),
            )
        )  # fmt: skip

    async def _off(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            await process.stop()
            await asyncio.sleep(OFF_S)

    def _told(self, line: Line) -> None:
        if isinstance(line, Output) and self._process is not None:
            try:
                for channel, value in self._plant.answer(line.name, line.value):
                    self._process.set(channel, value)
            except BoardError:
                pass  # it has just ended
