"""A real MicroPython process as a member of a live fleet: what it tells reaches the fleet's observer."""

import ssl
import tempfile
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from lilong_protocol.pc.maker import SIMULATED, SIMULATION, maker_settings

from ..estate import Device as Placed
from .board_config import BoardConfig
from .board_lines import Line, Note, Offline, Online, Output, Ready, Sent
from .live import LiveFleet
from .live.dial import NOBODY, Target
from .live.refusal import of_a_board
from .plant import LOAD
from .process import UPDATING_HEAP, BoardError, BoardProcess
from .process_plant import ProcessPlant
from .provision import Provisioner
from .slots import SIMULATION_KEY

TRIES = 5


class LiveBoard:
    """One device of an estate in a process of its own, against the same broker as the fleet."""

    def __init__(
        self,
        placed: Placed,
        provisioner: Provisioner,
        fleet: LiveFleet,
        boot: int,
        values: Mapping[str, int] | None = None,
    ) -> None:
        """values: what its sensors read at power-on, by channel, where that differs from the idle values."""
        identity = provisioner.identity(placed)
        target = fleet.target
        username, password = target.login(placed.id) or NOBODY
        self.id = placed.id
        self._config = BoardConfig(
            identity.tenant, placed.id, placed.kind, identity.root, target.host, target.port,
            beat_s=identity.beat_s, offline_s=identity.offline_s, boot=boot, seed=provisioner.draw_seed(placed),
            data=identity.data, tls=_tls(target),
            username=username, password=password.decode() if password else None,
            values={channel: value for channel, value in (values or {}).items() if channel != LOAD},
            maker=maker_settings(SIMULATION_KEY, SIMULATION, SIMULATED, placed.kind),
        )  # fmt: skip
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._fleet = fleet
        self._plant = ProcessPlant(self.set)
        self._process = BoardProcess(self._take, self._ended, UPDATING_HEAP)
        self._zero = _zero(fleet)
        self._plant.load((values or {}).get(LOAD, 0))

    @property
    def pid(self) -> int | None:
        """The process id, once started."""
        return self._process.pid

    async def start(self) -> Ready:
        """Power on; BoardError when it does not come to that."""
        if self._fleet.target.path is not None or callable(self._fleet.target.tls):
            raise BoardError("a board has neither WebSocket nor a certificate of its own here: run without real boards")
        self._folder = tempfile.TemporaryDirectory(prefix="lilong-flash-")
        slots, store = Path(self._folder.name, "slots"), Path(self._folder.name, "store")
        slots.mkdir()
        store.mkdir()
        return await self._process.start(replace(self._config, slots=str(slots), store=str(store)))

    def set(self, channel: str, value: int | None) -> None:
        """The world has changed: a sensor channel has a new value from now on."""
        if channel == LOAD:
            self._plant.load(value or 0)
            return
        try:
            self._process.set(channel, value)
        except BoardError:
            pass  # it has ended, which was told when it did

    def obey(self, command: int, argument: int | None) -> None:
        """A command of the building's gateway, over the building bus."""
        try:
            self._process.obey(command, argument)
        except BoardError:
            pass  # it has ended, which was told when it did

    async def stop(self) -> None:
        """Power off."""
        await self._process.stop()
        if self._folder is not None:
            self._folder.cleanup()

    def _take(self, line: Line) -> None:
        observer = self._fleet.observer
        match line:
            case Output(name, value, at_us):
                observer.output(self._at(at_us), self.id, name, value)
                self._plant.output(name, value)
            case Note(what, code, boot, seq, at_us):
                observer.note(self._at(at_us), self.id, what, code, boot, seq)
            case Sent(cls, at_us):
                observer.sent(self._at(at_us), self.id, cls, b"", None)
            case Online():
                observer.link(self._fleet.time(), self.id, True)
            case Offline(why):
                observer.link(self._fleet.time(), self.id, False)
                if why:
                    self._fleet.trouble(self.id, of_a_board(why))
            case _:
                pass

    def _ended(self, error: BoardError) -> None:
        self._fleet.observer.link(self._fleet.time(), self.id, False)
        self._fleet.trouble(self.id, str(error))

    def _at(self, at_us: int) -> float:
        """An instant of CLOCK_MONOTONIC on the fleet's clock, ms."""
        return self._zero + at_us / 1000


def _zero(fleet: LiveFleet) -> float:
    """The fleet's clock when CLOCK_MONOTONIC was 0, ms.

    Read once, so that what a board tells keeps its order whatever the machine does between the readings of two clocks;
    of several tries the one that the least came between.
    """
    tries = []
    for _ in range(TRIES):
        before = time.monotonic()
        at = fleet.time()
        after = time.monotonic()
        tries.append((after - before, at - (before + after) * 500))
    return min(tries)[1]


def _tls(target: Target) -> dict[str, bytes] | None:
    """The CA of a target in DER, as a board takes it."""
    if not isinstance(target.tls, ssl.SSLContext):
        return None
    authorities = target.tls.get_ca_certs(binary_form=True)
    return {"ca": authorities[0]} if authorities else {}
