"""What no kind may break, of those that are played without firmware: in a whole life and beside."""

from itertools import pairwise

import pytest
from harness import HOUR, MINUTE, SECOND, FullStore, Host, codes
from hypothesis import given, settings
from hypothesis import strategies as st
from life import Life
from lilong_firmware.effects import ACCEPTED, CONNECT, NOTE, OUTPUT, PUBLISH
from lilong_protocol import topics
from lilong_protocol.registry import KIND
from lilong_simulator.kinds import KINDS, SIMULATED, rules
from lilong_simulator.stimuli import ALARMS
from scripts import play, scripts
from simulated_stories import COMMANDS, STORIES, VALUES


def test_every_kind_of_the_registry_is_played_with_firmware_or_without():
    assert not set(KINDS) & set(SIMULATED)
    assert {*KINDS, *SIMULATED} == set(KIND)
    assert set(VALUES) == set(COMMANDS) == set(STORIES) == set(SIMULATED)


def script_of(data, kind):
    return data.draw(scripts(kind, values=VALUES[kind], commands=COMMANDS[kind]))


def _machine(kind):
    met = {"values": VALUES[kind], "commands": COMMANDS[kind], "stories": STORIES[kind]}
    case = type("Life_of_" + kind, (Life,), {"kind": rules(kind), **met}).TestCase
    case.settings = settings(max_examples=40, stateful_step_count=50, deadline=None)
    return case


for _kind in SIMULATED:
    globals()["Test" + _kind.capitalize()] = _machine(_kind)


@pytest.mark.parametrize("kind", SIMULATED)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_skipping_equals_polling(kind, data):
    script = script_of(data, kind)
    hosts = [Host(rules(kind), polls=polls) for polls in (False, True)]
    for host in hosts:
        play(host, script)
    assert hosts[0].lines() == hosts[1].lines()


@pytest.mark.parametrize("kind", SIMULATED)
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_local_outputs_are_the_same_with_a_good_a_slow_a_lossy_and_no_network(kind, data):
    script = [step for step in script_of(data, kind) if step[1][0] in ("set", "power_cut")]
    nets = ({}, {"latency": 3_000}, {"acks": 0, "times": False}, {"link": False})
    hosts = [Host(rules(kind), **net) for net in nets]
    for host in hosts:
        play(host, script)
    seen = [[(at, e) for at, e in host.trace if e[0] == OUTPUT and e[1] != "fault"] for host in hosts]
    assert all(one == seen[0] for one in seen)


@pytest.mark.parametrize("kind", SIMULATED)
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_a_full_flash_changes_nothing_that_can_be_seen_or_heard(kind, data):
    script = [step for step in script_of(data, kind) if step[1][0] != "power_cut"]
    hosts = [Host(rules(kind)), Host(rules(kind), store=FullStore(room=1))]
    for host in hosts:
        play(host, script)
    seen = [[(at, e[1:3]) for at, e in host.trace if e[0] in (OUTPUT, NOTE)] for host in hosts]
    assert seen[0] == seen[1]


@pytest.mark.parametrize("kind", SIMULATED)
def test_a_restart_while_its_sensors_stay_calm_says_nothing_new(kind):
    host = Host(rules(kind))
    for wait in (0, SECOND, 7 * MINUTE, HOUR):
        host.run(wait)
        host.power_cut()
    host.run(2 * HOUR)
    assert not host.notes
    assert not host.events()


@pytest.mark.parametrize(
    ("kind", "stimulus"), [(kind, stimulus) for kind in SIMULATED for stimulus in ALARMS[KIND[kind].number]]
)
def test_what_its_stimulus_promises_comes_and_goes_in_time(kind, stimulus):
    host = Host(rules(kind))
    host.run(MINUTE)
    for channel, value in stimulus.begin.steps:
        host.set(channel, value)
        host.run(200)
    host.run(stimulus.begin.within_s * SECOND)
    assert host.device.active(stimulus.code)
    host.acknowledge_all()
    for channel, value in stimulus.end.steps:
        host.set(channel, value)
    host.run(stimulus.end.within_s * SECOND)
    assert not host.device.active(stimulus.code)


# ---- nothing, not even what it has kept, before it is accepted


@settings(max_examples=80, deadline=None)
@given(data=st.data(), answers_ms=st.sampled_from((20, 500, 5_000, 100_000)))
def test_a_charging_pile_says_nothing_but_its_birth_before_it_is_accepted(data, answers_ms):
    """After any history, with whatever waits in its flash: OCPP 1.6, 4.2."""
    host = Host(rules("ev_pile"), latency=10)
    play(host, script_of(data, "ev_pile"))
    host.heal()
    host.run(SECOND)
    host.times = False  # until it has answered
    begun = len(host.trace)
    host.power_cut()
    host.set("leakage", 400)
    host.run(answers_ms)
    host.times = True
    host.run(3 * MINUTE)
    accepted = False
    for _, effect in host.trace[begun:]:
        accepted |= effect[:2] == (NOTE, ACCEPTED)
        assert accepted or effect[0] != PUBLISH or effect[1] == topics.STATE
    assert accepted
    assert host.device.active(codes.ALARM_LAMP_LEAKAGE_DETECTED)
    assert len(host.device.outbox) == 0, "and then it says everything"


def test_a_charging_pile_that_is_not_answered_says_its_birth_again_but_floods_nobody():
    host = Host(rules("ev_pile"), times=False)
    host.run(HOUR)
    births = [s.at for s in host.sent]
    assert {s.cls for s in host.sent} == {topics.STATE}
    gaps = [after - before for before, after in pairwise(births)]
    assert all(60 * SECOND <= gap <= 90 * SECOND for gap in gaps)
    assert len(set(gaps)) > 5, "not in step"


def test_a_charging_pile_that_was_accepted_once_needs_no_word_for_a_new_link():
    host = Host(rules("ev_pile"))
    host.run(MINUTE)
    host.times = False
    host.cut()
    host.set("leakage", 400)
    host.heal()
    host.run(2 * MINUTE)
    connected = max(at for at, effect in host.trace if effect[0] == CONNECT)
    told = [s for s in host.sent if s.cls == topics.ALARM]
    assert told
    assert told[0].at - connected < SECOND


def test_a_charging_pile_whose_run_accepts_it_waits_for_nobody():
    """As where a backend gets its messages by a template, and has no words to answer a birth."""
    host = Host(rules("ev_pile"), times=False, data={"accepted": b"\x01"})
    host.set("leakage", 400)
    host.run(10 * SECOND)
    assert {topics.STATE, topics.ALARM, topics.CONFIG} <= {s.cls for s in host.sent}
