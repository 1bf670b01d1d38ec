"""What every incident has: a name, a timeline that can be read, and a way into the world."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import TYPE_CHECKING

from lilong_simulator.estate import Device, Estate

if TYPE_CHECKING:
    from lilong_simulator.load.faults import FaultAsked
    from lilong_simulator.world import World
    from lilong_simulator.world.local_time import LocalTime


class IncidentError(ValueError):
    """An incident that is unknown, or that an estate has no place for. Says what, where and what to do."""


@dataclass(frozen=True, slots=True)
class Step:
    """One line of a timeline, `after_ms` the incident began."""

    after_ms: int
    what: str


class Incident(ABC):
    """One incident with its parameters. `timeline` is for people; `install` puts it into a world that has not begun."""

    name: str
    timeline: tuple[Step, ...]
    has_faults = False

    @property
    def lasts_ms(self) -> int:
        """From its beginning to the last that is known of it."""
        return max((step.after_ms for step in self.timeline), default=0)

    def begins(self, local: LocalTime) -> int | None:
        """World time of its beginning, ms; None: nobody has said."""
        return None

    @abstractmethod
    def device_names(self, estate: Estate) -> list[str]:
        """The names of the devices that the incident touches, those that matter most first."""

    @abstractmethod
    def install(self, world: World) -> None:
        """Claims what the incident drives and puts it on the world's agenda, with truth and expectations."""

    def elsewhere(
        self, name: str, places: Sequence[tuple[str, str]] = (), when: time | float | None = None
    ) -> Incident:
        """The same, called `name`, at other places or at another time; `when` as of `asked.Asked`."""
        raise IncidentError(f'"{name}": {self.name} has a place and a time of its own; ask for it as {self.name}')

    def faults(self, estate: Estate, start: datetime) -> Iterable[FaultAsked]:
        """Faults of the run that belong to it, in a world that begins at `start`."""
        return ()

    def device(self, estate: Estate, stem: str, kind: str) -> Device:
        """The device that the incident needs at a place; an IncidentError says that the estate lacks it."""
        device = estate.find(stem, kind)
        if device is None:
            raise IncidentError(
                f"{self.name}: {estate.id} has no {kind} device at {stem}; choose another place, or raise the "
                f"adoption of {kind}"
            )
        return device
