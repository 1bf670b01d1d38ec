"""Whatever happens to a cycle gate: one passage for each crossing, everybody gets out, a fire frees it."""

from harness import MINUTE, SECOND, codes, online
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from lilong_protocol import frame
from test_cycle_gate import FREE, IN, OTHER, OUT, OWNER, STRANGER, gate, read, told


class AnyGate(RuleBasedStateMachine):
    """A gate whose sensors, network and power do what they like; beside it what is to be true of it."""

    @initialize(seed=st.binary(min_size=1, max_size=2))
    def birth(self, seed):
        self.host = gate(seed=seed)
        self.released = False
        self.last = {}  # (tag, direction): world time of its last read since the power came
        self.passages = 0

    @rule(tag=st.sampled_from((OWNER, OTHER, STRANGER)), direction=st.sampled_from((IN, OUT)))
    def a_tag_is_read(self, tag, direction):
        read(self.host, tag, direction)
        admitted = direction == OUT or tag != STRANGER
        if admitted:
            assert self.host.outputs["lock"] == FREE
            self.passages += self.host.now - self.last.get((tag, direction), -5_000) >= 5_000
        self.last[(tag, direction)] = self.host.now

    @rule(ms=st.sampled_from((0, SECOND, 4_999, 5_000, 10 * SECOND)))
    def time_passes(self, ms):
        self.host.run(ms)

    @rule(value=st.sampled_from((0, 1, None)))
    def the_fire_panel_says(self, value):
        self.host.sense("fire", value)
        self.released |= value == 1

    @rule(channel=st.sampled_from(("tamper", "reader")), value=st.sampled_from((0, 1, None)))
    def a_part_fails_or_is_mended(self, channel, value):
        self.host.sense(channel, value)

    @rule(there=st.booleans())
    def the_link_goes_or_comes(self, there):
        if there:
            self.host.heal()
            self.host.run(MINUTE)
        else:
            self.host.cut()

    @rule()
    def the_power_goes_and_comes(self):
        self.host.power_cut()
        self.last = {}

    @precondition(lambda self: online(self.host))
    @rule()
    def an_operator_resets(self):
        self.host.run(2 * SECOND)
        if self.host.order(codes.CMD_RESET) == frame.OK and self.released:
            self.released = self.host.device.rules.report()[codes.Q_UNLOCKED] == 1 and self.host.values["fire"] == 1

    @invariant()
    def released_means_free(self):
        if hasattr(self, "host") and self.released:
            assert self.host.outputs["lock"] == FREE

    def teardown(self):
        if hasattr(self, "host"):
            self.host.heal()
            self.host.run(3 * MINUTE)
            assert len(told(self.host, codes.EVENT_GATE_PASSED)) == self.passages, "one for each crossing"


TestAnyGate = AnyGate.TestCase
TestAnyGate.settings = settings(max_examples=40, stateful_step_count=40, deadline=None)
