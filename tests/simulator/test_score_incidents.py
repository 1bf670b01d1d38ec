"""The score of an incident: a line that a person reads, counts that a machine reads, each fault at its incident."""

from dataclasses import replace

import pytest
from lilong_simulator.score import score
from lilong_simulator.score.incidents import Step, conclusion, incidents_of
from lilong_simulator.score.linkage import Linked
from lilong_simulator.truth import Expectation, finding_row, limits
from score_runs import A, B, alarm_of, events, row

FIRE, SECOND = (replace(row(at, device), incident="fire") for at, device in ((100_000, A), (120_000, B)))
CALM = replace(row(120_000, B, "door.forced", "must_not", {}), incident="fire", until_ms=200_000)
FIRST_ALARM, SECOND_ALARM = alarm_of(FIRE, 1), alarm_of(SECOND, 1)
BOTH = [*events(FIRST_ALARM), *events(SECOND_ALARM)]


def door(number, what="command", after=1_200.0, within=3_000, trigger=126_000.0, action="fire_release", kind="door"):
    name = f"core3/ground{number}/{kind}"
    expectation = Expectation(f"{name}:{what}", "fire", what, action, name, name, (FIRE.id, SECOND.id), 2, within)
    return Linked(expectation, trigger, after)


def scored(truth=(FIRE, SECOND, CALM), alarms=(FIRST_ALARM, SECOND_ALARM), feed=BOTH, linkage=(), **options):
    judged = score(list(truth), list(alarms), feed, **options)
    (found,) = incidents_of(judged, linkage, ("fire",), {})
    return found


def test_an_incident_in_which_all_is_well_says_so_in_a_line():
    found = scored(linkage=[door(n, after=1_000.0 + n) for n in range(11)])
    assert found["told"] == "fire: 2 of 2 alarms in time, 11 doors released in 1.01 s, nothing false: pass"
    assert found["verdict"] == "pass"
    assert found["failures"] == []
    assert found["must_nots"] == {"told": 1, "broken": 0}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"alarms": (FIRST_ALARM,)}, "1 of 2 alarms in time, 1 undetected"),
        ({"feed": BOTH[:2]}, "1 of 2 alarms in time, 1 missed"),
        ({"feed": [*events(FIRST_ALARM, 120_001), *events(SECOND_ALARM)]}, "1 of 2 alarms in time, 1 late"),
        ({"feed": [*events(FIRST_ALARM, shown=125_001), *events(SECOND_ALARM)]}, "1 of 2 alarms in time, 1 over anoth"),
        ({"feed": [*BOTH, *events(FIRST_ALARM)]}, "2 of 2 alarms in time, 1 duplicate"),
        ({"feed": [*BOTH, replace(BOTH[0], event="cleared")]}, "2 of 2 alarms in time, 1 wrongly cleared"),
        ({"linkage": [door(1), door(2, after=None)]}, "1 of 2 doors released in 1.2 s"),
        ({"linkage": [door(1, after=3_100.0)]}, "1 door released in 3.1 s, 1 late"),
        ({"linkage": [door(1), door(1, "report", None)]}, "1 door released in 1.2 s, 1 without a report"),
        ({"linkage": [door(1, "not_cleared", 5.0)]}, "1 wrongly cleared"),
    ],
)  # fmt: skip
def test_each_fault_stands_in_the_line_and_fails_the_incident(options, said):
    found = scored(**options)
    assert said in found["told"]
    assert found["told"].endswith(": fail")
    assert found["failures"]


def test_a_must_not_that_is_broken_is_told_at_its_incident():
    forced = alarm_of(CALM, 2, decided=130_000)
    found = scored(alarms=(FIRST_ALARM, SECOND_ALARM, forced), feed=[*BOTH, *events(forced)])
    assert "1 false" in found["told"]
    assert found["must_nots"] == {"told": 1, "broken": 1}
    assert found["alarms"]["false"] == 1


def test_what_is_false_at_its_devices_while_it_lasts_is_its_own_and_elsewhere_it_is_not():
    stray = replace(FIRST_ALARM, code=10, seq=9, decided=130_000)
    assert scored(alarms=(FIRST_ALARM, SECOND_ALARM, stray), feed=[*BOTH, *events(stray)])["alarms"]["false"] == 1
    for other in (replace(stray, device="cc" * 8), replace(stray, decided=900_000)):
        found = scored(alarms=(FIRST_ALARM, SECOND_ALARM, other), feed=[*BOTH, *events(other)])
        assert found["alarms"]["false"] == 0
        assert found["verdict"] == "pass"


def test_findings_without_a_feed_are_not_observed_and_no_pass_of_them_is_told():
    silent = finding_row("comms.offline", 130_000, "burnt", incident="fire", bounds=limits(None, 9_000, None, None))
    found = scored((FIRE, SECOND, silent), feed=None)
    assert "1 finding not observed" in found["told"]
    assert found["findings"] == {"true": 1, "in_time": None, "missed": None, "late": None, "over_limit": None}
    assert "0 of 1 finding in time, 1 missed" in scored((FIRE, SECOND, silent))["told"]


def test_an_incident_that_did_not_happen_is_not_judged():
    (found,) = incidents_of(score([], [], []), [], ("flood",), {"flood": [Step(None, "it rains")]})
    assert found["verdict"] == "not judged"
    assert found["told"] == "flood: it did not happen: not judged"
    assert found["steps"] == [{"at_ms": None, "what": "it rains"}]


def test_kinds_of_one_action_are_told_together_and_others_apart():
    doors = [door(1), door(2, kind="vehicle_lane"), door(4, kind="cycle_gate")]
    told = scored(linkage=[*doors, door(3, action="set_level", kind="streetlight")])["told"]
    assert "3 cycle gates, doors and lanes released in 1.2 s, 1 lamp lit in 1.2 s" in told
    assert "4 devices released" in scored(linkage=[*doors, door(5, kind="sundial")])["told"]


def test_daily_life_is_no_incident():
    assert incidents_of(score([row(100_000)], [alarm_of(row(100_000), 1)], None), [], (), {}) == []


def test_a_whole_run_in_a_line():
    judged = score([FIRE, SECOND, CALM], [FIRST_ALARM, SECOND_ALARM], BOTH)
    linkage = [door(1)]
    incidents = incidents_of(judged, linkage, ("fire", "flood"), {})
    assert conclusion(judged, linkage, incidents, "pass") == (
        "1 of 1 incident in order, 2 of 2 alarms in time, 1 door released in 1.2 s, nothing false: pass"
    )
