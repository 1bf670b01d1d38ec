"""What follows from time alone, and what must not be undone: each passes, and each is named when it is broken."""

from dataclasses import replace

import pytest
from lilong_protocol.pc.findings import IMPOSSIBLE_PASSAGE
from lilong_protocol.topics import EVENT, TELEMETRY
from lilong_simulator.feed import FeedEvent
from lilong_simulator.load.faults.excuses import Excuses, Hindrance
from lilong_simulator.recorder import Recorder
from lilong_simulator.said import Said
from lilong_simulator.score.linkage import judge
from lilong_simulator.truth import Expectation
from score_runs import A, B, alarm_of, row

MADE, LAST, LIMIT = 10_000, 70_000, 30_000
FIRE = row(100_000)
RAISED = alarm_of(FIRE, 1)
CUT_OFF = Excuses([Hindrance(A, "cut off", 5_000, 80_000, 90_000)])


def told(what="events", most=None, within=LIMIT):
    return Expectation("id", "story", what, f"tell_{what}", A, "core1/door", (), 0, within, MADE, LAST, most)


def recorded(cls, *rows):
    """Rows: when it was said, number, when it was made."""
    recorder = Recorder()
    recorder.said[A] = Said([(at, cls, 1, seq, made) for at, seq, made in rows], {1: 0.0})
    return recorder


def judged(expectation, recorder, excuses=CUT_OFF, horizon=1_000_000, alarms=None):
    return judge([expectation], alarms or {}, recorder, [], 0, horizon, excuses)


def failure(expectation, recorder, **more):
    (found,) = judged(expectation, recorder, **more)
    return found.failure


# ---- a backlog


def test_all_that_waited_is_told_in_time_after_the_link_is_back():
    (found,) = judged(told(most=2), recorded(EVENT, (8_000, 1, 8_000), (91_000, 2, 20_000), (120_000, 3, 60_000)))
    assert (found.failure, found.trigger, found.after) == (None, 90_000, 30_000)


@pytest.mark.parametrize(("rows", "why"), [
    ([(91_000, 2, 20_000), (120_001, 3, 60_000)], "late: tell_events at core1/door: events after 30001 ms, limit"),
    ([(91_000, 2, 20_000), (92_000, 4, 60_000)], "lost: 1 events of core1/door were never told"),
    ([(8_000, 1, 8_000), (92_000, 4, 60_000)], "lost: 2 events of core1/door were never told"),
    ([(91_000, 3, 60_000), (92_000, 2, 20_000)], "out of order: events of core1/door"),
    ([(91_000, 2, 20_000), (92_000, 3, 30_000), (93_000, 4, 40_000)], "too many: 3 events of core1/door waited"),
])  # fmt: skip
def test_late_lost_out_of_order_and_more_than_its_log_holds(rows, why):
    assert failure(told(most=2), recorded(EVENT, *rows)).startswith(why)


def test_where_nothing_happened_or_nobody_listened_nothing_is_judged():
    for recorder in (recorded(EVENT, (8_000, 1, 8_000)), Recorder()):
        (found,) = judged(told(), recorder)
        assert (found.trigger, found.failure) == (None, None)


def test_what_the_run_was_too_short_for_is_left_out():
    assert judged(told(), recorded(EVENT, (91_000, 2, 20_000)), horizon=119_000) == []


def test_without_a_fault_it_counts_from_the_end():
    (found,) = judged(told(), recorded(EVENT, (20_010, 1, 20_000), (69_000, 2, 68_900)), excuses=None)
    assert (found.trigger, found.after, found.failure) == (LAST, 0, None)


@pytest.mark.parametrize(("rows", "why"), [
    ([(119_000, 5, 119_000)], None),
    ([(121_000, 5, 121_000)], "late: tell_telemetry at core1/door: telemetry after 31000 ms, limit 30000 ms"),
    ([(60_000, 5, 60_000)], "missing: tell_telemetry at core1/door: telemetry"),
])  # fmt: skip
def test_a_device_measures_again_in_time(rows, why):
    assert failure(told("telemetry"), recorded(TELEMETRY, *rows)) == why


HOUR = 3_600_000


@pytest.mark.parametrize(("ages", "gap"), [
    ((0, 15, 30, 45), None), ((0, 15, 30), 30), ((0, 15, 45), 30), ((), 60), ((30,), 30),
])  # fmt: skip
def test_of_a_long_outage_no_quarter_of_an_hour_is_left_out(ages, gap):
    recorder = Recorder()
    made = HOUR + 60_000
    recorder.said[A] = Said(
        [(made, TELEMETRY, 1, 2, made), (made + 900_001, TELEMETRY, 1, 3, made + 900_001)], {1: 0.0},
        ages={(1, 2): [60_000 + minutes * 60_000 for minutes in ages], (1, 3): [made + 900_001 - HOUR // 2]},
    )  # fmt: skip
    asked = replace(told("telemetry", within=900_000), from_ms=0, until_ms=HOUR)
    why = f"lost: {gap} min of what core1/door measured were never told, not even one of 15 min"
    excuses = Excuses([Hindrance(A, "cut off", 0, HOUR, HOUR)])
    wanted = None if gap is None else why
    assert failure(asked, recorder, excuses=excuses, horizon=2 * HOUR) == wanted


LOST = "lost: 1 events of core1/door were told, and are not recorded"
RECORDED = (FeedEvent(95_000, "recorded", "", A, 0, 1, 2), FeedEvent(99_000, "recorded", "", B, 0, 1, 2))


@pytest.mark.parametrize(("feed", "rows", "why"), [
    (RECORDED, [(91_000, 2, 20_000)], None), ((), [(91_000, 2, 20_000)], None),
    (RECORDED, [(91_000, 2, 20_000), (91_100, 3, 25_000)], LOST),
    (RECORDED, [(91_000, 2, 20_000), (91_100, 3, 69_000)], None),
    (RECORDED[1:], [(91_000, 2, 20_000)], LOST),
    ([replace(RECORDED[0], at=120_001)], [(91_000, 2, 20_000)], "late: tell_events at core1/door: events after 3000"),
], ids=["recorded", "tells of no record", "one is not", "one that hardly waited", "another's is", "late"])  # fmt: skip
def test_what_had_waited_is_recorded_where_the_backend_tells_of_that(feed, rows, why):
    (found,) = judge([told()], {}, recorded(EVENT, *rows), list(feed), 0, 1_000_000, CUT_OFF)
    assert found.failure is None if why is None else found.failure.startswith(why)


def test_a_frame_is_kept_once_with_when_it_was_made():
    said = Said()
    for at in (1_000, 5_000):
        said.rows.append((at, EVENT, 1, at, 0))
    assert said.of(TELEMETRY) == []
    said.heard(9_000, EVENT, b"")
    assert len(said.rows) == 2, "of a device in a process of its own nobody knows what it said"


# ---- a card


def card(what, until=None):
    return Expectation("id", "story", what, f"card_{what}", A, "core1/door", (), 0, 2_000, MADE, until)


def door(*outputs, said=()):
    recorder = Recorder()
    recorder.outputs = [(at, A, "lock", value) for at, value in outputs]
    recorder.events_sent[A] = list(said)
    return recorder


@pytest.mark.parametrize(("seen", "why"), [
    (door((MADE + 2_000, 1)), None),
    (door((MADE + 2_001, 1)), "late: card_granted at core1/door: granted after 2001 ms, limit 2000 ms"),
    (door(), "missing: card_granted at core1/door: granted"),
])  # fmt: skip
def test_a_card_opens_in_time(seen, why):
    assert failure(card("granted"), seen, excuses=None) == why


@pytest.mark.parametrize(("seen", "why"), [
    (door(said=[MADE + 500]), None),
    (door((MADE + 300, 1), said=[MADE + 500]), "granted: a card at core1/door that must be denied, after 300 ms"),
    (door((MADE + 20_000, 1)), "missing: card_denied at core1/door: denied"),
])  # fmt: skip
def test_a_card_that_must_not_opens_nothing_and_is_told(seen, why):
    assert failure(card("denied", MADE + 10_000), seen, excuses=None) == why


@pytest.mark.parametrize(("said_at", "why"), [
    (None, "not judged"), (MADE - 29_999, "not judged"), (MADE - 30_000, "granted"),
])  # fmt: skip
def test_a_revoked_card_is_judged_where_the_feed_says_in_time_that_it_is(said_at, why):
    tried = replace(card("denied", MADE + 10_000), action="card_revoked")
    feed = [] if said_at is None else [FeedEvent(said_at + 50_000, "revoked", "", "", 0, 0, 0)]
    (found,) = judge([tried], {}, door((MADE + 300, 1)), feed, 50_000, 1_000_000)
    assert (found.failure or "not judged").partition(":")[0] == why


@pytest.mark.parametrize(("feed", "why"), [
    ([], "not judged"),
    ([FeedEvent(MADE, "stored", "x", "", 1, 0, 0)], "not judged"),
    ([FeedEvent(MADE, "stored", "x", "", IMPOSSIBLE_PASSAGE.number, 0, 0)], "granted"),
])  # fmt: skip
def test_a_copy_is_judged_where_the_backend_finds_copies(feed, why):
    copy = replace(card("denied", MADE + 10_000), action="card_elsewhere")
    (found,) = judge([copy], {}, door((MADE + 300, 1)), feed, 50_000, 1_000_000)
    assert (found.failure or "not judged").partition(":")[0] == why


@pytest.mark.parametrize(("said", "why"), [
    ([MADE, MADE + 300], "None"), ([MADE], "missing"), ([MADE, MADE + 2_001], "late"),
])  # fmt: skip
def test_what_a_door_asks_is_not_yet_what_it_says_of_a_copy(said, why):
    copy = replace(card("denied", MADE + 10_000), action="card_elsewhere")
    feed = [FeedEvent(MADE, "stored", "x", "", IMPOSSIBLE_PASSAGE.number, 0, 0)]
    (found,) = judge([copy], {}, door(said=said), feed, 50_000, 1_000_000)
    assert str(found.failure).partition(":")[0] == why


AWAY_S = (MADE - 40_000, MADE - 2_000)  # from when to when its link was


@pytest.mark.parametrize(("said_at", "away", "why"), [
    (MADE - 10_000, AWAY_S, "granted"),  # it was told when it was back
    (MADE - 10_000, (AWAY_S[0], AWAY_S[1] + 1), "not judged"),
    (MADE - 39_000, (AWAY_S[0], AWAY_S[1] + 1), "not judged"),
    (MADE - 45_000, (AWAY_S[0], AWAY_S[1] + 1), "not judged"),
    (MADE - 80_000, (AWAY_S[0], AWAY_S[1] + 1), "granted"),  # it had half a minute before it went
    (MADE - 10_000, (MADE - 9_000, MADE - 5_000), "not judged"),  # half a minute, as everybody
])  # fmt: skip
def test_a_reader_that_was_away_must_know_from_its_return_on(said_at, away, why):
    tried = replace(card("denied", MADE + 10_000), action="card_revoked")
    feed = [FeedEvent(said_at + 50_000, "revoked", "", "", 0, 0, 0)]
    begin, end = away
    excuses = Excuses([Hindrance(A, "cut off", begin, end, end)])
    (found,) = judge([tried], {}, door((MADE + 300, 1)), feed, 50_000, 1_000_000, excuses)
    assert (found.failure or "not judged").partition(":")[0] == why


# ---- what stays


def released(*outputs, cleared=None, burnt=None):
    kept = Expectation("id", "story", "kept", "fire_release", B, "core1/door", (FIRE.id,), 1, None)
    recorder = Recorder()
    recorder.outputs = [(at, B, "lock", value) for at, value in outputs]
    recorder.burnt = {} if burnt is None else {A: burnt}
    (found,) = judge([kept], {FIRE.id: alarm_of(FIRE, 1, cleared=cleared)}, recorder, [], 0, 1_000_000)
    return found.failure


OPEN = (107_000, 1)


def test_what_is_released_stays_so_until_its_alarm_is_ended():
    assert released(OPEN) is None
    assert released(OPEN, (300_000, 0), cleared=300_000) is None
    assert released(OPEN, (300_000, 0), burnt=200_000) is None, "nobody can end an alarm of what is no more"
    undone = "undone: fire_release at core1/door, 193999 ms after the alarm, which stands"
    assert released(OPEN, (299_999, 0), cleared=300_000) == undone
    assert released(OPEN, (299_999, 0)) == undone
