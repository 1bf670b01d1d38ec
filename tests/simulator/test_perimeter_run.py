"""A night at the perimeter: a cat, an intruder in two zones, a cut line, a visitor and a call for help, judged."""

from collections import Counter
from datetime import datetime

import pytest
from backends import KEY, InTheLoop
from lilong_protocol import codes
from lilong_simulator.estate import load_estate
from lilong_simulator.incidents import Incident
from lilong_simulator.recorder import Recorder
from lilong_simulator.score import score
from lilong_simulator.truth import truth_row
from lilong_simulator.virtual_run import VirtualRun
from perimeter_estate import perimeter_estate

SECOND, MINUTE = 1_000, 60_000
CAT, CLIMB_14, CLIMB_15, CUT, CALL, HELP = (120_000, 150_300, 170_700, 180_450, 200_000, 230_000)


class Intruder(Incident):
    """Domain incident 8, at the zones 14 and 15; then somebody at the door, and somebody who calls for help."""

    name = "intruder"
    timeline = ()

    def device_names(self, estate):
        return [zone.name for zone in estate.of_kind("fence_zone")]

    def install(self, world):
        first, second = world.estate.of_kind("fence_zone")
        panel = world.estate.of_kind("intercom")[0]
        for at, device, channel, value in (
            (CAT, first, "tension", 300), (CAT + 800, first, "tension", 150),
            (CLIMB_14, first, "tension", 300), (CLIMB_14 + 20 * SECOND, first, "tension", 150),
            (CLIMB_15, second, "tension", 300), (CUT, second, "pulse_return", 0),
            (CALL, panel, "call", 101), (CALL + 4_000, panel, "callee", 10), (CALL + 9_000, panel, "callee", 13),
            (HELP, panel, "panic", 1), (HELP + 500, panel, "panic", 0),
        ):  # fmt: skip
            world.change(at, device, channel, value)
        world.expect(truth_row(first, "fence.climb", CAT, "a cat", "must_not", self.name, CAT + 10 * SECOND))
        world.expect(truth_row(first, "fence.climb", CLIMB_14, "somebody climbs", "must", self.name))
        world.expect(truth_row(second, "fence.climb", CLIMB_15, "somebody climbs", "must", self.name))
        world.expect(truth_row(second, "fence.cut", CUT, "the line is cut", "must", self.name))
        world.expect(truth_row(panel, "panic", HELP, "the button is pressed", "must", self.name))


@pytest.fixture(scope="module")
def night(tmp_path_factory):
    estate = load_estate(perimeter_estate(tmp_path_factory.mktemp("estate")))
    made = VirtualRun(estate, KEY, 7, datetime(2026, 3, 4, 2), [Intruder()], InTheLoop(estate.id), Recorder())
    made.run(8 * MINUTE)
    return made


def judged(night, alarms=None):
    alarms = night.recorder.alarms if alarms is None else alarms
    return score(night.world.truth, alarms.values(), None, acknowledgement_expected=False)


def of_kind(night, kind):
    return [device.id for device in night.estate.of_kind(kind)]


def test_each_alarm_of_the_night_is_raised_in_time_at_its_zone_and_nothing_else_is(night):
    assert judged(night).failures == []
    assert judged(night).counts()["raised"] == 4
    first, second = of_kind(night, "fence_zone")
    raised = Counter((alarm.device, alarm.code) for alarm in night.recorder.alarms.values())
    assert raised == {
        (first, codes.ALARM_FENCE_CLIMB): 1, (second, codes.ALARM_FENCE_CLIMB): 1, (second, codes.ALARM_FENCE_CUT): 1,
        (of_kind(night, "intercom")[0], codes.ALARM_PANIC): 1,
    }  # fmt: skip


def test_the_siren_of_a_zone_sounds_before_anybody_is_told(night):
    for one in judged(night).judged:
        if one.alarm is not None and one.row.alarm == "fence.climb":
            assert one.alarm.local == one.alarm.decided
            assert one.alarm.local - one.crossing <= 3_000


def test_a_backend_that_merges_the_two_zones_is_named(night):
    second = of_kind(night, "fence_zone")[1]
    merged = {name: alarm for name, alarm in night.recorder.alarms.items()
              if (alarm.device, alarm.code) != (second, codes.ALARM_FENCE_CLIMB)}  # fmt: skip
    assert [line for line in judged(night, merged).failures if "zone15" in line and "fence.climb" in line]


def test_the_visitor_was_let_in_by_the_flat_and_the_call_of_that_is_over(night):
    panel = of_kind(night, "intercom")[0]
    switched = [(at, name, value) for at, device, name, value in night.recorder.outputs if device == panel]
    assert (CALL + 9_000, "lock", 1) in switched
    assert (CALL + 14_000, "lock", 0) in switched
    assert [value for at, name, value in switched if name == "ring" and at >= CALL] == [1, 0, 3, 0]
