"""A wire in virtual time: one device of our firmware, its broker and its link, stepped from event to event."""

from collections.abc import Callable
from errno import ENOSPC
from typing import Any, cast

from lilong_firmware.device import Device, Identity
from lilong_firmware.draws import Draws
from lilong_firmware.effects import ACCEPTED, CONNECT, DISCONNECT, NEVER, NOTE, OUTPUT, PUBLISH, RESTART
from lilong_firmware.kinds import rules
from lilong_firmware.rarely import end
from lilong_firmware.rules import Rules
from lilong_firmware.store import RamStore
from lilong_protocol import topics
from lilong_simulator.fleet import slots
from lilong_simulator.fleet.plant import Plant

from ..virtual import Virtual
from .wire import Heard

LATENCY_MS = 20
OFF_MS = 1_000
SETTLES = 100  # steps at one instant

Make = Callable[[Identity, Any, Any, Draws], Any]


class Flash(RamStore):
    """A flash chip that can be full."""

    __slots__ = ("full",)

    def __init__(self) -> None:
        super().__init__()
        self.full = False

    def put(self, name: str, data: bytes) -> None:
        self._check()
        super().put(name, data)

    def write(self, name: str, at: int, data: bytes) -> None:
        self._check()
        super().write(name, at, data)

    def _check(self) -> None:
        if self.full:
            raise OSError(ENOSPC)


class VirtualWire(Virtual[Heard]):
    """`make(identity, rules, store, draws)` gives the device; another one than ours behaves as ours does outside."""

    wiped = virtual = True

    def __init__(self, identity: Identity, kind: str, make: Make = Device, seed: bytes = b"conformance") -> None:
        super().__init__()
        self._identity = identity
        self._rules = cast(type[Rules], rules(kind))
        self._slots = {channel[0]: at for at, channel in enumerate(self._rules.CHANNELS)}
        self._values = {channel[0]: channel[2] for channel in self._rules.CHANNELS}
        self._make = make
        self._seed = seed
        self._store = Flash()
        self._firmware = slots.Flash(slots.simulated_maker(self._rules.KIND))
        self._device: Any = None
        self._born = 0
        self._plant = Plant()
        self._link = True  # one can be had
        self._open = False
        self._connection = 0  # what was under way on an earlier one is lost
        self._will: bytes | None = None
        self._withheld = False
        self._deaf = False
        self._attempts: list[int] = []
        self._up: dict[str, bytes] = {}  # retained
        self._down: dict[str, bytes] = {}

    # ---- Wire

    def publish(self, cls: str, data: bytes, retained: bool = False) -> None:
        if retained and data:
            self._down[cls] = data
        elif retained:
            self._down.pop(cls, None)
        if self._open and data:
            self._on_link(LATENCY_MS, lambda: self._tell("received", cls, data, False))

    async def power(self) -> None:
        self._power_on()

    async def restart(self) -> None:
        self._break()
        self._device = None
        await self.wait(lambda: False, OFF_MS)
        self._power_on()

    async def hold(self) -> None:
        self._link = False
        if self._open:
            self._break()
            self._tell("disconnected")
        await self.wait(lambda: False, LATENCY_MS)

    async def release(self) -> None:
        self._link = True

    async def kept(self, cls: str) -> bytes | None:
        return self._up.get(cls)

    def withhold_pubacks(self, withhold: bool) -> None:
        self._withheld = withhold

    def deafen(self, deaf: bool) -> None:
        self._deaf = deaf

    def attempts(self) -> list[int]:
        return self._attempts

    async def stimulate(self, channel: str, value: int) -> None:
        self._sense(channel, value)
        self._step()

    async def fill_flash(self, full: bool) -> None:
        self._store.full = full

    async def say(self, level: int) -> None:
        self._tell("log", level, f"a line of level {level}")

    async def crash(self) -> None:
        end(self._device, self._now - self._born, RuntimeError("conformance"))
        await self.restart()

    # ---- the device

    def _power_on(self) -> None:
        self._born = self._now
        seed = self._seed + str(self._now).encode()
        self._device = self._make(self._identity, self._rules, self._store, Draws(seed))
        self._device.updating = self._firmware.updating
        for name, slot in self._slots.items():
            self._device.sense(0, slot, self._values[name])
        self._device.start(0)
        self._drain()

    def _sense(self, channel: str, value: int) -> None:
        self._values[channel] = value
        if self._device is not None:
            self._device.sense(self._now - self._born, self._slots[channel], value)
            self._drain()

    def _feel(self) -> None:
        """What hangs on its outputs has come to its end, if it was not turned round on its way."""
        for channel, value in self._plant.step(self._now):
            self._sense(channel, value)

    def _tell(self, what: str, *arguments: Any) -> None:
        if self._device is not None:
            getattr(self._device, what)(self._now - self._born, *arguments)
            self._drain()

    def _drain(self) -> None:
        while self._device.out:
            effects, self._device.out = self._device.out, []
            for effect in effects:
                self._carry_out(effect)
        if self._firmware.ready(self._device):
            self._break()
            self._born = self._now
            self._device = self._firmware.restart(self._now, self._device)
            self._device.start(0)
            self._drain()

    def _carry_out(self, effect: tuple[Any, ...]) -> None:
        what = effect[0]
        if what == PUBLISH:
            self._published(*effect[1:])
        elif what == OUTPUT:
            for channel, value in self._plant.answer(effect[1], effect[2], self._now):
                self._sense(channel, value)
            if self._plant.due < NEVER:
                self._at(self._plant.due - self._now, self._feel)
        elif what == CONNECT:
            self._connection += 1
            self._attempts.append(self._now)
            if not self._deaf:
                self._on_link(2 * LATENCY_MS, lambda: self._connected(effect[1]))
        elif what == DISCONNECT:
            self._open = False
            self._connection += 1
            self._will = None
        elif what == RESTART:
            self._firmware.restarts = True
        elif what == NOTE and effect[1] == ACCEPTED:
            self._firmware.accepted(self._now - self._born, self._device)

    # ---- the broker

    def _connected(self, will: bytes) -> None:
        if not self._link:
            self._tell("disconnected")
            return
        self._open = True
        self._will = will
        for cls, data in sorted(self._down.items()):
            self._on_link(LATENCY_MS, lambda cls=cls, data=data: self._tell("received", cls, data, True))  # type: ignore[misc]
        self._tell("connected")

    def _published(self, cls: str, data: bytes, qos: int, windowed: bool) -> None:
        if not self._open:
            return
        self._on_link(LATENCY_MS, lambda: self._arrived(cls, data, qos))
        if windowed and not self._withheld:
            self._on_link(2 * LATENCY_MS, lambda: self._tell("published"))

    def _arrived(self, cls: str, data: bytes, qos: int) -> None:
        if topics.retained(cls):
            self._up[cls] = data
        self._take(Heard(self._now, cls, data, qos, False))

    def _break(self) -> None:
        """The connection is gone without a word."""
        self._open = False
        self._connection += 1
        will, self._will = self._will, None
        if will is not None:
            self._arrived(topics.STATE, will, 1)

    # ---- time

    def _on_link(self, after_ms: int, do: Callable[[], None]) -> None:
        """Later, if the connection is still the same."""
        connection = self._connection

        def if_there() -> None:
            if connection == self._connection:
                do()

        self._at(after_ms, if_there)

    def _due(self) -> int | None:
        return None if self._device is None else self._born + self._device.deadline

    def _step(self) -> None:
        for _ in range(SETTLES):
            if self._device is None or self._device.deadline > self._now - self._born:
                return
            self._tell("step")
        raise RuntimeError(f"the device wants to be stepped for ever at {self._now} ms")
