"""The world lives as the reference estate does: so many reads and cycles, at these hours, the same for a seed."""

import hashlib
import os
import re
import subprocess
import sys
from collections import Counter
from datetime import datetime
from pathlib import Path

import pytest
from lilong_simulator.estate import Estate, load_estate
from lilong_simulator.estate.source import ESTATES
from lilong_simulator.world import World
from world_log import WorldLog, run

SMALL = Path(__file__).parent / "small_estate.toml"
MONDAY = datetime(2026, 3, 2)
HOUR, DAY = 3_600_000, 86_400_000


@pytest.fixture(scope="module")
def plaza() -> Estate:
    return load_estate("music_plaza")


@pytest.fixture(scope="module")
def week(plaza: Estate) -> WorldLog:
    return run(plaza, MONDAY, 7 * DAY)


def test_a_working_day_has_nine_thousand_reads_and_twelve_thousand_door_cycles(week: WorldLog) -> None:
    for day in range(5):
        assert sum(call[0] // DAY == day for call in week.reads()) == pytest.approx(9000, rel=0.035)
        assert sum(call[0] // DAY == day for call in week.openings()) == pytest.approx(12000, rel=0.035)


def test_reads_and_cycles_peak_when_people_leave_and_come_home(week: WorldLog) -> None:
    reads = Counter(call[0] % DAY // HOUR for call in week.reads() if call[0] < 5 * DAY)
    cycles = Counter(call[0] % DAY // HOUR for call in week.openings() if call[0] < 5 * DAY)
    assert reads[18] / 5 == pytest.approx(1005, rel=0.05)
    assert reads[7] / 5 == pytest.approx(645, rel=0.05)
    assert cycles[7] / 5 == pytest.approx(1130, rel=0.06)
    assert cycles[18] / 5 == pytest.approx(1220, rel=0.05)
    assert max(reads, key=reads.__getitem__) == 18
    assert sum(reads[hour] for hour in range(5)) < 0.03 * sum(reads.values())


def test_the_weekend_sleeps_until_ten(week: WorldLog) -> None:
    cycles = Counter(call[0] % DAY // HOUR for call in week.openings() if call[0] >= 5 * DAY)
    workday = Counter(call[0] % DAY // HOUR for call in week.openings() if call[0] < 5 * DAY)
    assert cycles[7] / 2 == pytest.approx(workday[7] / 5 / 2, rel=0.12)
    leaving = Counter(call[0] % DAY // HOUR for call in week.of("exit_button") if call[3] and call[0] >= 5 * DAY)
    assert max(range(6, 13), key=leaving.__getitem__) == 10
    assert sum(cycles.values()) / 2 == pytest.approx(12000, rel=0.035)


def test_some_cards_are_denied_and_then_nobody_passes(week: WorldLog, plaza: Estate) -> None:
    known = {device.id: set(plaza.cards_of(device)) for device in plaza.of_kind("door")}
    denied = [call for call in week.reads() if call[3] not in known[call[1]]]
    assert len(denied) / len(week.reads()) == pytest.approx(0.015, abs=0.003)
    opened = {(call[1], call[0]) for call in week.openings()}
    for at, door, _, _ in denied:
        assert not any((door, at + ms) in opened for ms in range(600))


def test_a_door_opens_after_a_card_it_knows_or_the_button_unless_it_is_forced(week: WorldLog, plaza: Estate) -> None:
    known = {device.id: set(plaza.cards_of(device)) for device in plaza.of_kind("door")}
    forced = {(row.device, row.crossing_ms) for row in week.world.truth if row.alarm == "door.forced"}
    asked: dict[str, int] = {}
    openings = 0
    for at, device, channel, value in week.calls:
        granted = channel == "credential" and value in known[device]
        if granted or (channel == "exit_button" and value):
            asked[device] = at
        elif channel == "contact" and value and (device, at) not in forced:
            assert 500 < at - asked.pop(device) < 2_600
            openings += 1
    assert openings + len(forced) == len(week.openings())


def test_contacts_open_and_close_in_turn_and_cards_leave_the_field(week: WorldLog) -> None:
    last: dict[tuple[str, str], int] = {}
    for at, device, channel, value in week.calls:
        if channel in ("contact", "credential", "exit_button", "sos", "cancel"):
            before = last.get((device, channel), 0)
            assert bool(value) != bool(before), (at, device, channel)
            last[device, channel] = value


def test_doors_held_open_and_forced_are_truth_and_nothing_else_is(week: WorldLog) -> None:
    held = {(row.device, row.crossing_ms, row.until_ms) for row in week.world.truth if row.alarm == "door.held"}
    opened: dict[str, int] = {}
    found = set()
    for at, device, channel, value in week.calls:
        if channel == "contact" and value:
            opened[device] = at
        elif channel == "contact" and at - opened[device] > 30_000:
            found.add((device, opened[device] + 30_000, at))
    assert {row for row in held if row[2] is not None and row[2] < 7 * DAY} == found
    assert len(held) / 7 == pytest.approx(18, abs=5)


def test_truth_grows_as_the_world_crosses_and_each_row_is_there_once(week: WorldLog) -> None:
    crossings = [row.crossing_ms for row in week.world.truth]
    assert crossings == sorted(crossings)
    assert len({row.id for row in week.world.truth}) == len(crossings)
    assert max(crossings) < 7 * DAY


def test_nuisances_come_about_as_often_as_the_estate_file_says(tmp_path: Path) -> None:
    text = (ESTATES / "music_plaza.toml").read_text("utf-8")
    file = tmp_path / "nobody_goes_out.toml"  # the doors' part is told by another test, and takes the time
    file.write_text(re.sub("(credential_reads|door_cycles|staff_entries_per_door) = .*", r"\1 = 0", text), "utf-8")
    world = World(load_estate(file), 11, MONDAY)
    world.env.run(until=21 * DAY)
    rows = Counter((row.alarm, row.expect) for row in world.truth)
    per_day = {key: count / 21 for key, count in rows.items()}
    assert per_day["smoke.alarm", "must"] == pytest.approx(6, abs=1.4)
    assert per_day["gas.leak", "must"] == pytest.approx(1.7, abs=0.8)
    assert per_day["band.fall", "must"] == pytest.approx(3.7, abs=1.1)
    assert per_day["band.sos", "must"] == pytest.approx(2.1, abs=0.9)
    assert per_day["door.forced", "must"] == pytest.approx(0.24, abs=0.25)
    assert per_day["manhole.moved", "must"] == pytest.approx(0.66, abs=0.45)
    assert rows["gas.leak", "may"] == 0


def test_smoke_crosses_exactly_where_the_truth_says(week: WorldLog) -> None:
    rows = [row for row in week.world.truth if row.alarm == "smoke.alarm"]
    assert rows
    crossed: set[tuple[str, int]] = set()
    value: dict[str, int] = {}
    for at, device, _, now in week.of("obscuration"):
        if now > 230 >= value.get(device, 5):
            crossed.add((device, at))
        value[device] = now
    assert crossed == {(row.device, row.crossing_ms) for row in rows}
    for row in rows:
        assert row.until_ms is not None
        assert row.until_ms - row.crossing_ms > 40_000


def test_gas_is_above_the_low_alarm_for_as_long_as_the_truth_says(week: WorldLog) -> None:
    rows = {(row.device, row.crossing_ms): row for row in week.world.truth if row.alarm == "gas.leak"}
    since: dict[str, int] = {}
    for at, device, _, value in week.of("gas"):
        if value >= 100:
            since.setdefault(device, at)
        elif device in since:
            row = rows.pop((device, since.pop(device)))
            assert row.until_ms == at
            seconds = (at - row.crossing_ms) / 1000
            assert row.expect == ("must" if seconds > 60 else "must_not")
            assert not 15 <= seconds <= 60
    assert not rows


def test_cooking_never_comes_near_the_trip_level(week: WorldLog) -> None:
    meals = Counter(call[1] for call in week.of("obscuration") if 5 < call[3] <= 150)
    assert len(meals) > 850
    burnt = {row.device for row in week.world.truth if row.alarm == "smoke.alarm"}
    assert all(call[3] <= 150 for call in week.of("obscuration") if call[1] not in burnt)


def test_bands_charge_in_the_evening_and_are_never_seen_as_taken_off(week: WorldLog, plaza: Estate) -> None:
    worn, charging = dict.fromkeys(plaza.wearers, 1), dict.fromkeys(plaza.wearers, 0)
    since: dict[str, int] = {}
    spells = 0
    for device, channel, value in week.world.initial():
        if channel == "worn":
            worn[device] = value
    for at, device, channel, value in week.calls:
        if channel == "worn":
            worn[device] = value
        elif channel == "charging":
            charging[device] = value
            if value:
                since[device] = at
            elif device in since:
                assert at - since.pop(device) == 90 * 60_000
                spells += 1
        if device in worn:
            assert worn[device] or charging[device] or channel == "charging"
        if channel == "charging" and value:
            assert 20 * HOUR < at % DAY < 22.5 * HOUR
    assert spells == 7 * 150


def test_wearers_move_by_day_and_lie_still_by_night(week: WorldLog) -> None:
    moves = Counter(call[0] % DAY // HOUR for call in week.of("motion") if call[3])
    assert sum(moves[hour] for hour in range(8, 20)) > 12 * 150 * 7
    assert sum(moves[hour] for hour in (22, 23, 3, 4)) < 2 * 150 * 7
    still: dict[str, int] = {}
    longest = 0
    for at, device, _, value in week.of("motion"):
        if value:
            longest = max(longest, at - still.pop(device, at))
        else:
            still[device] = at
    assert longest < 11 * HOUR, "a band would raise an alarm of inactivity"


def test_a_fall_is_free_fall_impact_and_stillness(week: WorldLog) -> None:
    rows = [row for row in week.world.truth if row.alarm == "band.fall" and row.expect == "must"]
    assert rows
    for row in rows:
        window = row.crossing_ms - 400, row.crossing_ms + 140_000
        accel = [(at - row.crossing_ms, value) for at, _, _, value in week.of("accel", row.device)
                 if window[0] <= at <= window[1]]  # fmt: skip
        assert accel == [(-400, 250), (0, 3_400), (100, 1_000)]
        motion = [value for at, _, _, value in week.of("motion", row.device) if row.crossing_ms < at <= window[1]]
        assert motion == [0]
        assert not [call for call in week.of("cancel", row.device) if window[0] < call[0] < window[1]]


def test_what_is_no_fall_must_not_be_raised(week: WorldLog) -> None:
    rows = [row for row in week.world.truth if row.alarm == "band.fall" and row.expect == "must_not"]
    assert {row.cause for row in rows} == {"knock", "cancelled by the wearer"}
    for row in rows:
        before = [
            value for at, _, _, value in week.of("accel", row.device) if row.crossing_ms - 1_000 <= at < row.crossing_ms
        ]
        pressed = [at - row.crossing_ms for at, _, _, value in week.of("cancel", row.device)
                   if value and 0 < at - row.crossing_ms < 60_000]  # fmt: skip
        if row.cause == "knock":
            assert before == [] == pressed
        else:
            assert before == [250]
            assert len(pressed) == 1
            assert 11_000 < pressed[0] < 30_000


def test_every_wearer_has_a_whole_state_when_the_world_begins_at_night(plaza: Estate) -> None:
    world = World(plaza, 7, datetime(2026, 3, 2, 3, 30))
    states: dict[str, dict[str, int]] = {}
    for device, channel, value in world.initial():
        states.setdefault(device, {})[channel] = value
    for band in plaza.wearers:
        assert set(states[band]) == {"motion", "heart_rate", "battery", "worn", "charging", "latitude", "longitude"}
        assert abs(states[band]["latitude"] - 31_241_700) < 2_000
        assert abs(states[band]["longitude"] - 121_438_200) < 2_000
    assert sum(states[band]["motion"] for band in plaza.wearers) < 20


def test_lamps_know_the_light_when_the_world_begins(plaza: Estate) -> None:
    for hour, low, high in ((0, 0, 0), (12, 10_000, 100_000), (22, 0, 0)):
        world = World(plaza, 7, datetime(2026, 3, 2, hour))
        lux = {device: value for device, channel, value in world.initial() if channel == "lux"}
        assert set(lux) == {lamp.id for lamp in plaza.of_kind("streetlight")}
        assert all(low <= value <= high for value in lux.values())


def test_lamps_cross_their_thresholds_once_at_dusk_and_once_at_dawn(plaza: Estate) -> None:
    log = run(plaza, MONDAY, DAY)
    for lamp in plaza.of_kind("streetlight"):
        steps = [(at / HOUR, value) for at, _, _, value in log.of("lux", lamp.id)]
        assert len(steps) <= 20
        dawn = [at for (at, value), (_, before) in zip(steps[1:], steps, strict=False) if before < 40 <= value]
        dusk = [at for (at, value), (_, before) in zip(steps[1:], steps, strict=False) if value < 40 <= before]
        assert len(dawn) == len(dusk) == 1
        assert 5.8 < dawn[0] < 6.2  # sunrise in Shanghai on 2 March: 06:15
        assert 17.9 < dusk[0] < 18.3  # sunset: 17:53


def digest(log: WorldLog) -> str:
    return hashlib.sha256(repr((log.calls, log.world.truth, list(log.world.initial()))).encode()).hexdigest()


def test_the_same_seed_is_the_same_world(plaza: Estate) -> None:
    one, other = (run(plaza, MONDAY, DAY // 4) for _ in range(2))
    assert one.calls == other.calls
    assert one.world.truth == other.world.truth
    assert digest(run(plaza, MONDAY, DAY // 4, seed=8)) != digest(one)


def test_stepping_or_running_makes_no_difference() -> None:
    small = load_estate(SMALL)
    whole = run(small, MONDAY, 3 * DAY)
    parts = run(small, MONDAY, DAY // 3)
    while parts.world.env.peek() < 3 * DAY:
        parts.world.env.step()
    assert digest(parts) == digest(whole)


def test_neither_python_hash_seed_nor_process_changes_the_world() -> None:
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from test_world import *\n"
        "from lilong_simulator import incidents\n"
        "estate = load_estate('music_plaza')\n"
        "chosen = [incidents.find('morning_rush'), incidents.find('kitchen_fire_cut')]\n"
        "print(digest(run(estate, datetime(2026, 3, 2, 6), 2 * HOUR + HOUR // 4, chosen)))\n"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", code, str(Path(__file__).parent)],
            env={**os.environ, "PYTHONHASHSEED": seed}, check=True, capture_output=True, text=True,
        ).stdout
        for seed in ("0", "4711")
    }  # fmt: skip
    assert len(said) == 1


@pytest.mark.parametrize(
    "change",
    [
        ('id = "boiler", x', 'id = "annex", x = 51, y = 31 }, { id = "boiler", x'),
        ('kind = "manhole"\nwhere = "roads"\ncount = 4', 'kind = "manhole"\nwhere = "roads"\ncount = 6'),
        ("count = 3", "count = 5"),
        ("share = 0.5", "share = 1.0"),
        ('where = "elders"\ncount = 4', 'where = "elders"\ncount = 7'),
    ],
)
def test_adding_a_device_leaves_the_life_of_all_others_unchanged(change: tuple[str, str], tmp_path: Path) -> None:
    text = SMALL.read_text("utf-8")
    assert change[0] in text
    file = tmp_path / "small.toml"
    file.write_text(text, "utf-8")
    small = run(load_estate(file), MONDAY, 10 * DAY)
    file.write_text(text.replace(*change), "utf-8")
    larger = run(load_estate(file), MONDAY, 10 * DAY)
    added = set(larger.world.estate.by_id) - set(small.world.estate.by_id)
    assert added
    assert small.calls
    per_device = [
        {device: [call for call in log.calls if call[1] == device] for device in small.world.estate.by_id}
        for log in (small, larger)
    ]
    assert per_device[0] == per_device[1]
    assert [r for r in larger.world.truth if r.device not in added] == small.world.truth


def test_a_world_refuses_a_start_with_a_time_zone(plaza: Estate) -> None:
    with pytest.raises(ValueError, match="has a time zone; give the estate's local time"):
        World(plaza, 7, datetime.fromisoformat("2026-03-02T07:00+08:00"))


def test_a_world_day_takes_few_events_so_that_devices_may_have_the_time(plaza: Estate) -> None:
    world = World(plaza, 7, MONDAY)
    steps = 0
    while world.env.peek() < DAY:
        world.env.step()
        steps += 1
    assert steps < 100_000
