"""An answer reaches a device that sleeps at once, however late its alarm came; and the battery pays an hour for it."""

from pathlib import Path

import pytest
from harness import HOUR, MINUTE, SECOND, Host, codes
from hypothesis import given, settings
from hypothesis import strategies as st
from late_answer import ALARMS, DAY_S, answered, awake, day, raised_without_a_link
from lilong_firmware.effects import STORED
from lilong_firmware.session import AWAKE_FOR_ALARM_MS
from micropython import run_micropython
from sleepy import Sleeper

LATCHING = (codes.ALARM_TAMPER, codes.ALARM_SMOKE_ALARM)
A_SESSION = 20 * SECOND  # what one takes that has nothing to wait for
AT_FIRST = {"wristband": {"motion": 0, "worn": 0}}  # so that it may sleep deeply

kinds = st.sampled_from(sorted(ALARMS))
cuts = st.one_of(st.integers(0, 6 * HOUR), st.sampled_from((0, HOUR - MINUTE, HOUR, HOUR + SECOND, 2 * HOUR)))
answers = st.one_of(st.integers(0, HOUR - SECOND), st.sampled_from((2 * SECOND, 9 * SECOND, HOUR - SECOND)))


@pytest.mark.spec("LIL-SESSION-022")
@settings(max_examples=40, deadline=None)
@given(kind=kinds, cut_ms=cuts, answer_ms=answers)
def test_an_answer_within_an_hour_of_the_stored_ack_arrives_at_once(kind, cut_ms, answer_ms):
    host = Host(kind, beat_s=DAY_S)
    assert answered(host, kind, cut_ms, answer_ms) == host.latency


@settings(max_examples=25, deadline=None)
@given(kind=kinds, cut_ms=cuts, answer_ms=answers)
def test_so_it_does_at_one_that_sleeps_deeply(kind, cut_ms, answer_ms):
    host = Sleeper(kind, values=AT_FIRST.get(kind), beat_s=DAY_S)
    assert answered(host, kind, cut_ms, answer_ms) == host.latency


@pytest.mark.parametrize("make", [Host, Sleeper])
@pytest.mark.parametrize("kind", sorted(ALARMS))
def test_nobody_answers_and_it_leaves_after_the_hour(make, kind):
    host = make(kind, values=AT_FIRST.get(kind), beat_s=DAY_S)
    told = raised_without_a_link(host, kind, 3 * HOUR)
    host.run_to(told + AWAKE_FOR_ALARM_MS)
    assert awake(host)
    host.run(10 * SECOND)
    assert not awake(host)


@st.composite
def scripts(draw):
    """[(ms to wait, what, arguments)]: two alarms that latch, one that does not, links and people that come and go."""
    values = (("tamper", 1), ("tamper", 0), ("obscuration", 900), ("obscuration", 5), ("battery", 10), ("battery", 100))
    deeds = [("set", value) for value in values]
    deeds += [("cut", ()), ("heal", ()), ("acknowledge_all", ()), ("command", (codes.CMD_RESET,))]
    waits = st.one_of(st.integers(0, 2 * HOUR), st.sampled_from((SECOND, 20 * SECOND, HOUR, HOUR + 10 * SECOND)))
    return draw(st.lists(st.tuples(waits, st.sampled_from(deeds)), min_size=1, max_size=15))


@settings(max_examples=60, deadline=None)
@given(script=scripts())
def test_whatever_happens_it_listens_for_an_hour_and_no_longer(script):
    """While one is open that latches, for an hour from each stored-ack on, unless the link goes. In all, an hour for
    each of these at most, beside what sessions take that have nothing to wait for."""
    host = Host("smoke", beat_s=DAY_S)
    host.run(MINUTE)
    online_ms = 0
    linked_since = host.now

    def look(until):
        nonlocal online_ms
        while host.now < until:
            host.run(min(10 * SECOND, until - host.now))
            online_ms += 10 * SECOND if awake(host) else 0
            heard = [at for at, what, code in host.notes if what == STORED and code in LATCHING]
            waits = any(code in host.device.episodes.codes() for code in LATCHING)
            if waits and heard and heard[-1] >= linked_since and host.now - heard[-1] < AWAKE_FOR_ALARM_MS:
                assert awake(host)

    for wait, (what, arguments) in script:
        look(host.now + wait)
        getattr(host, what)(*arguments)
        if what in ("cut", "heal"):
            linked_since = host.now
    host.heal()
    linked_since = host.now
    look(host.now + 3 * HOUR)
    heard = sum(what == STORED and code in LATCHING for _, what, code in host.notes)
    assert online_ms <= heard * (AWAKE_FOR_ALARM_MS + 10 * SECOND) + len(host.connects) * A_SESSION
    assert not awake(host)


SOURCE = """
import sys
sys.path.append(sys.argv[1])
from harness import Host
from late_answer import DAY_S, day
for line in day(Host(sys.argv[2], beat_s=DAY_S), sys.argv[2]).lines():
    print(line)
"""


@pytest.mark.parametrize("kind", sorted(ALARMS))
def test_it_is_the_same_on_real_micropython(kind):
    here = day(Host(kind, beat_s=DAY_S), kind)
    assert run_micropython(SOURCE, Path(__file__).parent, kind, heap="16m").splitlines() == here.lines()
