"""Two independent smoke alarms in one core release that core's doors, and keep trying."""

import pytest
from centre_world import (
    BASEMENT_DOOR,
    DOOR,
    ELSEWHERE,
    ESTATE,
    KEY,
    MINUTE,
    NOW,
    OBSCURATION,
    OTHER_DOOR,
    SECOND,
    SMOKE,
    SMOKE_2,
    SMOKE_3,
    World,
    birth,
    raised,
)
from lilong_protocol import frame
from lilong_protocol.pc.linkages import Act
from lilong_tools.centre.core import Core
from lilong_tools.centre.linkage import LINKAGES, Linkage
from lilong_tools.centre.model import CentreError

DOORS = (DOOR, BASEMENT_DOOR, OTHER_DOOR)


def released(world):
    return [door for door in DOORS if world.members[door].outputs["lock"] == 1]


@pytest.fixture
def world():
    return World(SMOKE, SMOKE_2, SMOKE_3, ELSEWHERE, *DOORS)


def test_one_alarm_releases_nothing(world):
    world.burn(SMOKE)
    world.run(MINUTE)
    assert released(world) == []


def test_a_second_detector_of_the_core_releases_its_doors_within_three_seconds(world):
    world.burn(SMOKE)
    world.sense(SMOKE_2, OBSCURATION, 400)
    while not world.members[SMOKE_2].notes or ("raised", 1) not in world.members[SMOKE_2].notes:
        world.run(100)
    second = world.now
    while released(world) != [DOOR, BASEMENT_DOOR]:
        world.run(100)
        assert world.now - second <= 3 * SECOND
    (incident,) = [change["incident"] for change in world.changes("incident")]
    assert (incident["rule"], incident["place"], len(incident["alarms"])) == ("fire", "core 1", 2)
    assert [row[0] for row in world.rows("record") if row[2:4] == ("command", 5)] == list(DOORS[:2])
    assert world.answers("linkage fire, core 1") == [200, 200]


def test_the_same_detector_twice_or_another_core_confirms_nothing(world):
    world.burn(SMOKE)
    world.burn(ELSEWHERE)
    world.core.receive(world.now, *raised(SMOKE, boot=1, seq=900), False)
    world.settle()
    world.run(MINUTE)
    assert released(world) == []


def test_alarms_more_than_ten_minutes_apart_do_not_confirm_one_another(world):
    world.burn(SMOKE)
    world.run(11 * MINUTE)
    world.burn(SMOKE_2)
    assert released(world) == []
    world.burn(SMOKE_3)
    assert released(world) == [DOOR, BASEMENT_DOOR]


def test_an_alarm_that_has_been_cleared_confirms_nothing(world):
    world.burn(SMOKE)
    world.sense(SMOKE, OBSCURATION, 5)
    world.run(2 * MINUTE)
    world.core.command(world.now, SMOKE, "reset", {}, "Wang")
    world.settle()
    world.burn(SMOKE_2)
    assert released(world) == []


def test_alarms_that_arrive_together_after_an_outage_are_compared_by_when_they_were_decided():
    core = Core(ESTATE, KEY, NOW)
    for device in (SMOKE, SMOKE_2, DOOR):
        core.receive(NOW, *birth(device, kind=1 if device != DOOR else 3), False)
    core.receive(NOW + 60 * MINUTE, *raised(SMOKE, uptime=1 * MINUTE), False)
    core.receive(NOW + 60 * MINUTE, *raised(SMOKE_2, uptime=30 * MINUTE), False)
    assert not [row for row in core.take().rows if row.table == "incident"]


def test_two_alarms_that_a_better_clock_brings_together_confirm_one_another():
    core = Core(ESTATE, KEY, NOW)
    for device in (SMOKE, DOOR):
        core.receive(NOW, *birth(device, kind=1 if device != DOOR else 3), False)
    core.receive(NOW, *raised(SMOKE), False)
    core.receive(NOW + 11 * MINUTE, *raised(SMOKE_2, uptime=9 * MINUTE), False)  # the broker has kept it
    assert not [row for row in core.take().rows if row.table == "incident"]
    core.receive(NOW + 12 * MINUTE, *birth(SMOKE_2, kind=1, uptime=12 * MINUTE), False)
    assert [row.values[0] for row in core.take().rows if row.table == "incident"] == ["fire"]


def test_a_third_detector_joins_the_incident_and_commands_nothing_anew(world):
    for device in (SMOKE, SMOKE_2, SMOKE_3):
        world.burn(device)
    assert len(world.commanded(DOOR, "fire_release")) == 1
    assert len(world.changes("incident")[-1]["incident"]["alarms"]) == 3


def test_a_door_that_does_not_answer_is_told_again_with_each_of_its_heartbeats(world):
    world.lost.add(DOOR)
    world.burn(SMOKE)
    world.burn(SMOKE_2)
    world.run(5 * MINUTE)
    assert released(world) == [BASEMENT_DOOR]
    while world.core.commands.open_of(DOOR)[0].sent_ms is not None:
        world.run(SECOND)
    told = len(world.sent_to(DOOR, frame.COMMAND))
    world.lost.clear()
    world.run(MINUTE)  # it stays connected: there is no other birth
    assert released(world) == [DOOR, BASEMENT_DOOR]
    assert len(world.sent_to(DOOR, frame.COMMAND)) == told + 1


def test_a_door_that_never_answers_is_told_for_hours_in_a_row_that_stays_small(world):
    world.lost.add(DOOR)
    world.burn(SMOKE)
    world.burn(SMOKE_2)
    world.run(60 * MINUTE)
    assert 60 <= len(world.sent_to(DOOR, frame.COMMAND)) <= 70  # with each of its heartbeats
    (order,) = world.core.commands.open_of(DOOR)
    assert len(order.counters) <= 8


def test_a_door_that_does_not_answer_is_released_when_it_connects_again(world):
    world.lost.add(DOOR)
    world.burn(SMOKE)
    world.burn(SMOKE_2)
    world.run(30 * SECOND)
    world.lost.clear()
    world.members[DOOR].cut(world.now)
    world.members[DOOR].link = True
    world.run(MINUTE)
    assert released(world) == [DOOR, BASEMENT_DOOR]


def test_a_door_that_was_away_is_released_at_its_birth(world):
    world.members[DOOR].cut(world.now)
    world.burn(SMOKE)
    world.burn(SMOKE_2)
    assert released(world) == [BASEMENT_DOOR]
    world.members[DOOR].link = True
    world.run(MINUTE)
    assert released(world) == [DOOR, BASEMENT_DOOR]


def test_an_incident_ends_with_the_last_of_its_alarms_and_may_come_again(world):
    for device in (SMOKE, SMOKE_2):
        world.burn(device)
    for device in (SMOKE, SMOKE_2):
        world.sense(device, OBSCURATION, 5)
    world.run(2 * MINUTE)
    for device in (SMOKE, SMOKE_2):
        world.core.command(world.now, device, "reset", {}, "Wang")
        world.settle()
    assert world.core.linkages.active == {}
    assert world.changes("incident")[-1]["incident"]["ended_at"] == world.now
    for device in (SMOKE, SMOKE_2):
        world.burn(device)
    assert len(world.core.linkages.active) == 1


def test_rules_are_data(world):
    one_is_enough = Linkage("single", 9, (1,), 1, 1, "core", (Act(("door",), "unlock"),))
    world = World(SMOKE, *DOORS, linkages=(*LINKAGES, one_is_enough))
    world.burn(SMOKE)
    assert released(world) == [DOOR, BASEMENT_DOOR]
    assert [change["incident"]["rule"] for change in world.changes("incident")] == ["single"]


def test_a_rule_whose_command_no_door_takes_is_refused_when_the_centre_starts():
    with pytest.raises(CentreError, match=r"linkage 'dim' is a door; it takes"):
        Core(ESTATE, KEY, NOW, linkages=[Linkage("dim", 9, (1,), 2, 1, "core", (Act(("door",), "set_level"),))])
