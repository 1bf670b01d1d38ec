"""What every physical model has: a place, a beginning, and what the sensors of the devices there see of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar, NamedTuple

from pydantic import Field

from ...estate import Device
from ...estate.tables import Slug, Table
from ...kinds import rules
from ...random_streams import Stream, Streams
from ...toml_files.errors import nearest
from ..base import IncidentError
from ..place import Places

if TYPE_CHECKING:
    from ...world import World

Seconds = Annotated[float, Field(ge=0, le=31 * 86_400)]
Value = Annotated[int, Field(ge=-(1 << 31), le=(1 << 48))]
Steps = list[tuple[int, int]]  # (ms of world time, value), ascending


class Curve(NamedTuple):
    """What one channel reads from when on."""

    channel: str
    steps: Steps


@dataclass(frozen=True)
class Scene:
    """One incident in one estate: `begin` in ms of world time."""

    name: str
    begin: int
    places: Places
    streams: Streams

    def at(self, seconds: float) -> int:
        """World time, ms."""
        return self.begin + round(seconds * 1000)

    def stream(self, device: Device, purpose: str) -> Stream:
        """Luck of one device in this incident."""
        return self.streams.stream(device.name, f"{self.name} {purpose}")


class Element(Table):
    """One thing that happens. All times are seconds after the incident began; what is named `for_s` lasts so long.

    `id`: by which rows of the truth call it, else its model's name. `says`: its line in the timeline.
    """

    model: str
    id: Slug | None = None
    at: Slug
    after_s: Seconds = 0.0
    says: str = ""

    felt: ClassVar[bool] = False
    """What devices do changes how it goes on, so that its end is not known before."""

    @property
    def name(self) -> str:
        return self.id or self.model

    @property
    def ends_s(self) -> float:
        """When it is over, as far as that is known."""
        return self.after_s

    def told(self) -> str:
        """Its line in the timeline."""
        return self.says or f"{self.model} at {self.at}"

    def curves(self, scene: Scene, device: Device) -> Sequence[Curve]:
        """What the sensors of one device see; the first step of all of them is the beginning."""
        raise NotImplementedError

    def unseen(self, scene: Scene, device: Device) -> int | None:
        """When it is there and the device by design does not see it, ms of world time; None: it does."""
        return None

    def recall(self) -> float | None:
        """The share that devices by design see; None: all."""
        return None

    def dead(self, scene: Scene) -> int | None:
        """When its devices are destroyed, ms of world time."""
        return None

    def install(self, scene: Scene, world: World, seen: Mapping[Device, Sequence[Curve]]) -> None:
        """Put it onto the world's agenda, for devices and what they see; what is felt back is played step by step."""
        for device, curves in seen.items():
            for channel, steps in curves:
                for at, value in steps:
                    world.change(at, device, channel, value)


def pushed(world: World, seen: Mapping[Device, Sequence[Curve]]) -> dict[Device, list[Curve]]:
    """Puts onto the agenda who pushes doors, which open if their locks are free; what is left to be played."""
    for door, curves in seen.items():
        for channel, steps in curves:
            if channel == "contact":
                for (opens, _), (closes, _) in zip(steps[::2], steps[1::2], strict=False):
                    world.locks.push(opens, door, closes)
    return {door: [curve for curve in curves if curve.channel != "contact"] for door, curves in seen.items()}


def wrong(scene: Scene, element: Element, what: str) -> IncidentError:
    """An element that cannot be played in this estate."""
    return IncidentError(f"{scene.name}: {element.name}: {what}")


def idle_of(scene: Scene, element: Element, device: Device, channel: str) -> int:
    """What a channel reads at rest; IncidentError where the device has none of that name."""
    idle = {name: value for name, _, value in rules(device.kind).CHANNELS}
    if channel not in idle:
        raise wrong(scene, element, f"{device.name} has no channel {channel!r}; {nearest(channel, idle)}")
    return int(idle[channel])
