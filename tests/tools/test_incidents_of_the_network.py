"""Cloudburst, blackout, partition and a stranger at the doors pass against the centre, with a part of the estate."""

from datetime import timedelta

import pytest
from incident_run import Played
from lilong_protocol.codes import (
    ALARM_GATEWAY_CHILD_OFFLINE,
    ALARM_GATEWAY_CHILDREN_OFFLINE,
    ALARM_POWER_MAINS_LOSS,
    ALARM_SMOKE_ALARM,
)
from lilong_simulator.kinds import STANDBY


@pytest.fixture(scope="module")
def rogue():
    return Played("rogue_reader", timedelta(minutes=16))


@pytest.fixture(scope="module")
def cut():
    return Played("wan_partition", timedelta(hours=2, minutes=8))


@pytest.fixture(scope="module")
def rain():
    return Played("cloudburst", timedelta(hours=3, minutes=2))


@pytest.fixture(scope="module")
def dark():
    """A tenth of what hangs on either feeder; what is not there cannot be among the members."""
    return Played("feeder_blackout", timedelta(minutes=38), kinds=("gas", "indoor_station", "camera", "streetlight"))


class TestBlackout:
    def test_it_passes(self, dark):
        assert dark.failures == []
        assert dark.score.counts()["missed"] == dark.score.counts()["false"] == 0

    def test_it_is_one_finding_within_two_minutes_whose_members_are_all_that_went_dark(self, dark):
        ((at, lost),) = dark.found("comms.feeder_lost")
        assert at <= 120
        assert (lost["feeder"], lost["device"]) == ("a", "")
        lines = [row for what in ("stored", "updated") for _, row in dark.found("comms.feeder_lost", what)]
        members = {one for row in lines for one in row["members"]}
        without = {one.id for one in dark.estate.devices if one.feeder == "a" and one.kind not in STANDBY}
        assert members == without
        assert len(without) > 50
        ((back, _),) = dark.found("comms.feeder_lost", "cleared")
        assert 1_800 <= back <= 1_980

    def test_all_are_back_within_three_minutes_and_no_boot_is_an_alarm(self, dark):
        for at, _ in dark.found("comms.offline", "cleared"):
            assert 1_800 <= at <= 1_980
        assert len(dark.found("comms.offline", "cleared")) == len(dark.found("comms.offline"))
        came = {alarm.code for alarm in dark.log.alarms.values() if alarm.decided > dark.before}
        assert came <= {ALARM_POWER_MAINS_LOSS, ALARM_GATEWAY_CHILDREN_OFFLINE, ALARM_GATEWAY_CHILD_OFFLINE,
                        ALARM_SMOKE_ALARM}  # fmt: skip


class TestStranger:
    def test_it_passes(self, rogue):
        assert rogue.failures == []
        assert rogue.score.findings.counts()["stored"] == 3
        assert rogue.score.counts()["true"] >= 2

    def test_what_he_says_is_refused_and_told_within_five_seconds(self, rogue):
        ((at, stranger),) = rogue.found("sec.unknown_device")
        assert 0 <= at <= 5
        assert (stranger["device"], stranger["reason"]) == ("", "unknown device")
        ((at, again),) = rogue.found("sec.replay")
        assert 180 <= at <= 185
        assert rogue.name(again["device"]) == "core9/ground/door"

    def test_the_card_and_its_copy_are_told_with_both_doors(self, rogue):
        ((at, line),) = rogue.found("door.impossible_passage")
        assert 608 <= at <= 613
        assert [rogue.name(door) for door in line["members"]] == ["core9/ground/door", "west_gate/leaf1/door"]
        assert 7_000 <= line["within_ms"] <= 9_000


class TestPartition:
    def test_it_passes(self, cut):
        assert cut.failures == []
        assert cut.score.counts()["missed"] == cut.score.counts()["duplicate"] == 0

    def test_every_gateway_is_missed_within_100_s_and_no_feeder_is(self, cut):
        gateways = [one for one in cut.estate.devices if one.kind == "gateway"]
        offline = {row["device"]: at for at, row in cut.found("comms.offline")}
        assert all(0 < offline[one.id] <= 100 for one in gateways)
        assert not cut.found("comms.feeder_lost")
        back = {row["device"]: at for at, row in cut.found("comms.offline", "cleared")}
        assert all(7_200 <= back[one.id] <= 7_200 + 180 for one in gateways)

    def test_what_happened_inside_is_told_in_its_order_with_its_time(self, cut):
        rows = [one for one in cut.score.judged if one.row.incident == "wan_partition" and one.row.by == "device"]
        inside = [one for one in rows if one.crossing < cut.before + 7_200_000]
        assert len(inside) == 6
        for one in inside:  # 30 s after its link is back, and that within a minute
            assert 0 <= one.ingest - (cut.before + 7_200_000) <= 90_000
            assert one.alarm.decided - one.crossing < 160_000
        last = {}
        for event in cut.feed:
            if event.event == "stored" and not event.finding:
                key = event.device
                assert last.get(key, (0, 0)) < (event.boot, event.seq)
                last[key] = event.boot, event.seq


class TestCloudburst:
    def test_it_passes(self, rain):
        assert rain.failures == []
        wanted = [one for one in rain.score.judged if one.row.incident == "cloudburst" and one.row.expect == "must"]
        assert len(wanted) >= 20

    def test_a_cover_that_falls_silent_keeps_its_last_red_state(self, rain):
        drowned = rain.estate.by_name["ring/storm05/manhole"].id
        assert not [one for one in rain.feed if one.device == drowned and one.event == "cleared"]
        assert rain.centre._core.states()[drowned] == "alarm1"

    def test_lamps_near_the_holes_are_lit_and_go_back_when_the_covers_lie(self, rain):
        lit = [one for one in rain.linked if one.expectation.action == "set_level"]
        assert lit
        assert all(one.after is not None and one.after <= 60_000 for one in lit)

