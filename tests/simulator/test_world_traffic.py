"""Cars, cycles and callers come as often and at such hours as the reference estate's; each trip is one story.

Counts are those of Poisson processes. A count is held against its mean within four standard deviations, which a right
world fails once in 16,000 seeds; an hourly shape by chi-square with 23 degrees of freedom against 58, once in 10,000.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import pairwise
from math import sqrt
from pathlib import Path
from typing import Any

import pytest
from full_estate import full_estate
from lilong_firmware.call import ANSWERS, OPENS
from lilong_simulator.estate import Estate, load_estate
from lilong_simulator.estate.source import ESTATES
from lilong_simulator.estate.vehicles import cars, cycles, leads_out
from lilong_simulator.random_streams import Streams
from lilong_simulator.world import World
from lilong_simulator.world.arrivals import weekend_curve
from lilong_simulator.world.calls import AT_DESK, AT_GATE
from lilong_simulator.world.trips import CorePeople, Volume
from lilong_simulator.world.ways import Ways, is_shed
from lilong_tools.centre.findings.passage import Passages
from lilong_tools.centre.findings.site import Site
from lilong_tools.centre.outcome import Outcome
from world_log import Call, WorldLog, run

Timed = tuple[int, *tuple[Any, ...]]  # world time in ms, then anything

MONDAY = datetime(2026, 3, 2)
HOUR, DAY = 3_600_000, 86_400_000
WORKDAYS, WEEKEND = range(5), range(5, 7)
IN, OUT = 1, 2
CHI_SQUARE = 58.0


@pytest.fixture(scope="module")
def estate() -> Estate:
    return load_estate("music_plaza")


@pytest.fixture(scope="module")
def week(estate: Estate) -> WorldLog:
    """One week for all: the statistics need it, and it takes seconds."""
    return run(estate, MONDAY, 7 * DAY)


def agrees(count: float, mean: float) -> bool:
    return abs(count - mean) <= 4 * sqrt(mean)


def chi_square(calls: Iterable[Timed], curve: Sequence[float], days: range) -> float:
    """Of the hours of some days against the curve."""
    hours = Counter(call[0] % DAY // HOUR for call in calls if call[0] // DAY in days)
    total = sum(hours.values())
    return sum((hours[hour] - total * share / 100) ** 2 / (total * share / 100) for hour, share in enumerate(curve))


def on(calls: Iterable[Timed], days: range) -> int:
    return sum(call[0] // DAY in days for call in calls)


def passages(log: WorldLog, out: bool) -> list[Call]:
    """Cars over the loop of the lanes that lead in, or out."""
    return [call for call in log.of("loop") if call[3] and leads_out(log.world.estate.by_id[call[1]]) == out]


def called(log: WorldLog) -> list[Call]:
    """Calls at panels."""
    return [call for call in log.of("call") if call[3] and log.world.estate.by_id[call[1]].kind == "intercom"]


def rides(log: WorldLog, sheds: bool = False) -> list[tuple[int, str, int, int]]:
    """(time, gate, tag, direction) of each passage of a cycle gate, however often the tag was read."""
    found = []
    last: dict[str, int] = {}
    direction: dict[str, int] = {}
    for at, device, channel, value in log.calls:
        if channel == "direction":
            direction[device] = value
        elif channel == "tag":
            if value and not last.get(device) and is_shed(log.world.estate.by_id[device]) == sheds:
                found.append((at, device, value, direction[device]))
            last[device] = value
    return found


def test_nine_hundred_cars_pass_on_a_working_day_by_the_hours_of_their_curves(week: WorldLog, estate: Estate) -> None:
    for out, curve in ((False, estate.curves.car_in), (True, estate.curves.car_out)):
        assert agrees(on(passages(week, out), WORKDAYS), 5 * 450)
        assert chi_square(passages(week, out), curve, WORKDAYS) < CHI_SQUARE
    assert agrees(sum(call[0] % DAY // HOUR == 7 for call in passages(week, True) if call[0] < 5 * DAY), 5 * 94.5)


def test_seventeen_hundred_cycles_pass_and_as_many_come_as_go(week: WorldLog, estate: Estate) -> None:
    all_of_them = rides(week)
    assert agrees(on(all_of_them, WORKDAYS), 5 * 1_700)
    assert chi_square(all_of_them, estate.curves.cycle, WORKDAYS) < CHI_SQUARE
    for direction in (IN, OUT):
        assert agrees(on([one for one in all_of_them if one[3] == direction], WORKDAYS), 5 * 850)
    assert agrees(sum(one[0] % DAY // HOUR == 7 for one in all_of_them if one[0] < 5 * DAY), 5 * 196)


def test_three_hundred_call_and_three_in_four_are_answered_and_let_in(week: WorldLog, estate: Estate) -> None:
    calls = called(week)
    assert agrees(on(calls, WORKDAYS), 5 * 300)
    assert chi_square(calls, estate.curves.call, WORKDAYS) < CHI_SQUARE
    answered = [call for call in week.of("callee") if call[3] % 8 == ANSWERS]
    assert len(answered) / len(calls) == pytest.approx(0.75, abs=4 * sqrt(0.75 * 0.25 / len(calls)))
    since, rings, talks = dict[str, int](), list[int](), list[int]()
    for at, panel, channel, value in week.calls:
        if channel == "call" and value:
            since[panel] = at
        elif channel == "callee" and value % 8 == ANSWERS:
            rings.append(at - since[panel])
            since[panel] = at
            assert value // 8 == 1 + rings[-1] // 20_000, "the side that rings then"
        elif channel == "callee" and value % 8 == OPENS:
            talks.append(at - since[panel])
    assert sum(rings) / len(rings) == pytest.approx(12_000, rel=0.08)
    assert sum(talks) / len(talks) == pytest.approx(20_000, rel=0.08)
    assert max(rings) < 60_000
    assert max(talks) < 120_000


def test_one_call_in_ten_comes_from_a_gate_and_some_from_the_guards_and_who_is_let_in_walks_on_to_the_lobby(
    week: WorldLog, estate: Estate
) -> None:
    calls, gates = called(week), {leaf.id for leaf in estate.gates["south_gate"]}
    gate, desk = (estate.find(stem, "intercom") for stem in ("south_gate", "control_room"))
    assert gate is not None
    assert desk is not None
    for panel, share in ((gate, AT_GATE), (desk, (1 - AT_GATE) * AT_DESK)):
        there = [call for call in calls if call[1] == panel.id]
        assert agrees(len(there), share * len(calls))
        assert {call[3] // 10_000 for call in there} == set(estate.cores), "whom one calls, the panel rings by core"
    buttons = {call[0] for call in week.of("exit_button") if call[3] and call[1] in gates}
    opened = [call[0] for call in week.of("callee", gate.id) if call[3] % 8 == OPENS]
    assert len(opened) > 100
    assert sum(at in buttons for at in opened) > 0.8 * len(opened), "else the gate was busy for a moment"
    assert len(buttons) == pytest.approx(len(opened), abs=2), "nobody else goes by a gate's button"


def test_whom_a_flat_does_not_answer_hears_the_app_and_the_guards(week: WorldLog, estate: Estate) -> None:
    gate = estate.find("south_gate", "intercom")
    sides = Counter(call[3] // 8 for call in week.of("callee") if call[3] % 8 == ANSWERS)
    assert sides[1] > sides[2] > sides[3] > 0
    assert {call[3] // 8 for call in week.of("callee", gate.id if gate else "")} >= {1, 2}


def test_a_weekend_has_as_many_and_its_morning_is_at_ten(week: WorldLog, estate: Estate) -> None:
    curves = estate.curves
    traffic: tuple[tuple[Sequence[Timed], int, list[float]], ...] = (
        (passages(week, True), 450, curves.car_out), (passages(week, False), 450, curves.car_in),
        (rides(week), 1_700, curves.cycle), (called(week), 300, curves.call),
    )  # fmt: skip
    for calls, mean, curve in traffic:
        assert agrees(on(calls, WEEKEND), 2 * mean)
        assert chi_square(calls, weekend_curve(curve), WEEKEND) < CHI_SQUARE
        assert chi_square(calls, curve, WEEKEND) > CHI_SQUARE, "the test would not see another shape"


def test_doors_keep_their_nine_thousand_reads_and_twelve_thousand_cycles(week: WorldLog) -> None:
    assert on(week.reads(), WORKDAYS) / 5 == pytest.approx(9_000, rel=0.02)
    assert on(week.openings(), WORKDAYS) / 5 == pytest.approx(12_000, rel=0.02)
    reads = Counter(call[0] % DAY // HOUR for call in week.reads() if call[0] < 5 * DAY)
    assert reads[7] / 5 == pytest.approx(645, rel=0.05)
    assert reads[18] / 5 == pytest.approx(1_005, rel=0.05)


def test_one_plate_in_fifty_is_misread_and_half_of_those_are_doubted_and_read_again(week: WorldLog) -> None:
    reads: dict[str, list[tuple[int, int]]] = {}
    confidence: dict[str, int] = {}
    doubted = 0
    for _, lane, channel, value in week.calls:
        if channel == "confidence":
            confidence[lane] = value
        elif channel == "plate" and value:
            reads.setdefault(lane, []).append((value, confidence[lane]))
        elif channel == "plate":
            (number, percent), (again, later) = reads.pop(lane)
            assert (number != again) == (percent < 85)
            assert later >= 90
            doubted += percent < 85
    assert agrees(doubted, 0.01 * (len(passages(week, True)) + len(passages(week, False))))


def known_plates(estate: Estate) -> set[int]:
    return {plate for _, plate in cars(estate.id, estate.bays, tuple(flat.key for flat in estate.flats))}


def test_a_car_that_is_away_comes_and_one_that_is_there_leaves(week: WorldLog, estate: Estate) -> None:
    known, where = known_plates(estate), dict[int, list[bool]]()
    for _, lane, channel, plate in week.calls:
        if channel == "plate" and plate in known:
            out = leads_out(estate.by_id[lane])
            where.setdefault(plate, []).append(out)
    assert len(where) > 380
    turns = [(one, other) for ways in where.values() for one, other in zip(once(ways), once(ways)[1:], strict=False)]
    # What a camera has misread and believed is a passage that nobody sees: one in a hundred at either end.
    assert sum(one == other for one, other in turns) < 0.03 * len(turns)


def once(reads: list[bool]) -> list[bool]:
    """Passages, of which each is read twice."""
    return reads[::2]


def test_there_are_never_more_cars_than_bays(estate: Estate) -> None:
    world, most = World(estate, 7, MONDAY), []
    for hour in range(1, 49):
        world.env.run(until=hour * HOUR)
        most.append(world.residents.parked)
    assert max(most) <= estate.bays
    assert max(most) - min(most) > 80, "by day many are away"
    assert max(range(24), key=most.__getitem__) in (*range(5), 20, 21, 22, 23)


def test_who_comes_by_car_then_passes_the_lobby_in_the_basement(week: WorldLog, estate: Estate) -> None:
    drivers = {plate: flat for flat, plate in cars(estate.id, estate.bays, tuple(f.key for f in estate.flats))}
    flat_of = {person.card: person.flat.key for person in estate.residents}
    basement = [(at, flat_of[card]) for at, door, _, card in week.reads()
                if card in flat_of and "basement" in estate.by_id[door].name]  # fmt: skip
    seen: dict[str, list[int]] = {}
    for at, flat in basement:
        seen.setdefault(flat, []).append(at)
    came = {(at // 20_000, drivers[plate]): at for at, lane, _, plate in week.of("plate")
            if plate in drivers and not leads_out(estate.by_id[lane]) and at < 6 * DAY}  # fmt: skip
    followed = sum(any(30_000 < then - at < 420_000 for then in seen.get(flat, ())) for (_, flat), at in came.items())
    assert followed > 0.93 * len(came), "but for those who let somebody of another flat go ahead"


def test_who_parks_in_a_shed_comes_from_the_gate_and_leaves_by_the_shed_first(week: WorldLog) -> None:
    gates: dict[int, list[tuple[int, int]]] = {}
    for at, _, tag, direction in rides(week):
        gates.setdefault(tag, []).append((at, direction))
    in_sheds = rides(week, sheds=True)
    assert len(in_sheds) / 7 == pytest.approx(0.6 * 1_700, rel=0.1)
    for at, _, tag, direction in in_sheds:
        if DAY < at < 6 * DAY:
            apart = [then - at for then, way in gates[tag] if way == direction]
            assert any(-180_000 < ms < 0 if direction == IN else 0 < ms < 180_000 for ms in apart)


def test_tags_that_come_and_go_are_of_the_estate_but_for_a_few(week: WorldLog, estate: Estate) -> None:
    own = {tag for _, tag in cycles(estate.id, tuple(flat.key for flat in estate.flats))}
    strange = [one for one in rides(week) if one[2] not in own]
    assert agrees(len(strange), 0.01 * sum(one[3] == IN for one in rides(week)))
    assert all(direction == IN for *_, direction in strange)


def test_a_caller_comes_by_a_gate_with_a_pass_and_is_let_in_beside_the_panel(week: WorldLog, estate: Estate) -> None:
    passes = sorted(at for at, door, _, card in week.reads() if card in estate.guest_cards)
    presses: dict[str, list[int]] = {}
    for at, door, _, value in week.of("exit_button"):
        if value:
            presses.setdefault(estate.by_id[door].name, []).append(at)
    for at, panel, _, value in week.of("callee"):
        if value % 8 == OPENS and at < 6 * DAY and estate.by_id[panel].core is not None:
            door = estate.by_id[panel].name.replace("intercom", "door")
            assert any(0 <= press - at < 240_000 for press in presses[door])
    calls = [call[0] for call in called(week) if call[0] > DAY and estate.by_id[call[1]].core is not None]
    assert all(any(60_000 <= at - past < 600_000 for past in passes) for at in calls[:50])


def test_nobody_comes_by_car_where_nobody_can_leave(tmp_path: Path) -> None:
    estate = full_estate(tmp_path, ('ways = ["in", "out"]', 'ways = ["in"]'))
    assert not run(estate, MONDAY, DAY // 2).of("plate")


def test_twice_the_rate_is_twice_as_many(tmp_path: Path) -> None:
    cars_by = ("car_passages_per_bay = 2.25", "car_passages_per_bay = 1")
    estate = full_estate(tmp_path, cars_by, ("calls_per_flat = 0.33223", "calls_per_flat = 1"))
    day = run(estate, MONDAY, DAY)
    assert agrees(len([call for call in day.of("loop") if call[3]]), 400)
    assert agrees(len(called(day)), 903)


def test_what_a_file_may_leave_out_is_as_in_the_reference_estate(tmp_path: Path, estate: Estate) -> None:
    text = (ESTATES / "music_plaza.toml").read_text("utf-8")
    older = re.sub(r"# By the unit.*?\n\n", "\n", text, flags=re.DOTALL)
    older = re.sub(r"# These four hold.*", "", older, flags=re.DOTALL)
    assert "per_bay" not in older
    file = tmp_path / "older.toml"
    file.write_text(older, "utf-8")
    assert load_estate(file).rates == estate.rates
    assert load_estate(file).curves == estate.curves


def test_the_officer_goes_round_all_lobbies_once_a_week(week: WorldLog, estate: Estate) -> None:
    card = estate.staff_cards[-1]
    reads = [(at, estate.by_id[door]) for at, door, _, number in week.reads() if number == card]
    assert len({at // DAY for at, _ in reads}) == 1
    assert reads[0][0] // DAY in WORKDAYS
    assert [door.core for _, door in reads] == [None, *estate.cores, None]
    assert all(300_000 < after - before < 3_600_000 for (before, _), (after, _) in pairwise(reads[1:-1]))


def test_no_card_of_the_staff_is_at_two_rooms_at_once(week: WorldLog, estate: Estate) -> None:
    rooms = {door.id for door in estate.staff_doors}
    used: dict[int, list[int]] = {}
    for at, door, _, card in week.reads():
        if door in rooms and card in estate.staff_cards:
            used.setdefault(card, []).append(at)
    assert len(used) > 20
    assert all(after - before > 240_000 for times in used.values() for before, after in pairwise(times))


def test_no_door_that_asks_would_keep_anybody_out(week: WorldLog, estate: Estate) -> None:
    """By the centre's own judgement, of every card at every door."""
    passages = Passages(None, Site(estate), None, Outcome())  # type: ignore[arg-type]
    doors = {door.id for door in estate.of_kind("door")}
    reads = [(at, door, card) for at, door, _, card in week.reads() if door in doors]
    assert not [read for read in reads if passages.elsewhere(read[0], read[1], read[2], read[0])]
    _, door, card = reads[0]
    copy = max(doors, key=lambda other: passages._site.apart_m(door, other))  # a copy it would
    assert passages.elsewhere(8 * DAY, door, card, 8 * DAY) is False
    assert passages.elsewhere(8 * DAY + 8_000, copy, card, 8 * DAY + 8_000)


def test_office_workers_go_in_the_morning_and_the_old_by_day(week: WorldLog, estate: Estate) -> None:
    routine = {who.card: one.routine for one in estate.households for who in one.persons}
    out: dict[str, Counter[int]] = {}
    for at, door, _, card in week.reads():
        if card in routine and estate.by_id[door].core is None and at // DAY in WORKDAYS:
            out.setdefault(routine[card], Counter())[at % DAY // HOUR] += 1
    share = {name: sum(hours[hour] for hour in (6, 7, 8)) / sum(hours.values()) for name, hours in out.items()}
    assert share["office"] > 1.5 * share["retired"]
    by_day = {name: sum(hours[hour] for hour in range(9, 16)) / sum(hours.values()) for name, hours in out.items()}
    assert by_day["retired"] > 1.5 * by_day["office"]


def test_where_all_passes_of_a_desk_are_out_the_one_is_given_that_was_used_longest_ago(estate: Estate) -> None:
    """So that no pass is at two gates within seconds, which would be a copy's doing."""
    streams = Streams(7)
    volume = Volume.of(estate)
    people = CorePeople(estate, streams, estate.cores[0], volume, Ways(estate, volume), 12)
    passes = people._guests
    at = 10 * HOUR
    for number, card in enumerate(passes):
        people._use(card, at - 10_000 * (len(passes) - number))
    assert [people._free(streams.stream("desk", "who"), passes, at) for _ in passes] == list(passes)
