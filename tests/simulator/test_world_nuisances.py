"""What alarms for nobody, and what breaks: as often as the reference estate's rates say, with a row of the truth each.

Counts of rare things are Poisson: one fails its bound of four standard deviations once in 16,000 seeds.
"""

from collections import Counter
from datetime import datetime
from math import sqrt

import pytest
from full_estate import full_estate
from lilong_simulator.estate import Estate
from lilong_simulator.random_streams import Stream, Streams
from lilong_simulator.truth import TruthRow
from lilong_simulator.world.breakdowns import PARTS
from lilong_simulator.world.fences import moments
from lilong_simulator.world.local_time import DAY_MS, HOUR_MS
from lilong_simulator.world.weather import rough_hours
from world_log import WorldLog, run

MONDAY = datetime(2026, 3, 2)
DAYS = 30
NOBODY_GOES_OUT = (("credential_reads = 8920", "credential_reads = 0"), ("door_cycles = 11840", "door_cycles = 0"),
                   ("cookings_per_household = 2", "cookings_per_household = 0"))  # fmt: skip


@pytest.fixture(scope="module")
def estate(tmp_path_factory: pytest.TempPathFactory) -> Estate:
    return full_estate(tmp_path_factory.mktemp("estate"), *NOBODY_GOES_OUT)


@pytest.fixture(scope="module")
def month(estate: Estate) -> WorldLog:
    """A month for all: the statistics need it."""
    return run(estate, MONDAY, DAYS * DAY_MS)


def agrees(count: float, mean: float) -> bool:
    return abs(count - mean) <= 4 * sqrt(mean)


def rows(log: WorldLog, *alarms: str) -> list[TruthRow]:
    return [row for row in log.world.truth if row.alarm in alarms]


def test_a_fence_is_touched_twice_a_day_and_tenfold_in_rough_weather(month: WorldLog, estate: Estate) -> None:
    streams = Streams(7)
    rough = [
        is_rough
        for day in range(DAYS)
        for is_rough in rough_hours(streams, estate.id, month.world.local.ordinal(day))
    ]
    touches = rows(month, "fence.touch", "fence.climb")
    for expect, per_zone in (("must", 0.1), ("must_not", 0.3)):
        mine = [row for row in touches if (row.expect == "must_not") == (expect == "must_not")]
        found = Counter(rough[row.crossing_ms // HOUR_MS] for row in mine)
        for weather, factor in ((False, 1), (True, 10)):
            mean = per_zone * 20 / 24 * factor * rough.count(weather)
            assert agrees(found[weather], mean), (expect, weather, mean)
    assert {row.alarm for row in touches} == {"fence.touch", "fence.climb"}


def test_a_touch_that_must_not_alarm_is_over_before_it_counts(month: WorldLog) -> None:
    value: dict[tuple[str, str], tuple[int, int]] = {}
    rows_at = {(row.device, row.crossing_ms): row for row in rows(month, "fence.touch", "fence.climb")}
    found = 0
    for at, device, channel, now in month.calls:
        if channel not in ("pulse_return", "tension"):
            continue
        if now in (6_200, 150):
            since, was = value.pop((device, channel))
            row = rows_at[device, since]
            assert row.until_ms == at
            assert (at - since < 2_000) == (row.expect == "must_not")
            assert 650 < was < 4_550 if channel == "pulse_return" else was >= 230
            found += 1
        else:
            value[device, channel] = at, now
    assert found > 300


def test_moments_of_a_day_follow_its_weather() -> None:
    rough = [hour in (3, 4) for hour in range(24)]
    found = [at for seed in range(400) for at in moments(Stream(seed), rough, 1.0)]
    assert agrees(len(found), 400 * (22 + 20) / 24)
    assert agrees(sum(at // HOUR_MS in (3, 4) for at in found), 400 * 20 / 24)
    assert not moments(Stream(1), rough, 0.0)


def test_batteries_of_smoke_detectors_last_five_years(month: WorldLog) -> None:
    low = rows(month, "battery.low")
    assert agrees(len(low), 237 / 365 * DAYS)
    assert {row.expect for row in low} == {"may"}, "a detector looks once a day, and a run may be shorter"
    for row in low:
        values = [(at, value) for at, _, _, value in month.of("battery", row.device)]
        assert (row.crossing_ms, True) in [(at, value is not None and value < 10) for at, value in values]
        assert row.until_ms is not None
        assert row.until_ms - row.crossing_ms > DAY_MS


def test_devices_break_once_in_fifty_thousand_hours(month: WorldLog, estate: Estate) -> None:
    broken = rows(month, *{part.alarm for part in PARTS.values()})
    devices = sum(device.kind in PARTS for device in estate.devices)
    assert agrees(len(broken), devices * 24 * DAYS / 50_000)
    assert {row.expect for row in broken} == {"must"}
    for row in broken:
        part = PARTS[estate.by_id[row.device].kind]
        values = {at: value for at, _, _, value in month.of(part.channel, row.device)}
        if part.broken is None:
            assert (row.crossing_ms, row.device, part.channel) in month.silences
        else:
            assert values[row.crossing_ms] == part.broken
        assert row.until_ms is not None
        if row.until_ms < DAYS * DAY_MS:
            assert values[row.until_ms] == part.idle
        assert not any(row.crossing_ms < at < row.until_ms for at in values), "it says nothing in between"
