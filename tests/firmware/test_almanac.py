"""The astronomical calendar: a table of 148 bytes says what the sun does, to a few minutes, at every place and day."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from lilong_firmware.almanac import (
    DAY,
    HALF_TURN,
    MARGIN,
    MS_A_DAY,
    NIGHT,
    PAIRS,
    SIZE,
    TENTH_MS,
    TURN,
    TWILIGHT,
    sky,
    sun,
)  # fmt: skip
from lilong_simulator.world.daylight import SUNRISE_DEG, calendar, sun_crossing_s

EPOCH_DAY = date(1970, 1, 1)
MINUTE = 60_000
MARGIN_MIN = 20
SHANGHAI = (31.2417, 121.4382)


def days(day: date) -> int:
    return (day - EPOCH_DAY).days


def epoch_ms(*when: int) -> int:
    return round(datetime(*when, tzinfo=UTC).timestamp() * 1_000)


def away_min(a: float, b: float) -> float:
    """Minutes between two times of day."""
    return abs((a - b + 720) % 1_440 - 720)


PLACES = (
    [(latitude, longitude, 2) for latitude in (31, -31, 0) for longitude in (121.4, 0, -75, -179.9, 180)]
    + [(latitude, longitude, 5) for latitude in (60, -60) for longitude in (121.4, 0, -75, -179.9, 180)]
)  # fmt: skip


@pytest.mark.parametrize(("latitude", "longitude", "error_min"), PLACES)
@pytest.mark.parametrize("year", [2026, 2028])
def test_sunset_and_sunrise_are_right_on_every_day_of_common_and_leap_years(latitude, longitude, error_min, year):
    table = calendar(latitude, longitude)
    day = date(year, 1, 1)
    while day.year == year:
        rise_s, set_s = sun_crossing_s(day, latitude, longitude, 0, SUNRISE_DEG)
        noon, half = sun(table, days(day))
        assert away_min((noon - half) / 10, rise_s / 60) <= error_min, day
        assert away_min((noon + half) / 10, set_s / 60) <= error_min, day
        day += timedelta(days=1)


def test_a_table_takes_148_bytes():
    assert len(calendar(*SHANGHAI)) == SIZE == 4 * PAIRS == 148


def test_knows_the_day_of_the_year_until_the_end_of_the_century():
    halves = b"".join(b"\0\0" + (100 * pair).to_bytes(2, "big") for pair in range(PAIRS))  # 10 a day
    for number in range(days(date(2100, 2, 28)) + 1):
        day = EPOCH_DAY + timedelta(days=number)
        of_year = day.timetuple().tm_yday - 1
        if of_year <= 360:
            assert sun(halves, number)[1] == 10 * of_year


def test_the_last_days_of_a_year_lead_to_the_first():
    """All pairs say 3,000, but the one of 1 January 3,600: the last five or six days go there in even steps."""
    table = b"\0\0\x0e\x10" + b"\0\0\x0b\xb8" * 36
    last = [sun(table, days(date(2027, 12, day)))[1] for day in range(27, 32)]
    assert last == [3_000, 3_120, 3_240, 3_360, 3_480]
    assert sun(table, days(date(2028, 12, 31)))[1] == 3_600
    assert sun(table, days(date(2028, 1, 1)))[1] == 3_600


def test_noon_may_pass_midnight_between_two_pairs():
    table = (b"\x38\x3b\x0e\x10" + b"\0\x05\x0e\x10") * 18 + b"\x38\x3b\x0e\x10"  # 14,395 and 5 in turn
    assert sun(table, 5) == (14_400, 3_600)
    assert sun(table, 15)[0] in (0, TURN)


def course(table, start, until):
    """[(epoch ms, sky)] as a lamp sees it: it looks again when it was told to."""
    now = start
    seen = []
    while now < until:
        what, wait = sky(table, now)
        assert 0 < wait <= MS_A_DAY
        if not seen or seen[-1][1] != what:
            seen.append((now, what))
        now += wait
    return seen


@pytest.mark.parametrize(("latitude", "longitude", "error_min"), PLACES)
def test_a_lamp_that_looks_when_it_is_told_to_sees_four_changes_a_day_in_time(latitude, longitude, error_min):
    table = calendar(latitude, longitude)
    seen = course(table, epoch_ms(2027, 12, 1), epoch_ms(2028, 3, 10))
    sequence = [NIGHT, TWILIGHT, DAY, TWILIGHT]
    for (_, what), (_, following) in pairwise(seen):
        assert what != following
    assert {(a, b, c) for (_, a), (_, b), (_, c) in zip(seen, seen[1:], seen[2:], strict=False)} == {
        (sequence[at], sequence[(at + 1) % 4], sequence[(at + 2) % 4]) for at in range(4)
    }
    for (_, before), (at, what) in pairwise(seen):
        instant = datetime.fromtimestamp(at / 1_000, UTC)
        rise_s, set_s = sun_crossing_s(instant.date(), latitude, longitude, 0, SUNRISE_DEG)
        expected = {
            (NIGHT, TWILIGHT): rise_s / 60 - MARGIN_MIN,
            (TWILIGHT, DAY): rise_s / 60,
            (DAY, TWILIGHT): set_s / 60,
            (TWILIGHT, NIGHT): set_s / 60 + MARGIN_MIN,
        }[before, what]
        minute = (at % MS_A_DAY) / MINUTE
        assert away_min(minute, expected) <= error_min + 1, instant  # the date in UTC may be a day off that of the noon


@given(st.integers(epoch_ms(2026, 1, 1), epoch_ms(2099, 12, 31)), st.sampled_from(PLACES))
@example(epoch_ms(2028, 2, 29), PLACES[0])
@example(epoch_ms(2028, 12, 31, 23, 59, 59), PLACES[0])
def test_nothing_changes_before_it_is_time_to_look_again(at, place):
    table = calendar(place[0], place[1])
    what, wait = sky(table, at)
    for later in (1, wait // 2, wait - 1):
        if later < wait:
            assert sky(table, at + later)[0] == what


@given(
    st.integers(epoch_ms(2026, 1, 1), epoch_ms(2030, 12, 31)), st.integers(-3 * 365 * MS_A_DAY, 3 * 365 * MS_A_DAY),
    st.sampled_from(PLACES[:5]),
)  # fmt: skip
def test_a_table_of_a_world_that_is_ahead_tells_where_its_sun_stands(world, ahead, place):
    """A lamp that asks it at its own time sees what one in the world does, or will within minutes."""
    seen = sky(calendar(place[0], place[1], ahead), world - ahead)[0]
    table = calendar(place[0], place[1])
    assert seen in {sky(table, world + minutes * MINUTE)[0] for minutes in (-5, 0, 5)}


# ---- beyond the polar circles


def test_where_the_sun_does_not_set_it_is_never_night():
    seen = course(calendar(70, 25), epoch_ms(2026, 6, 1), epoch_ms(2026, 7, 10))
    assert [what for _, what in seen] == [DAY]


def test_where_the_sun_does_not_rise_it_is_always_night():
    seen = course(calendar(70, 25), epoch_ms(2026, 12, 10), epoch_ms(2027, 1, 5))
    assert [what for _, what in seen] == [NIGHT]


def test_poles_and_circles_give_tables_too():
    for latitude in (90, 89.9, 66.6, -66.6, -90):
        table = calendar(latitude, 25)
        assert len(table) == SIZE
        for day in range(20_454, 20_454 + 366):
            assert 0 <= sun(table, day)[1] <= HALF_TURN


def test_a_year_beyond_the_circle_goes_through_day_and_night():
    assert {what for _, what in course(calendar(70, 25), epoch_ms(2026, 1, 1), epoch_ms(2027, 1, 1))} == {
        DAY, TWILIGHT, NIGHT,
    }  # fmt: skip


# ---- what a board can count


def test_all_that_is_computed_after_the_first_division_fits_a_small_integer_of_30_bits():
    widest = max(MS_A_DAY, (2 * HALF_TURN + MARGIN) * TENTH_MS, 2 * TURN * PAIRS)
    assert widest < 1 << 29
