"""What a live run measures: from the due time, by class, over time, in bounded room; and shards that add up exactly."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lilong_firmware.draws import Draws
from lilong_firmware.effects import RAISED, STORED
from lilong_firmware.uplink import Uplink
from lilong_protocol import frame, topics
from lilong_simulator.fleet.observer import CONNACK, ONLINE
from lilong_simulator.load.measures import Counts, Measures, merged
from lilong_simulator.load.recording import LoadRecorder
from lilong_simulator.load.series import MOST, Series
from lilong_simulator.report import build
from lilong_simulator.score import score
from score_runs import row
from test_report import CONDITIONS

A, B = "aa00000000000001", "bb00000000000002"
BOOT = 7
SMOKE = 1


class Script:
    """A recorder whose clock the test turns, and frames as devices of one boot make them."""

    def __init__(self):
        self.now = 0.0
        self.recorder = LoadRecorder(lambda: self.now)
        self.recorder.boot = BOOT
        self.recorder.bases = {A: 1_000.0, B: 1_000.0}
        self.measures = self.recorder.measures
        draws = Draws(bytes(16))
        self.uplinks = {device: Uplink(bytes(32), "lane_house", device, BOOT, draws.bytes(8)) for device in (A, B)}

    def event(self, at, device=A):
        """An event made at `at` of the run's clock."""
        return self.uplinks[device].frame(int(at - 1_000), frame.EVENT, topics.EVENT, {0: 1, 4: {}})

    def alarm(self, at, device=A):
        """(number, frame) of a raise."""
        uplink = self.uplinks[device]
        seq = uplink.next_seq(topics.ALARM)
        body = {0: SMOKE, 1: 4, 2: 1, 3: 1, 4: {}}
        return seq, uplink.frame(int(at - 1_000), frame.RAISE, topics.ALARM, body)


@pytest.fixture
def script():
    return Script()


# ---- from the due time


def test_a_puback_counts_from_the_instant_for_which_the_device_was_called(script):
    script.recorder.sent(2_030.0, A, topics.STATE, b"", 2_000.0)  # the generator was 30 ms late
    script.recorder.puback(2_040.0, A, topics.STATE, 2_000.0)
    assert script.measures.puback["st"].summary()["max"] == 40.0


def test_a_broker_that_stalls_for_5_s_shows_tails_of_5_s_whoever_waited_for_whom(script):
    """One event a second, one in flight at a time: 0.2 ms each, but for one whose answer takes 5 s."""
    recorder = script.recorder
    waiting = [(at, script.event(at)) for at in range(10_000, 110_000, 1_000)]
    free_at = 0.0
    for made, data in waiting:
        sent = max(made, free_at)  # the device holds it back until the one before is through
        free_at = sent + (5_000.0 if made == 50_000 else 0.2)
        recorder.sent(sent, A, topics.EVENT, data, sent)  # all that the host knows is that a PUBACK called the device
        recorder.puback(free_at, A, topics.EVENT, sent)
    event = script.measures.puback["ev"]
    assert event.count == 100
    assert [event.percentile(percent) for percent in (99, 98, 97, 96, 95)] == [
        pytest.approx(ms, rel=0.001) for ms in (4_000.2, 3_000.4, 2_000.6, 1_000.8, 1.0)
    ]
    assert event.maximum == 5_000.0


def test_an_alarm_that_was_decided_late_by_a_lagging_host_counts_from_when_it_was_due(script):
    recorder = script.recorder
    seq, data = script.alarm(5_200)
    recorder.note(5_200.0, A, RAISED, SMOKE, BOOT, seq)
    recorder.sent(5_201.0, A, topics.ALARM, data, 5_000.0)
    recorder.puback(5_203.0, A, topics.ALARM, 5_000.0)
    recorder.note(5_250.0, A, STORED, SMOKE, BOOT, seq)
    (alarm,) = recorder.alarms.values()
    assert (alarm.decided, alarm.sent, alarm.puback, alarm.stored) == (5_000.0, 5_201.0, 5_203.0, 5_250.0)
    assert script.measures.stored["smoke.alarm"].maximum == 250.0


def test_a_repeat_moves_nothing(script):
    recorder = script.recorder
    seq, data = script.alarm(5_000)
    recorder.note(5_000.0, A, RAISED, SMOKE, BOOT, seq)
    for at in (5_001.0, 9_000.0):
        recorder.sent(at, A, topics.ALARM, data, at - 1)
        recorder.puback(at + 2, A, topics.ALARM, at - 1)
    (alarm,) = recorder.alarms.values()
    assert (alarm.decided, alarm.sent, alarm.puback) == (5_000.0, 5_001.0, 5_003.0)


def test_connects_count_from_when_the_device_wanted_one(script):
    script.recorder.connect(120.0, A, CONNACK, 100.0)
    script.recorder.connect(150.0, A, ONLINE, 100.0)
    script.recorder.connect(150.0, B, ONLINE, None)
    assert script.measures.connect[CONNACK].maximum == 20.0
    assert (script.measures.connect[ONLINE].maximum, script.measures.connect[ONLINE].count) == (50.0, 1)


def test_what_a_device_of_another_process_sends_is_counted_and_not_timed(script):
    script.recorder.sent(10.0, A, topics.EVENT, b"", None)
    script.recorder.sent(11.0, A, topics.ALARM, b"", None)
    assert script.measures.puback == {}
    assert (script.measures.counts["ev"].unobserved, script.measures.counts["al"].unexplained) == (1, 0)


def test_whoever_accepts_a_puback_is_given_the_frames_in_the_order_of_their_answers(script):
    told = []
    script.recorder.on_puback = lambda device, data: told.append((device, data))
    frames = [script.alarm(2_000)[1], script.alarm(2_000)[1]]
    for data in frames:
        script.recorder.sent(2_000.0, A, topics.ALARM, data, 2_000.0)
    for _ in frames:
        script.recorder.puback(2_001.0, A, topics.ALARM, 2_000.0)
    assert told == [(A, data) for data in frames]


def test_an_alarm_frame_whose_link_broke_is_answered_by_no_puback(script):
    told = []
    script.recorder.on_puback = lambda device, data: told.append(data)
    first, second = script.alarm(2_000)[1], script.alarm(2_000)[1]
    script.recorder.sent(2_000.0, A, topics.ALARM, first, 2_000.0)
    script.recorder.lost(2_500.0, A, topics.ALARM, 2_000.0)
    script.recorder.sent(3_000.0, A, topics.ALARM, second, 3_000.0)
    script.recorder.puback(3_001.0, A, topics.ALARM, 3_000.0)
    assert told == [second]


# ---- counts that reconcile


def test_telemetry_of_an_outage_has_its_puback_and_nobody_else_s_has(script):
    recorder, counts = script.recorder, script.measures.counts
    recorder.sent(1.0, A, topics.TELEMETRY, b"", 1.0)
    recorder.answered()
    recorder.sent(2.0, A, topics.TELEMETRY, b"", 2.0)
    recorder.sent(3.0, A, topics.TELEMETRY, b"", 3.0)
    recorder.puback(4.0, A, topics.TELEMETRY, 2.0)
    assert (counts["tm"].unconfirmed, counts["tm"].acknowledged, counts["tm"].unexplained) == (2, 1, 0)
    recorder.answered()
    recorder.sent(5.0, A, topics.TELEMETRY, b"", 5.0)
    recorder.lost(6.0, A, topics.TELEMETRY, 5.0)
    assert counts["tm"].unexplained == 0


def test_every_frame_is_explained(script):
    recorder = script.recorder
    for _ in range(5):
        recorder.sent(1.0, A, topics.STATE, b"", 1.0)
        recorder.sent(1.0, A, topics.HEARTBEAT, b"", 1.0)
    recorder.puback(2.0, A, topics.STATE, 1.0)
    recorder.lost(3.0, A, topics.STATE, 1.0)
    recorder.skipped(4.0, A, topics.STATE)
    counts = recorder.measures.counts["st"]
    assert counts == Counts(sent=5, acknowledged=1, lost=1, skipped=1)
    assert counts.unexplained == 3
    counts.in_flight = 3  # what the fleet has at the end
    assert counts.unexplained == 0
    assert recorder.measures.counts["hb"].unexplained == 0, "QoS 0: nobody answers"


# ---- over time


def test_what_happens_in_a_second_stands_in_its_stretch():
    series = Series()
    for at in (0.0, 999.0, 1_000.0, 7_300.0):
        series.count(at, "sent")
    series.record(1_500.0, "lag", 2.0)
    rows = list(series.rows())
    assert [(second, one.counts) for second, one in rows] == [(0, {"sent": 2}), (1, {"sent": 1}), (7, {"sent": 1})]
    assert rows[1][1].percentile("lag", 99) == 2.0
    assert rows[0][1].percentile("lag", 99) is None


@given(st.lists(st.floats(0.001, 1e7), min_size=1, max_size=50))
def test_a_percentile_of_a_stretch_is_at_most_9_percent_above_the_exact_one(values):
    series = Series()
    for ms in values:
        series.record(0.0, "lag", ms)
    ((_, stretch),) = series.rows()
    exact = sorted(values)[max(0, -(-len(values) // 2) - 1)]
    assert exact * 0.9999 <= stretch.percentile("lag", 50) <= max(exact * 1.1, 0.0012)
    assert stretch.percentile("lag", 100) == pytest.approx(max(values))


def test_a_run_of_any_length_has_a_bounded_number_of_stretches():
    series = Series()
    for second in range(3 * MOST):
        series.count(second * 1_000.0, "sent")
    assert len(series.stretches) <= MOST
    assert series.width_s == 4
    assert sum(one.counts["sent"] for _, one in series.rows()) == 3 * MOST
    assert [second for second, _ in series.rows()][:3] == [0, 4, 8]


moments = st.lists(st.tuples(st.floats(0, 4e6), st.sampled_from(("sent", "lag")), st.floats(0.001, 1e5)), max_size=40)


def series_of(rows):
    series = Series()
    for at, name, ms in rows:
        if name == "sent":
            series.count(at, name)
        else:
            series.record(at, name, ms)
    return series


@settings(deadline=None)
@given(st.lists(moments, min_size=1, max_size=3), st.integers(0, 2))
def test_series_of_shards_add_up_to_the_series_of_one(parts, coarse):
    for _ in range(coarse):
        parts = [[*part, (MOST * 1_000.0 * 2, "sent", 1.0)] for part in parts]
    whole = series_of([row for part in parts for row in part])
    merged_series = Series()
    for part in parts:
        merged_series.merge(Series.from_json(json.loads(json.dumps(series_of(part).to_json()))))
    assert merged_series.width_s == whole.width_s
    assert {second: one.counts for second, one in merged_series.rows()} == {
        second: one.counts for second, one in whole.rows()
    }
    assert {second: one.sizes for second, one in merged_series.rows()} == {
        second: one.sizes for second, one in whole.rows()
    }


# ---- shards


def test_what_shards_measured_is_together_what_one_would_have_measured():
    def tell(script, device):
        recorder = script.recorder
        for at in range(2_000, 2_050):
            recorder.sent(at, device, topics.EVENT, script.event(at, device), at)
            recorder.puback(at + at % 7, device, topics.EVENT, at)
            recorder.lag(at % 3)
            recorder.connect(at + 5.0, device, ONLINE, float(at))

    together, apart = Script(), [Script(), Script()]
    for one, device in zip(apart, (A, B), strict=True):
        tell(one, device)
        tell(together, device)
    plain = [json.loads(json.dumps(one.measures.to_json())) for one in apart]
    whole = merged(Measures.from_json(one) for one in plain)
    assert whole.counts == together.measures.counts
    assert whole.puback["ev"].summary() == together.measures.puback["ev"].summary()
    assert whole.lag.summary() == together.measures.lag.summary()
    assert whole.connect[ONLINE].summary() == together.measures.connect[ONLINE].summary()
    assert [one.counts for _, one in whole.series.rows()] == [
        one.counts for _, one in together.measures.series.rows()
    ]


# ---- a backend that stalls, as the report tells it


def test_a_backend_that_stalls_for_5_s_shows_tails_of_5_s_in_every_clock_it_moves():
    """An alarm a second from 100 devices; commits come one after another, and one of them takes 5 s."""
    script = Script()
    truth, free_at = [], 0.0
    for number in range(100):
        device, decided = f"cc{number:014x}", 10_000.0 + number * 1_000
        truth.append(row(decided - 6_000, device))
        committed = max(decided, free_at) + (5_000.0 if number == 40 else 0.5)
        free_at = committed
        script.recorder.note(decided, device, RAISED, SMOKE, BOOT, 1)
        script.recorder.note(committed, device, STORED, SMOKE, BOOT, 1)
    scored = score(truth, script.recorder.alarms.values(), None, acknowledgement_expected=False)
    content = build(CONDITIONS, script.recorder, scored)
    for latency in (content["latency_ms"]["ingest"], content["by_alarm"]["smoke.alarm"]["ingest"]):
        assert latency["count"] == 100
        assert latency["max"] == 5_000.0
        assert latency["p99"] == pytest.approx(4_000.5, rel=0.001), "who came a second later waited 4 s"
        assert latency["p90"] < 10
    at = {name: number for number, name in enumerate(content["series"]["columns"])}
    slow = [line[0] for line in content["series"]["rows"] if (line[at["stored_max_ms"]] or 0) > 900]
    assert slow == [55], "all that waited came through in the second in which the stall ended"
