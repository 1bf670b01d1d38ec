"""How long a battery lasts: charge a day from times awake and currents, against capacity and self-discharge.

Nothing here is measured: times awake are given by whoever has measured them and says where, currents are those of data
sheets unless others are given. A development board draws many times what its module does (USB bridge, lamp, regulator).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

MS_A_DAY = 86_400_000
MS_AN_HOUR = 3_600_000
DAYS_A_YEAR = 365.25
DEMAND_YEARS = {"manhole": 3, "smoke": 3}
"""What estates ask of covers and detectors on batteries."""


@dataclass(frozen=True)
class Currents:
    """sleep_ua: in deep sleep, its clock running. cpu_ma: awake, radio off. radio_ma: a mean with the radio on."""

    sleep_ua: float
    cpu_ma: float
    radio_ma: float
    source: str


LOW = "Current Consumption in Low-Power Modes (deep sleep; modem sleep)"
ACTIVE = "radio: between Rx and Tx of Current Consumption in Active Mode (ours)"
CURRENTS: Mapping[str, Currents] = {
    "esp32": Currents(
        10, 40, 110, "ESP32 Series Datasheet, Power Consumption by Power Modes (deep sleep with RTC timer; modem sleep "
        "at 240 MHz); radio: between Rx and Tx of RF Power-Consumption Specifications (ours)"
    ),
    "esp32c3": Currents(5, 28, 100, f"ESP32-C3 Series Datasheet, {LOW}; {ACTIVE}"),
    "esp32s3": Currents(8, 60, 120, f"ESP32-S3 Series Datasheet, {LOW}; {ACTIVE}"),
}  # fmt: skip
"""By chip. The mean with the radio on is the least certain figure: measure it, and give --radio-ma."""


@dataclass(frozen=True)
class Awake:
    """Something that a device wakes up for: so long each time, so often a day."""

    name: str
    ms: float
    times_a_day: float
    radio: bool


@dataclass(frozen=True)
class Battery:
    """usable_percent: of the capacity, at the load's peaks, in the cold, down to where the board stops."""

    capacity_mah: float
    usable_percent: float
    self_discharge_percent_a_year: float


@dataclass(frozen=True)
class Life:
    """years: until it is empty. mah_a_day: by what it goes to; "sleep", "others", and the names of what wakes it."""

    years: float
    mah_a_day: Mapping[str, float]


def life(currents: Currents, awake: Sequence[Awake], battery: Battery, others_ua: float = 0) -> Life:
    """others_ua: what sensors and the regulator draw all the time. ValueError when the day has not so many hours."""
    busy_ms = sum(one.ms * one.times_a_day for one in awake)
    if busy_ms > MS_A_DAY:
        raise ValueError(f"awake for {busy_ms / MS_AN_HOUR:.1f} hours a day; a day has 24")
    mah = {
        one.name: one.ms * one.times_a_day / MS_AN_HOUR * (currents.radio_ma if one.radio else currents.cpu_ma)
        for one in awake
    }
    mah["sleep"] = (MS_A_DAY - busy_ms) / MS_AN_HOUR * currents.sleep_ua / 1_000
    mah["others"] = 24 * others_ua / 1_000
    a_year = sum(mah.values()) * DAYS_A_YEAR + battery.capacity_mah * battery.self_discharge_percent_a_year / 100
    usable = battery.capacity_mah * battery.usable_percent / 100
    return Life(usable / a_year, mah)


def affordable_ms(
    currents: Currents, battery: Battery, years: float, times_a_day: float, others_ua: float = 0
) -> float:
    """How long each wake with the radio on may take for the battery to last so many years; 0 when it cannot anyhow."""
    usable = battery.capacity_mah * battery.usable_percent / 100
    lost = battery.capacity_mah * battery.self_discharge_percent_a_year / 100 * years
    a_day = (usable - lost) / (years * DAYS_A_YEAR) - 24 * (currents.sleep_ua + others_ua) / 1_000
    more_ma = currents.radio_ma - currents.sleep_ua / 1_000
    return min(max(0.0, a_day) / more_ma * MS_AN_HOUR / times_a_day, MS_A_DAY / times_a_day)


def affordable_times(
    currents: Currents, battery: Battery, years: float, awake: Sequence[Awake], others_ua: float = 0
) -> float:
    """How often a day the first of `awake` may be, all else as it is, for so many years; 0 when it cannot anyhow."""
    first, rest = awake[0], awake[1:]
    if years <= 0 or first.ms <= 0:
        return 0.0
    usable = battery.capacity_mah * battery.usable_percent / 100
    lost = battery.capacity_mah * battery.self_discharge_percent_a_year / 100 * years
    without = sum(life(currents, rest, battery, others_ua).mah_a_day.values())
    left = (usable - lost) / (years * DAYS_A_YEAR) - without
    more_ma = (currents.radio_ma if first.radio else currents.cpu_ma) - currents.sleep_ua / 1_000
    return max(0.0, left / more_ma * MS_AN_HOUR / first.ms)
