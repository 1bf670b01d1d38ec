"""Whatever happens while a door waits for an answer: who may pass does in time, and nobody is shut in."""

from harness import MINUTE, SECOND, Host, codes, online
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from lilong_firmware.asking import ANSWER_MS, QUESTIONS
from lilong_firmware.effects import OUTPUT
from stories.door import packed

CARDS = tuple(range(1_000, 1_006))
GIVEN = {"cards": packed(*CARDS), "card_key": bytes(32), "asks": b"\x01"}
LOCKED, FREE = 0, 1
UNLOCKED_MS = 5 * SECOND
STEPS = (0, 1, 20, 40, ANSWER_MS - 1, ANSWER_MS, SECOND, 6 * SECOND)


class Asked(RuleBasedStateMachine):
    """A door, a backend that answers as it likes, a link, a fire. Nobody passes, so that nobody has just gone in."""

    @initialize(seed=st.binary(min_size=1, max_size=2), latency=st.sampled_from((1, 20, 250, 400)))
    def birth(self, seed, latency):
        self.host = Host("door", data=GIVEN, seed=seed, latency=latency)
        self.host.run(10 * SECOND)
        self.reads = []  # world times of those that are to be let in
        self.free_until = 0
        self.released = False

    # ---- what may happen

    @rule(card=st.sampled_from(CARDS))
    def a_card_is_read(self, card):
        self.reads.append(self.host.now)
        self.host.sense("credential", card)
        if self.released or not online(self.host):
            assert self.host.outputs["lock"] == FREE, "nobody is asked"
            assert not self.waits()
        self.host.sense("credential", 0)

    @rule(ms=st.sampled_from(STEPS))
    def time_passes(self, ms):
        self.host.run(ms)

    @rule(which=st.integers(0, 3), elsewhere=st.booleans(), again=st.booleans(), forged=st.booleans())
    def the_backend_answers(self, which, elsewhere, again, forged):
        """Some question, it may be an old one, twice, or as of another boot."""
        asked = self.host.events(codes.EVENT_DOOR_ASKED)
        if asked:
            question = asked[-1 - which % len(asked)].frame
            for _ in range(1 + again):
                self.host.answer((question.boot, question.seq), elsewhere, bytes(8) if forged else None)
            if elsewhere and not forged:
                self.doubt()

    @rule(answers=st.sampled_from((None, False, True)))
    def the_backend_has_another_mind(self, answers):
        if self.host.answers:
            self.doubt()
        self.host.answers = answers

    @rule()
    def the_link_goes(self):
        self.host.cut()
        assert not self.waits(), "nobody waits for a network that is not there"

    @rule()
    def the_link_comes(self):
        self.host.heal()
        self.host.run(2 * MINUTE)

    @rule()
    def somebody_goes_out(self):
        self.host.sense("exit_button", 1)
        self.free_until = self.host.now + UNLOCKED_MS
        self.host.sense("exit_button", 0)

    @precondition(lambda self: online(self.host))
    @rule()
    def there_is_a_fire(self):
        self.host.command(codes.CMD_FIRE_RELEASE)
        self.host.run(self.host.latency)
        assert self.host.outputs["lock"] == FREE
        self.released = True

    @precondition(lambda self: online(self.host))
    @rule()
    def an_operator_resets(self):
        self.host.command(codes.CMD_RESET)
        self.host.run(self.host.latency)
        self.released = False
        self.free_until = 0  # a person has looked, and the handle inside needs no lock

    @rule()
    def the_power_goes_and_comes(self):
        self.host.power_cut()
        self.reads = []  # they come again
        self.free_until = 0
        self.host.run(SECOND)

    # ---- what holds

    @invariant()
    def nobody_waits_longer_than_half_a_second(self):
        waits = self.waits()
        assert len(waits) <= QUESTIONS
        assert all(self.host.uptime() <= until <= self.host.uptime() + ANSWER_MS for _, _, until in waits)
        assert not waits or (online(self.host) and not self.released)

    @invariant()
    def who_is_refused_by_nobody_is_let_in_in_time(self):
        if self.host.answers:
            self.doubt()
        free = [at for at, effect in self.host.trace if effect[0] == OUTPUT and effect[1:] == ("lock", FREE)]
        for read in [read for read in self.reads if read + ANSWER_MS <= self.host.now]:
            assert any(read <= at <= read + ANSWER_MS for at in free)
            self.reads.remove(read)

    @invariant()
    def a_way_that_is_free_stays_free(self):
        if self.released or self.host.now < self.free_until:
            assert self.host.outputs["lock"] == FREE

    # ---- inside

    def waits(self):
        return self.host.device.rules._asking._questions

    def doubt(self):
        """Somebody says, or may have said, that cards are elsewhere: whom of those who wait it meets, nobody knows."""
        self.reads = []


TestAsked = Asked.TestCase
TestAsked.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
