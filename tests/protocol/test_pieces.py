"""Pieces of updates leave at a steady rate, one a device at a time, and stand aside for alarms."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lilong_protocol.pc.pieces import ASIDE_MAX_MS, ASIDE_MS, PIECES_PER_S, TOGETHER, Pieces

NOW = 1_800_000_000_000


def body(offset=0):
    return {0: 7, 1: offset, 2: 256}


def asked(devices):
    pieces = Pieces()
    for number in range(devices):
        pieces.ask(NOW, str(number), 1, body())
    return pieces


def times(pieces, until):
    """When pieces leave, each as soon as it may."""
    left = []
    while (due := pieces.deadline) is not None and due <= until:
        left += [max(NOW, due) for _ in pieces.due(max(NOW, due))]
    return left


def test_a_single_device_is_answered_at_once():
    pieces = asked(1)
    assert pieces.deadline <= NOW
    assert list(pieces.due(NOW)) == [("0", 1, body())]
    assert pieces.deadline is None
    assert list(pieces.due(NOW)) == []


def test_many_devices_get_theirs_in_the_order_in_which_they_asked_at_no_more_than_the_rate():
    pieces = asked(1_000)
    assert [device for device, _, _ in pieces.due(NOW)] == [str(number) for number in range(TOGETHER)]
    left = times(pieces, NOW + 60_000)
    assert len(left) == 1_000 - TOGETHER
    assert 0.9 * PIECES_PER_S <= len(left) * 1_000 / (left[-1] - NOW) <= PIECES_PER_S


def test_a_request_takes_the_place_of_the_one_before_it():
    pieces = asked(2)
    pieces.ask(NOW, "0", 2, body(256))
    assert list(pieces.due(NOW)) == [("0", 2, body(256)), ("1", 1, body())]


def test_a_device_that_is_forgotten_gets_none():
    pieces = asked(2)
    pieces.forget("0")
    pieces.forget("2")
    assert [device for device, _, _ in pieces.due(NOW)] == ["1"]


@pytest.mark.spec("LIL-UPD-006")
def test_while_alarms_arrive_they_stand_aside_but_not_for_ever():
    pieces = asked(1)
    pieces.alarm(NOW)
    assert list(pieces.due(NOW + ASIDE_MS - 1)) == []
    assert pieces.deadline == NOW + ASIDE_MS
    for at in range(NOW, NOW + 60_000, 50):
        pieces.alarm(at)
    assert pieces.deadline == NOW + ASIDE_MAX_MS
    assert len(list(pieces.due(NOW + ASIDE_MAX_MS))) == 1


@given(st.lists(st.tuples(st.integers(0, 300), st.sampled_from(["ask", "step", "alarm"]), st.integers(0, 40))))
def test_whatever_happens_no_second_has_more_than_the_rate_and_nobody_waits_for_ever(story):
    pieces, now, left, waits = Pieces(), NOW, [], set()
    for ms, what, device in story:
        now += ms
        if what == "ask":
            pieces.ask(now, str(device), 1, body())
            waits.add(str(device))
        elif what == "alarm":
            pieces.alarm(now)
        for served, _, _ in pieces.due(now):
            left.append(now)
            waits.remove(served)
        assert (pieces.deadline is None) == (not waits)
    for first in left:
        assert sum(first <= at < first + 1_000 for at in left) <= PIECES_PER_S + TOGETHER
    for _ in range(len(waits)):
        if pieces.deadline is not None:
            assert pieces.deadline <= now + ASIDE_MAX_MS
            now = max(now, pieces.deadline)
            assert list(pieces.due(now))
    assert pieces.deadline is None
