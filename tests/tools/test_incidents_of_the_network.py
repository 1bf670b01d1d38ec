"""Cloudburst, blackout, partition and a stranger at the doors pass against the centre, with a part of the estate."""

from copy import copy
from datetime import date, datetime, timedelta

import pytest
from incident_world import played, plaza, reduced
from lilong_firmware.session import Session
from lilong_simulator.incidents import find
from lilong_simulator.kinds import STANDBY
from lilong_simulator.simulated.acceptance import Acceptance
from planted_centres import (
    AcknowledgesLate,
    ListsEachAlone,
    RecordsLate,
    ServesInTurn,
    TakesTwelveSeconds,
    TellsOfNoRecord,
    ThrowsAwayWhatWaited,
)

DAY = date(2026, 3, 4)
AWAY = "south_gate/leaf1/door"
NETWORK = ("delivered", "repeated", "born", "beats", "accepted")
BEFORE_S = 300  # the run begins so long before the incident


class Story:
    """An incident played for so many minutes; times are seconds after it began."""

    def __init__(self, name, minutes, estate=None, **how):
        begin = datetime.combine(DAY, find(name).content.at) - timedelta(seconds=BEFORE_S)
        self.played = played([name], begin, minutes + BEFORE_S / 60, estate, **how)
        self.estate = self.played.run.estate
        self.name = name

    def found(self, name, event="stored"):
        """The lines of a finding."""
        zero = self.played.epoch_zero + BEFORE_S * 1000
        return [
            ((row["at"] - zero) / 1000, row)
            for row in self.played.feed
            if row.get("finding") == name and row["event"] == event
        ]

    def named(self, device):
        return self.estate.by_id[device].name

    def of_the_card(self):
        """What became of the card wherever it was tried once it was revoked."""
        return [one for one in self.played.linked if one.expectation.action == "card_revoked"]

    def judged(self):
        """What devices must raise."""
        rows = [one for one in self.played.score.judged if one.row.incident == self.name]
        return [one for one in rows if (one.row.by, one.row.expect) == ("device", "must")]


def a_tenth_of(kinds, name):
    """The estate of an incident, with every tenth of some kinds."""
    here = copy(reduced([find(name)], plaza()))
    for cached in ("by_id", "by_name", "counts"):
        here.__dict__.pop(cached, None)
    kept = {one.id for kind in kinds for one in plaza().of_kind(kind)[::10]}
    here.devices = tuple(one for one in here.devices if one.kind not in kinds or one.id in kept)
    return here


@pytest.fixture(scope="module")
def rogue():
    return Story("rogue_reader", 16)


@pytest.fixture(scope="module")
def cut():
    return Story("wan_partition", 138)


@pytest.fixture(scope="module")
def rain():
    return Story("cloudburst", 182)


@pytest.fixture(scope="module")
def dark():
    """What is not there cannot be among the members."""
    kinds = ("gas", "indoor_station", "camera", "streetlight")
    return Story("feeder_blackout", 38, a_tenth_of(kinds, "feeder_blackout"))


class TestBlackout:
    def test_it_passes(self, dark):
        assert dark.played.failures == []
        assert dark.played.score.counts()["missed"] == dark.played.score.counts()["false"] == 0

    def test_what_the_fault_does_is_its_incidents_part(self, dark):
        assert {one.row.incident for one in dark.played.score.judged} <= {"feeder_blackout", None}
        mains = [one for one in dark.judged() if one.row.alarm == "power.mains_loss"]
        assert mains
        assert all(one.ingest - one.crossing <= 10_000 for one in mains)

    def test_it_is_one_finding_within_two_minutes_whose_members_are_all_that_went_dark(self, dark):
        ((at, lost),) = dark.found("comms.feeder_lost")
        assert at <= 120
        assert (lost["feeder"], lost["device"]) == ("a", "")
        lines = [row for what in ("stored", "updated") for _, row in dark.found("comms.feeder_lost", what)]
        members = {one for row in lines for one in row["members"]}
        without = {one.id for one in dark.estate.devices if one.feeder == "a" and one.kind not in STANDBY}
        assert members == without
        assert len(without) > 25
        ((back, _),) = dark.found("comms.feeder_lost", "cleared")
        assert 1_800 <= back <= 1_980

    def test_a_backend_that_goes_on_listing_each_silent_device_is_named(self):
        kinds = ("gas", "indoor_station", "camera", "streetlight")
        bad = Story("feeder_blackout", 32, a_tenth_of(kinds, "feeder_blackout"), centre_of=ListsEachAlone)
        assert "apart" in {text.partition(":")[0] for text in bad.played.failures}

    def test_a_backend_that_lets_the_fire_wait_while_all_come_back_is_named(self):
        kinds = ("gas", "indoor_station", "camera", "streetlight")
        bad = Story("feeder_blackout", 34, a_tenth_of(kinds, "feeder_blackout"), centre_of=TakesTwelveSeconds)
        assert any(text.startswith("late: smoke.alarm at core2/12F/1203/smoke") for text in bad.played.failures)

    def test_batteries_hold_the_way_out_is_free_and_piles_wait_to_be_accepted(self, dark):
        seen = {what: [one for one in dark.played.linked if one.expectation.what == what] for what in NETWORK}
        assert {one.expectation.name.split("/")[-1] for one in seen["beats"]} == STANDBY - {"intercom"}
        assert len(seen["accepted"]) == 40
        assert all(one.trigger is not None for what in ("beats", "born", "accepted") for one in seen[what])
        (left,) = [one for one in dark.played.linked if one.expectation.action == "door_left"]
        assert left.trigger == (BEFORE_S + 900) * 1000
        assert left.after <= 2_000

    @pytest.mark.parametrize(("planted", "word"), [
        ("gateways without batteries", "silent"), ("a door that keeps people in", "door_left at"),
        ("hasty piles", "hasty"), ("detectors that boot for minutes", "late: tell_born"),
        ("all at once", "in step: "),
    ])  # fmt: skip
    def test_devices_that_cannot_bear_it_are_named(self, planted, word, monkeypatch):
        if planted == "gateways without batteries":
            monkeypatch.setattr("lilong_simulator.load.faults.blackout.STANDBY", STANDBY - {"gateway"})
        elif planted == "a door that keeps people in":
            monkeypatch.setattr("lilong_firmware.kinds.door.EXIT_BUTTON", 99)
        elif planted == "hasty piles":
            def says_that_it_is_there(self, now, up):
                if up:
                    self._device.session._heartbeat(now, False)

            monkeypatch.setattr(Acceptance, "linked", says_that_it_is_there)
        elif planted == "all at once":
            start = Session.start
            monkeypatch.setattr(Session, "start", lambda self, now, connect_at: start(self, now, now))
        else:
            start = Session.start

            def slowly(self, now, connect_at):
                start(self, now, connect_at)
                if self._device.uplink.boot > 1:
                    self._next_at = now + 200_000

            monkeypatch.setattr(Session, "start", slowly)
        kinds = ("gas", "indoor_station", "camera", "streetlight")
        bad = Story("feeder_blackout", 36, a_tenth_of(kinds, "feeder_blackout"))
        assert [text for text in bad.played.failures if word in text], bad.played.failures

    def test_all_are_back_within_three_minutes_and_no_boot_is_an_alarm(self, dark):
        for at, _ in dark.found("comms.offline", "cleared"):
            assert 1_800 <= at <= 1_980
        assert len(dark.found("comms.offline", "cleared")) == len(dark.found("comms.offline"))
        booted = {one.id for one in dark.estate.devices if one.feeder == "a" and one.kind not in STANDBY}
        (burning,) = {one.row.device for one in dark.judged() if one.row.alarm == "smoke.alarm"}
        back_ms = (BEFORE_S + 1_800) * 1000
        raised = {alarm.device for alarm in dark.played.recorder.alarms.values() if alarm.decided >= back_ms}
        assert burning in raised
        assert not raised & booted


class TestStranger:
    def test_it_passes(self, rogue):
        assert rogue.played.failures == []
        assert rogue.played.score.findings.counts()["stored"] == 3
        assert rogue.played.score.counts()["true"] >= 2

    def test_what_he_says_is_refused_and_told_within_five_seconds(self, rogue):
        ((at, stranger),) = rogue.found("sec.unknown_device")
        assert 0 <= at <= 5
        assert (stranger["device"], stranger["reason"]) == ("", "unknown device")
        ((at, again),) = rogue.found("sec.replay")
        assert 180 <= at <= 185
        assert rogue.named(again["device"]) == "core9/ground/door"

    def test_the_card_and_its_copy_are_told_with_both_doors(self, rogue):
        ((at, line),) = rogue.found("door.impossible_passage")
        assert 608 <= at <= 613
        assert [rogue.named(door) for door in line["members"]] == ["core9/ground/door", "west_gate/leaf1/door"]
        assert 7_000 <= line["within_ms"] <= 9_000


    def test_what_is_revoked_is_denied_by_every_reader_half_a_minute_later(self, rogue):
        (revoked,) = [row for row in rogue.played.feed if row["event"] == "revoked"]
        tried = [one for one in rogue.of_the_card() if one.expectation.name != AWAY]
        assert {one.expectation.name for one in tried} == {one.name for one in rogue.estate.of_kind("door")} - {AWAY}
        assert len(tried) == 41, "six gates twice, as soon as they must know it"
        assert all(one.trigger - (revoked["at"] - rogue.played.epoch_zero) >= 30_000 for one in tried)
        assert all(one.failure is None and one.after <= 2_000 for one in tried)

    def test_a_reader_that_was_away_denies_it_from_its_return_on(self, rogue):
        known = [one for one in rogue.of_the_card() if one.expectation.name == AWAY and one.trigger is not None]
        (revoked,) = [row["at"] - rogue.played.epoch_zero for row in rogue.played.feed if row["event"] == "revoked"]
        ((gone, back),) = rogue.played.excuses.silences(known[0].expectation.device)
        assert gone < revoked < back
        assert all(one.trigger >= back + 2_000 and one.failure is None for one in known)
        assert len(known) >= 1

    def test_a_reader_that_nobody_polls_for_long_is_named(self, monkeypatch):
        monkeypatch.setattr("lilong_firmware.kinds.door.READER_MS", 10_000)
        late = Story("rogue_reader", 15)
        (failure,) = late.played.failures
        assert failure.startswith("late: door.reader_offline at core9/basement/door: ingest 100")


class TestPartition:
    def test_it_passes(self, cut):
        assert cut.played.failures == []
        assert cut.played.score.counts()["missed"] == cut.played.score.counts()["duplicate"] == 0

    def test_every_gateway_is_missed_within_100_s_and_no_feeder_is(self, cut):
        gateways = [one for one in cut.estate.devices if one.kind == "gateway"]
        offline = {row["device"]: at for at, row in cut.found("comms.offline")}
        assert all(0 < offline[one.id] <= 100 for one in gateways)
        assert not cut.found("comms.feeder_lost")
        back = {row["device"]: at for at, row in cut.found("comms.offline", "cleared")}
        assert all(7_200 <= back[one.id] <= 7_200 + 180 for one in gateways)

    def test_what_happened_inside_is_told_in_its_order_with_its_time(self, cut):
        inside = [one for one in cut.judged() if one.crossing < BEFORE_S * 1000 + 7_200_000]
        assert len(inside) == 6
        for one in inside:  # 30 s after its link is back, and that within a minute
            assert 0 <= one.ingest - (BEFORE_S * 1000 + 7_200_000) <= 90_000
            assert one.alarm.decided - one.crossing < 160_000
        last = {}
        for event in cut.played.feed:
            if event["event"] == "stored" and "finding" not in event:
                assert last.get(event["device"], (0, 0)) < (event["boot"], event["seq"])
                last[event["device"]] = event["boot"], event["seq"]


    @pytest.mark.parametrize(("bad", "alarms"), [
        (TakesTwelveSeconds, {"smoke.alarm at core5/15F/1503/smoke"}),
        (AcknowledgesLate, {
            "smoke.alarm at core2/08F/0803/smoke", "smoke.alarm at core6/11F/1101/smoke", "band.sos at",
            "door.held at core4/ground/door", "lamp.leakage_detected at", "sensor.fault at ring/20/streetlight",
        }),
    ])  # fmt: skip
    def test_what_comes_later_than_it_may_after_the_healing_is_named_fire_and_faults_alike(self, bad, alarms):
        late = [text for text in Story("wan_partition_cut", 31, centre_of=bad).played.failures if text[:6] == "late: "]
        assert all(any(text.startswith(f"late: {alarm}") for text in late) for alarm in alarms)

    def test_passages_of_two_hours_are_told_within_five_minutes_and_none_is_lost(self, cut):
        told = [one for one in cut.played.linked if one.expectation.what == "events" and one.trigger is not None]
        assert len(told) > 30
        assert all(one.failure is None and one.after <= 300_000 for one in told)
        waited = [len(one.rows) for one in cut.played.recorder.said.values()]
        assert max(waited) > 128, "more than the small log below holds"

    @pytest.mark.parametrize(("bad", "words"), [
        (ThrowsAwayWhatWaited, {"lost"}), (RecordsLate, {"late"}), (TellsOfNoRecord, set()),
    ])  # fmt: skip
    def test_passages_are_asked_for_in_the_backends_record_where_it_tells_of_one(self, bad, words):
        told = Story("wan_partition_cut", 31, centre_of=bad).played.failures
        assert {text.partition(":")[0] for text in told} == words
        assert all("tell_events at " in text or "are not recorded" in text for text in told)

    def test_telemetry_of_two_hours_is_told_without_a_gap_of_more_than_a_quarter_of_one(self, cut, monkeypatch):
        told = [one for one in cut.played.linked if one.expectation.what == "telemetry"]
        assert len(told) == 10
        assert all(one.failure is None and one.after is not None for one in told)
        monkeypatch.setattr("lilong_firmware.outage.keep", lambda device, rows: None)
        forgets = Story("wan_partition", 138)
        assert {text.partition(":")[0] for text in forgets.played.failures} == {"lost"}
        assert len(forgets.played.failures) == 10

    def test_who_comes_back_in_step_is_named(self, monkeypatch):
        lost = Session.disconnected

        def in_step(self, now):
            lost(self, now)
            self._next_at = now + 20_000

        monkeypatch.setattr(Session, "disconnected", in_step)
        bad = Story("wan_partition_cut", 19)
        assert [text for text in bad.played.failures if text.startswith("in step: ")]

    def test_a_door_whose_log_is_too_small_is_named(self, monkeypatch):
        monkeypatch.setattr("lilong_firmware.kinds.door.Door.LOG_EVENTS", 64)
        small = Story("wan_partition", 138)
        words = {text.partition(":")[0] for text in small.played.failures}
        assert words == {"lost"}


class TestCloudburst:
    def test_it_passes(self, rain):
        assert rain.played.failures == []
        assert len(rain.judged()) >= 20

    def test_each_alarm_is_stored_once_it_is_delivered_and_said_again_until_then(self, rain):
        seen = {what: [one for one in rain.played.linked if one.expectation.what == what] for what in NETWORK}
        for what in ("delivered", "repeated"):
            assert len(seen[what]) == 19
            assert all(one.trigger is not None for one in seen[what])
        assert max(one.after for one in seen["repeated"]) > 20_000, "some were lost on their way"

    def test_a_backend_that_serves_in_turn_is_named_for_the_covers_that_fences_delay(self):
        bad = Story("cloudburst_cut", 60, centre_of=ServesInTurn)
        late = [text for text in bad.played.failures if "after the network had delivered it" in text]
        assert any(text.startswith("late: manhole.") for text in late)

    def test_covers_that_wait_too_long_between_two_tries_are_named(self, monkeypatch):
        for name in ("BACKOFF_BASE_MS", "BACKOFF_CAP_MS"):
            monkeypatch.setattr(f"lilong_firmware.session.{name}", 1_800_000)
        bad = Story("cloudburst", 182)
        assert any(text.startswith("late: manhole.") and "is said again after" in text for text in bad.played.failures)

    def test_each_warning_of_rain_is_known_within_a_minute_of_the_hour_that_calls_for_it(self, rain):
        found = rain.found("weather.rain_level")
        assert [(round(at, -1), row["level"]) for at, row in found] == [(1_200, 4), (3_000, 3), (4_200, 2)]
        assert [round(at, -1) for at, _ in rain.found("weather.rain_level", "cleared")] == [3_000, 4_200, 10_800]
        judged = [one for one in rain.played.score.judged if one.row.alarm == "weather.rain_level"]
        assert [one.row.expect for one in judged] == ["must"] * 3

    def test_a_cover_that_falls_silent_keeps_its_last_red_state(self, rain):
        drowned = rain.estate.by_name["ring/storm05/manhole"].id
        assert not [one for one in rain.played.feed if (one["device"], one["event"]) == (drowned, "cleared")]
        assert rain.played.run._backend._core.states()[drowned] == "alarm1"

    def test_lamps_near_the_holes_are_lit_and_go_back_when_the_covers_lie(self, rain):
        lit = [one for one in rain.played.linked if one.expectation.action == "set_level"]
        assert lit
        assert all(one.after is not None and one.after <= 60_000 for one in lit)

