"""What holds for every device whatever happens to it: the rules that no kind may break.

A life is a random sequence of sensor values, commands, lost links, lost and doubled stored-acks, power cuts and
clocks that drift; after each event the rules are checked, and at its end nothing may be missing.
"""

import pytest
from harness import DAY, EPOCH, HOUR, MINUTE, SECOND, CutStore, FullStore, Host, PowerCut, codes
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from lilong_firmware.effects import CONNECT, NOTE, OUTPUT, PUBLISH, RAISED
from lilong_firmware.outbox import BURST, PAUSE_MS
from lilong_protocol import frame, topics
from lilong_protocol.codes import latches
from lilong_protocol.registry import ALARM
from lilong_simulator.kinds import KINDS
from scripts import play, scripts
from stories import ARGUMENTS, COMMANDS, GIVEN, STORIES, VALUES
from waiting_frames import waiting

# The local output that belongs to an alarm, and its value while the alarm is on.
LOCAL = {
    codes.ALARM_SMOKE_ALARM: ("sounder",),
    codes.ALARM_GAS_LEAK: ("sounder", "valve"),
    codes.ALARM_GAS_CO: ("sounder",),
    codes.ALARM_DOOR_FORCED: ("buzzer",),
    codes.ALARM_DOOR_HELD: ("buzzer",),
    codes.ALARM_DOOR_ATTEMPTS: ("buzzer",),
    codes.ALARM_GATE_EBIKE_IN_LOBBY: ("buzzer",),
    codes.ALARM_BAND_SOS: ("vibrate", "buzzer"),
    codes.ALARM_BAND_FALL: ("vibrate", "buzzer"),
    codes.ALARM_FENCE_CLIMB: ("siren", "light"),
    codes.ALARM_FENCE_TOUCH: ("siren", "light"),
    codes.ALARM_FENCE_SHORT: ("siren", "light"),
    codes.ALARM_FENCE_CUT: ("siren", "light"),
}
# Alarms that cut a socket's power.
CUTS = (
    codes.ALARM_POWER_OVER_CURRENT, codes.ALARM_POWER_OVER_TEMPERATURE, codes.ALARM_SMOKE_ALARM,
    codes.ALARM_POWER_NOT_CUT,
)  # fmt: skip
# Conditions that a device looks for as soon as it has power.
SEEN_AT_BOOT = (codes.ALARM_BATTERY_LOW, codes.ALARM_SENSOR_FAULT)
# Ends of alarms that latch without an operator's reset: none.
LATCHING = [code for code in ALARM if latches(code)]


def options(kind):
    return {"data": GIVEN.get(kind)}


def timeless(kind):
    """Without a calendar: nothing that a device does by itself depends on its having been told the time."""
    return {} if kind == "streetlight" else options(kind)


class Life(RuleBasedStateMachine):
    """The life of one device; `kind` is set by a subclass."""

    kind = ""

    @initialize(seed=st.binary(min_size=1, max_size=4), drift=st.sampled_from((0, 116, -116)))
    def birth(self, seed, drift):
        self.host = Host(self.kind, seed=seed, store=CutStore(), **options(self.kind))
        self.host.drift_ppm = drift  # 116 ppm is 10 s a day
        self.seen = 0  # how much of the trace has been checked
        self.open = {}  # (boot, seq) of the raise: code
        self.raises = {}  # (boot, seq): code
        self.acks = []
        self.overfull = False  # the outbox has given something up
        self.now_on = dict(self.host.outputs)

    # ---- what may happen

    @rule(data=st.data())
    def something_happens(self, data):
        for channel, value, wait in data.draw(st.sampled_from(STORIES[self.kind])):
            self.host.set(channel, value)
            self.host.run(wait)

    @rule(data=st.data())
    def something_else_happens(self, data):
        self.something_happens(data)

    @rule(data=st.data(), wait=st.sampled_from((0, 0, SECOND, 6 * SECOND)))
    def the_world_changes(self, data, wait):
        channel = data.draw(st.sampled_from(sorted(VALUES[self.kind])))
        self.host.set(channel, data.draw(st.sampled_from(VALUES[self.kind][channel])))
        self.host.run(wait)

    @rule(ms=st.sampled_from((20, SECOND, 5 * SECOND, 12 * SECOND, 30 * SECOND, MINUTE, 4 * MINUTE)))
    def time_passes(self, ms):
        self.host.run(ms)

    @rule()
    def the_link_goes(self):
        self.host.cut()

    @rule()
    def the_link_comes(self):
        self.host.heal()

    @rule(copies=st.sampled_from((1, 0, 2, 3)))
    def stored_acks_are_lost_or_doubled(self, copies):
        self.host.acks = copies

    @rule(data=st.data())
    def an_old_stored_ack_comes_again(self, data):
        alarms = [sent for sent in self.host.arrived if sent.cls == topics.ALARM]
        if alarms:
            self.host.stored(data.draw(st.sampled_from(alarms)).data)
            self.host.run(SECOND)

    @rule(data=st.data())
    def somebody_commands(self, data):
        command = data.draw(st.sampled_from(COMMANDS[self.kind]))
        self.host.command(command, ARGUMENTS.get(command))
        self.host.run(SECOND)

    @rule()
    def an_operator_acknowledges(self):
        self.host.acknowledge_all()
        self.host.run(SECOND)

    @rule()
    def an_operator_resets(self):
        self.host.command(codes.CMD_RESET)
        self.host.run(SECOND)

    @rule(offset=st.integers(-DAY, DAY))
    def the_time_jumps(self, offset):
        asked = self.host.device.session.asked
        if asked is not None:
            self.host.time(asked, EPOCH + DAY + offset)
            self.host.run(SECOND)

    @rule()
    def the_power_goes_and_comes(self):
        before = self._episodes()
        self._check()
        self.host.power_cut()
        after = self._episodes()
        for name, code in before.items():
            if latches(code):
                assert after.get(name) == code, "a restart resumes the alarm under its old name"
        for name, code in after.items():
            assert name in before or code in SEEN_AT_BOOT, "a boot raises nothing"
        self.now_on = {}
        self._outputs_match()

    @rule(data=st.data(), writes=st.integers(0, 5), ms=st.sampled_from((0, 20, SECOND, MINUTE)))
    def the_power_goes_while_something_is_written(self, data, writes, ms):
        host = self.host
        host.store.left = writes
        try:
            channel = data.draw(st.sampled_from(sorted(VALUES[self.kind])))
            host.set(channel, data.draw(st.sampled_from(VALUES[self.kind][channel])))
            host.run(ms)
        except PowerCut:
            host.store.left = None
            self._follow()
            self.now_on = {}
            host.power_cut()
            self._make_up()
            self._outputs_match()
        host.store.left = None

    # ---- what holds

    @invariant()
    def holds(self):
        if hasattr(self, "host"):
            self._check()

    def teardown(self):
        if not hasattr(self, "host"):
            return
        host = self.host
        host.heal()
        host.acks = 1
        host.run(20 * MINUTE)
        self._check()
        assert len(host.device.outbox) == 0, "whatever was lost on the way, everything is stored in the end"
        self._exactly_once()
        self._in_order()

    def _episodes(self):
        episodes = self.host.device.episodes
        return {(episodes.get(code).boot, episodes.get(code).seq): code & 0xFF for code in episodes.codes()}

    def _make_up(self):
        """A raise or a clear that was written has taken place, though nobody was told before the power went."""
        self._follow()
        after = self._episodes()
        told = [self.host.decode(topics.ALARM, entry.frame) for entry in waiting(self.host.device.outbox)]
        for name in sorted(set(after) ^ set(self.open)):
            if name in after:
                assert [f.kind for f in told if (f.boot, f.seq) == name] == [frame.RAISE]
                self.open[name] = self.raises[name] = after[name]
            else:
                del self.open[name]
                assert [f.kind for f in told if f.kind == frame.CLEAR and tuple(f.ref) == name] == [frame.CLEAR]

    def _check(self):
        self._follow()
        self.overfull |= self.host.device.outbox.evicted > 0
        assert self._episodes() == self.open, "alarms are all present, none merged away"

    def _follow(self):
        host = self.host
        trace = host.trace
        for at, effect in trace[self.seen :]:
            if effect[0] == OUTPUT:
                self.now_on[effect[1]] = effect[2]
            elif effect[0] == NOTE and effect[1] == RAISED:
                _, _, code, boot, seq = effect
                for name in self.local(code):
                    assert self.now_on.get(name) == (name != "relay"), "what is local comes first"
                assert (boot, seq) not in self.raises
                self.raises[(boot, seq)] = self.open[(boot, seq)] = code
            elif effect[0] == NOTE and effect[1] == "cleared":
                _, _, code, boot, seq = effect
                assert self.open.pop((boot, seq)) == code, "a clear names the raise that it ends"
                if code in LATCHING:
                    assert (at, codes.CMD_RESET) in host.ordered, "only an operator ends an alarm that latches"
        self.seen = len(trace)

    def _outputs_match(self):
        """After a restart the local outputs are on again."""
        device = self.host.device
        for code in device.episodes.codes():
            if device.active(code):
                for name in self.local(code):
                    assert self.host.outputs.get(name) == (name != "relay")

    def local(self, code):
        """The outputs that are 1 while an alarm is active; a relay is open."""
        if self.kind == "shed_socket":
            return ("relay",) if code in CUTS else ()
        return LOCAL.get(code, ())

    def _exactly_once(self):
        """The backend has every raise under its name once, and always as the same bytes."""
        known = {}
        for sent in self.host.arrived:
            if sent.cls == topics.ALARM:
                name = (sent.frame.boot, sent.frame.seq)
                assert known.setdefault(name, sent.data) == sent.data, "the same number, other bytes"
        missing = set(self.raises) - set(known)
        assert not missing or self.overfull
        assert not missing & set(self.open), "an alarm that is open is told, whatever was given up"
        kinds = {name: self.host.decode(topics.ALARM, data) for name, data in known.items()}
        raises = {name: f.body[0] for name, f in kinds.items() if f.kind == frame.RAISE}
        assert raises == {name: code for name, code in self.raises.items() if name not in missing}
        for f in kinds.values():
            if f.kind in (frame.UPDATE, frame.CLEAR) and tuple(f.ref) not in missing:
                assert raises[tuple(f.ref)] == f.body[0]

    def _in_order(self):
        """Within a boot what happened later has the higher number, whatever the wall clock said."""
        last = {}
        first = set()
        for sent in self.host.arrived:
            if sent.cls != topics.EVENT or (sent.frame.boot, sent.frame.seq) in first:
                continue
            first.add((sent.frame.boot, sent.frame.seq))
            boot, seq, uptime = sent.frame.boot, sent.frame.seq, sent.frame.uptime
            previous_seq, previous_uptime = last.get(boot, (0, 0))
            assert seq > previous_seq
            assert uptime >= previous_uptime
            last[boot] = (seq, uptime)


def _machine(kind):
    machine = type("Life_of_" + kind, (Life,), {"kind": kind})
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
                assert not any(begin <= at < end for begin, end in sessions)
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
