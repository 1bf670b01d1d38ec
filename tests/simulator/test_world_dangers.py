"""What is rare: carbon monoxide, floods, gas in shafts, wearers who wander; by what law, and truth where it crosses."""

import re
from collections import Counter
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lilong_firmware.co_dose import CoDose
from lilong_simulator.estate import Estate, load_estate
from lilong_simulator.estate.source import ESTATES
from lilong_simulator.incidents import find
from lilong_simulator.random_streams import Stream, Streams
from lilong_simulator.truth import TruthRow
from lilong_simulator.world import World, monoxide, outings, rain, sewers
from world_log import WorldLog, run

MONDAY = datetime(2026, 3, 2)
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000


@pytest.fixture(scope="module")
def quiet_estate(tmp_path_factory: pytest.TempPathFactory) -> Estate:
    """The reference estate in which nobody passes a door or cooks: what is left is rare, and quickly played."""
    text = (ESTATES / "music_plaza.toml").read_text("utf-8")
    habits = "credential_reads|door_cycles|staff_entries_per_door|cookings_per_household"
    file = tmp_path_factory.mktemp("estate") / "quiet.toml"
    file.write_text(re.sub(f"({habits}) = .*", r"\1 = 0", text), "utf-8")
    return load_estate(file)


@pytest.fixture(scope="module")
def months(quiet_estate: Estate) -> WorldLog:
    return run(quiet_estate, MONDAY, 60 * DAY)


def rows(log: WorldLog, alarm: str) -> list[TruthRow]:
    return [row for row in log.world.truth if row.alarm == alarm]


# ---- carbon monoxide


@pytest.mark.parametrize(
    ("ppm", "not_before_min", "by_min"), [(30, 120, None), (50, 60, 90), (100, 10, 40), (300, None, 3)]
)
def test_the_two_doses_are_the_table_of_en_50291(ppm: int, not_before_min: int | None, by_min: int | None) -> None:
    steady = [(0, ppm), (200 * MINUTE, 0)]
    if not_before_min is not None:
        assert monoxide.full_at(monoxide.EARLIEST, steady) == not_before_min * MINUTE
    latest = monoxide.full_at(monoxide.LATEST, steady)
    assert latest == (None if by_min is None else pytest.approx(by_min * MINUTE, abs=2_000))


@given(st.integers(0, 9), st.integers(31, 380), st.integers(5, 150))
def test_a_detector_by_the_table_alarms_between_the_two_doses(onset_s: int, peak: int, minutes: int) -> None:
    stairs = monoxide.spell(onset_s * 1_000, peak, minutes)
    dose, alarm = CoDose(), None
    for (at, ppm), (until, _) in pairwise(stairs):
        dose.follow(at, ppm)
        if alarm is None and dose.full_at() <= until:
            alarm = dose.full_at()
    earliest, latest = (monoxide.full_at(table, stairs) for table in (monoxide.EARLIEST, monoxide.LATEST))
    if alarm is not None:
        assert earliest is not None
        assert earliest <= alarm
    if latest is not None:
        assert alarm is not None
        assert alarm <= latest


@given(st.integers(1, 400), st.integers(1, 150))
def test_monoxide_comes_and_goes_in_steps_and_never_exceeds_its_peak(peak: int, minutes: int) -> None:
    stairs = monoxide.spell(0, peak, minutes)
    values = [ppm for _, ppm in stairs]
    top = values.index(max(values))
    assert 0 < max(values) <= peak
    assert values[-1] == 0
    assert all(b > a for a, b in pairwise(values[: top + 1]))
    assert all(b < a for a, b in pairwise(values[top:]))
    assert all(b[0] - a[0] >= monoxide.STEP_MS for a, b in pairwise(stairs))


def test_monoxide_is_as_rare_as_its_base_rates_say(quiet_estate: Estate) -> None:
    streams, found = Streams(5), Counter[str]()
    detectors = [flat.key for flat in quiet_estate.flats if quiet_estate.find(flat.stem, "gas")]
    years = 20
    for ordinal in range(years * 365):
        for key in detectors[:60]:
            if streams.chance(monoxide.GRILLS_PER_DETECTOR_YEAR / 365, key, "charcoal grill", ordinal):
                found["grill"] += 1
    assert found["grill"] / years / 60 == pytest.approx(0.02, rel=0.35)
    assert pytest.approx(0.05) == monoxide.FLUES_PER_DETECTOR_YEAR * 903


def test_the_truth_of_monoxide_fits_what_the_detector_is_given(months: WorldLog) -> None:
    found = rows(months, "gas.co")
    assert found
    for row in found:
        calls = months.of("co", row.device)
        assert max(value for *_, value in calls) <= 380
        assert calls[-1][3] == 0
        assert row.until_ms is not None
        assert row.crossing_ms < row.until_ms
        if row.expect == "must":
            local = row.limits["local_ms"] or 0
            assert monoxide.SAMPLES_MS < local < 90 * MINUTE
            assert [row.limits[f"{clock}_ms"] for clock in ("ingest", "shown", "acknowledged")] == [
                local + 10_000, local + 20_000, local + 60_000,
            ]  # fmt: skip
    assert {call[1] for call in months.of("co")} == {row.device for row in found}


# ---- rain


def test_a_wet_day_leaves_the_water_far_below_the_limits_and_the_drains_dry_by_midnight() -> None:
    wet = [r for n in range(400) if 0 < max(r := rain.rain_of_day(Streams(1).stream("estate", "rain", n))) <= 350]
    assert 90 < len(wet) * 365 / 400 < 165
    for day in wet:
        stairs = rain.water(day, rain.GATHERS[1], 0)
        assert min(below_rim for _, below_rim in stairs) >= 1_800
        assert stairs[-1][0] < DAY
        assert stairs[-1][1] == rain.DRY_MM


def test_only_what_the_sewer_cannot_take_gathers() -> None:
    day = [0] * 144
    rain.spell(day, 80, 9, 360)
    assert max(day) == 360
    assert min(value for _, value in rain.water(day, 55, 0)) == rain.DRY_MM - 540
    rain.spell(day, 80, 9, 900)
    low, high = (min(value for _, value in rain.water(day, gathers, 0)) for gathers in (15, 55))
    assert high < low < rain.DRY_MM - 540


@given(st.integers(0, 2**32))
def test_water_is_in_steps_of_ten_minutes_within_the_shaft_and_gone_by_the_next_day(seed: int) -> None:
    stream = Stream(seed)
    day = rain.rain_of_day(stream)
    rain.spell(day, stream.between(78, 108), stream.between(6, 12), stream.between(350, 1_000))
    for gathers in rain.GATHERS:
        stairs = rain.water(day, gathers, 7)
        assert all(0 <= value <= rain.DRY_MM and value % 10 == 0 for _, value in stairs)
        assert all((at - 7) % rain.STEP_MS == 0 for at, _ in stairs)
        assert all(a != b for (_, a), (_, b) in pairwise(stairs))
        assert stairs[-1][1] == rain.DRY_MM
        assert stairs[-1][0] < DAY
        for _, from_mm, until_mm in rain.LEVELS:
            assert len(list(rain.spans(stairs, from_mm, until_mm))) <= 1, "a second rise would be the same episode"


def test_a_span_lasts_until_the_water_is_below_the_hysteresis() -> None:
    stairs = [(1, 700), (2, 500), (3, 550), (4, 490), (5, 600), (6, 2_000)]
    assert list(rain.spans(stairs, 500, 600)) == [(2, 5)]
    assert list(rain.spans(stairs, 489, 600)) == []


def test_a_cloudburst_is_told_where_it_crosses_and_nowhere_else(quiet_estate: Estate) -> None:
    start = datetime(2026, 12, 8)  # with this seed, the rain of the century
    log = run(quiet_estate, start, DAY, seed=5)
    trips = {"manhole.level": (500, 600), "manhole.overfull": (100, 200)}
    found = {(row.alarm, row.device): row for row in log.world.truth if row.alarm in trips}
    covers = {call[1] for call in log.of("water")}
    assert covers == {cover.id for cover in quiet_estate.of_kind("manhole") if "/storm" in cover.name}
    assert len(covers) > len({device for alarm, device in found if alarm == "manhole.level"}) > 10
    for alarm, (trip, ends) in trips.items():
        for cover in covers:
            calls = [(at, value) for at, _, _, value in log.of("water", cover)]
            row = found.get((alarm, cover))
            crossing = next((at for at, value in calls if value <= trip), None)
            assert (row is None) == (crossing is None)
            if row is not None:
                assert (row.expect, row.crossing_ms) == ("must", crossing)
                assert row.until_ms == next(at for at, value in calls if at > row.crossing_ms and value >= ends)


def test_the_weather_service_tells_the_rain_of_the_drains_and_a_backend_that_is_told_must_warn(
    quiet_estate: Estate,
) -> None:
    start, ordinal = datetime(2026, 12, 8), datetime(2026, 12, 8).toordinal()
    falls = rain.rain_of_day(Streams(5).stream(quiet_estate.id, "rain", ordinal))
    told: list[tuple[int, int]] = []
    log = WorldLog(World(quiet_estate, 5, start))
    log.world.weather = lambda tenths: told.append((int(log.world.env.now), tenths))
    log.world.env.run(until=DAY)
    assert told == [(at, fell) for at, fell in rain.hours(falls, 0) if at < DAY]
    assert told[-1][1] == 0
    found = rows(log, "weather.rain_level")
    assert [(row.crossing_ms, row.until_ms) for row in found] == [row[:2] for row in rain.warnings(told)]
    assert found
    assert all((row.expect, row.limits["ingest_ms"], row.device) == ("must", 60_000, "") for row in found)
    untold = rows(run(quiet_estate, start, DAY, seed=5), "weather.rain_level")
    assert {row.expect for row in untold} == {"may"}


@given(st.lists(st.integers(0, 1_500), max_size=60))
def test_one_warning_stands_for_each_hour_that_calls_for_it(falls: list[int]) -> None:
    told = rain.hours(falls, 0)
    assert not told or told[-1][1] == 0
    fell = dict.fromkeys(range(0, (len(falls) + 6) * rain.STEP_MS, rain.STEP_MS), 0)
    for step in range(len(falls) + 6):
        fell[(step + 1) * rain.STEP_MS] = sum(falls[max(0, step - 5) : step + 1]) // 6
    for at, hour in fell.items():
        standing = [least for since, until, least in rain.warnings(told) if since <= at < until]
        assert standing == [one for one in rain.WARNINGS if hour >= one][:1]


def test_the_rain_of_an_incident_takes_the_place_of_the_days(quiet_estate: Estate) -> None:
    begin = datetime(2026, 12, 8)
    told: list[int] = []
    log = WorldLog(World(quiet_estate, 5, begin, [find("cloudburst@16:00")]))
    log.world.weather = told.append
    log.world.env.run(until=DAY)
    assert [tenths for tenths in told if tenths in (350, 500, 800)] == [350, 500, 800]
    of_both = rain.hours(rain.rain_of_day(Streams(5).stream(quiet_estate.id, "rain", begin.toordinal())), 0)
    assert of_both[0][0] < 20 * HOUR
    assert of_both[-1][0] > 15 * HOUR
    assert told == [350, 500, 800, 0]


def test_a_world_that_begins_in_the_rain_begins_without_what_fell_before(quiet_estate: Estate) -> None:
    day = datetime(2026, 12, 8)
    falls = rain.rain_of_day(Streams(5).stream(quiet_estate.id, "rain", day.toordinal()))
    middle = falls.index(max(falls))
    whole = run(quiet_estate, day, DAY, seed=5)
    half = run(quiet_estate, day + middle * timedelta(minutes=10), DAY // 2, seed=5)
    assert half.of("water")
    for cover in {call[1] for call in half.of("water")}:
        assert min(c[3] for c in whole.of("water", cover)) <= min(c[3] for c in half.of("water", cover))
        assert half.of("water", cover)[-1][3] == rain.DRY_MM


# ---- shafts


def test_gas_in_a_shaft_builds_up_over_hours_and_is_aired() -> None:
    stairs = sewers.build_up(0, 10, 200, 100, 4)
    assert stairs[0] == (sewers.STEP_MS, 10, 5)
    assert max(stairs, key=lambda step: step[1]) == (10 * HOUR, 200, 100)
    assert stairs[-1] == (12 * HOUR, 0, 0)
    assert sewers.above(stairs) == (5 * HOUR, 12 * HOUR)
    assert sewers.above(sewers.build_up(0, 10, 60, 80, 4)) == (9 * HOUR, 11 * HOUR)
    assert sewers.above(sewers.build_up(0, 10, 99, 69, 4)) is None


def test_an_ordinary_sewer_smells_far_below_the_limits(months: WorldLog, quiet_estate: Estate) -> None:
    foul = {cover.id for cover in quiet_estate.of_kind("manhole") if "/foul" in cover.name}
    told = {row.device for row in rows(months, "manhole.gas")}
    ordinary = [call for call in months.of("h2s") if call[1] not in told]
    assert {call[1] for call in ordinary} <= foul
    assert len(ordinary) / 60 / len(foul) == pytest.approx(4, abs=0.2)
    assert all(2 <= call[3] < 20 or call[3] < sewers.H2S_TENTHS for call in ordinary)


def test_a_build_up_is_told_where_it_crosses_and_keeps_the_daily_smell_off(quiet_estate: Estate) -> None:
    log = run(quiet_estate, datetime(2027, 2, 10), 2 * DAY, seed=8)  # with this seed, a blocked sewer
    (row,) = rows(log, "manhole.gas")
    gas, h2s = ({at: value for at, _, _, value in log.of(name, row.device)} for name in ("gas", "h2s"))
    assert set(gas) <= set(h2s)
    assert row.crossing_ms == min(at for at in gas if gas[at] >= 100 or h2s[at] >= 70)
    assert row.until_ms == min(at for at in gas if at > row.crossing_ms and gas[at] < 50 and h2s[at] < 50)
    assert row.limits["ingest_ms"] == 30_000


# ---- wearers


def test_few_care_plans_have_a_fence_and_a_run_changes_nobodys(quiet_estate: Estate) -> None:
    people = list(quiet_estate.wearers.values())
    fenced = [person.key for person in people if outings.fenced(quiet_estate, person)]
    assert 3 <= len(fenced) <= 18
    assert fenced == [person.key for person in people if outings.fenced(quiet_estate, person)]


def test_only_bands_with_a_fence_see_one(months: WorldLog, quiet_estate: Estate) -> None:
    fenced = {band for band, who in quiet_estate.wearers.items() if outings.fenced(quiet_estate, who)}
    assert {call[1] for call in months.of("outside")} <= fenced
    assert {row.device for row in rows(months, "band.geofence")} <= fenced


def test_all_others_run_errands_beyond_the_fence_and_nobody_is_told(months: WorldLog, quiet_estate: Estate) -> None:
    fenced = {band for band, who in quiet_estate.wearers.items() if outings.fenced(quiet_estate, who)}
    south = 31_241_700 - int((quiet_estate.height_m / 2 + outings.FENCE_M) * 9)
    away = {call[1] for call in months.of("latitude") if call[3] < south}
    assert len(away - fenced) > 100
    last = {device: value for _, device, _, value in months.of("latitude")}
    assert all(abs(value - 31_241_700) < 2_000 for value in last.values()), "all are home at night"


def test_who_wanders_is_beyond_the_fence_for_long_and_must_be_told(months: WorldLog) -> None:
    must = [row for row in rows(months, "band.geofence") if row.expect == "must"]
    assert must
    for row in must:
        steps = [(at, value) for at, _, _, value in months.of("outside", row.device)]
        assert row.crossing_ms == min(
            at for at, value in steps if value > outings.FENCE_M and row.crossing_ms - HOUR < at
        )
        assert row.until_ms is not None
        assert row.until_ms - row.crossing_ms > 10 * MINUTE
        within = [value for at, value in steps if row.crossing_ms <= at < row.until_ms]
        assert min(within) > outings.FENCE_M
        assert next(value for at, value in steps if at > row.until_ms + 5 * MINUTE or value == 0) == 0


def test_a_few_steps_outside_are_never_beyond_the_fence_for_two_minutes(months: WorldLog) -> None:
    tempted = [row for row in rows(months, "band.geofence") if row.expect == "must_not"]
    beyond = 0
    for row in tempted:
        steps = [(at, value) for at, _, _, value in months.of("outside", row.device)
                 if row.crossing_ms <= at <= (row.until_ms or 0)]  # fmt: skip
        assert steps[-1][1] == 0
        for (at, value), (until, _) in pairwise(steps):
            if value > outings.FENCE_M:
                beyond += 1
                assert until - at < 90_000
    assert tempted
    assert beyond


def test_nobody_leaves_twice_a_day_or_while_the_band_is_on_its_charger(months: WorldLog) -> None:
    for row in rows(months, "band.geofence"):
        charged = [at for at, _, _, value in months.of("charging", row.device) if value]
        assert row.until_ms is not None
        assert not any(row.crossing_ms - HOUR < at < row.until_ms for at in charged)
    days = Counter((row.device, row.crossing_ms // DAY) for row in rows(months, "band.geofence"))
    assert set(days.values()) == {1}


def test_errands_do_not_depend_on_when_the_world_begins(quiet_estate: Estate) -> None:
    streams = Streams(7)
    person = next(iter(quiet_estate.wearers.values()))
    plans = [outings.outing(streams, quiet_estate, person, n, 9 * HOUR, 19 * HOUR) for n in range(60)]
    assert plans == [outings.outing(streams, quiet_estate, person, n, 9 * HOUR, 19 * HOUR) for n in range(60)]
    gone = [plan for plan in plans if plan is not None]
    assert gone
    for plan in gone:
        assert 9 * HOUR <= plan.begins < plan.ends < 19 * HOUR + 2 * HOUR
        assert all(b[0] > a[0] for a, b in pairwise(plan.legs))
        assert plan.legs[-1][1] == 0


def test_the_small_estate_has_its_dangers_too() -> None:
    small = load_estate(Path(__file__).parent / "small_estate.toml")
    log = run(small, MONDAY, 3 * DAY)
    assert all(value >= 0 for *_, value in log.calls)
