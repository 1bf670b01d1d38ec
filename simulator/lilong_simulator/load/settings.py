"""What one shard of a live run is asked to do."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ..estate import Device
from ..fleet.live import Target
from .faults.live import BrokerHands
from .places import Part
from .scenario import Scenario

ONLINE_TIMEOUT_S = 120.0
SETTLE_S = 5.0  # how long a backend may take to answer the last births with the time


@dataclass(frozen=True)
class Settings:
    """`keys`: estate key by tenant. `boards`: what is to be real MicroPython. boot: of every device.

    app: the address of the backend's interface, where residents ask for things by their app; None: they do not.
    """

    scenario: Scenario
    parts: Sequence[Part]
    keys: Mapping[str, bytes]
    target: Target
    boards: Sequence[Device] = ()
    acknowledgement_expected: bool = False  # by an operator; else only once one has been seen
    hands: BrokerHands | None = None  # who can restart and freeze the broker, where a fault of the scenario does
    app: str | None = None
    boot: int = field(default_factory=lambda: int(time.time()))  # fresh and rising: a backend remembers
