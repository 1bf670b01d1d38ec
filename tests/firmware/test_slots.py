"""A new bundle on trial: kept when it reaches the backend, gone when it does not, and never a board without one."""

import hashlib

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from lilong_firmware.slots import ATTEMPTS, DAMAGED, EXHAUSTED, FALLS, GIVEN_UP, NONE, OK, TRIES, WAKES, Slots
from lilong_firmware.trial import attempt


class Cut(BaseException):
    """The power has gone."""


class Shelf:
    """Two bundles and two records. `left`: records that are still written; the one after that is torn."""

    def __init__(self):
        self.records = [b"", b""]
        self.bundles = [b"", b""]
        self.left = None
        self.torn = 0
        self.fails = False

    def record(self, at):
        return self.records[at]

    def keep(self, at, data):
        if self.fails:
            raise OSError(28)
        if self.left is not None:
            if self.left == 0:
                self.records[at] = data[: self.torn]
                raise Cut
            self.left -= 1
        self.records[at] = data

    def read(self, slot, offset, size):
        return self.bundles[slot][offset : offset + size]


def digest(data):
    return hashlib.sha256(data).digest()


def write(shelf, slots, sequence, data=None):
    data = b"bundle %d" % sequence if data is None else data
    slots.clear()
    shelf.bundles[slots.spare()] = data
    slots.stage(sequence, len(data), digest(data))


def running(shelf, slots):
    return shelf.bundles[slots.running]


@pytest.fixture
def shelf():
    shelf = Shelf()
    slots = Slots(shelf)
    write(shelf, slots, 1)
    slots.boot(False)
    assert slots.confirm()
    return shelf


def boot(shelf, woken=False):
    slots = Slots(shelf)
    slots.boot(woken)
    return slots


def test_a_board_with_nothing_has_nothing_to_run():
    assert Slots(Shelf()).boot(False) == NONE


def test_a_new_bundle_is_tried_and_stays_once_the_backend_has_accepted_it(shelf):
    write(shelf, boot(shelf), 2)
    slots = boot(shelf)
    assert running(shelf, slots) == b"bundle 2"
    assert slots.newest == 1
    assert slots.confirm()
    assert not slots.confirm()
    assert (slots.ended, slots.newest) == (OK, 2)
    for _ in range(2 * TRIES):
        slots = boot(shelf)
        slots.healthy()
        assert running(shelf, slots) == b"bundle 2"


def test_one_that_never_reaches_the_backend_is_gone_after_its_tries(shelf):
    write(shelf, boot(shelf), 2)
    for _ in range(TRIES):
        assert running(shelf, boot(shelf)) == b"bundle 2"
    slots = boot(shelf)
    assert running(shelf, slots) == b"bundle 1"
    assert (slots.ended, slots.newest) == (EXHAUSTED, 1)
    assert not slots.confirm()
    assert running(shelf, boot(shelf)) == b"bundle 1"


def test_a_device_that_sleeps_before_it_is_accepted_loses_no_try(shelf):
    write(shelf, boot(shelf), 2)
    boot(shelf)
    for _ in range(WAKES):
        assert running(shelf, boot(shelf, woken=True)) == b"bundle 2"
    slots = boot(shelf, woken=True)
    assert running(shelf, slots) == b"bundle 1"
    assert slots.in_doubt(), "it may be that nobody is there"


def ask_in_vain(slots):
    """How often the backend is asked until it is the other one's turn."""
    asked = 0
    while not attempt(slots):
        asked += 1
    return asked


def fail(shelf):
    """Two turns in vain, while the old one is accepted."""
    for _ in range(2):
        ask_in_vain(boot(shelf))
        boot(shelf).confirm()


def test_one_that_nobody_accepts_makes_room_after_its_attempts_across_sleeps_and_resets(shelf):
    write(shelf, boot(shelf), 2)
    slots = boot(shelf)
    for n in range(ATTEMPTS):
        assert not attempt(slots)
        slots = boot(shelf, woken=n != 3)
        assert running(shelf, slots) == b"bundle 2"
    assert attempt(slots)
    assert running(shelf, slots) == b"bundle 2"  # until the reset
    assert running(shelf, boot(shelf)) == b"bundle 1"


def test_while_nobody_accepts_the_old_one_either_nothing_has_failed(shelf):
    write(shelf, boot(shelf), 2)
    assert ask_in_vain(boot(shelf)) == ATTEMPTS
    for _ in range(5 * TRIES):
        slots = boot(shelf)
        assert running(shelf, slots) == b"bundle 1"
        assert not attempt(slots)
        assert (slots.trial, slots.ended) == (0, OK)


def test_when_the_old_one_is_accepted_the_new_one_has_a_turn_as_long_as_the_first(shelf):
    write(shelf, boot(shelf), 2)
    ask_in_vain(boot(shelf))
    assert not boot(shelf).confirm()
    assert ask_in_vain(boot(shelf)) == ATTEMPTS
    assert running(shelf, boot(shelf)) == b"bundle 1"


def test_an_outage_rolls_nothing_back(shelf):
    write(shelf, boot(shelf), 2)
    ask_in_vain(boot(shelf))
    boot(shelf).confirm()
    slots = boot(shelf)
    assert running(shelf, slots) == b"bundle 2"
    assert slots.confirm()
    assert (slots.ended, slots.newest) == (OK, 2)
    assert running(shelf, boot(shelf)) == b"bundle 2"


def test_one_that_is_not_accepted_while_the_old_one_is_has_failed(shelf):
    write(shelf, boot(shelf), 2)
    fail(shelf)
    slots = boot(shelf)
    assert (running(shelf, slots), slots.ended, slots.trial, slots.newest) == (b"bundle 1", GIVEN_UP, NONE, 1)


def test_one_that_is_accepted_after_its_last_attempt_stays(shelf):
    write(shelf, boot(shelf), 2)
    slots = boot(shelf)
    ask_in_vain(slots)
    assert slots.confirm()
    assert running(shelf, boot(shelf)) == b"bundle 2"


def test_in_doubt_the_new_one_runs_on_when_the_old_one_has_rotted(shelf):
    write(shelf, boot(shelf), 2)
    ask_in_vain(boot(shelf))
    shelf.bundles[1 - boot(shelf).trial] = b"bundle !"
    slots = boot(shelf)
    assert running(shelf, slots) == b"bundle 2"
    assert not attempt(slots)
    assert slots.confirm()


def test_another_one_ends_a_doubt(shelf):
    write(shelf, boot(shelf), 2)
    ask_in_vain(boot(shelf))
    write(shelf, boot(shelf), 3)
    assert running(shelf, boot(shelf)) == b"bundle 3"


def test_one_that_has_rotted_is_not_tried(shelf):
    write(shelf, boot(shelf), 2)
    shelf.bundles[0] = b"bundle !"
    slots = boot(shelf)
    assert (running(shelf, slots), slots.ended) == (b"bundle 1", DAMAGED)


def test_when_the_one_in_effect_rots_the_one_before_runs(shelf):
    write(shelf, boot(shelf), 2)
    boot(shelf).confirm()
    shelf.bundles[0] = b""
    assert running(shelf, boot(shelf)) == b"bundle 1"


def test_a_slot_that_is_being_written_is_not_run(shelf):
    write(shelf, boot(shelf), 2)
    boot(shelf).confirm()
    slots = boot(shelf)
    slots.clear()
    shelf.bundles = [b"", b"half of"]  # and the other one rots
    assert boot(shelf).running == NONE


def test_a_bundle_that_falls_again_and_again_runs_in_safe_mode_and_then_the_other_one(shelf):
    write(shelf, boot(shelf), 2)
    boot(shelf).confirm()
    ran = []
    for _ in range(3 * FALLS):
        slots = boot(shelf)
        ran.append((running(shelf, slots), slots.safe))
    assert ran == [(b"bundle 2", False)] * FALLS + [(b"bundle 2", True)] * FALLS + [(b"bundle 1", True)] * FALLS
    slots.healthy()
    slots = boot(shelf)
    assert (running(shelf, slots), slots.safe) == (b"bundle 2", False)


def test_what_has_failed_its_trial_is_no_way_out_of_falling(shelf):
    write(shelf, boot(shelf), 2)
    fail(shelf)
    for _ in range(4 * FALLS):
        assert running(shelf, boot(shelf)) == b"bundle 1"


def test_wakings_are_no_falls(shelf):
    for _ in range(5 * FALLS):
        assert not boot(shelf, woken=True).safe


def test_nothing_is_tried_whose_try_cannot_be_counted(shelf):
    write(shelf, boot(shelf), 2)
    shelf.fails = True
    assert running(shelf, boot(shelf)) == b"bundle 1"


def test_a_waking_from_deep_sleep_reads_no_bundle_through_and_a_reset_does(shelf):
    slots = boot(shelf)
    write(shelf, slots, 1)
    boot(shelf).confirm()
    looked = []
    shelf.read = lambda slot, offset, size: looked.append(slot) or shelf.bundles[slot][offset : offset + size]
    assert running(shelf, boot(shelf, woken=True)) == b"bundle 1"
    assert not looked
    assert running(shelf, boot(shelf)) == b"bundle 1"
    assert looked


class Life(RuleBasedStateMachine):
    """Releases that work or not, resets, sleeps, rot, and the power going at any record that is written."""

    def __init__(self):
        super().__init__()
        self.shelf = Shelf()
        self.slots = Slots(self.shelf)
        self.accepted = [1]  # sequence numbers, in the order in which the backend has accepted them
        self.works = {1: True}
        write(self.shelf, self.slots, 1)
        self.slots.boot(False)
        self.slots.confirm()

    def _cut(self, left, torn, act):
        self.shelf.left, self.shelf.torn = left, torn
        try:
            act()
        except Cut:
            self.shelf.left = None
            self._boot(False)
        self.shelf.left = None

    def _boot(self, woken):
        self.slots = Slots(self.shelf)
        self.slots.boot(woken)

    @property
    def sequence(self):
        return self.slots.slots[self.slots.running].sequence

    @rule(left=st.one_of(st.none(), st.integers(0, 2)), torn=st.integers(0, 99), works=st.booleans())
    def release(self, left, torn, works):
        sequence = max(self.works) + 1
        self.works[sequence] = works

        def act():
            write(self.shelf, self.slots, sequence)
            self._boot(False)

        if self.slots.trial == NONE:
            self._cut(left, torn, act)

    @rule(woken=st.booleans(), left=st.one_of(st.none(), st.just(0)), torn=st.integers(0, 99))
    def restart(self, woken, left, torn):
        self._cut(left, torn, lambda: self._boot(woken))

    @precondition(lambda self: self.works[self.sequence])
    @rule(left=st.one_of(st.none(), st.just(0)), torn=st.integers(0, 99))
    def reach_the_backend(self, left, torn):
        sequence = self.sequence

        def act():
            if self.slots.confirm():
                self.accepted.append(sequence)
            self.slots.healthy()

        self._cut(left, torn, act)

    @rule(times=st.integers(1, ATTEMPTS + 1), left=st.one_of(st.none(), st.integers(0, 3)), torn=st.integers(0, 99))
    def ask_in_vain(self, times, left, torn):
        def act():
            if any([attempt(self.slots) for _ in range(times)]):
                self._boot(False)

        self._cut(left, torn, act)

    @invariant()
    def something_whole_runs(self):
        assert self.slots.running != NONE
        assert self.slots.whole(self.slots.running)

    @invariant()
    def what_never_reached_the_backend_is_at_most_on_trial(self):
        if self.slots.running != self.slots.trial:
            assert self.works[self.sequence]

    @invariant()
    def what_has_failed_has_left_one_that_works(self):
        if self.slots.ended == GIVEN_UP:
            assert self.works[self.sequence] or self.slots.trial != NONE

    @invariant()
    def the_newest_that_was_accepted_is_known(self):
        assert self.slots.newest in self.works
        assert self.slots.newest >= self.accepted[-1]


Life.TestCase.settings = settings(max_examples=200, stateful_step_count=30, deadline=None)
TestLife = Life.TestCase
