"""Faults on a timeline: one file a fault, all seeded; what they touch, when, and what they caused."""

from __future__ import annotations

from .asked import FaultAsked, FaultError, from_table, parse, several, unknown
from .bad_radio import BadRadio
from .base import CUT_OFF, STUCK, UNPOWERED, Fault, Levers
from .blackout import Blackout
from .broker_restart import BrokerRestart
from .frozen_broker import FrozenBroker
from .full_flash import FullFlash
from .low_battery import LowBattery, battery_period_ms
from .nuisance_flood import NuisanceFlood
from .partition import Partition
from .stuck_sensor import StuckSensor
from .wrong_clock import WrongClock

__all__ = [
    "CUT_OFF", "FAULTS", "STUCK", "UNPOWERED", "Fault", "FaultAsked", "FaultError", "Levers", "battery_period_ms",
    "check", "from_table", "made", "parse", "several",
]  # fmt: skip

FAULTS: dict[str, type[Fault]] = {
    fault.NAME: fault
    for fault in (
        BadRadio, Blackout, BrokerRestart, FrozenBroker, FullFlash, LowBattery, NuisanceFlood, Partition, StuckSensor,
        WrongClock,
    )
}  # fmt: skip


def check(asked: FaultAsked) -> None:
    """FaultError for a fault that is unknown, or that does not take what it is given."""
    if asked.name not in FAULTS:
        raise FaultError(f"no fault {unknown(asked.name, FAULTS)}")
    FAULTS[asked.name].check(asked)


def made(asked: FaultAsked, number: int, seed: int) -> Fault:
    """The fault that was asked for, the `number`-th of its run."""
    check(asked)
    return FAULTS[asked.name](asked, number, seed)
