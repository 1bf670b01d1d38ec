"""By what values are doubted. Values are the registry's integers, times in ms, unless their names say otherwise.

Only what no device in order can say is doubted: a check that cries once a day in an estate of thousands is switched
off by its people. Ranges are the registry's own.
"""

from typing import NamedTuple

HOUR_MS = 3_600_000


class Rate(NamedTuple):
    """A value may be `slack` off the last one that was believed, and `per_s` more for each second since."""

    per_s: float
    slack: int


class Stuck(NamedTuple):
    """As long as that the same value is no coincidence; `zero_ms` where the value is 0."""

    ms: int
    zero_ms: int


RATES: dict[tuple[str, str], Rate] = {
    # (ours) 2,000 microdegrees a second are 220 m/s to the north, and 100 m/s to the east at 63 degrees; indoors a fix
    # may jump by half a kilometre.
    ("wristband", "latitude"): Rate(2_000, 5_000),
    ("wristband", "longitude"): Rate(2_000, 5_000),
    # (ours) a driver that is switched on in its housing of aluminium warms by 40 K with half an hour's time constant.
    ("streetlight", "temperature"): Rate(100 * 0.5 / 60, 1_500),
}
"""(kind, quantity): what cannot change faster. The air of a kitchen, a pulse and a cover's attitude can."""

STUCK: dict[tuple[str, str], Stuck] = {
    # (ours) the longest day and night between the tropics and 45 degrees are 15.5 h, twilight is neither.
    ("streetlight", "illuminance"): Stuck(13 * HOUR_MS, 17 * HOUR_MS),
    # (ours) a band lasts 2 to 5 days: 1 % in 72 minutes at most, and charges for 1.5 h.
    ("wristband", "battery"): Stuck(14 * HOUR_MS, 14 * HOUR_MS),
}
"""(kind, quantity): what never stays the same in a device that works. Most may for months."""
STUCK_READINGS = 4  # and no fewer of them in a row

FUTURE_MS = 120_000  # (ours) a clock of the lowest quality is 60 s off at most
GAP_WAIT_MS = 60_000  # (ours) a number that is missing may still be under way for so long
HOLES_MAX = 8  # gaps that are waited for at a time, a device

# Active power is U * I * power factor (IEC 60050-131-11-42). Meters and rounding: a fifth, and 3 W (ours).
POWER_SHARE, POWER_SLACK_DW = 0.2, 30
# Nothing comes back from a fence's line with more than was sent; meters differ by a tenth (ours).
RETURN_SHARE = 1.1
# So many people were let through a door whose contact says that it stayed closed all the time (ours): one may think
# better of it.
PASSAGES = 4
