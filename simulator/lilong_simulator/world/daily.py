"""Everyday life that is planned a day at a time: at midnight, by draws that belong to the date and no other day."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from lilong_simulator.estate import Device
from lilong_simulator.random_streams import Stream, Streams

if TYPE_CHECKING:
    from lilong_simulator.world.world import World

YEAR_DAYS = 365


class Daily(ABC):
    """One part of everyday life. Of the day on which the world begins, what is over does not happen."""

    def __init__(self, world: World) -> None:
        self._world = world

    def begin(self) -> None:
        """Puts the rest of the first day on the agenda."""
        self._begin(0)

    def initial(self) -> Iterator[tuple[str, str, int]]:
        """(device id, channel, value) of what is not idle when the world begins: nothing."""
        return iter(())

    def _begin(self, day: int) -> None:
        local = self._world.local
        self._plan(local.midnight(day), local.ordinal(day))
        self._world.agenda.at(local.midnight(day + 1), self._begin, day + 1)

    @abstractmethod
    def _plan(self, midnight: int, ordinal: int) -> None:
        """Puts a day on the agenda; `midnight`: when it begins in world time; `ordinal`: of its date, for draws."""


def befallen(
    streams: Streams, devices: Iterable[Device], chances: Mapping[str, float], ordinal: int
) -> Iterator[tuple[Device, str, Stream]]:
    """The devices that something happens to on a day, each by itself: what, and a stream of its own for the rest.

    `chances`: of each thing, a day and device; draws are keyed by the device's name, the thing and the date.
    """
    for device in devices:
        for what, chance in chances.items():
            if streams.chance(chance, device.name, what, ordinal):
                yield device, what, streams.stream(device.name, what, ordinal)
