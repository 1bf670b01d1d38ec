"""Incidents happen to the second, with the truth, the limits and the expectations that belong to them."""

from collections import Counter
from datetime import datetime, time
from itertools import pairwise
from math import sqrt
from pathlib import Path

import pytest
from fires import kitchen_fire
from lilong_simulator import incidents
from lilong_simulator.estate import Estate, load_estate
from lilong_simulator.estate.vehicles import leads_out
from lilong_simulator.incidents import IncidentError, WrittenIncident
from lilong_simulator.incidents.model import IncidentFile
from lilong_simulator.incidents.one_alarm import CAUSES
from lilong_simulator.world import World
from lilong_simulator.world.ways import is_shed
from world_log import WorldLog, run

SMALL = Path(__file__).parent / "small_estate.toml"
EVENING = datetime(2026, 3, 2, 18, 30)
HOUR, MINUTE = 3_600_000, 60_000
IGNITION = 10 * MINUTE  # 18:40:00
FLAT, CORRIDOR_12, CORRIDOR_13 = "core3/12F/1203/smoke", "core3/12F/corridor/smoke", "core3/13F/corridor/smoke"


@pytest.fixture(scope="module")
def plaza() -> Estate:
    return load_estate("music_plaza")


@pytest.fixture(scope="module")
def fire(plaza: Estate) -> WorldLog:
    return run(plaza, EVENING, 90 * MINUTE, [incidents.find("kitchen_fire")])


@pytest.fixture(scope="module")
def rush(plaza: Estate) -> WorldLog:
    return run(plaza, datetime(2026, 3, 2, 6, 20), 2 * HOUR, [incidents.find("morning_rush")])


def rush_of(reads: int, cycles: int) -> WrittenIncident:
    data = incidents.read("morning_rush").content.model_dump()
    data["physics"][1].update(reads=reads, cycles=cycles)
    data["places"]["flat"]["flat"] = "1/0101"
    return WrittenIncident("morning_rush", IncidentFile.model_validate(data))


def crossing(log: WorldLog, name: str) -> int:
    """When the obscuration is first above the trip level."""
    device = log.world.estate.device(name)
    return next(at for at, _, _, value in log.of("obscuration", device.id) if value > 230)


def test_the_fire_crosses_at_95_150_and_170_seconds(fire: WorldLog) -> None:
    assert [crossing(fire, name) - IGNITION for name in (FLAT, CORRIDOR_12, CORRIDOR_13)] == [95_000, 150_000, 170_000]


def test_the_cut_crosses_20_23_and_26_seconds_after_the_world_began(plaza: Estate) -> None:
    for start in (EVENING, datetime(2026, 7, 4, 11, 11, 11)):
        log = run(plaza, start, 30_000, [incidents.find("kitchen_fire_cut")])
        rows = [row for row in log.world.truth if row.incident == "kitchen_fire_cut" and row.by == "device"
                and row.expect == "must"]  # fmt: skip
        assert [(row.name, row.crossing_ms) for row in rows] == [
            (FLAT, 20_000), (CORRIDOR_12, 23_000), (CORRIDOR_13, 26_000),
        ]  # fmt: skip
        assert [crossing(log, row.name) for row in rows] == [20_000, 23_000, 26_000]


def test_the_three_alarms_must_come_within_the_limits_of_the_standards(fire: WorldLog) -> None:
    musts = [row for row in fire.world.truth if row.incident == "kitchen_fire" and row.expect == "must"]
    rows = [row for row in musts if row.by == "device"]
    assert [row.alarm for row in rows] == ["smoke.alarm"] * 3
    for row in rows:
        assert row.limits == {
            "local_ms": 10_000, "ingest_ms": 20_000, "transfer_ms": 10_000, "shown_ms": 20_000,
            "acknowledged_ms": 60_000,
        }  # fmt: skip


def test_the_flats_detector_burns_at_300_seconds_and_is_never_heard_of_again(fire: WorldLog, plaza: Estate) -> None:
    flat = plaza.device(FLAT)
    assert fire.destroyed == [(IGNITION + 300_000, flat.id)]
    assert max(at for at, *_ in fire.of("obscuration", flat.id)) < IGNITION + 300_000
    (row,) = [row for row in fire.world.expectations if row.what == "not_cleared"]
    assert (row.device, row.action, row.within_ms) == (flat.id, "smoke.alarm", None)
    (missed,) = [row for row in fire.world.truth if row.alarm == "comms.offline"]
    assert (missed.expect, missed.device, missed.crossing_ms) == ("must", flat.id, IGNITION + 300_000)
    assert missed.limits["ingest_ms"] == 100_000
    assert missed.through == plaza.device("core3/gateway").id


def test_corridors_are_clean_again_after_the_fire_is_out(fire: WorldLog, plaza: Estate) -> None:
    for name in (CORRIDOR_12, CORRIDOR_13):
        values = fire.of("obscuration", plaza.device(name).id)
        assert values[-1][3] == 5
        assert max(value for *_, value in values) == 3_000


def test_doors_of_the_core_gates_and_barriers_must_be_released_in_3_seconds_and_report_in_5(
    fire: WorldLog, plaza: Estate
) -> None:
    doors = {d.name for d in plaza.doors_of_core(3)} | {d.name for leaves in plaza.gates.values() for d in leaves}
    doors |= {d.name for d in plaza.devices if d.kind in ("vehicle_lane", "cycle_gate")}
    for what, within in (("command", 3_000), ("report", 5_000)):
        rows = [row for row in fire.world.expectations if row.what == what]
        assert {row.name for row in rows} == doors
        assert {(row.action, row.within_ms, row.quorum) for row in rows} == {("fire_release", within, 2)}
    smoke = [row.id for row in fire.world.truth if row.alarm == "smoke.alarm" and row.incident]
    assert all(set(row.after) <= set(smoke) for row in fire.world.expectations)


def test_expectations_appear_with_the_second_alarm(plaza: Estate) -> None:
    world = World(plaza, 7, EVENING, [incidents.find("kitchen_fire_cut")])
    world.env.run(until=22_999)
    assert world.expectations == []
    world.env.run(until=23_001)
    assert len(world.expectations) == 3 * (10 + 4 + 8)  # doors, lanes, cycle gates: do it, say so, stay so


def test_released_doors_must_raise_nothing_and_nobody_holds_or_forces_them(plaza: Estate) -> None:
    tested = 0
    for seed in range(4):
        log = run(plaza, EVENING, HOUR, [incidents.find("kitchen_fire_cut")], seed)
        rows = [row for row in log.world.truth if row.expect == "must_not" and row.incident]
        assert Counter(row.alarm for row in rows) == {"door.forced": 10, "door.held": 10}
        released = {row.device: (row.crossing_ms, row.until_ms) for row in rows}
        for row in log.world.truth:
            unseen = row.cause.startswith("its power came")  # a door that did not hear why it opened
            if row.alarm.startswith("door.") and row.expect != "must_not" and row.device in released and not unseen:
                begin, end = released[row.device]
                assert not begin - 30_000 < row.crossing_ms < (end or 0)
                tested += 1
    assert tested


def test_after_the_fire_a_released_door_may_raise_or_not_until_somebody_resets_it(plaza: Estate) -> None:
    log = run(plaza, EVENING, 3 * 24 * HOUR, [incidents.find("kitchen_fire_cut")])
    released = {row.device: row.until_ms or 0 for row in log.world.truth if row.expect == "must_not" and row.incident}
    later = [row for row in log.world.truth if row.cause == "held open" and row.crossing_ms > HOUR]
    assert {row.expect for row in later if row.device in released} == {"may"}
    assert {row.expect for row in later if row.device not in released} == {"must"}
    assert all(set(row.limits.values()) == {None} for row in later if row.expect == "may")


def test_nobody_cooks_in_the_burning_flat(plaza: Estate) -> None:
    log = run(plaza, datetime(2026, 3, 2), 3 * 24 * HOUR, [incidents.find("kitchen_fire")])
    flat = plaza.device(FLAT)
    fire = [at for at, *_ in log.of("obscuration", flat.id) if at > 17 * HOUR + 40 * MINUTE]
    assert min(fire) >= 18 * HOUR + 40 * MINUTE
    assert max(fire) < 18 * HOUR + 45 * MINUTE


def test_a_fire_may_be_set_elsewhere_and_at_another_time(plaza: Estate) -> None:
    fire = kitchen_fire("7/0504", time(2, 10), (60, 70, 90), None, 400, "night_fire")
    log = run(plaza, datetime(2026, 3, 2, 2), HOUR, [fire])
    assert crossing(log, "core7/05F/0504/smoke") == 11 * MINUTE
    assert crossing(log, "core7/06F/corridor/smoke") == 11 * MINUTE + 30_000
    assert {row.incident for row in log.world.truth if row.incident} == {"night_fire"}


def test_a_fire_that_cannot_be_is_refused(plaza: Estate) -> None:
    with pytest.raises(ValueError, match="not in this order"):
        kitchen_fire(crossings_s=(20, 20, 26))
    with pytest.raises(IncidentError, match=r"kitchen_fire: music_plaza has no flat '3/9999'.*choose a flat"):
        World(plaza, 7, EVENING, [kitchen_fire("3/9999")])
    with pytest.raises(IncidentError, match="no smoke device at core3/29F/corridor; choose another place"):
        World(plaza, 7, EVENING, [kitchen_fire("3/2801")])


def test_the_rush_hour_has_exactly_645_reads_and_1130_cycles(rush: WorldLog) -> None:
    begin, end = 40 * MINUTE, 100 * MINUTE
    assert sum(begin <= call[0] < end for call in rush.reads()) == 645
    assert sum(begin <= call[0] < end for call in rush.openings()) == 1_130


@pytest.mark.parametrize(
    ("seed", "start"),
    [(1, datetime(2026, 3, 7, 6, 59, 58)), (2, datetime(2026, 3, 2, 7)), (3, datetime(2026, 3, 1, 22, 2, 2, 500_000))],
)
def test_the_rush_is_exact_whatever_seed_day_and_start(plaza: Estate, seed: int, start: datetime) -> None:
    log = run(plaza, start, 11 * HOUR, [incidents.find("morning_rush")], seed)
    begin = log.world.local.next(time(7))
    assert sum(begin <= call[0] < begin + HOUR for call in log.reads()) == 645
    assert sum(begin <= call[0] < begin + HOUR for call in log.openings()) == 1_130


def test_in_the_rush_95_cars_leave_and_196_cycles_pass_the_gates_as_their_curves_have_it(plaza: Estate) -> None:
    """Domain 4.10. A sum of Poisson counts over six working days is within four times its root of the mean."""
    out = {lane.id for lane in plaza.of_kind("vehicle_lane") if leads_out(lane)}
    gates = {gate.id for gate in plaza.of_kind("cycle_gate") if not is_shed(gate)}
    cars = cycles = 0
    for day in range(6):
        start = datetime(2026, 3, 2 + day + 2 * (day // 5), 6, 45)
        log = run(plaza, start, 75 * MINUTE, [incidents.find("morning_rush")], seed=day)
        begin = log.world.local.next(time(7))
        cars += sum(bool(value) and at >= begin and lane in out for at, lane, _, value in log.of("loop"))
        tags = [call for call in log.of("tag") if call[1] in gates and call[0] >= begin and call[3]]
        last: dict[tuple[str, int], int] = {}
        for at, gate, _, tag in tags:  # read two or three times within 3 s: one passage
            cycles += at - last.get((gate, tag), -MINUTE) > 10_000
            last[gate, tag] = at
    assert abs(cars - 6 * 94.5) < 4 * sqrt(6 * 94.5)
    assert abs(cycles - 6 * 195.5) < 4 * sqrt(6 * 195.5)


def test_before_the_rush_and_away_from_the_doors_life_is_as_without_it(plaza: Estate, rush: WorldLog) -> None:
    calm = run(plaza, datetime(2026, 3, 2, 6, 20), 2 * HOUR)
    for channel in ("credential", "contact"):
        assert [c for c in rush.of(channel) if c[0] < 40 * MINUTE] == [
            c for c in calm.of(channel) if c[0] < 40 * MINUTE
        ]
    others = ("obscuration", "motion", "lux", "gas")
    detector = plaza.device("core9/15F/1502/smoke").id
    assert [c for c in rush.calls if c[2] in others and c[1] != detector] == [
        c for c in calm.calls if c[2] in others and c[1] != detector
    ]


def test_one_lobby_sees_ten_people_a_minute(rush: WorldLog) -> None:
    busiest = Counter(call[1] for call in rush.openings() if 70 * MINUTE <= call[0] < 75 * MINUTE).most_common(1)
    ((lobby, passed),) = busiest
    assert passed == 50
    assert rush.world.estate.by_id[lobby].name.endswith("/ground/door")
    minutes = Counter(call[0] // MINUTE for call in rush.openings() if call[1] == lobby)
    assert [minutes[70 + n] for n in range(5)] == [10] * 5


def test_of_rain_that_no_backend_is_told_of_nothing_must_be_concluded(plaza: Estate) -> None:
    def rows(told: list[int] | None) -> set[str]:
        world = World(plaza, 7, datetime(2026, 3, 2, 15, 59), [incidents.find("cloudburst")])
        if told is not None:
            world.weather = told.append
        world.env.run(until=1_300_000)
        return {row.expect for row in world.truth if row.alarm == "weather.rain_level"}

    hours: list[int] = []
    assert (rows(None), rows(hours), hours) == ({"may"}, {"must"}, [350])


def test_two_doors_are_held_and_one_fire_is_real(rush: WorldLog) -> None:
    begin, end = 40 * MINUTE, 100 * MINUTE
    rows = [row for row in rush.world.truth if row.incident == "morning_rush"]
    assert Counter(row.alarm for row in rows) == {"door.held": 2, "smoke.alarm": 1}
    hour = [row for row in rush.world.truth if begin <= row.crossing_ms < end and row.alarm.startswith("door.")]
    assert Counter(row.alarm for row in hour) == {"door.held": 2}
    (fire,) = [row for row in rows if row.alarm == "smoke.alarm"]
    assert fire.crossing_ms == begin + 42 * MINUTE == crossing(rush, fire.name)
    assert fire.limits["ingest_ms"] == 10_000


def test_people_in_the_rush_still_pass_one_at_a_time_with_a_card_or_the_button(rush: WorldLog) -> None:
    forced = {(row.device, row.crossing_ms) for row in rush.world.truth if row.alarm == "door.forced"}
    known = {d.id: set(rush.world.estate.cards_of(d)) for d in rush.world.estate.of_kind("door")}
    asked: dict[str, int] = {}
    contact: dict[str, int] = {}
    for at, device, channel, value in rush.calls:
        if channel == "contact":
            assert contact.get(device, 0) != value
            contact[device] = value
            if value and (device, at) not in forced:
                assert at - asked.pop(device) <= 2_500
        elif (channel == "credential" and value in known[device]) or (channel == "exit_button" and value):
            assert not contact.get(device)
            asked[device] = at


@pytest.mark.parametrize("seed", [7, 8, 9])
def test_nobody_is_at_two_gates_at_once_in_a_rush_in_a_quiet_night(plaza: Estate, seed: int) -> None:
    log = run(plaza, datetime(2026, 3, 2, 3, 40), 80 * MINUTE, [incidents.find("morning_rush@03:50")], seed)
    gates = {leaf.id for leaves in plaza.gates.values() for leaf in leaves}
    residents = {person.card for person in plaza.residents}
    times: dict[int, list[int]] = {}
    for at, door, _, card in log.reads():
        if door in gates and card in residents:
            times.setdefault(card, []).append(at)
    assert sum(map(len, times.values())) > 500
    assert min(b - a for reads in times.values() for a, b in pairwise(sorted(reads))) >= 300_000


def test_both_incidents_fit_into_one_day(plaza: Estate) -> None:
    log = run(plaza, datetime(2026, 3, 2), 24 * HOUR, [incidents.find("kitchen_fire"), incidents.find("morning_rush")])
    must = Counter((row.incident, row.by) for row in log.world.truth if row.expect == "must" and row.incident)
    assert must == {("kitchen_fire", "device"): 3, ("kitchen_fire", "backend"): 2, ("morning_rush", "device"): 3}
    assert sum(7 * HOUR <= call[0] < 8 * HOUR for call in log.reads()) == 645


def test_two_rushes_at_once_are_refused(plaza: Estate) -> None:
    with pytest.raises(ValueError, match="two incidents shape the doors between"):
        World(plaza, 7, EVENING, [incidents.find("morning_rush"), incidents.find("morning_rush:flat=3/0501@07:30")])


def test_an_estate_without_the_place_is_told_so() -> None:
    small = load_estate(SMALL)
    with pytest.raises(IncidentError, match=r"morning_rush: lane_house has no flat '9/1502'"):
        World(small, 7, EVENING, [incidents.find("morning_rush")])
    with pytest.raises(ValueError, match="more cycles than reads"):
        rush_of(10, 10)


def test_a_rush_that_does_not_fit_is_refused_in_words() -> None:
    small = load_estate(SMALL)
    world = World(small, 7, datetime(2026, 3, 2, 6, 59), [rush_of(3_000, 9_000)])
    with pytest.raises(IncidentError, match="lower cycles"):
        world.env.run(until=HOUR)


def test_incidents_are_found_by_name() -> None:
    for name in incidents.INCIDENTS:
        incident = incidents.find(name)
        assert incident.name == name
        assert [step.after_ms for step in incident.timeline] == sorted(step.after_ms for step in incident.timeline)
    with pytest.raises(IncidentError, match='no incident is called "kitchenfire"; did you mean "kitchen_fire'):
        incidents.find("kitchenfire")
    with pytest.raises(IncidentError, match=f"known: {', '.join(sorted(incidents.INCIDENTS))}"):
        incidents.find("flood")


def test_incidents_name_the_devices_they_touch(plaza: Estate) -> None:
    assert incidents.find("kitchen_fire_cut").device_names(plaza)[:4] == [
        FLAT, CORRIDOR_12, CORRIDOR_13, "core3/ground/door",
    ]  # fmt: skip
    assert incidents.find("morning_rush").device_names(plaza)[0] == "core9/15F/1502/smoke"


def test_in_film_time_the_air_is_clean_a_minute_after_the_world_began(plaza: Estate) -> None:
    log = run(plaza, EVENING, 5 * MINUTE, [incidents.find("kitchen_fire_cut")])
    for name in (FLAT, CORRIDOR_12, CORRIDOR_13):
        values = log.of("obscuration", plaza.device(name).id)
        assert all(value < 184 for at, _, _, value in values if at > 45_000)  # where a detector begins to end its alarm
        assert values[-1][3] == 5
        assert values[-1][0] < 70_000


def test_when_the_doors_are_locked_again_one_that_is_just_being_opened_may_raise(plaza: Estate) -> None:
    log = run(plaza, EVENING, HOUR, [incidents.find("kitchen_fire_cut")])
    rows = [row for row in log.world.truth if row.cause == "locked after the fire"]
    assert Counter((row.alarm, row.expect) for row in rows) == {("door.forced", "may"): 10, ("door.held", "may"): 10}
    ends = {row.until_ms for row in log.world.truth if row.cause == "released by fire"}
    assert {row.crossing_ms for row in rows} == ends


@pytest.mark.parametrize("alarm", sorted(CAUSES))
def test_the_name_of_an_alarm_is_that_alarm_once_at_the_first_device_of_its_kind(
    plaza: Estate, tmp_path: Path, alarm: str
) -> None:
    kind, cause = CAUSES[alarm]
    if not plaza.of_kind(kind):
        rule = f'[[devices]]\nkind = "{kind}"\nwhere = "spots"\nspots = [{{ id = "here", x = 50, y = 35 }}]\n'
        (tmp_path / "with_one.toml").write_text(SMALL.read_text().replace("[rates]", f"{rule}\n[rates]"))
        plaza = load_estate(tmp_path / "with_one.toml")
    log = run(plaza, EVENING, 10 * MINUTE, [incidents.find(alarm)])
    device = plaza.of_kind(kind)[0]
    (row,) = [row for row in log.world.truth if row.incident == alarm]
    assert (row.device, row.alarm, row.expect, row.crossing_ms) == (device.id, alarm, "must", 70_000)
    told = [(at, value) for at, _, _, value in log.of(cause.begin.steps[0][0], device.id)]
    assert (70_000, cause.begin.steps[0][1]) in told


def test_an_alarm_whose_kind_the_estate_lacks_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "dry.toml"
    file.write_text(SMALL.read_text().replace('[[devices]]\nkind = "manhole"\nwhere = "roads"\ncount = 4\n'
                                              'types = ["storm", "foul"]\n', ""))  # fmt: skip
    with pytest.raises(IncidentError, match=r"manhole\.moved: lane_house has no manhole device; give it a rule"):
        incidents.find("manhole.moved").device_names(load_estate(file))
