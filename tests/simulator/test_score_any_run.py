"""The judgement on any run: a perfect one passes, and a single fault has exactly one name."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from lilong_protocol.codes import severity
from lilong_simulator.score import score
from lilong_simulator.truth import ALARM_CODES
from score_runs import counts, events, perfect_runs


@settings(deadline=None)
@given(perfect_runs())
def test_a_perfect_run_passes_whatever_the_interleaving(run):
    judged = score(*run)
    assert judged.failures == []
    assert judged.passed
    assert judged.raised == judged.stored == judged.acknowledged == judged.true


def undetect(truth, alarms, feed, at):
    gone = alarms[at].id
    return truth, [alarm for alarm in alarms if alarm.id != gone], [event for event in feed if event.alarm != gone]


def miss(truth, alarms, feed, at):
    alarms[at] = replace(alarms[at], stored=None, acknowledged=None)
    return truth, alarms, [event for event in feed if event.alarm != alarms[at].id]


def delay(truth, alarms, feed, at):
    name = alarms[at].id
    return truth, alarms, [
        replace(event, at=event.at + 20_001) if (event.alarm, event.event) == (name, "stored") else event
        for event in feed
    ]  # fmt: skip


def invent(truth, alarms, feed, at):
    extra = replace(alarms[at], code=ALARM_CODES["tamper"], seq=99)
    return truth, [*alarms, extra], feed + events(extra)


def haunt(truth, alarms, feed, at):
    return truth, alarms, feed + events(replace(alarms[at], boot=99))


def raise_twice(truth, alarms, feed, at):
    extra = replace(alarms[at], seq=99, decided=alarms[at].decided + 1)
    return truth, [*alarms, extra], feed + events(extra)


def store_twice(truth, alarms, feed, at):
    return truth, alarms, feed + events(alarms[at])


FAULTS = [
    ("undetected", undetect), ("missed", miss), ("late", delay), ("false", invent), ("false", haunt),
    ("duplicate", raise_twice), ("duplicate", store_twice),
]  # fmt: skip


@pytest.mark.parametrize(("word", "inject"), FAULTS, ids=[inject.__name__ for _, inject in FAULTS])
@settings(deadline=None)
@given(run=perfect_runs(), data=st.data())
def test_any_single_fault_is_named_by_its_word_and_by_no_other(word, inject, run, data):
    truth, alarms, feed = run
    demanded = [
        at for at, alarm in enumerate(alarms)
        if any(one.expect == "must" and 0 <= alarm.decided - one.crossing_ms <= 10_000 and one.code == alarm.code
               and one.device == alarm.device for one in truth)
    ]  # fmt: skip
    assume(demanded)
    judged = score(*inject(truth, list(alarms), feed, data.draw(st.sampled_from(demanded))))
    assert counts(judged) == {word: 1}
    assert [failure.split(":")[0] for failure in judged.failures] == [word]


@settings(deadline=None)
@given(run=perfect_runs(), data=st.data())
def test_any_two_neighbours_of_a_lane_that_change_places_are_out_of_order(run, data):
    truth, alarms, feed = run
    stored = [at for at, event in enumerate(feed) if event.event == "stored"]
    lanes = {}
    for at in stored:
        lanes.setdefault((feed[at].device, severity(feed[at].code)), []).append(at)
    neighbours = [pair for lane in lanes.values() for pair in pairwise(lane)]
    assume(neighbours)
    first, second = data.draw(st.sampled_from(neighbours))
    feed[first], feed[second] = feed[second], feed[first]
    judged = score(truth, alarms, feed)
    assert judged.out_of_order >= 1
    assert set(counts(judged)) == {"out_of_order"}
    assert {failure.split(":")[0] for failure in judged.failures} == {"out of order"}
