"""What the sensors of devices see of a fault: the part of it that the world plays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Generic, TypeVar

from ...estate import Device, Estate
from ...incidents import Incident, Step
from .base import Fault

if TYPE_CHECKING:
    from ...world.local_time import LocalTime

F = TypeVar("F", bound=Fault)


class Felt(Incident, Generic[F]):
    """From its beginning to its end, at these devices; `first` and `last`: what happens then."""

    def __init__(self, fault: F, devices: Sequence[Device], first: str, last: str) -> None:
        self.name = fault.NAME
        self.timeline = (Step(0, first), Step(fault.for_ms, last))
        self.fault = fault
        self.devices = devices
        self.whose = fault.asked.incident or self.name  # rows of the truth are

    def begins(self, local: LocalTime) -> int:
        """World time of its beginning, ms."""
        return self.fault.at_ms

    @property
    def ends_ms(self) -> int:
        """World time of its end."""
        return self.fault.at_ms + self.fault.for_ms

    def device_names(self, estate: Estate) -> list[str]:
        names = {device.name for device in estate.devices}
        return [device.name for device in self.devices if device.name in names]
