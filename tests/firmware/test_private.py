"""What is of a person stands in nothing that a broker retains (LIL-SESSION-011)."""

from itertools import pairwise

import pytest
from harness import MINUTE, SECOND, Host, codes
from hypothesis import given, settings
from hypothesis import strategies as st
from lilong_firmware.kinds import rules
from lilong_protocol import frame, topics
from lilong_simulator.kinds import KINDS
from scripts import play, scripts

PRIVATE = {
    codes.Q_HEART_RATE, codes.Q_SPO2, codes.Q_LATITUDE, codes.Q_LONGITUDE, codes.Q_OUTSIDE_FENCE, codes.Q_WORN,
}  # fmt: skip


@pytest.mark.spec("LIL-SESSION-011")
def test_a_wristbands_birth_has_no_values_and_a_heartbeat_right_after_it_has():
    host = Host("wristband", {"heart_rate": 66, "latitude": 31_240_000})
    host.run(5 * SECOND)
    birth, beat, *_ = host.sent
    assert (birth.kind, beat.kind) == (frame.BIRTH, frame.HEARTBEAT)
    assert 7 not in birth.body
    assert beat.body[3][codes.Q_HEART_RATE] == 66
    assert (beat.qos, topics.retained(beat.cls)) == (0, False)
    assert 4 not in beat.body, "the birth has asked for the time"
    assert set(beat.body[3]) >= PRIVATE


def test_an_alarm_goes_before_that_heartbeat():
    host = Host("wristband", link=False)
    host.sense("sos", 1)
    host.run(MINUTE)
    host.heal()
    host.run(2 * MINUTE)
    assert [s.kind for s in host.sent[:3]] == [frame.BIRTH, frame.RAISE, frame.HEARTBEAT]


@pytest.mark.spec("LIL-SESSION-011")
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_nothing_retained_has_a_health_value_or_a_position_whatever_happens(data):
    host = Host("wristband")
    play(host, data.draw(scripts("wristband")))
    for sent in host.sent:
        if topics.retained(sent.cls):
            assert not PRIVATE & set(sent.body.get(7, {}))


@pytest.mark.parametrize("kind", [kind for kind in KINDS if not rules(kind).PRIVATE])
def test_the_births_of_the_others_tell_their_values(kind):
    host = Host(kind)
    host.run(SECOND)
    values = host.sent[0].body[7]
    assert values
    assert not PRIVATE & set(values)


def test_a_sleeping_kind_that_stays_awake_beats():
    """A latched alarm keeps it connected for an hour, and half an hour of silence would prove its loss."""
    host = Host("wristband")
    host.sense("sos", 1)
    host.run(50 * MINUTE)
    at = [s.at for s in host.sent]
    assert len(host.of(frame.BIRTH)) == 1
    assert max(b - a for a, b in pairwise(at)) <= 10 * MINUTE
