"""The dose of carbon monoxide: the table of EN 50291 for steps, and sense for every other path."""

from fractions import Fraction

import pytest
from harness import MINUTE, SECOND
from hypothesis import given
from hypothesis import strategies as st
from lilong_firmware.co_dose import FULL, CoDose, rate
from lilong_firmware.effects import NEVER

# ppm: (minutes before which there must be no alarm, minutes by which there must be one)
EN_50291 = {30: (120, None), 50: (60, 90), 100: (10, 40), 300: (None, 3)}

ppm = st.one_of(st.sampled_from((0, 29, 30, 49, 50, 99, 100, 299, 300)), st.integers(0, 2_000))
stretches = st.integers(1, 200 * MINUTE)
paths = st.lists(st.tuples(stretches, ppm), max_size=12)


def alarm_at(path):
    """Uptime of the alarm on a path of (ms, ppm), None when there is none by its end."""
    dose, now = CoDose(), 0
    for ms, concentration in path:
        dose.follow(now, concentration)
        now += ms
        if dose.full_at() <= now:
            return dose.full_at()
    return None


def length(path):
    return sum(ms for ms, _ in path)


@pytest.mark.parametrize("concentration", EN_50291)
def test_a_step_meets_the_table(concentration):
    at = alarm_at([(24 * 60 * MINUTE, concentration)])
    least, most = EN_50291[concentration]
    if least is not None:
        assert at is None or at >= least * MINUTE
    if most is not None:
        assert at is not None
        assert at <= most * MINUTE


@pytest.mark.parametrize(("ceiling", "minutes"), [(c, least) for c, (least, _) in EN_50291.items() if least])
@given(data=st.data())
def test_no_path_below_a_level_alarms_before_its_time(ceiling, minutes, data):
    path = data.draw(st.lists(st.tuples(stretches, st.integers(0, ceiling)), max_size=12))
    at = alarm_at(path)
    assert at is None or at >= minutes * MINUTE


@pytest.mark.parametrize(("floor", "minutes"), [(c, most) for c, (_, most) in EN_50291.items() if most])
@given(data=st.data())
def test_whatever_was_before_a_path_above_a_level_alarms_by_its_time(floor, minutes, data):
    before = data.draw(paths)
    above = data.draw(st.lists(st.tuples(stretches, st.integers(floor, 3_000)), min_size=1, max_size=12))
    above.append((minutes * MINUTE, floor))
    at = alarm_at(before + above)
    assert at is not None
    assert at <= length(before) + minutes * MINUTE


@given(path=paths, more=st.lists(st.integers(0, 500), min_size=12, max_size=12))
def test_more_gas_never_alarms_later(path, more):
    lower = alarm_at(path)
    higher = alarm_at([(ms, c + extra) for (ms, c), extra in zip(path, more, strict=False)])
    assert lower is None or (higher is not None and higher <= lower)


@given(path=paths, period=st.sampled_from((SECOND, 5 * SECOND, 7 * MINUTE)))
def test_looking_more_often_changes_nothing(path, period):
    pieces = []
    for ms, concentration in path:
        pieces += [(period, concentration)] * min(ms // period, 50)
        pieces.append((ms - period * min(ms // period, 50), concentration))
    assert alarm_at(pieces) == alarm_at(path)


@given(path=paths)
def test_the_dose_is_the_sum_of_its_rates_between_empty_and_full(path):
    dose, now = Fraction(0), 0
    expected = None
    for ms, concentration in path:
        step = rate(concentration)
        if step > 0 and dose + step * ms >= FULL:
            expected = now + -((dose - FULL) // step)
            break
        dose = max(Fraction(0), dose + step * ms)
        now += ms
    assert alarm_at(path) == expected


@given(concentration=st.integers(0, 20_000))
def test_the_rate_rises_with_the_concentration(concentration):
    assert rate(concentration) <= rate(concentration + 1)


def test_clean_air_empties_a_full_dose_in_150_minutes_and_never_alarms():
    dose = CoDose()
    dose.follow(0, 10_000)
    full = dose.full_at()
    dose.follow(full + 1, 0)
    assert dose.full_at() == NEVER
    dose.follow(full + 1 + 150 * MINUTE, 100)
    assert dose.full_at() == full + 1 + 150 * MINUTE + 25 * MINUTE
