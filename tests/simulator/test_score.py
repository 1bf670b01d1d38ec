"""The judgement on a run, word by word as the definitions have them."""

from dataclasses import replace

import pytest
from lilong_protocol.codes import severity
from lilong_simulator.load.faults.base import CUT_OFF
from lilong_simulator.load.faults.excuses import Excuses, Hindrance
from lilong_simulator.score import score
from lilong_simulator.truth import ALARM_CODES, limits
from score_runs import BOOT, A, B, alarm_of, counts, events, row

FIRE = row(100_000)
RAISED = alarm_of(FIRE, 1)


def test_a_run_in_which_all_is_well_passes():
    judged = score([FIRE], [RAISED], events(RAISED))
    assert judged.passed
    assert judged.counts() == {
        "true": 1, "raised": 1, "stored": 1, "acknowledged": 1, "undetected": 0, "missed": 0, "late": 0, "false": 0,
        "excused": 0, "duplicate": 0, "out_of_order": 0, "wrongly_cleared": 0, "early": 0, "untrue": None,
        "forgotten": None,
    }  # fmt: skip


def test_undetected_the_device_did_not_raise():
    judged = score([FIRE], [], [])
    assert counts(judged) == {"undetected": 1}
    assert judged.failures == ["undetected: smoke.alarm at aa/smoke: the device did not raise it"]
    assert judged.judged[0].missing == ["local", "ingest", "acknowledged"]


def test_missed_raised_but_never_stored():
    judged = score([FIRE], [alarm_of(FIRE, 1, stored=None, acknowledged=None)], [])
    assert counts(judged) == {"missed": 1}
    assert judged.failures == [f"missed: smoke.alarm at aa/smoke: {A}-7-1 was raised and never stored"]


@pytest.mark.parametrize(("cut_off", "back", "delivered", "missed"), [
    (105_999, None, None, 0), (106_001, None, None, 1), (105_999, 130_000, None, 1), (105_999, None, 106_100, 1),
])  # fmt: skip
def test_what_a_device_raised_that_burnt_before_its_link_was_back_nobody_could_have(cut_off, back, delivered, missed):
    alarm = alarm_of(FIRE, 1, stored=None, acknowledged=None, puback=delivered)
    judged = score([FIRE], [alarm], [], excuses=Excuses([Hindrance(A, CUT_OFF, cut_off, back, back)]))
    assert (judged.missed, judged.excused) == (missed, 1 - missed)
    assert judged.passed is not bool(missed)
    assert judged.judged[0].excused == (None if missed else CUT_OFF)


def test_a_stored_ack_is_no_commit_where_a_feed_says_otherwise():
    assert counts(score([FIRE], [RAISED], [])) == {"missed": 1}


@pytest.mark.parametrize(("before_ms", "felt"), [(0.0, True), (0.7, True), (1.0, False)])
def test_a_device_that_counts_whole_milliseconds_may_decide_within_one_before_the_crossing(before_ms, felt):
    early = FIRE.crossing_ms - before_ms
    alarm = replace(RAISED, decided=early, local=early)
    judged = score([FIRE], [alarm], events(alarm))
    assert (judged.false, judged.undetected) == ((0, 0) if felt else (1, 1))
    assert judged.judged[0].after_crossing("local") == (0.0 if felt else None)


@pytest.mark.parametrize(("after_ms", "late"), [(20_000, 0), (20_001, 1)])
def test_late_stored_after_the_limit_and_not_at_it(after_ms, late):
    judged = score([FIRE], [RAISED], events(RAISED, stored=FIRE.crossing_ms + after_ms))
    assert judged.late == late
    if late:
        assert judged.failures == ["late: smoke.alarm at aa/smoke: ingest 20001 ms after the crossing, limit 20000 ms"]
        assert judged.judged[0].late == ["ingest"]


@pytest.mark.parametrize(("stored", "could_send", "why"), [
    (116_000, None, None), (116_001, None, "ingest 10001 ms after its decision, or when it could be sent, limit 10000"),
    (119_000, 109_000, None), (119_001, 109_000, "ingest 10001 ms after its decision, or when it could be sent"),
    (130_000, None, "ingest 30000 ms after the crossing, limit 20000"),
])  # fmt: skip
def test_a_device_that_was_quick_leaves_its_backend_no_more_time(stored, could_send, why):
    fire = replace(FIRE, limits=FIRE.limits | {"transfer_ms": 10_000})
    away = [] if could_send is None else [Hindrance(A, CUT_OFF, 104_000, could_send, could_send)]
    judged = score([fire], [RAISED], events(RAISED, stored, shown=120_000), excuses=Excuses(away))
    assert (len(judged.failures), judged.late) == ((0, 0) if why is None else (1, 1))
    assert why is None or judged.failures[0].startswith(f"late: smoke.alarm at aa/smoke: {why}")


@pytest.mark.parametrize(
    ("clock", "change", "shown"),
    [("local", {"local": 110_001}, None), ("acknowledged", {"acknowledged": 160_001}, None), ("shown", {}, 125_001)],
)
def test_another_clock_over_its_limit_fails_the_run_by_another_name(clock, change, shown):
    alarm = alarm_of(FIRE, 1, **change)
    judged = score([FIRE], [alarm], events(alarm, shown=shown))
    assert counts(judged) == {}
    assert judged.judged[0].late == [clock]
    assert [failure.split(":")[0] for failure in judged.failures] == ["over its limit"]


@pytest.mark.parametrize("clock", ["local", "acknowledged"])
def test_a_clock_that_must_be_seen_and_is_not_fails_the_run(clock):
    alarm = alarm_of(FIRE, 1, **{clock: None})
    judged = score([FIRE], [alarm], events(alarm))
    assert judged.judged[0].missing == [clock]
    assert judged.failures == [f"missing: smoke.alarm at aa/smoke: {clock} was never seen"]


def test_nobody_misses_an_acknowledgement_where_nobody_was_there_to_give_it():
    judged = score([FIRE], [alarm_of(FIRE, 1, acknowledged=None)], events(RAISED), acknowledgement_expected=False)
    assert judged.passed
    assert judged.acknowledged is None


def test_nobody_misses_a_console_that_was_not_there():
    judged = score([FIRE], [RAISED], events(RAISED)[:1])
    assert judged.passed
    assert judged.judged[0].shown is None


def test_a_limit_that_does_not_exist_is_not_broken():
    free = row(100_000, bounds=limits(None, 20_000, None, None))
    alarm = alarm_of(free, 1, local=None, acknowledged=None)
    assert score([free], [alarm], events(alarm, shown=10**9)).passed


def test_false_an_alarm_without_a_cause():
    judged = score([], [RAISED], events(RAISED))
    assert counts(judged) == {"false": 1}
    assert judged.failures == [f"false: {A}-7-1 (code 1) has no cause at 106000 ms"]


@pytest.mark.parametrize(
    ("why", "device", "end", "false"),
    [
        ("unpowered", A, 105_000, 0), ("stuck", A, 96_000, 0), ("unpowered", A, None, 0), ("unpowered", A, 95_999, 1),
        ("cut off", A, 105_000, 1), ("unpowered", B, 105_000, 1),
    ],
)  # fmt: skip
def test_what_a_device_raises_that_has_just_not_seen_what_went_before_is_not_false(why, device, end, false):
    """A door that is opened by a card which it has not read is forced, as far as it knows."""
    excuses = Excuses([Hindrance(device, why, 60_000, end)])
    forced = replace(RAISED, code=ALARM_CODES["door.forced"])
    assert score([], [forced], events(forced), excuses=excuses).false == false


def test_false_an_alarm_before_its_cause():
    early = alarm_of(FIRE, 1, decided=FIRE.crossing_ms - 1)
    assert counts(score([FIRE], [early], events(early))) == {"undetected": 1, "false": 1}


@pytest.mark.parametrize("other", [{"device": B}, {"alarm": "gas.leak"}], ids=["device", "code"])
def test_false_an_alarm_whose_cause_is_another_ones(other):
    elsewhere = row(100_000, **other)
    theirs = alarm_of(elsewhere, 1)
    judged = score([elsewhere], [theirs, RAISED], [])
    assert judged.false == 1


def test_false_an_alarm_about_what_must_not_raise_one():
    cat = row(100_000, expect="must_not", bounds={})
    assert counts(score([cat], [RAISED], events(RAISED))) == {"false": 1}
    assert score([cat], [], []).passed


def test_false_what_the_backend_stored_and_no_device_raised():
    judged = score([], [], events(RAISED))
    assert counts(judged) == {"false": 1}
    assert judged.failures == [f"false: {A}-7-1 is stored, and no device raised it"]


def test_what_may_be_raised_is_neither_demanded_nor_false():
    toast = row(100_000, expect="may", bounds={})
    assert score([toast], [RAISED], events(RAISED)).passed
    assert score([toast], [], []).passed
    assert score([toast], [], []).true == 0


def test_a_nuisance_that_crosses_is_a_must():
    assert counts(score([replace(FIRE, cause="burnt pan")], [], [])) == {"undetected": 1}


def test_duplicate_a_second_alarm_of_one_episode():
    second = alarm_of(FIRE, 2, decided=120_000)
    judged = score([FIRE], [RAISED, second], events(RAISED) + events(second))
    assert counts(judged) == {"duplicate": 1}
    assert judged.failures == [f"duplicate: {A}-7-2 is a second alarm of aa/smoke:smoke.alarm:100000"]


def test_duplicate_one_alarm_stored_twice():
    judged = score([FIRE], [RAISED], events(RAISED) + events(RAISED))
    assert counts(judged) == {"duplicate": 1}
    assert judged.failures == [f"duplicate: {A}-7-1 is stored twice"]
    assert judged.judged[0].ingest == RAISED.decided + 200, "the first commit is the one that counts"


def test_a_new_episode_has_a_new_alarm():
    again = row(500_000)
    second = alarm_of(again, 2)
    assert score([FIRE, again], [second, RAISED], events(RAISED) + events(second)).passed


def test_out_of_order_within_one_device_and_priority():
    again = row(500_000)
    second = alarm_of(again, 2)
    judged = score([FIRE, again], [RAISED, second], events(second) + events(RAISED))
    assert counts(judged) == {"out_of_order": 1}
    assert judged.failures == [f"out of order: {A}-7-1 is stored after {A}-7-2"]


def test_the_boot_comes_before_the_number_in_the_order():
    again = row(500_000)
    second = replace(alarm_of(again, 1), boot=BOOT + 1)
    first = alarm_of(FIRE, 2)
    assert score([FIRE, again], [first, second], events(first) + events(second)).passed


@pytest.mark.parametrize("other", [{"device": B}, {"alarm": "tamper"}], ids=["another device", "another priority"])
def test_between_devices_and_between_priorities_there_is_no_order(other):
    assert severity(ALARM_CODES["tamper"]) != severity(ALARM_CODES["smoke.alarm"])
    theirs = row(90_000, **other)
    first = alarm_of(theirs, 1)
    second = alarm_of(FIRE, 2)
    assert score([theirs, FIRE], [first, second], events(second) + events(first)).passed


def test_what_crosses_after_the_horizon_explains_an_alarm_and_is_not_judged():
    late_fire = row(200_000)
    alarm = alarm_of(late_fire, 2, stored=None, acknowledged=None)
    judged = score([FIRE, late_fire], [RAISED, alarm], events(RAISED), horizon=199_999)
    assert judged.passed
    assert judged.true == 1
    assert counts(score([FIRE, late_fire], [RAISED, alarm], events(RAISED), horizon=200_000)) == {"missed": 1}


def test_without_a_feed_repeated_commits_and_order_are_unknown_and_ingest_is_its_upper_bound():
    judged = score([FIRE], [RAISED], None)
    assert judged.passed
    assert (judged.duplicate, judged.out_of_order) == (None, None)
    assert judged.judged[0].ingest == RAISED.stored
    assert judged.judged[0].shown is None


def test_a_second_alarm_of_one_episode_shows_without_a_feed_too():
    judged = score([FIRE], [RAISED, alarm_of(FIRE, 2, decided=120_000)], None)
    assert (judged.duplicate, judged.out_of_order) == (1, None)
    assert [failure.split(":")[0] for failure in judged.failures] == ["duplicate"]


def test_clocks_count_from_the_crossing_and_from_the_decision():
    one = score([FIRE], [RAISED], events(RAISED)).judged[0]
    assert [one.after_crossing(clock) for clock in ("local", "ingest", "shown", "acknowledged")] == [
        6_000, 6_200, 6_500, 15_000,
    ]  # fmt: skip
    assert [one.after_decision(clock) for clock in ("ingest", "shown", "acknowledged")] == [200, 500, 9_000]
    nothing = score([FIRE], [], []).judged[0]
    assert nothing.after_crossing("ingest") is nothing.after_decision("ingest") is None


def test_world_run_and_wall_clock_are_brought_together():
    """The world began at 30 s of the run's clock, whose zero was at this epoch."""
    epoch_zero = 1_800_000_000_000.0
    world_zero = 30_000.0
    alarm = alarm_of(FIRE, 1, **{
        clock: getattr(RAISED, clock) + world_zero for clock in ("decided", "local", "stored", "acknowledged")
    })  # fmt: skip
    feed = [replace(event, at=event.at + epoch_zero) for event in events(alarm)]
    judged = score([FIRE], [alarm], feed, world_zero, epoch_zero)
    assert judged.passed
    assert judged.judged[0].after_crossing("ingest") == 6_200
    assert judged.judged[0].after_decision("ingest") == 200


def test_what_a_feed_has_kept_of_an_earlier_run_is_not_of_this_one():
    old = replace(RAISED, boot=BOOT - 1)
    feed = [*events(old, stored=1_000.0), *(replace(event, at=event.at + 10_000) for event in events(RAISED))]
    assert score([FIRE], [RAISED], feed, epoch_zero=10_000.0).passed
