"""Each incident passes against the management centre's own core in virtual time: alone, elsewhere, all at once."""

from datetime import datetime, timedelta

import pytest
from incident_world import played, plaza
from lilong_protocol import codes
from lilong_simulator.incidents import INCIDENTS
from lilong_tools.virtual_centre import CentreInTheLoop

DAY = (2026, 3, 4)
WINDOWS = {  # begins a little before it does, and how many minutes
    "kitchen_fire": (datetime(*DAY, 18, 37), 32),
    "gas_leak": (datetime(*DAY, 2, 6), 32),
    "elder_fall": (datetime(*DAY, 3, 3), 52),  # an officer has three quarters of an hour
    "elder_sos": (datetime(*DAY, 3, 3), 52),
    "elder_fall_dead_zone": (datetime(*DAY, 3, 3), 56),
    "intruder": (datetime(*DAY, 2, 18), 30),
    "falling_object": (datetime(*DAY, 15, 26), 10),
}
CUT = {  # minutes
    "cloudburst_cut": 44, "elder_inactive_cut": 9, "morning_rush_offline_cut": 31, "morning_rush_cut": 27,
    "wan_partition_cut": 21,
}  # fmt: skip
FENCE = (codes.ALARM_FENCE_CLIMB, codes.ALARM_FENCE_CUT)
QUIET = datetime(*DAY, 2, 30)


@pytest.mark.parametrize("name", WINDOWS)
def test_each_incident_passes_alone(name: str) -> None:
    run = played([name], *WINDOWS[name])
    assert run.failures == []
    must = [row for row in run.rows if row.expect == "must" and row.by == "device"]
    assert must
    assert {row.id for row in must} <= set(run.score.alarm_of_row)
    assert [one.expectation.id for one in run.linked if one.trigger is None] == []


@pytest.mark.parametrize(("name", "minutes"), CUT.items())
def test_what_was_cut_for_live_runs_passes_too(name: str, minutes: int) -> None:
    begins = datetime.combine(datetime(*DAY), INCIDENTS[name]().content.at)
    run = played([name], begins - timedelta(minutes=2), 2 + minutes)
    assert run.failures == []
    must = [row for row in run.rows if row.expect == "must" and row.by == "device"]
    assert {row.id for row in must} <= set(run.score.alarm_of_row)


def test_a_detector_that_burns_is_missed_by_its_gateway_and_its_alarm_stays() -> None:
    run = played(["kitchen_fire"], *WINDOWS["kitchen_fire"])
    (burnt,) = [row for row in run.rows if row.alarm == "comms.offline"]
    assert (burnt.expect, burnt.limits["ingest_ms"]) == ("must", 100_000)
    assert run.failures == []
    (lost,) = [row for row in run.feed if row.get("finding") == "comms.offline" and row["event"] == "stored"]
    assert lost["device"] == burnt.device
    assert lost["at"] - run.epoch_zero - burnt.crossing_ms <= 100_000
    alarm = run.score.alarm_of_row[run.rows[0].id]
    assert alarm.device == burnt.device
    assert alarm.id not in {row["alarm"] for row in run.feed if row["event"] == "cleared"}


def test_gas_rises_as_the_room_mixes_and_stops_at_the_valve() -> None:
    """6 %LEL at 384 s, 10 at 653 s; the valve is shut long before 25 at 1,758 s, and then nothing flows."""
    run = played(["gas_leak"], *WINDOWS["gas_leak"])
    begin = 4 * 60_000
    (row,) = [row for row in run.rows if row.expect == "must"]
    assert row.crossing_ms == begin + 653_000
    alarm = run.score.alarm_of_row[row.id]
    assert 15_000 <= alarm.decided - row.crossing_ms <= 60_000
    outputs = run.recorder.outputs
    shut = next(when for when, device, output, _ in outputs if (device, output) == (row.device, "valve"))
    assert shut - alarm.decided <= 10_000
    room = run.run._fleet._members[row.device].device
    assert room.sampling.values[0] < 60  # the windows are open


def test_a_detector_that_does_not_wait_is_named_for_a_leak_and_for_cooking_wine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("lilong_firmware.kinds.gas.LEAK_MS", 1)
    run = played(["gas_leak"], *WINDOWS["gas_leak"])
    words = [text.partition(":")[0] for text in run.failures]
    assert sorted(words) == ["early", "false"], run.failures
    (wine,) = [one for one in run.score.judged if one.row.cause == "cooking wine"]
    assert len(wine.broken) == 1


def test_a_fall_is_answered_by_an_officer_once() -> None:
    run = played(["elder_fall"], *WINDOWS["elder_fall"])
    (fall,) = run.stored(codes.ALARM_BAND_FALL)
    sent = [row for row in run.feed if row.get("finding") == "care.dispatch" and row["event"] == "stored"]
    assert [row["device"] for row in sent] == [fall["device"]]


def test_sos_does_not_wait_for_the_fall() -> None:
    run = played(["elder_sos"], *WINDOWS["elder_sos"])
    (sos,), (fall,) = run.stored(codes.ALARM_BAND_SOS), run.stored(codes.ALARM_BAND_FALL)
    assert fall["at"] - sos["at"] > 40_000


def test_a_cat_is_no_alarm_and_two_zones_are_two() -> None:
    run = played(["intruder"], *WINDOWS["intruder"])
    climbs = run.stored(codes.ALARM_FENCE_CLIMB)
    assert len(climbs) == len({row["device"] for row in climbs}) == 2
    assert climbs[1]["at"] - climbs[0]["at"] < 25_000


def test_a_zone_that_forgets_its_alarm_when_the_wire_is_free_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    latches = codes.latches
    monkeypatch.setattr("lilong_firmware.device.latches", lambda code: code not in FENCE and latches(code))
    run = played(["intruder"], *WINDOWS["intruder"])
    assert [text.split(" at ")[0] for text in run.failures] == ["unlatched: fence.climb"] * 2


def test_who_never_tells_of_resets_is_not_judged_by_them() -> None:
    class Silent(CentreInTheLoop):
        def _settle(self) -> None:
            super()._settle()
            self.feed[:] = [row for row in self.feed if row["event"] != "reset"]

    run = played(["intruder"], *WINDOWS["intruder"], centre_of=Silent)
    assert run.failures == []
    assert [one for one in run.linked if one.expectation.what == "latched"] == []


def test_a_thrown_pot_is_told_with_its_storey_and_a_bird_is_not() -> None:
    run = played(["falling_object"], *WINDOWS["falling_object"])
    assert len(run.stored(codes.ALARM_CAMERA_FALLING_OBJECT)) == 1


def test_an_elder_who_is_not_seen_to_fall_is_missed_after_twelve_hours() -> None:
    """Twelve hours of a whole estate's people, which takes 4 s."""
    run = played(["elder_inactive"], datetime(*DAY, 3, 3), 12 * 60 + 8)
    assert [line for line in run.failures if "wristband" in line] == []
    (row,) = [row for row in run.rows if row.alarm == "band.inactive"]
    assert run.score.alarm_of_row[row.id].decided - row.crossing_ms <= 10_000
    assert run.stored(codes.ALARM_BAND_FALL) == []


def test_a_fire_is_seen_in_the_morning_rush() -> None:
    run = played(["morning_rush"], datetime(*DAY, 6, 58), 65)
    assert run.failures == []
    must = [row for row in run.rows if row.expect == "must"]
    assert sorted(row.alarm for row in must) == ["door.held", "door.held", "smoke.alarm"]


def test_the_rush_is_the_same_for_people_while_the_cloud_cannot_be_reached() -> None:
    start = datetime(*DAY, 6, 53)
    online, offline = played(["morning_rush"], start, 80), played(["morning_rush_offline"], start, 80)
    assert offline.failures == []
    fire, cut_off = (
        next(run.score.alarm_of_row[row.id] for row in run.rows if row.alarm == "smoke.alarm")
        for run in (online, offline)
    )
    assert cut_off.local is not None
    assert abs(cut_off.local - (fire.local or 0)) <= 4_000, "a detector looks every 4 s"
    stored = next(one for one in offline.feed if one["event"] == "stored" and one["alarm"] == cut_off.id)
    assert stored["at"] - offline.epoch_zero > 72 * 60_000, "after the links are back"
    assert sum(row.alarm == "door.held" for row in offline.rows) == 2


def test_the_same_incident_twice_elsewhere_and_at_another_time() -> None:
    run = played(["kitchen_fire@now", "kitchen_fire:flat=5/0903@+200"], QUIET, 32)
    assert run.failures == []
    assert {row.incident for row in run.rows} == {"kitchen_fire@now", "kitchen_fire:flat=5/0903@+200"}
    fires = [row.crossing_ms for row in run.rows if row.alarm == "smoke.alarm"]
    assert sorted(fires) == [165_000, 220_000, 240_000, 295_000, 350_000, 370_000]


def test_all_of_them_at_once() -> None:
    bands = [device.name for device in plaza().of_kind("wristband")]
    names = ["kitchen_fire@now", "gas_leak@now", "intruder@now", "falling_object@now", "elder_fall@now"]
    names += [f"elder_sos:band={bands[1]}@now", f"elder_fall_dead_zone:band={bands[2]}@now"]
    assert {name.partition("@")[0].partition(":")[0] for name in names} == set(WINDOWS)
    run = played(names, QUIET, 33)
    assert run.failures == []
    assert {row.incident for row in run.rows} == set(names)
    assert set(WINDOWS) <= set(INCIDENTS)


def test_a_fire_of_which_nobody_can_tell_keeps_its_doors_open_and_what_burnt_unheard_is_excused():
    """The network is away from before the fire until its flat's detector has burnt; the gateway has opened the ways."""
    one = played(["kitchen_fire"], datetime(2026, 3, 4, 18, 39), 45, faults=["partition at=10 for=1400"])
    assert one.failures == []
    assert one.score.counts()["missed"] == 0
    (burnt,) = [row for row in one.score.judged if row.excused]
    assert (burnt.row.alarm, burnt.unheard) == ("smoke.alarm", True)
    kept = [linked for linked in one.linked if linked.expectation.what == "kept"]
    assert kept
    assert all(linked.trigger is not None for linked in kept)
