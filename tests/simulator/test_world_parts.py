"""The small parts of the world: the agenda, arrivals on a curve, claims, the local clock and the doors' queues."""

from datetime import datetime, time
from itertools import pairwise

import pytest
import simpy
from hypothesis import given
from hypothesis import strategies as st
from lilong_simulator.estate.parts import Device
from lilong_simulator.random_streams import Stream
from lilong_simulator.world.agenda import Agenda
from lilong_simulator.world.arrivals import BLOCKS, Arrivals, burst_weight, time_on_curve, weekend_curve
from lilong_simulator.world.claims import Claims
from lilong_simulator.world.doors import GAP_MS, Doorways, Means, Passage, passage
from lilong_simulator.world.local_time import DAY_MS, HOUR_MS, LocalTime

CURVE = [1.0, 0.5, 0.3, 0.2, 0.2, 0.5, 1.5, 3, 3.5, 3, 3, 5, 6.5, 4.5, 3.5, 4, 5.5, 8.5, 13.5, 11.5, 8, 6, 4, 2.8]


@given(st.lists(st.tuples(st.integers(0, 50), st.lists(st.integers(0, 20), max_size=3)), max_size=20))
def test_the_agenda_calls_in_the_order_of_time_and_of_asking(wishes: list[tuple[int, list[int]]]) -> None:
    env = simpy.Environment()
    agenda = Agenda(env)
    asked: list[tuple[int, int]] = []
    called: list[tuple[int, int]] = []

    def ask(at: int, then: list[int]) -> None:
        number = len(asked)
        asked.append((at, number))
        agenda.at(at, act, number, then)

    def act(number: int, then: list[int]) -> None:
        called.append((int(env.now), number))
        for later in then:
            ask(int(env.now) + later, [])

    for at, then in wishes:
        ask(at, then)
    env.run()
    assert called == sorted(asked)


def test_the_agenda_takes_wishes_from_outside_while_it_waits() -> None:
    env = simpy.Environment()
    agenda = Agenda(env)
    called: list[tuple[str, int]] = []
    agenda.at(100, lambda: called.append(("planned", agenda.now)))
    env.run(until=10)
    agenda.at(20, lambda: called.append(("earlier", agenda.now)))
    env.run()
    assert called == [("earlier", 20), ("planned", 100)]


def test_the_agenda_refuses_the_past() -> None:
    env = simpy.Environment()
    agenda = Agenda(env)
    env.run(until=10)
    with pytest.raises(ValueError, match="9 ms of world time is past; it is 10 ms now: plan ahead"):
        agenda.at(9, print)


@given(st.integers(0, 1000), st.lists(st.floats(0, 50), min_size=1, max_size=30))
def test_arrivals_stay_in_their_block_and_in_order(seed: int, expected: list[float]) -> None:
    arrivals = Arrivals(Stream(seed))
    for n, mean in enumerate(expected):
        times = arrivals.between(n * 1000, (n + 1) * 1000, mean)
        assert times == sorted(times)
        assert all(n * 1000 <= at < (n + 1) * 1000 for at in times)


def test_as_many_arrive_as_expected_whatever_the_blocks() -> None:
    for blocks in (10, 1000):
        arrivals = Arrivals(Stream(3))
        total = sum(len(arrivals.between(0, 1000, 20_000 / blocks)) for _ in range(blocks))
        assert total == pytest.approx(20_000, rel=0.03)
    assert Arrivals(Stream(3)).between(0, 1000, 0.0) == []


def test_a_weekend_moves_half_of_the_morning_and_loses_nobody() -> None:
    weekend = weekend_curve(CURVE)
    assert sum(weekend) == pytest.approx(sum(CURVE))
    assert weekend[7] == CURVE[7] / 2
    assert weekend[10] == CURVE[10] + CURVE[7] / 2


def test_one_block_of_an_hour_is_a_burst_and_the_hour_keeps_its_share() -> None:
    weights = [burst_weight(7, 1, 18, block) for block in range(BLOCKS)]
    assert sum(weights) == pytest.approx(BLOCKS)
    assert sorted(weights)[-1] == 1.8
    assert len(set(weights)) == 2


@given(st.integers(0, (1 << 64) - 1))
def test_a_time_on_a_curve_is_a_time_of_the_day(number: int) -> None:
    assert 0 <= time_on_curve(CURVE, number) < DAY_MS
    only_noon = [0.0] * 24
    only_noon[12] = 100.0
    assert time_on_curve(only_noon, number) // HOUR_MS == 12


def test_claims_keep_others_off_only_their_matter_and_span() -> None:
    claims = Claims()
    claims.add("d", "gas", 100, 200)
    assert not claims.free("d", "gas", 200, 300)
    assert not claims.free("d", "gas", 0, 1000)
    assert claims.free("d", "gas", 201, 300)
    assert claims.free("d", "co", 100, 200)
    assert claims.free("e", "gas", 100, 200)


def test_the_local_clock_knows_days_hours_and_weekends() -> None:
    local = LocalTime(datetime(2026, 3, 6, 18, 30))  # a Friday
    assert local.midnight(1) == 5 * HOUR_MS + HOUR_MS // 2
    assert (local.day(0), local.hour(0)) == (0, 18)
    assert local.day(local.midnight(1)) == 1
    assert [local.weekend(day) for day in range(4)] == [False, True, True, False]
    assert local.next(time(18, 30)) == 0
    assert local.next(time(18, 29, 59)) == DAY_MS - 1000
    assert local.next(time(7)) == 12 * HOUR_MS + HOUR_MS // 2


def doors(count: int) -> tuple[Device, ...]:
    return tuple(Device(f"{n:016x}", "door", f"d{n}", 0, 0, 0, None, None, None, ()) for n in range(count))


MEANS: st.SearchStrategy[Means] = st.sampled_from(("card", "button", "force", "denied"))


@given(st.lists(st.tuples(st.integers(0, 100_000), MEANS, st.booleans()), max_size=60), st.integers(1, 3))
def test_one_person_at_a_time_passes_a_door(people: list[tuple[int, Means, bool]], count: int) -> None:
    stream, here = Stream(1), doors(count)
    wishes = sorted(
        (passage(stream, at, here, means, 5, float(hold)) for at, means, hold in people), key=lambda p: p.at
    )
    cycles = Doorways().resolve(wishes)
    assert len(cycles) == len(wishes)
    for door in here:
        mine = sorted((cycle for cycle in cycles if cycle.door == door), key=lambda cycle: cycle.at)
        for earlier, later in pairwise(mine):
            assert later.at >= earlier.closed + GAP_MS
    for cycle in cycles:
        assert cycle.at <= cycle.opened <= cycle.closed
        assert cycle.opens == (cycle.closed > cycle.opened)


def test_who_would_wait_long_takes_another_door() -> None:
    here = doors(2)
    slow, next_one = Passage(0, here, "card", 1, 1_000, 60_000), Passage(5_000, here, "card", 2, 1_000, 3_000)
    cycles = Doorways().resolve([slow, next_one])
    assert [cycle.door for cycle in cycles] == list(here)
    assert cycles[1].at == 5_000
