"""Faults of the broker itself, which all devices of all estates have at once."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

from ...estate import Device
from .base import CUT_OFF, Fault, Levers


class BrokerFault(Fault, ABC):
    """Devices go on, and can send nothing; none can be chosen."""

    SELECTS = ()
    HINDERS = CUT_OFF
    LINKS = True

    @abstractmethod
    def pull(self, levers: Levers, well: bool) -> None:
        """What is done to the broker, and what makes it well again."""

    def begin(self, levers: Levers, devices: Sequence[Device]) -> None:
        self.pull(levers, False)

    def end(self, levers: Levers, devices: Sequence[Device]) -> None:
        self.pull(levers, True)
