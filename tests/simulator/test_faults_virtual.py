"""What each fault does, in virtual time: to devices, to the judgement, to the report."""

from datetime import datetime
from pathlib import Path

import pytest
from backends import KEY, InTheLoop
from hypothesis import given, settings
from hypothesis import strategies as st
from lilong_protocol import frame, topics
from lilong_protocol.registry import KIND
from lilong_simulator.estate import load_estate
from lilong_simulator.fleet.spoken import said_of
from lilong_simulator.incidents import Incident, find
from lilong_simulator.load.faults import FAULTS, parse
from lilong_simulator.load.faults.excuses import BACK_MS, Excuses
from lilong_simulator.load.faults.timeline import plan
from lilong_simulator.recorder import Recorder
from lilong_simulator.score import score
from lilong_simulator.truth import limits, truth_row
from lilong_simulator.virtual_run import VirtualRun

ESTATE = load_estate(Path(__file__).with_name("small_estate.toml"))
SECOND, MINUTE = 1_000, 60_000
DOOR, SMOKE = "boiler/door", "core1/01F/corridor/smoke"
BY_NAME = {device.name: device for device in ESTATE.devices}
ALWAYS_ON = 14


class Log(Recorder):
    """Every frame: (virtual ms, device, class, what it says)."""

    def __init__(self):
        super().__init__()
        self.frames = []
        self.lost_frames = []

    def sent(self, at, device, cls, frame, due):
        super().sent(at, device, cls, frame, due)
        self.frames.append((at, device, cls, said_of(frame)))

    def lost(self, at, device, cls, due):
        self.lost_frames.append((at, device, cls))


class BreakIn(Incident):
    """The boiler room's door is forced, and shut again later."""

    name = "break_in"
    timeline = ()

    def __init__(self, at_s, lasts_s=0.5):
        self.at, self.lasts = round(at_s * 1000), round(lasts_s * 1000)

    def device_names(self, estate):
        return [DOOR]

    def install(self, world):
        door = BY_NAME[DOOR]
        world.change(self.at, door, "contact", 1)
        world.change(self.at + self.lasts, door, "contact", 0)
        bounds = limits(2_000, 5_000, None, None)
        world.expect(truth_row(door, "door.forced", self.at, "forced", "must", self.name, bounds=bounds))


class Played:
    """A run with faults, to its end, judged."""

    def __init__(self, *faults, incidents=(), until_s=600, seed=7):
        planned = plan([parse(text) for text in faults], {ESTATE.id: ESTATE.devices}, seed)
        self.log = Log()
        self.backend = InTheLoop(ESTATE.id)
        start = datetime(2026, 3, 4, 3)
        self.run = VirtualRun(ESTATE, KEY, seed, start, incidents, self.backend, self.log, faults=planned)
        self.run.run(until_s * 1000)
        self.run.mend()
        self.run.run(int(self.run.env.now) + 6 * MINUTE)
        self.timeline = self.run.faults.timeline
        self.score = score(
            self.run.world.truth, self.log.alarms.values(), None, excuses=Excuses(self.timeline.hindrances),
            acknowledgement_expected=False, horizon=until_s * 1000,
        )  # fmt: skip
        self.outcomes = self.timeline.outcomes

    def births(self, name):
        device = BY_NAME[name].id
        return [(at, said.boot) for at, who, cls, said in self.log.frames if who == device and cls == topics.STATE]

    def deaths(self):
        """Wills that the broker has published."""
        said = [said_of(data) for _, cls, data in self.backend.frames if cls == topics.STATE]
        return sum(1 for one in said if one.kind == frame.DEATH)

    def count(self, name):
        return self.score.counts()[name]


def test_without_power_nothing_is_said_and_all_return_at_once_with_the_next_boot():
    played = Played("blackout at=120 for=60 standby=0")
    assert [boot for _, boot in played.births(DOOR)] == [1, 2]
    planned = plan([parse("blackout at=120 for=60 standby=0")], {"x": ESTATE.devices}, 7)
    dark = {device.id for device in planned[0].devices["x"]}
    assert not [at for at, who, _, _ in played.log.frames if who in dark and 120_000 < at < 180_000]
    (outcome,) = played.outcomes
    assert (outcome.devices, outcome.links_lost, outcome.reconnect.count) == (ALWAYS_ON, ALWAYS_ON, ALWAYS_ON)
    assert outcome.reconnect.maximum < 300, "no device waits: that is the storm"


def test_devices_that_wait_come_back_over_that_time_and_an_alarm_waits_for_nothing():
    played = Played("blackout at=120 for=60 standby=0 wait=60", incidents=[BreakIn(200)])
    (outcome,) = played.outcomes
    assert outcome.reconnect.count == ALWAYS_ON
    assert 30_000 < outcome.reconnect.maximum < 60_300
    assert outcome.reconnect.percentile(10) < 30_000
    (alarm,) = played.log.alarms.values()
    assert alarm.stored - alarm.decided < 1_000


def test_a_danger_in_the_dark_is_excused_and_no_pass():
    played = Played("blackout at=120 for=60 standby=0", incidents=[BreakIn(150)])
    assert (played.count("excused"), played.count("undetected"), played.count("raised")) == (1, 0, 0)
    (judged,) = played.score.judged
    assert judged.excused == "unpowered"
    assert played.score.passed


def test_a_danger_after_the_dark_is_not_excused():
    played = Played("blackout at=120 for=60 standby=0", incidents=[BreakIn(200)])
    assert (played.count("excused"), played.count("stored")) == (0, 1)


def test_an_alarm_that_was_raised_before_the_dark_survives_it_on_flash():
    played = Played("partition at=110 for=40", "blackout at=120 for=60 standby=0", incidents=[BreakIn(115)])
    assert (played.count("stored"), played.count("missed"), played.count("late")) == (1, 0, 0)
    (alarm,) = played.log.alarms.values()
    assert (alarm.boot, alarm.local is not None, alarm.stored > 180_000) == (1, True, True)


def test_a_partition_cuts_links_and_its_backlog_drains_after_it():
    played = Played("partition at=120 for=60", incidents=[BreakIn(150)])
    (outcome,) = played.outcomes
    assert outcome.links_lost == played.deaths() == ALWAYS_ON
    assert outcome.backlog > 0
    assert outcome.drained_ms > 0
    (alarm,) = played.log.alarms.values()
    assert alarm.local - 150_000 < 2_000, "local output does not wait for a link"
    assert alarm.stored > 180_000
    assert (played.count("late"), played.count("missed")) == (0, 0), "limits count from when it could be sent"


def test_a_partition_of_one_gateway_leaves_the_others():
    played = Played("partition at=120 for=60 gateway=core1")
    assert 0 < played.outcomes[0].links_lost < ALWAYS_ON


def test_a_device_that_stays_away_too_long_is_late_all_the_same():
    excuses = Excuses(Played("partition at=120 for=60").timeline.hindrances)
    door = BY_NAME[DOOR].id
    could = excuses.of(door, 150_000, limits(2_000, 5_000, None, None), 150_000).send_from
    assert 180_000 < could <= 180_000 + BACK_MS
    assert excuses.of(door, 150_000, {}, 150_000).raise_from == 150_000, "it could raise"
    for one in (hindrance for hindrance in Played("partition at=120 for=60").timeline.hindrances):
        one.sendable = None
        assert one.could_send == 180_000 + BACK_MS


def test_who_sleeps_can_send_when_a_partition_is_over_or_when_its_link_is_back_if_something_waits():
    played = Played("partition at=120 for=60", incidents=[find("band.sos@+150")])
    (alarm,) = played.log.alarms.values()
    of = {one.device: one.could_send for one in played.timeline.hindrances}
    sleeping = [one.id for one in ESTATE.devices if not KIND[one.kind].link.always_on]
    assert 180_000 < of.pop(alarm.device) <= alarm.stored < 180_000 + 90_000
    assert {of[device] for device in sleeping if device != alarm.device} == {180_000}
    assert all(180_000 < at < 180_000 + BACK_MS for device, at in of.items() if device not in sleeping)


def test_a_broker_that_restarts_breaks_every_link_without_a_will():
    played = Played("broker_restart at=120 for=20", incidents=[BreakIn(130)])
    (outcome,) = played.outcomes
    assert outcome.links_lost == outcome.reconnect.count == ALWAYS_ON
    assert played.deaths() == 0
    assert (played.count("stored"), played.count("late")) == (1, 0)


def test_a_frozen_broker_answers_late_and_breaks_no_link_if_it_is_short():
    played = Played("frozen_broker at=120 for=10", incidents=[BreakIn(125)])
    assert played.outcomes[0].links_lost == 0
    (alarm,) = played.log.alarms.values()
    assert 130_000 < alarm.stored < 131_000
    assert played.count("late") == 0


def test_a_device_gives_a_frozen_broker_up_when_no_puback_comes():
    played = Played("frozen_broker at=120 for=60", incidents=[BreakIn(125)])
    door = BY_NAME[DOOR].id
    assert (145_000, door, topics.ALARM) in played.log.lost_frames, "20 s after it was sent"
    assert (played.count("stored"), played.count("missed")) == (1, 0)


def test_what_a_bad_radio_loses_is_sent_again():
    played = Played("bad_radio at=100 for=300 loss=0.5", "nuisance_flood at=110 for=120 per_min=6 lasts_s=5")
    frames = played.outcomes[0].frames
    assert 0.3 * frames["frames"] < frames["lost"] < 0.7 * frames["frames"]
    assert (played.count("raised"), played.count("missed")) == (12, 0)


def test_a_doubled_frame_has_one_effect():
    played = Played("bad_radio at=100 for=100 duplicate=1", incidents=[BreakIn(120)])
    raises = [said for _, _, cls, said in played.log.frames if cls == topics.ALARM and said.kind == frame.RAISE]
    assert len(raises) == 2
    assert raises[0].seq == raises[1].seq
    assert (played.count("raised"), played.count("false"), len(played.log.alarms)) == (1, 0, 1)


def test_a_slow_radio_delays_what_is_stored():
    quick = Played("bad_radio at=100 for=100 delay_ms=1", incidents=[BreakIn(120)])
    slow = Played("bad_radio at=100 for=100 delay_ms=1500", incidents=[BreakIn(120)])
    (one,), (other,) = quick.log.alarms.values(), slow.log.alarms.values()
    assert 2 * 1_499 <= other.stored - one.stored <= 2 * 1_499 + 100, "there and back"


@pytest.mark.parametrize(("ppm", "beats"), [(100_000, 11), (0, 10), (-100_000, 9)])
def test_a_tick_that_runs_fast_beats_often(ppm, beats):
    played = Played(f"wrong_clock at=100 for=1200 ppm={ppm}", until_s=1_400)
    door = BY_NAME[DOOR].id
    during = [at for at, who, cls, _ in played.log.frames if who == door and cls == topics.HEARTBEAT]
    seen = [at for at in during if 100_000 < at <= 1_300_000]
    assert len(seen) in {2 * beats - 1, 2 * beats, 2 * beats + 1}


def test_a_counter_that_jumps_puts_frames_into_the_future_and_one_that_stands_still_never_goes_back():
    for skew, low, high in ((30, 29_000, 31_000), (-20, -21_000, -19_000)):
        played = Played(f"wrong_clock at=100 for=400 skew_s={skew}")
        door = BY_NAME[DOOR].id
        frames = [(at, said.uptime) for at, who, _, said in played.log.frames if who == door]
        before = [at - uptime for at, uptime in frames if at < 100_000]
        after = [at - uptime for at, uptime in frames if at > 200_000]
        assert low < before[-1] - after[0] < high
        beats = [row for row in played.log.frames if row[1] == door and row[2] == topics.HEARTBEAT]
        uptimes = [said.uptime for _, _, _, said in beats]
        assert uptimes == sorted(uptimes)


def test_a_stuck_sensor_sees_nothing_and_its_danger_is_excused():
    played = Played("stuck_sensor at=120 for=60 kind=door channel=contact", incidents=[BreakIn(150)])
    assert (played.count("raised"), played.count("excused")) == (0, 1)
    assert played.score.judged[0].excused == "stuck"


def test_a_stuck_sensor_of_another_channel_excuses_nothing():
    played = Played("stuck_sensor at=120 for=60 kind=door channel=credential", incidents=[BreakIn(150)])
    assert (played.count("raised"), played.count("excused")) == (1, 0)


def test_what_a_stuck_sensor_missed_it_reads_when_it_is_free():
    played = Played("stuck_sensor at=120 for=60 kind=door channel=contact", incidents=[BreakIn(150, lasts_s=100)])
    (judged,) = played.score.judged
    assert judged.alarm.decided >= 180_000
    assert played.score.passed, "its limits count from then"


def test_a_low_battery_must_be_told_where_the_device_looks_in_time():
    played = Played("low_battery at=120 for=1800 kind=wristband", until_s=2_000)
    rows = [row for row in played.run.world.truth if row.alarm == "battery.low"]
    assert len(rows) == 4
    assert {row.expect for row in rows} == {"must"}
    assert (played.count("stored"), played.count("missed"), played.count("undetected")) == (4, 0, 0)
    played = Played("low_battery at=120 for=60 kind=smoke")
    assert {row.expect for row in played.run.world.truth if row.alarm == "battery.low"} == {"may"}


def test_a_nuisance_that_really_crosses_is_a_must():
    played = Played("nuisance_flood at=120 for=120 per_min=6")
    rows = [row for row in played.run.world.truth if row.cause == "a nuisance"]
    assert len(rows) == 12
    assert {(row.expect, row.alarm) for row in rows} == {("must", "smoke.alarm")}
    assert (played.count("stored"), played.count("false"), played.count("late")) == (12, 0, 0)


def test_two_faults_may_hold_a_device_at_once():
    played = Played("blackout at=120 for=60 standby=0", "partition at=150 for=90", incidents=[BreakIn(230)])
    assert (played.count("stored"), played.count("late")) == (1, 0)
    assert not played.timeline.waiting


def test_the_same_seed_gives_the_same_faults():
    radio, clock = "bad_radio at=90 for=200 loss=0.2 share=0.5", "wrong_clock at=80 for=50 spread=900"
    texts = (radio, "nuisance_flood at=100 for=60", clock)
    one, same, other = Played(*texts), Played(*texts), Played(*texts, seed=8)
    told = [(at, who, cls, said.seq) for at, who, cls, said in one.log.frames]
    assert told == [(at, who, cls, said.seq) for at, who, cls, said in same.log.frames]
    assert [row.to_json() for row in one.outcomes] == [row.to_json() for row in same.outcomes]
    assert one.outcomes[0].frames != other.outcomes[0].frames


TIMES = "at={} for={}"
SOME = {
    "bad_radio": "loss=0.3 delay_ms=200 jitter_ms=300 duplicate=0.2 reorder=0.2",
    "wrong_clock": "ppm=3000 spread=500 skew_s=5",
    "nuisance_flood": "per_min=3 lasts_s=5",
}


@st.composite
def sequences(draw):
    """Up to five faults of any kind, in any order, one over the other."""
    found = []
    for name in draw(st.lists(st.sampled_from(sorted(FAULTS)), min_size=1, max_size=5)):
        at, lasts = draw(st.integers(60, 280)), draw(st.integers(1, 120))
        share = draw(st.sampled_from(["", "share=0.5"])) if "share" in FAULTS[name].SELECTS else ""
        found.append(f"{name} at={at} for={lasts} {SOME.get(name, '')} {share}")
    return found


@settings(max_examples=25, deadline=None)
@given(sequences(), st.integers(0, 1000))
def test_whatever_faults_there_were_all_are_online_and_nothing_is_missed_at_the_end(faults, seed):
    played = Played(*faults, incidents=[BreakIn(140)], until_s=300, seed=seed)
    kept = [device.id for device in ESTATE.devices if device.kind in ("door", "gas", "streetlight")]
    assert [device for device in kept if device not in played.log.online] == []
    assert (played.count("missed"), played.count("undetected")) == (0, 0)
    assert played.count("false") == 0
    assert not any(played.run.faults._backlog(device.id) for device in ESTATE.devices if device.id in kept)
