"""Smoke, gas and light follow laws that can be defended, in whole numbers, exactly where they are told to cross."""

from datetime import date
from itertools import pairwise
from math import exp

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lilong_simulator.world import gas, smoke
from lilong_simulator.world.daylight import LUX, lux_steps, sun_crossing_s

SHANGHAI = (31.2417, 121.4382, 8.0)


@given(st.integers(0, 10**9), st.integers(1, 2_000_000), st.integers(5, 200))
def test_smoke_is_first_above_the_trip_level_at_exactly_the_crossing(onset: int, span: int, base: int) -> None:
    crossing = onset + span
    stairs = smoke.growth(onset, crossing, crossing + 60_000, base)
    assert next(at for at, value in stairs if value > 230) == crossing
    assert all(value <= 230 for at, value in stairs if at < crossing)


@given(st.integers(1_000, 900_000), st.integers(0, 300_000))
def test_smoke_grows_in_steps_of_a_second_and_never_falls(span: int, after: int) -> None:
    stairs = smoke.growth(0, span, span + after)
    assert all(later[1] > earlier[1] for earlier, later in pairwise(stairs))
    assert all((later[0] - earlier[0]) % 1000 == 0 for earlier, later in pairwise(stairs))
    assert all(0 < at <= span + after and value <= smoke.DENSE_MDBM for at, value in stairs)


def test_smoke_follows_the_cube_of_time() -> None:
    stairs = dict(smoke.growth(0, 100_000, 200_000))
    assert stairs[50_000] == 5 + 226 // 8
    assert stairs[100_000] == 231
    assert stairs[200_000] == 5 + 226 * 8


def test_smoke_cannot_cross_before_it_begins() -> None:
    with pytest.raises(ValueError, match="begin earlier"):
        smoke.growth(1_000, 1_000, 2_000)


@given(st.integers(6, 3_000), st.integers(1, 600))
def test_smoke_clears_to_clean_air(value: int, seconds: int) -> None:
    stairs = smoke.clearing(0, value, seconds)
    assert stairs[-1][1] == smoke.IDLE_MDBM
    assert all(later[1] < earlier[1] for earlier, later in pairwise(stairs))


@given(st.integers(30_000, 90_000), st.integers(300, 700), st.integers(40_000, 180_000))
def test_a_burnt_pan_stays_above_the_trip_level_long_enough_for_any_detector(span: int, peak: int, hold: int) -> None:
    stairs = smoke.burnt_pan(0, span, peak, hold, smoke.IDLE_MDBM)
    assert max(value for _, value in stairs) <= peak
    assert smoke.below_trip_at(stairs) - span >= hold
    assert stairs[-1][1] == smoke.IDLE_MDBM


def test_a_meal_stays_far_below_the_trip_level() -> None:
    for peak in (20, 150):
        stairs = smoke.cooking(0, peak, 10)
        assert max(value for _, value in stairs) == peak < 184
        assert stairs[-1][1] == smoke.IDLE_MDBM


def test_a_leak_of_600_litres_an_hour_in_a_closed_kitchen_reaches_its_levels_when_the_formula_says() -> None:
    stairs = gas.leak(0, 1_800, 600, gas.MixedAir(20_800, 500))
    reached = {tenths: next(at for at, value in stairs if value >= tenths) // 1000 for tenths in (60, 100, 250)}
    assert reached == pytest.approx({60: 384, 100: 653, 250: 1_758}, abs=1)  # fractions dropped


def test_gas_mixes_as_the_formula_says() -> None:
    air = gas.MixedAir(20_800, 500)
    for second in range(1, 3_601):
        tenths = air.second(600)
        n = 0.5 / 3_600
        formula = 600 / 3_600 / (n * 20_800) * (1 - exp(-n * second)) / 0.05 * 1_000
        assert tenths == pytest.approx(formula, abs=1.0)


def test_gas_clears_when_the_leak_is_shut() -> None:
    stairs = gas.leak(0, 700, 600, gas.MixedAir(20_800, 20_000))
    assert stairs[-1][1] == 0
    peak = max(value for _, value in stairs)
    after = [value for at, value in stairs if at > 700_000]
    assert after == sorted(after, reverse=True)
    assert peak == max(value for at, value in stairs if at <= 700_000)


@pytest.mark.parametrize("litres", [3, 4])
@pytest.mark.parametrize("turnover", [8, 9, 10, 11])
def test_a_whiff_of_cooking_wine_is_gone_before_it_counts(litres: int, turnover: int) -> None:
    span = gas.above(gas.whiff(0, litres, turnover))
    assert span is None or span[1] - span[0] < gas.EARLIEST_MS


@pytest.mark.parametrize("litres", [6, 9])
@pytest.mark.parametrize("turnover", [110, 150])
def test_a_splash_in_a_corner_lasts_longer_than_a_detector_may_wait(litres: int, turnover: int) -> None:
    span = gas.above(gas.whiff(0, litres, turnover))
    assert span is not None
    assert span[1] - span[0] > gas.LATEST_MS


@pytest.mark.parametrize(
    ("day", "rise", "fall"),
    [  # Shanghai by the almanac, minutes
        (date(2026, 3, 20), (6, 0), (18, 7)),
        (date(2026, 6, 21), (4, 51), (19, 1)),
        (date(2026, 9, 23), (5, 45), (17, 53)),
        (date(2026, 12, 21), (6, 49), (16, 55)),
    ],
)
def test_the_sun_rises_and_sets_when_the_almanac_says(day: date, rise: tuple[int, int], fall: tuple[int, int]) -> None:
    crossing = sun_crossing_s(day, *SHANGHAI, -0.833)
    assert crossing is not None
    for seconds, (hour, minute) in zip(crossing, (rise, fall), strict=True):
        assert abs(seconds / 60 - hour * 60 - minute) < 4


@given(st.dates(date(2020, 1, 1), date(2040, 12, 31)))
def test_light_rises_and_falls_once_a_day_in_few_steps(day: date) -> None:
    steps = lux_steps(day, *SHANGHAI)
    levels = [lux for _, lux in steps]
    assert len(levels) <= 2 * len(LUX)
    top = levels.index(max(levels))
    assert levels[: top + 1] == sorted(levels[: top + 1])
    assert levels[top:] == sorted(levels[top:], reverse=True)
    assert levels[-1] == 0
    assert 0 < steps[0][0] < steps[-1][0] < 86_400


def test_there_are_days_without_dawn_and_nothing_breaks() -> None:
    assert sun_crossing_s(date(2026, 6, 21), 60.0, 20.0, 2.0, -12.0) is None
    assert lux_steps(date(2026, 6, 21), 60.0, 20.0, 2.0)
