"""A life: a random sequence of sensor values, commands, lost links, lost and doubled stored-acks, power cuts and clocks
that drift. After each event the rules that no kind may break are checked, and at its end nothing may be missing.
"""

from harness import DAY, EPOCH, MINUTE, SECOND, CutStore, Host, PowerCut, codes
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from lilong_firmware.effects import NOTE, OUTPUT, RAISED
from lilong_protocol import frame, topics
from lilong_protocol.codes import latches
from lilong_protocol.registry import ALARM, KIND_BY_NUMBER
from stories import ARGUMENTS
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
# What feeds something, and the alarms that cut it off.
FEEDS = ("relay", "contactor")
CUTS = (
    codes.ALARM_POWER_OVER_CURRENT, codes.ALARM_POWER_OVER_TEMPERATURE, codes.ALARM_SMOKE_ALARM,
    codes.ALARM_POWER_NOT_CUT, codes.ALARM_LAMP_LEAKAGE_DETECTED,
)  # fmt: skip
# Conditions that a device looks for as soon as it has power.
SEEN_AT_BOOT = (codes.ALARM_BATTERY_LOW, codes.ALARM_SENSOR_FAULT)
# Ends of alarms that latch without an operator's reset: none.
LATCHING = [code for code in ALARM if latches(code)]


class Life(RuleBasedStateMachine):
    """The life of one device. A subclass sets `kind`, a name or its rules, and what it may meet (see `stories`)."""

    kind = ""
    values, commands, stories, given = {}, (), (), None

    @initialize(seed=st.binary(min_size=1, max_size=4), drift=st.sampled_from((0, 116, -116)))
    def birth(self, seed, drift):
        self.host = Host(self.kind, seed=seed, store=CutStore(), data=self.given)
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
        for channel, value, wait in data.draw(st.sampled_from(self.stories)):
            self.host.set(channel, value)
            self.host.run(wait)

    @rule(data=st.data())
    def something_else_happens(self, data):
        self.something_happens(data)

    @rule(data=st.data(), wait=st.sampled_from((0, 0, SECOND, 6 * SECOND)))
    def the_world_changes(self, data, wait):
        channel = data.draw(st.sampled_from(sorted(self.values)))
        self.host.set(channel, data.draw(st.sampled_from(self.values[channel])))
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
        command = data.draw(st.sampled_from(self.commands))
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
            channel = data.draw(st.sampled_from(sorted(self.values)))
            host.set(channel, data.draw(st.sampled_from(self.values[channel])))
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
        told = [self.host.decode(topics.ALARM, entry.frame) for entry in waiting(self.host.device.outbox)]
        for said in told:
            name = said.boot, said.seq
            before = said.boot < self.host.device.uplink.boot
            if said.kind == frame.RAISE and before and name not in self.raises:  # it may have ended with the boot
                self.open[name] = self.raises[name] = said.body[0]
        self._follow()
        after = self._episodes()
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
                    assert self.now_on.get(name) == (name not in FEEDS), "what is local comes first"
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
                    assert self.host.outputs.get(name) == (name not in FEEDS)

    def local(self, code):
        """The outputs that are 1 while an alarm is active; what feeds is 0."""
        feeds = tuple(name for name in FEEDS if name in KIND_BY_NUMBER[self.host.kind.KIND].outputs)
        return feeds if feeds and code in CUTS else LOCAL.get(code, ())

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
