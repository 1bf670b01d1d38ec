"""What holds for every device whatever happens to it: the rules that no kind may break, in a whole life and beside."""

import pytest
from harness import HOUR, MINUTE, SECOND, FullStore, Host, codes
from hypothesis import given, settings
from hypothesis import strategies as st
from life import LOCAL, Life
from lilong_firmware.effects import CONNECT, NOTE, OUTPUT, PUBLISH, RAISED
from lilong_firmware.outbox import BURST, PAUSE_MS
from lilong_protocol import frame, topics
from lilong_simulator.kinds import KINDS
from scripts import play, scripts
from stories import COMMANDS, GIVEN, STORIES, VALUES


def options(kind):
    return {"data": GIVEN.get(kind)}


def timeless(kind):
    """Without a calendar: nothing that a device does by itself depends on its having been told the time; and a door
    that asks nobody whether a card is elsewhere, which is all that waits for a network, half a second."""
    if kind == "door":
        return {"data": {name: value for name, value in GIVEN[kind].items() if name != "asks"}}
    return {} if kind == "streetlight" else options(kind)


def _machine(kind):
    met = {"values": VALUES[kind], "commands": COMMANDS[kind], "stories": STORIES[kind], "given": GIVEN.get(kind)}
    machine = type("Life_of_" + kind, (Life,), {"kind": kind, **met})
    case = machine.TestCase
    case.settings = settings(max_examples=25, stateful_step_count=50, deadline=None)
    return pytest.mark.spec("LIL-ALARM-003", "LIL-ALARM-005", "LIL-ALARM-006", "LIL-ALARM-007", "LIL-EVENT-001")(case)


for _kind in KINDS:
    globals()["Test" + _kind.capitalize()] = _machine(_kind)


# ---- the network never delays a local output


def outputs(host):
    """All but the signal that no stored-ack comes, which is about the network."""
    return [(at, effect) for at, effect in host.trace if effect[0] == OUTPUT and effect[1] != "fault"]


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_local_outputs_are_the_same_with_a_good_a_slow_a_lossy_and_no_network(kind, data):
    script = [
        (wait, (what, arguments))
        for wait, (what, arguments) in data.draw(scripts(kind))
        if what in ("set", "power_cut")
    ]
    hosts = (
        Host(kind, **timeless(kind)),
        Host(kind, latency=3_000, **timeless(kind)),
        Host(kind, acks=0, times=False, **timeless(kind)),
        Host(kind, link=False, **timeless(kind)),
    )
    for host in hosts:
        play(host, script)
    assert all(outputs(host) == outputs(hosts[0]) for host in hosts)


# ---- an alarm is never behind a backlog


@pytest.mark.spec("LIL-ALARM-008")
@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_an_alarm_is_published_when_it_is_raised_or_when_the_link_is_there(kind, data):
    host = Host(kind, latency=data.draw(st.sampled_from((1, 20, 700))), **options(kind))
    play(host, data.draw(scripts(kind)))
    published = [(at, effect) for at, effect in host.trace if effect[0] == PUBLISH]
    by_name = {}
    for at, effect in published:
        if effect[1] == topics.ALARM:
            decoded = host.decode(topics.ALARM, effect[2])
            by_name.setdefault((decoded.boot, decoded.seq), at)
    births = [at for at, effect in published if effect[1] == topics.STATE]
    frames = [at for at, effect in published if effect[1] == topics.ALARM]
    sessions = _sessions(host)
    for at, effect in host.trace:
        if effect[0] == NOTE and effect[1] == RAISED:
            name = (effect[3], effect[4])
            told = by_name.get(name)
            if told != at:
                assert not any(begin < at < end for begin, end in sessions)  # at its begin it may have waited
                if told is not None:
                    birth = min(birth for birth in births if birth >= at)
                    before = sum(birth <= other < told for other in frames)  # others that waited: some at a time
                    assert told <= birth + before // BURST * PAUSE_MS


def _sessions(host):
    """[(birth, its end)] in world ms: the end is the next connection, or the last the trace tells."""
    births = [at for at, effect in host.trace if effect[0] == PUBLISH and effect[1] == topics.STATE]
    ends = sorted(host.ends)
    return [(birth, next((end for end in ends if end >= birth), host.now + 1)) for birth in births]


@pytest.mark.spec("LIL-ALARM-008")
@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_after_a_birth_alarms_go_before_everything_else(kind, data):
    host = Host(kind, **options(kind))
    play(host, data.draw(scripts(kind)))
    host.heal()
    host.run(2 * MINUTE)
    waiting = False
    for at, effect in host.trace:
        if effect[0] == CONNECT:
            waiting = False
        elif effect[0] == PUBLISH and effect[1] == topics.STATE:
            waiting, born = True, at
        elif effect[0] == PUBLISH and waiting and at == born:
            assert effect[1] == topics.ALARM


# ---- nothing blocks a fire, a leak or a call for help


DANGERS = (
    ("smoke", {"obscuration": 900}, codes.ALARM_SMOKE_ALARM, 8 * SECOND, {"obscuration": 5}),
    ("gas", {"gas": 300}, codes.ALARM_GAS_LEAK, MINUTE, {"gas": 0}),
    ("gas", {"co": 5_000}, codes.ALARM_GAS_CO, 3 * MINUTE, {"co": 0}),
    ("wristband", {"sos": 1}, codes.ALARM_BAND_SOS, 1, {"sos": 0}),
)


@pytest.mark.parametrize(("kind", "danger", "code", "limit", "calm"), DANGERS)
@pytest.mark.parametrize("full", [False, True], ids=["flash", "full flash"])
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_nothing_that_was_before_keeps_the_alarm_from_sounding_and_being_told(
    kind, danger, code, limit, calm, full, data
):
    """Muted, low on battery, without time, with a full flash, after any history: it sounds, and it is told."""
    host = Host(kind, store=FullStore() if full else None, times=data.draw(st.booleans()))
    play(host, data.draw(scripts(kind)))
    for channel in calm:
        host.set(channel, calm[channel])
    if "battery" in host.slots:
        host.set("battery", 1)
    host.heal()
    host.run(10 * MINUTE)
    host.acknowledge_all()
    host.run(SECOND)
    host.command(codes.CMD_MUTE)
    host.command(codes.CMD_RESET)
    host.run(SECOND)
    host.command(codes.CMD_MUTE)
    host.run(SECOND)
    before = len(host.sent)
    active = host.device.active(code)
    for channel in danger:
        host.sense(channel, danger[channel])
    host.run(limit)
    assert host.device.active(code)
    for name in LOCAL[code]:
        assert host.outputs[name] == 1
    host.run(2 * MINUTE)
    told = [s for s in host.sent[before:] if s.kind in (frame.RAISE, frame.UPDATE) and s.body[0] == code]
    assert active or told
    assert len(host.device.outbox) == 0


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_a_full_flash_changes_nothing_that_can_be_seen_or_heard(kind, data):
    script = [step for step in data.draw(scripts(kind)) if step[1][0] != "power_cut"]
    hosts = [Host(kind, **options(kind)), Host(kind, store=FullStore(room=1), **options(kind))]
    for host in hosts:
        play(host, script)
    seen = [[(at, e[1:3]) for at, e in host.trace if e[0] in (OUTPUT, NOTE)] for host in hosts]
    assert seen[0] == seen[1]


# ---- a restart


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_a_restart_of_a_device_whose_sensors_stay_calm_says_nothing_new(kind, data):
    host = Host(kind, **timeless(kind))
    for wait in data.draw(st.lists(st.integers(0, HOUR), min_size=1, max_size=5)):
        host.run(wait)
        host.power_cut()
    host.run(2 * HOUR)
    assert not host.notes
    assert {s.body[0] for s in host.events()} <= {codes.EVENT_GAS_READY}
