"""The streetlight by its calendar: a lamp that knows the time is lit at night, whatever its sensor says."""

from datetime import UTC, datetime, timedelta

import pytest
from harness import DAY, EPOCH, HOUR, MINUTE, SECOND, Host, codes, online
from hypothesis import given, settings
from hypothesis import strategies as st
from lilong_protocol import frame
from lilong_simulator.fleet.plant import Plant
from lilong_simulator.world.daylight import SUNRISE_DEG, calendar, sun_crossing_s

SHANGHAI = (31.2417, 121.4382)
GIVEN = {"calendar": calendar(*SHANGHAI)}
BRIGHT, DARK, FAILED = 10_000, 0, -1
MARGIN = 20 * MINUTE
ERROR = 2 * MINUTE


def crossings(now):
    """World times of sunrise and sunset on the day, local to Shanghai, of a world time."""
    local = datetime.fromtimestamp((EPOCH + now) / 1_000, UTC) + timedelta(hours=8)
    midnight = datetime(local.year, local.month, local.day, tzinfo=UTC) - timedelta(hours=8)
    start = int(midnight.timestamp() * 1_000) - EPOCH
    rise_s, set_s = sun_crossing_s(local.date(), *SHANGHAI, 8, SUNRISE_DEG)
    return start + rise_s * SECOND, start + set_s * SECOND


SUNSET = crossings(0)[1]  # world time 0 is 16:00 in Shanghai
SUNRISE = crossings(DAY)[0]


def lamp(lux=BRIGHT, **options):
    host = Host("streetlight", {"lux": lux}, plant=Plant().answer, data=GIVEN, **options)
    host.run(10 * SECOND)
    return host


def lit_from_to(host):
    """World times of the lamp's first lighting, and of its going dark after that."""
    on = next(at for at, level in host.switched("lamp") if level)
    return on, next(at for at, level in host.switched("lamp") if at > on and not level)


def about(at):
    return pytest.approx(at, abs=ERROR)


def test_a_sensor_that_is_stuck_bright_does_not_leave_the_street_dark():
    host = lamp(BRIGHT)
    host.run(DAY)
    assert lit_from_to(host) == (about(SUNSET + MARGIN), about(SUNRISE - MARGIN))
    assert len(host.switched("lamp")) == 3


def test_a_sensor_that_has_failed_leaves_it_to_the_calendar_from_sunset_to_sunrise():
    host = lamp(FAILED)
    host.run(DAY)
    assert lit_from_to(host) == (0, pytest.approx(0, abs=SECOND))  # until it knew the time: the failure level
    on, off = [at for at, _ in host.switched("lamp")[2:4]]
    assert (on, off) == (about(SUNSET), about(SUNRISE))


def test_the_sensor_lights_it_in_a_storm():
    host = lamp()
    host.set("lux", DARK)
    host.run(71 * SECOND)
    assert host.outputs["lamp"] == 100
    host.set("lux", BRIGHT)
    host.run(71 * SECOND)
    assert host.outputs["lamp"] == 0


def test_the_sensor_lights_it_earlier_in_the_evening_and_longer_in_the_morning():
    host = lamp()
    host.run_to(SUNSET + 5 * MINUTE)
    host.set("lux", DARK)
    host.run_to(SUNRISE - 5 * MINUTE)
    host.set("lux", BRIGHT)
    host.run(HOUR)
    on, off = lit_from_to(host)
    assert SUNSET + 6 * MINUTE <= on <= SUNSET + 6 * MINUTE + 10 * SECOND
    assert SUNRISE - 4 * MINUTE <= off <= SUNRISE - 4 * MINUTE + 10 * SECOND


def test_a_sensor_that_fails_by_day_lights_nothing_and_is_told():
    host = lamp()
    host.set("lux", FAILED)
    host.run(30 * MINUTE)
    assert host.switched("lamp") == [(0, 0)]
    assert host.raised(codes.ALARM_SENSOR_FAULT)
    host.set("lux", BRIGHT)
    host.run(MINUTE)
    assert host.switched("lamp") == [(0, 0)]


def test_a_commanded_level_goes_before_the_calendar():
    host = lamp()
    host.order(codes.CMD_SET_LEVEL, {0: 0})
    host.run_to(SUNSET + HOUR)
    assert host.outputs["lamp"] == 0
    host.order(codes.CMD_AUTOMATIC)
    assert host.outputs["lamp"] == 100


def test_a_lamp_commanded_dark_lights_at_night_when_its_link_has_been_away():
    host = lamp()
    host.order(codes.CMD_SET_LEVEL, {0: 0})
    host.run_to(SUNSET + HOUR)
    host.cut()
    host.run(15 * MINUTE)
    assert host.outputs["lamp"] == 100


def test_the_calendar_goes_on_without_a_network():
    host = lamp()
    host.cut()
    host.run(3 * DAY)
    assert [level for _, level in host.switched("lamp")] == [0, 100, 0, 100, 0, 100, 0]


def test_before_the_clock_is_set_the_sensor_decides():
    host = lamp(times=False)
    host.run_to(SUNSET + HOUR)
    assert host.outputs["lamp"] == 0


@pytest.mark.parametrize("data", [{}, {"calendar": b""}, {"calendar": bytes(147)}, {"calendar": bytes(149)}])
def test_without_a_whole_calendar_the_sensor_decides(data):
    host = Host("streetlight", plant=Plant().answer, data=data)
    host.run_to(SUNSET + HOUR)
    assert host.outputs["lamp"] == 0


def test_a_clock_that_is_set_to_another_time_is_followed_at_once():
    host = Host("streetlight", plant=Plant().answer, data=GIVEN, times=False)
    host.run(SECOND)
    host.time(host.device.session.asked, EPOCH + SUNSET + HOUR)
    host.run(100)
    assert host.outputs["lamp"] == 100
    host.cut()
    host.heal()
    while not online(host):
        host.run(SECOND)
    host.time(host.device.session.asked, EPOCH + HOUR - 10 * MINUTE)
    host.run(100)
    assert host.outputs["lamp"] == 0
    left = SUNSET - (HOUR - 10 * MINUTE)
    before = host.now
    host.run(2 * HOUR)
    assert host.switched("lamp")[-1] == (about(before + left + MARGIN), 100)


def test_beyond_the_polar_circle_it_is_lit_all_day_in_winter_and_never_in_summer():
    for epoch, level in ((EPOCH - 20 * DAY, 100), (EPOCH + 160 * DAY, 0)):
        host = Host("streetlight", plant=Plant().answer, data={"calendar": calendar(70, 25)}, times=False)
        host.run(SECOND)
        host.time(host.device.session.asked, epoch)
        host.run(SECOND)
        assert host.outputs["lamp"] == level
        before = len(host.switched("lamp"))
        host.run(2 * DAY)
        assert len(host.switched("lamp")) == before


# ---- any days


DEEDS = st.one_of(
    st.tuples(st.just("lux"), st.sampled_from((BRIGHT, DARK, FAILED, 45))),
    st.tuples(st.just("level"), st.sampled_from((0, 0, 40))),
    st.tuples(st.sampled_from(("automatic", "cut", "heal")), st.just(0)),
)
WAITS = st.sampled_from((0, MINUTE, 10 * MINUTE, 20 * MINUTE, HOUR, 5 * HOUR))


def is_night(now):
    """It is night beyond doubt."""
    rise, sink = crossings(now)
    return now < rise - MARGIN - ERROR or now > sink + MARGIN + ERROR


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(WAITS, DEEDS), min_size=1, max_size=20))
def test_it_is_never_dark_at_night_unless_commanded_while_the_link_is_there(script):
    host = lamp()
    commanded = False
    heard = host.now  # when the link was there last
    for wait, (what, value) in script:
        for _ in range(0, wait, 5 * MINUTE):
            host.run(min(wait, 5 * MINUTE))
            if online(host):
                heard = host.now
            dark = host.outputs["lamp"] == 0
            assert not (dark and is_night(host.now)) or (commanded and host.now - heard <= 20 * MINUTE)
        if what == "lux":
            host.set("lux", value)
        elif what == "cut":
            host.cut()
        elif what == "heal":
            host.heal()
        elif online(host):
            number = codes.CMD_SET_LEVEL if what == "level" else codes.CMD_AUTOMATIC
            assert host.order(number, {0: value} if what == "level" else {}) == frame.OK
            commanded = what == "level"
