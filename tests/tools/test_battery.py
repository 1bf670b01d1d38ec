"""Battery life: sums by hand, what must rise and fall, and that the command says what is measured and what is not."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from lilong_tools.battery_budget import ALWAYS_UA, GLANCE_MS, budget
from lilong_tools.battery_life import (
    CURRENTS,
    DAYS_A_YEAR,
    Awake,
    Battery,
    Currents,
    affordable_ms,
    affordable_times,
    life,
)
from lilong_tools.boards import known_drivers, open_board
from lilong_tools.cli import app
from typer.testing import CliRunner

C3 = CURRENTS["esp32c3"]
CELL = Battery(2_400, 80, 2)
some = st.floats(0.01, 1_000)
currents = st.builds(Currents, st.floats(1, 500), st.floats(1, 100), st.floats(20, 400), st.just(""))
cells = st.builds(Battery, st.floats(100, 40_000), st.floats(10, 100), st.floats(0, 9))
wakes = st.lists(st.builds(Awake, st.just("a"), st.floats(0, 9_000), st.floats(0, 900), st.booleans()), max_size=1)


def test_a_device_that_only_sleeps_by_hand():
    found = life(Currents(10, 0, 0, ""), [], Battery(1_000, 100, 0))
    assert found.mah_a_day["sleep"] == pytest.approx(0.24)
    assert found.years == pytest.approx(1_000 / 0.24 / DAYS_A_YEAR)


def test_an_hour_awake_a_day_by_hand():
    found = life(Currents(0, 0, 100, ""), [Awake("report", 3_600, 1_000, True)], Battery(2_000, 50, 0))
    assert found.mah_a_day == {"report": pytest.approx(100), "sleep": 0, "others": 0}
    assert found.years == pytest.approx(10 / DAYS_A_YEAR)


@given(currents, wakes, cells, some, st.floats(1.01, 3))
def test_more_of_what_draws_shortens_it_and_more_charge_lengthens_it(given_currents, awake, cell, others, more):
    years = life(given_currents, awake, cell, others).years
    c = given_currents
    assert life(c, awake, cell, others * more).years <= years
    assert life(Currents(c.sleep_ua * more, c.cpu_ma, c.radio_ma, ""), awake, cell, others).years <= years
    assert life(Currents(c.sleep_ua, c.cpu_ma, c.radio_ma * more, ""), awake, cell, others).years <= years
    bigger = Battery(cell.capacity_mah * more, cell.usable_percent, cell.self_discharge_percent_a_year)
    assert life(c, awake, bigger, others).years >= years
    worse = Battery(cell.capacity_mah, cell.usable_percent, cell.self_discharge_percent_a_year + more)
    assert life(c, awake, worse, others).years < years


@given(currents, cells, st.floats(1, 9_000), st.floats(0.1, 500), st.floats(1.01, 4))
def test_longer_or_more_frequent_wakes_shorten_it(given_currents, cell, ms, times, more):
    assume(ms * times * more < 80_000_000 and given_currents.radio_ma * 1_000 > given_currents.sleep_ua)
    years = life(given_currents, [Awake("a", ms, times, True)], cell).years
    assert life(given_currents, [Awake("a", ms * more, times, True)], cell).years <= years
    assert life(given_currents, [Awake("a", ms, times * more, True)], cell).years <= years


@given(currents, cells, st.floats(0.5, 10), st.floats(0.5, 100))
def test_what_may_be_afforded_lasts_exactly_so_long(given_currents, cell, years, times):
    ms = affordable_ms(given_currents, cell, years, times)
    assume(0 < ms < 86_400_000 / times)
    assert life(given_currents, [Awake("a", ms, times, True)], cell).years == pytest.approx(years, rel=1e-6)


@given(currents, cells, st.floats(0.5, 10), st.floats(1, 5_000), st.floats(0.1, 50))
def test_looks_so_often_last_exactly_so_long(given_currents, cell, years, ms, others):
    report = Awake("report", 100, 1, True)
    times = affordable_times(given_currents, cell, years, [Awake("looks", ms, 0, False), report], others)
    assume(0 < times * ms < 86_000_000 and given_currents.cpu_ma * 1_000 > 2 * given_currents.sleep_ua)
    found = life(given_currents, [Awake("looks", ms, times, False), report], cell, others)
    assert found.years == pytest.approx(years, rel=1e-6)


def test_a_day_with_more_than_24_hours_is_refused():
    with pytest.raises(ValueError, match="a day has 24"):
        life(C3, [Awake("a", 90_000_000, 1, True)], CELL)


def battery(*arguments):
    return CliRunner().invoke(app, ["battery", "--measured-on", "a PC", *arguments])


def test_the_command_says_what_lasts_how_long_and_what_nobody_has_proved():
    ended = battery("--board", "esp32_c3", "--kind", "smoke", "--awake", "report:6000:1:radio")
    assert ended.exit_code == 0, ended.exception
    assert "and 3 are asked of it: enough" in ended.stdout
    assert "times awake: measured on a PC. Currents: ESP32-C3 Series Datasheet" in ended.stdout
    assert "not proved on hardware" in ended.stdout


def test_it_says_plainly_when_that_is_not_enough():
    ended = battery("--board", "esp32_c3", "--kind", "smoke", "--awake", "sample:250:21600:cpu")
    assert "NOT ENOUGH" in ended.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--board", "esp32_c3", "--kind", "manhole", "--awake", "a:1:1:cpu"), "esp32_c3 does not carry it"),
        (("--board", "esp32_ppp", "--kind", "manhole", "--awake", "a:1:1:radio"), "the radio is the modem"),
        (("--board", "pico_w", "--kind", "smoke", "--awake", "a:1:1:cpu"), "its chip rp2040 has no deep sleep of use"),
        (("--board", "esp32_c3", "--kind", "smoke", "--awake", "a:1"), "is not NAME:MS:TIMES:radio|cpu"),
        (("--board", "esp32_c3", "--kind", "smoke", "--awake", "a:9999999:99:cpu"), "a day has 24"),
    ],
)
def test_what_cannot_be_is_told(arguments, said):
    assert said in str(battery(*arguments).exception)


def test_times_without_their_machine_are_refused():
    ended = CliRunner().invoke(app, ["battery", "--board", "esp32_c3", "--kind", "smoke", "--awake", "a:1:1:cpu"])
    assert "--measured-on: is missing" in str(ended.exception)


@pytest.mark.parametrize(("board", "kind", "wakings"), [
    ("esp32_c3", "smoke", 21_600), ("esp32_ppp", "manhole", 3_456), ("esp32_s3", "wristband", 2_880),
])  # fmt: skip
def test_a_kind_s_own_budget_has_its_looks_and_its_beats(board, kind, wakings):
    looks, reports = budget(open_board(board), kind).awake
    assert looks.times_a_day == wakings
    assert reports.times_a_day == {"smoke": 1, "manhole": 1, "wristband": 144}[kind]


def test_what_the_budget_says_of_drivers_is_of_drivers_that_there_are():
    assert {*GLANCE_MS, *ALWAYS_UA} <= set(known_drivers())


def own(*arguments):
    ended = CliRunner().invoke(app, ["battery", *arguments])
    assert ended.exit_code == 0, ended.exception
    return ended.stdout


def test_a_smoke_detector_that_wakes_an_esp32_every_4_s_is_not_viable_and_it_says_what_is():
    said = own("--board", "esp32_c3", "--kind", "smoke")
    assert "NOT VIABLE on this battery" in said
    assert "the mains and a reserve cell" in said


def test_a_cover_lasts_for_3_years_with_its_sensors_switched_and_not_without():
    cover = ("--board", "esp32_ppp", "--kind", "manhole", "--capacity-mah", "19000", "--radio-ma", "150")
    said = own(*cover)
    assert "ze03 10 mA" in said
    assert "no looks that come every 25 s last for 3 years" in said
    assert "and 3 are asked of it: enough" in own(*cover, "--switched")
    said = own(*cover, "--switched", "--look-s", "10")
    period = int(said.split("looks every ")[1].split()[0])
    assert "enough" in own(*cover, "--switched", "--look-s", str(period))
    assert "NOT ENOUGH" in own(*cover, "--switched", "--look-s", str(period - 1))


def test_a_band_is_charged_and_its_days_are_told():
    assert "days off the wrist" in own("--board", "esp32_c3", "--kind", "wristband", "--capacity-mah", "250")


def test_a_kind_that_never_sleeps_has_no_budget():
    ended = CliRunner().invoke(app, ["battery", "--board", "esp32", "--kind", "gas"])
    assert "never sleeps" in str(ended.exception)
