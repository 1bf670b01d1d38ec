"""Gas that fills a room: well mixed, dC/dt = Q/V - nC. The detector's own valve, once it shuts, ends the source.

So what the detector does is felt by what it measures: the world goes on second by second, and listens to the valve.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from ...estate import Device
from ...world.gas import MixedAir
from .base import Curve, Element, Scene, Seconds, Steps, idle_of

if TYPE_CHECKING:
    from ...world import World

SECOND_MS = 1_000


class GasLeak(Element):
    """`source_m3_h` of gas from `after_s` on for `for_s` into a room of `volume_m3`, whose air changes
    `changes_per_h` times; from `aired_s` on, with the windows open, `aired_per_h` times.

    `valve` false: the gas comes from where no valve of the detector shuts it.
    """

    model: Literal["gas_leak"]
    source_m3_h: Annotated[float, Field(gt=0, le=100)] = 0.6
    volume_m3: Annotated[float, Field(ge=1, le=10_000)] = 20.8
    changes_per_h: Annotated[float, Field(ge=0, le=60)] = 0.5
    for_s: Seconds = 3_600.0
    aired_s: Seconds | None = None
    aired_per_h: Annotated[float, Field(ge=0, le=60)] = 20.0
    valve: bool = True

    felt: ClassVar[bool] = True

    @model_validator(mode="after")
    def _ordered(self) -> GasLeak:
        if self.aired_s is not None and self.aired_s < self.after_s:
            raise ValueError("aired_s is before after_s; open the windows later")
        return self

    @property
    def ends_s(self) -> float:
        return self.after_s + self.for_s

    def told(self) -> str:
        return self.says or f"{self.source_m3_h:g} m3/h of gas flow into {self.volume_m3:g} m3 at {self.at}"

    def curves(self, scene: Scene, device: Device) -> Sequence[Curve]:
        """As if nobody shut the valve."""
        idle_of(scene, self, device, "gas")
        room, stairs, begin = _Room(self), Steps(), scene.at(self.after_s)
        while not room.over:
            before = room.air.tenths
            room.second()
            if room.air.tenths != before:
                stairs.append((begin + room.seconds * SECOND_MS, room.air.tenths))
        return [Curve("gas", stairs)]

    def install(self, scene: Scene, world: World, seen: Mapping[Device, Sequence[Curve]]) -> None:
        for device in seen:
            _Leak(self, scene, world, device)


class _Room:
    """The air of the room, second by second."""

    def __init__(self, leak: GasLeak) -> None:
        self._leak = leak
        self._volume_l = round(leak.volume_m3 * 1000)
        self.air = MixedAir(self._volume_l, round(leak.changes_per_h * 1000))
        self.flows = True
        self.seconds = 0

    @property
    def over(self) -> bool:
        """Nothing flows, and nothing is left to be read."""
        ended = not self.flows or self.seconds >= self._leak.for_s
        return ended and self.air.tenths == 0

    def second(self) -> None:
        leak = self._leak
        if leak.aired_s is not None and self.seconds >= leak.aired_s - leak.after_s:
            self.air.exchange = round(leak.aired_per_h * 1000)
        litres = round(leak.source_m3_h * 1000) if self.flows and self.seconds < leak.for_s else 0
        self.air.second(litres)
        self.seconds += 1


class _Leak:
    """The leak at one detector, in a world."""

    def __init__(self, leak: GasLeak, scene: Scene, world: World, device: Device) -> None:
        self._world = world
        self._device = device
        self._room = _Room(leak)
        self._begins = scene.at(leak.after_s)
        world.agenda.at(self._begins + SECOND_MS, self._second)
        if leak.valve:
            world.listen(device.id, "valve", self._valve)

    def _second(self) -> None:
        room, world = self._room, self._world
        before = room.air.tenths
        room.second()
        if room.air.tenths != before:
            world.change(world.agenda.now, self._device, "gas", room.air.tenths)
        if not room.over:
            world.agenda.at(world.agenda.now + SECOND_MS, self._second)

    def _valve(self, shut: int) -> None:
        """Whoever opens it again has found the tap first."""
        if shut and self._world.agenda.now >= self._begins:
            self._room.flows = False
