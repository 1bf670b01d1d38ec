"""What brings an alarm about, and what ends it."""

from typing import NamedTuple


class Stimulus(NamedTuple):
    """Values on sensor channels, one after the other, and the seconds within which the device must have decided."""

    steps: tuple[tuple[str, int], ...]
    within_s: int


class Alarm(NamedTuple):
    """An alarm that a person or a fixture can cause: `code` by the registry, how it begins and how it ends."""

    code: int
    begin: Stimulus
    end: Stimulus


def alarm(code: int, channel: str, trips: int, idle: int, within_s: int = 2, ends_s: int = 2) -> Alarm:
    """An alarm that one value of one channel brings about, and another one ends."""
    return Alarm(code, Stimulus(((channel, trips),), within_s), Stimulus(((channel, idle),), ends_s))
