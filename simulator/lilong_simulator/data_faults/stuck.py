"""Stuck: a sensor goes on reading what it read, through day and night, charging and use.

Only of quantities that never stay the same: smoke in clean air is the same for months.
"""

from .base import HeldSensor

FOR_MS = 30 * 3_600_000  # (ours)
EVIDENT_MS = 18 * 3_600_000  # (ours) longer than the longest night, and than a band takes for 1 % of its battery
EVIDENT_READINGS = 4


class Stuck(HeldSensor):
    """It can be found once its device has told the same for EVIDENT_MS."""

    NAME = "stuck"
    CHANNELS = {"streetlight": ("lux", "illuminance"), "wristband": ("battery", "battery")}
    KINDS = frozenset(CHANNELS)

    @property
    def for_ms(self) -> float:
        return FOR_MS

    def reads(self, now: int) -> int:
        return now

    def evident(self, shown: int, first_ms: int, last_ms: int) -> bool:
        return shown >= EVIDENT_READINGS and last_ms - first_ms >= EVIDENT_MS
