"""Duplicates, order and wall time on the backend's side, each against a plain model."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lilong_protocol.pc.clock import BootClock
from lilong_protocol.pc.ordering import WAITING_MAX, Order
from lilong_protocol.pc.seen import Seen, Window

numbers = st.one_of(st.integers(0, 300), st.integers(0, 0xFFFFFFFF))


def tag(seq):
    return (seq + 1).to_bytes(8, "big")


@given(st.lists(numbers, max_size=200))
def test_seen_remembers_every_number_with_its_tag_and_no_other(arrivals):
    seen, model = Seen(), {}
    for seq in arrivals:
        assert seen.tag(seq) == model.get(seq)
        if seq not in model:
            seen.add(seq, tag(seq))
            model[seq] = tag(seq)
    for seq in [*model, *(seq + 1 for seq in model), *(max(0, seq - 1) for seq in model)]:
        assert seen.tag(seq) == model.get(seq)


def test_seen_takes_eight_bytes_for_a_number_even_with_gaps():
    seen = Seen()
    for seq in range(1, 100_000):
        if seq % 50:
            seen.add(seq, tag(seq))
    assert len(seen._runs) == 1
    assert len(seen._runs[0]) == 99_999 * 8


def test_a_wild_number_costs_no_more_than_itself():
    seen = Seen()
    for seq in (1, 0xFFFFFFFF, 70_000):
        seen.add(seq, tag(seq))
    assert sum(map(len, seen._runs)) == 24


@given(st.lists(numbers, max_size=200, unique=True), st.integers(1, 50))
def test_what_seen_forgets_is_the_oldest_and_as_much_as_it_may(arrivals, kept):
    seen = Seen()
    for seq in arrivals:
        seen.add(seq, tag(seq))
    high = seen.high
    seen.forget(kept)
    assert seen.high == high
    assert sum(map(len, seen._runs)) <= kept * 8
    known = [seq for seq in sorted(arrivals) if seen.tag(seq) is not None]
    assert known == sorted(arrivals)[len(arrivals) - len(known) :]
    assert all(seen.tag(seq) == tag(seq) for seq in known)
    if max(arrivals, default=0) - min(arrivals, default=0) < kept:
        assert len(known) == len(arrivals)
    for seq in arrivals:
        if seen.tag(seq) is None:
            seen.add(seq, tag(seq))  # it may come once more
    assert all(seen.tag(seq) == tag(seq) for seq in arrivals)


@given(st.lists(st.integers(1, 200), max_size=200))
def test_a_window_takes_each_number_once_and_refuses_what_is_too_old_to_tell(arrivals):
    window, taken, high = Window(), set(), 0
    for seq in arrivals:
        expected = seq not in taken and seq > high - Window.SIZE
        assert window.take(seq) == expected
        if expected:
            taken.add(seq)
            high = max(high, seq)


def test_a_window_restored_from_its_highest_number_takes_nothing_below_it():
    window = Window(100)
    assert not window.take(99)
    assert not window.take(100)
    assert window.take(101)


class TestOrder:
    @given(st.permutations(range(1, 9)))
    def test_any_permutation_comes_out_in_order(self, arrivals):
        order, out = Order(), []
        for seq in arrivals:
            order.add(0, 1, seq, seq)
            ready = order.ready(0)
            assert (ready.gaps, ready.wanted) == ([], None)
            out += ready.items
        assert out == list(range(1, 9))
        assert order.deadline() is None

    @pytest.mark.spec("LIL-EVENT-004", "LIL-EVENT-005")
    @given(st.lists(st.tuples(st.integers(1, 3), st.integers(1, 30), st.integers(0, 4_000)), max_size=60))
    def test_what_comes_out_rises_and_is_complete_but_for_the_gaps_told(self, story):
        order, out, gaps, wanted, given_in, now = Order(), [], [], [], set(), 0

        def look():
            ready = order.ready(now)
            out.extend(ready.items)
            gaps.extend(ready.gaps)
            if ready.wanted:
                wanted.append(ready.wanted)

        for boot, seq, pause in story:
            now += pause
            if (boot, seq) not in given_in and not order.late(boot, seq):
                given_in.add((boot, seq))
                order.add(now, boot, seq, (boot, seq))
            look()
        while (due := order.deadline()) is not None:
            assert due > now
            now = due
            look()
        assert out == sorted(given_in)
        missing = {(boot, seq) for boot, first, last in gaps for seq in range(first, last + 1)}
        assert not missing & given_in
        for boot in {boot for boot, _ in out}:
            here = {seq for b, seq in out if b == boot} | {seq for b, seq in missing if b == boot}
            assert here == set(range(1, max(here) + 1))
        asked = [(boot, seq) for boot, first, last in wanted for seq in range(first, last + 1)]
        assert all(asked.count(number) <= 1 for number in missing)

    @pytest.mark.spec("LIL-EVENT-005")
    def test_a_gap_waits_ten_seconds_from_the_first_frame_beyond_it_is_asked_for_and_ten_seconds_later_passed(self):
        order = Order()
        order.add(500, 1, 3, "three")
        assert order.ready(500) == ([], [], None)
        order.add(9_000, 1, 4, "four")
        assert order.deadline() == 10_500
        assert order.ready(10_499) == ([], [], None)
        assert order.ready(10_500) == ([], [], (1, 1, 2))
        assert order.deadline() == 20_500
        assert order.ready(20_499) == ([], [], None)
        assert order.ready(20_500) == (["three", "four"], [(1, 1, 2)], None)

    def test_one_request_brings_all_that_is_missing_below_what_has_waited_long_enough(self):
        order = Order()
        for now, seq in ((0, 3), (0, 6), (5_000, 9)):
            order.add(now, 1, seq, seq)
        assert order.ready(10_000) == ([], [], (1, 1, 5))
        order.add(11_000, 1, 1, 1)
        order.add(11_000, 1, 2, 2)
        assert order.ready(11_000) == ([1, 2, 3], [], None)  # the rest is on its way
        assert order.ready(20_000) == ([6], [(1, 4, 5)], (1, 7, 8))

    @pytest.mark.spec("LIL-EVENT-005")
    def test_a_device_that_has_nothing_more_of_a_gap_is_waited_for_no_more(self):
        order = Order()
        order.add(0, 1, 2, "two")
        assert order.ready(10_000).wanted == (1, 1, 1)
        order.nothing_comes()
        assert order.ready(10_001) == (["two"], [(1, 1, 1)], None)

    @pytest.mark.spec("LIL-EVENT-004")
    def test_a_later_boot_ends_the_wait_for_an_earlier_one(self):
        order = Order()
        order.add(0, 1, 2, "old")
        assert order.ready(0, live_boot=1) == ([], [], None)
        assert order.ready(0, live_boot=2) == (["old"], [(1, 1, 1)], None)
        order.add(0, 2, 3, "missing its elders")
        order.add(0, 3, 1, "new")
        assert order.ready(0) == (["missing its elders", "new"], [(2, 1, 2)], None)

    def test_too_many_frames_beyond_a_gap_end_its_wait(self):
        order = Order()
        for seq in range(2, WAITING_MAX + 2):
            order.add(0, 1, seq, seq)
            assert order.ready(0) == ([], [], None)
        order.add(0, 1, WAITING_MAX + 2, WAITING_MAX + 2)
        items, gaps, _ = order.ready(0)
        assert (len(items), gaps) == (WAITING_MAX + 1, [(1, 1, 1)])


class TestBootClock:
    @given(
        st.integers(0, 10**9),
        st.lists(st.tuples(st.integers(0, 10**7), st.integers(0, 600_000)), min_size=1, max_size=50),
    )
    def test_delay_never_makes_a_deadline_too_late_beyond_the_drift(self, start, frames):
        """frames: (ms until the device sends, ms on the way); the device's clock is right."""
        clock, uptime = None, 0
        arrivals = []
        for pause, delay in frames:
            uptime += pause
            arrivals.append((start + uptime + delay, uptime))
        for now, sent in sorted(arrivals):
            if clock is None:
                clock = BootClock(now - sent, now)
            else:
                clock.heard(now, sent)
            assert clock.boot_ms >= start
            assert clock.uptime(now) <= now - start

    def test_the_least_delayed_frame_counts(self):
        clock = BootClock(5_000, 5_000)
        clock.heard(9_000, 8_900)
        clock.heard(20_000, 15_000)
        assert clock.wall(0) in range(100, 103)

    def test_a_device_whose_clock_runs_slow_is_followed(self):
        clock = BootClock(0, 0)
        for second in range(1, 86_401, 60):
            now = second * 1_000
            clock.heard(now, now - now // 10_000)  # 100 ppm slow
        assert abs(clock.uptime(now) - (now - now // 10_000)) < 50
