"""What devices say by themselves, and what people make them say, against the figures of the documents' inventory."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lilong_simulator import traffic
from lilong_simulator.estate import load_estate
from lilong_simulator.estate.parts import Device

PLAZA = load_estate("music_plaza")


def device(kind, beat_s=None):
    return Device("00" * 8, kind, f"x/{kind}", 0, 0, 0, None, None, None, (), beat_s)


def test_rates_of_music_plaza_are_those_of_its_inventory():
    rates = {kind: one.messages for kind, one in traffic.steady(PLAZA.devices).items()}
    assert rates["door"] == pytest.approx(36 / 60)
    assert rates["gas"] == pytest.approx(632 / 300 + 632 / 900)
    assert rates["smoke"] == pytest.approx(903 / 86_400 + 280 / 3_600)
    assert rates["wristband"] == pytest.approx(150 / 600)


@given(st.floats(0.1, 50), st.integers(1, 5))
def test_a_rate_divides_periods_and_copies_add_up(rate, count):
    one = traffic.steady([device("gas", 100)], rate)["gas"]
    many = traffic.steady([device("gas", 100)] * count, rate)["gas"]
    assert one.heartbeats == pytest.approx(rate / 100)
    assert many.messages == pytest.approx(one.times(count).messages)
    assert many.devices == one.times(count).devices == count


def test_a_sleeping_device_has_wakings_and_no_heartbeats():
    (one,) = traffic.steady([device("manhole")]).values()
    assert (one.always_on, one.heartbeats) == (0, 0)
    assert one.wakings == pytest.approx(1 / 86_400)


def test_the_hours_of_a_day_have_all_its_events_and_people_come_home_at_18():
    hours = [traffic.events_in_hour(PLAZA, hour) for hour in range(24)]
    assert sum(hours) == pytest.approx(traffic.events_a_day(PLAZA), rel=1e-3)
    assert max(range(24), key=hours.__getitem__) == 18


def test_every_happening_is_named_in_the_estate_file():
    for one in traffic.HAPPENINGS:
        assert hasattr(PLAZA.rates, one.rate)
        assert all(hasattr(PLAZA.curves, curve) for curve in one.curves)


def test_an_estate_without_lanes_has_no_cars_to_tell_of():
    (cars,) = [one for one in traffic.HAPPENINGS if one.kind == "vehicle_lane"]
    assert cars.a_day(PLAZA) == pytest.approx(2 * 900)
    assert cars.a_day(load_estate(Path(__file__).with_name("small_estate.toml"))) == 0
