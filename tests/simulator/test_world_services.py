"""Charging, parcels, waste, facades and lamps: as often as assumed or told, and only what devices and people let be.

Counts are Poisson: one fails its bound of four standard deviations once in 16,000 seeds.
"""

from collections import Counter
from datetime import datetime
from itertools import pairwise
from math import sqrt
from pathlib import Path

import pytest
from full_estate import full_estate
from lilong_simulator.estate import Estate
from lilong_simulator.world import World
from lilong_simulator.world.local_time import DAY_MS, HOUR_MS
from test_world_nuisances import NOBODY_GOES_OUT
from world_log import Call, WorldLog, run

MONDAY = datetime(2026, 3, 2)
DAYS = 10


@pytest.fixture(scope="module")
def estate(tmp_path_factory: pytest.TempPathFactory) -> Estate:
    return full_estate(tmp_path_factory.mktemp("estate"), *NOBODY_GOES_OUT)


@pytest.fixture(scope="module")
def log(estate: Estate) -> WorldLog:
    """Ten days for all: the statistics need them."""
    return run(estate, MONDAY, DAYS * DAY_MS)


def agrees(count: float, mean: float) -> bool:
    return abs(count - mean) <= 4 * sqrt(mean)


def sessions(log: WorldLog, kind: str) -> list[tuple[int, int]]:
    """(world time, mA) of each vehicle that is plugged in at a kind of device."""
    plugged: dict[str, int] = {}
    found = []
    for at, device, _, load in log.of("load"):
        if log.world.estate.by_id[device].kind == kind:
            if load and not plugged.get(device):
                found.append((at, load))
            plugged[device] = load
    return found


@pytest.mark.parametrize(("kind", "a_day", "amperes"), [("ev_pile", 48, (27, 32)), ("shed_socket", 120, (0.8, 1.7))])
def test_vehicles_are_plugged_in_in_the_evening(
    log: WorldLog, kind: str, a_day: int, amperes: tuple[float, float]
) -> None:
    found = sessions(log, kind)
    assert agrees(len(found), a_day * DAYS)
    hours = Counter(at % DAY_MS // HOUR_MS for at, _ in found)
    assert sum(hours[hour] for hour in (19, 20, 21)) > 0.9 * len(found), "the others waited for a free one"
    assert set(hours) <= {19, 20, 21, 22, 23, 0, 1}
    assert all(amperes[0] * 1_000 <= load <= amperes[1] * 1_000 for _, load in found)


def test_a_pile_is_started_by_who_plugs_in_and_a_socket_by_the_app(estate: Estate) -> None:
    asked: list[tuple[str, str]] = []
    calls: list[Call] = []
    world = World(
        estate, 7, datetime(2026, 3, 2, 18), (),
        lambda device, channel, value: calls.append((int(world.env.now), device, channel, value or 0)),
    )  # fmt: skip
    world.app = lambda device, command: asked.append((device, command))
    world.env.run(until=3 * HOUR_MS)
    at_piles = [call for call in calls if call[2] == "start" and call[3]]
    assert at_piles
    for at, device, _, _ in at_piles:
        assert (at - 8_000, device, "plug", 1) in calls
    assert {command for _, command in asked} == {"switch_on"}
    assert {estate.by_id[device].kind for device, _ in asked} == {"shed_socket"}


def test_what_is_charged_takes_less_and_less_once_it_is_fed_and_nothing_changes_while_it_is_not(estate: Estate) -> None:
    loads: dict[str, list[int]] = {}
    world = World(
        estate, 7, datetime(2026, 3, 2, 18), (),
        lambda device, channel, value: loads.setdefault(device, []).append(value or 0) if channel == "load" else None,
    )  # fmt: skip
    fed: list[str] = []

    def switch_on(device: str, _: str) -> None:
        if not fed:
            fed.append(device)
            world.felt(device, "relay", 1)

    world.app = switch_on
    world.env.run(until=7 * HOUR_MS)
    course = loads.pop(fed[0])
    assert course[0] == course[1], "it is plugged in, then fed"
    assert course[1:6] == sorted(course[1:6], reverse=True)
    assert course[5] < 0.02 * course[0]
    assert all(not (one and next_one) for others in loads.values() for one, next_one in pairwise(others))


def test_what_is_cut_off_goes_on_where_it_is_fed_anew(estate: Estate) -> None:
    loads: list[int] = []
    asked: list[str] = []
    world = World(
        estate, 7, datetime(2026, 3, 2, 18), (),
        lambda device, channel, value: loads.append(value or 0) if channel == "load" and device in asked else None,
    )  # fmt: skip
    world.app = lambda device, command: None if asked else asked.append(device)
    while not asked:
        world.env.step()
    now = int(world.env.now)
    world.felt(asked[0], "relay", 1)
    world.env.run(until=now + 1_000)
    world.felt(asked[0], "relay", 0)
    world.env.run(until=now + 15 * 60_000)
    assert len(loads) == 1, "nothing was planned for what is off"


def test_parcels_lie_in_boxes_that_were_free_until_they_are_collected(log: WorldLog, estate: Estate) -> None:
    boxes: set[tuple[str, int]] = set()
    delivered = collected = 0
    for _, device, channel, box in log.calls:
        if channel == "deliver" and box:
            assert (device, box) not in boxes
            boxes.add((device, box))
            delivered += 1
        elif channel == "collect" and box:
            boxes.remove((device, box))
            collected += 1
    assert delivered == collected + len(boxes)
    given_up = sum(call[3] for call in log.of("cancel") if estate.by_id[call[1]].kind == "intercom")
    unanswered = given_up / 0.7  # the others wait until the panel gives up
    assert delivered == pytest.approx(0.1 * len(estate.flats) * DAYS + unanswered, rel=0.1)
    asked: dict[str, int] = {}
    for _, device, channel, value in log.calls:
        if channel in ("deliver", "collect") and value:
            asked[device] = value
        elif channel == "open" and value:
            assert asked.pop(device) == value


def test_bins_fill_and_are_emptied_and_are_seldom_too_full(log: WorldLog, estate: Estate) -> None:
    for bin_ in estate.of_kind("bin"):
        levels = [(at, value) for at, _, _, value in log.of("fill", bin_.id)]
        assert all(0 <= value <= 100 for _, value in levels)
        emptied = [at for (_, before), (at, value) in pairwise(levels) if value < before]
        assert 2 * DAYS - 4 <= len(emptied) <= 2 * DAYS
        assert {at % DAY_MS // HOUR_MS for at in emptied} <= {6, 14}
    full = [row for row in log.world.truth if row.alarm == "bin.full"]
    assert len(full) < 2 * DAYS
    assert all(row.expect == "may" for row in full)


@pytest.mark.parametrize("seed", range(1, 7))
def test_bins_are_not_full_when_the_world_begins(estate: Estate, seed: int) -> None:
    """Whatever their first day will bring: a bin that is full from the first minute on would have no cause."""
    world = World(estate, seed, MONDAY, (), lambda *told: None, lambda device: None)
    begun = {value for _, channel, value in world.initial() if channel == "fill"}
    assert begun == {20}


def test_facades_have_four_false_sights_a_day_and_birds_that_nobody_may_be_told_of(log: WorldLog) -> None:
    rows = [row for row in log.world.truth if row.alarm == "camera.falling_object"]
    assert agrees(sum(row.expect == "must" for row in rows), (4 + 0.9 / 7) * DAYS)
    sure = {(at, device): value for at, device, _, value in log.of("falling") if value}
    for row in rows:
        if row.cause != "an object that the analytics miss":
            assert (sure[row.crossing_ms, row.device] >= 60) == (row.expect == "must")
    assert len(sure) >= sum(row.expect != "may" for row in rows)
    assert sum(row.expect == "must_not" for row in rows) > 28 * 0.4 * DAYS / 2


def test_nothing_is_wrong_with_a_lamp_that_is_not_lit(log: WorldLog) -> None:
    assert not log.of("gear")
    assert not [row for row in log.world.truth if row.alarm.startswith("lamp.")]


def test_lamps_fail_while_they_are_lit_and_stay_wrong_whatever_they_are_told(tmp_path: Path) -> None:
    estate = full_estate(
        tmp_path, *NOBODY_GOES_OUT,
        ("lamp_silences_per_lamp_year = 0.9125", "lamp_silences_per_lamp_year = 9.125"),
        ("lamp_failures_per_lamp_year = 0.02", "lamp_failures_per_lamp_year = 10"),
    )  # fmt: skip
    calls: list[Call] = []
    world = World(
        estate, 7, datetime(2026, 3, 2, 19), (),
        lambda device, channel, value: calls.append((int(world.env.now), device, channel, value or 0)),
    )  # fmt: skip
    for lamp in estate.of_kind("streetlight"):
        world.felt(lamp.id, "lamp", 100)
    dimmed: dict[str, list[Call]] = {}
    known = 0
    while world.env.peek() < 3 * DAY_MS:
        world.env.step()
        news, known = world.truth[known:], len(world.truth)
        for row in news:
            if row.alarm.startswith("lamp."):
                seen = len(calls)
                world.felt(row.device, "lamp", 50)
                world.env.run(until=world.env.now + 2_000)
                dimmed[row.device] = [call for call in calls[seen:] if call[1] == row.device]
    silent = [row for row in world.truth if row.alarm == "lamp.control_gear_comm_failure"]
    assert agrees(len(silent), 2 * 3)
    assert all((row.crossing_ms, row.device, "gear", 0) in calls for row in silent)
    assert len({row.alarm for row in world.truth if row.device in dimmed}) == 2
    assert all(again[-1][2:] in (("gear", 0), ("current", 5)) for again in dimmed.values())
