"""Data that is wrong, and known to be: a file for each kind of fault, seeded, with a label for each.

They begin where such a fault would: at a sensor, whose values then go by rules, codec and seal as any others; at a
clock; at the sender, where stored messages are lost. A backend's quality checks are scored by the labels
(`score.quality`).
"""

from .asked import DataFaultError, DataFaultsAsked, parse
from .base import DataFault, Hands
from .contradiction import Contradiction
from .future_time import FutureTime
from .gap import Gap
from .kinds import DATA_FAULTS
from .label import Label, read_labels, write_labels
from .out_of_range import OutOfRange
from .rate import Rate
from .runner import DataFaults
from .stuck import Stuck

__all__ = [
    "DATA_FAULTS", "Contradiction", "DataFault", "DataFaultError", "DataFaults", "DataFaultsAsked", "FutureTime", "Gap",
    "Hands", "Label", "OutOfRange", "Rate", "Stuck", "parse", "read_labels", "write_labels",
]  # fmt: skip
