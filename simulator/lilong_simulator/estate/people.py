"""Who lives in an estate: flats, households, ages and cards, all derived from the file and never from a run's seed."""

from __future__ import annotations

from collections.abc import Sequence

from lilong_simulator.estate import geometry
from lilong_simulator.estate.checks import points
from lilong_simulator.estate.model import Building, EstateFile
from lilong_simulator.estate.parts import Flat, Resident
from lilong_simulator.random_streams import draw, draw_below

CARD_BITS = 30
_ESTATE = 0  # the seed of draws that belong to the estate


def flats_of(content: EstateFile) -> list[Flat]:
    """All flats, by core, storey and number; those of a core stand side by side along its building."""
    flats = []
    for building in content.buildings:
        for core in building.cores:
            for storey in range(core.from_storey, building.storeys + 1):
                for number in range(1, core.flats_per_storey + 1):
                    share = (number - 0.5) / core.flats_per_storey - 0.5
                    x, y = place_in(building, core.x, core.y, share, 0.68)
                    unit = f"{storey:02d}{number:02d}"
                    flats.append(Flat(f"{core.id}/{unit}", building.id, core.id, storey, unit, x, y))
    return sorted(flats, key=lambda flat: (flat.core, flat.storey, flat.unit))


def place_in(building: Building, x: float, y: float, share: float, depth: float) -> geometry.Point:
    """A place in the part of a building that belongs to the core at x, y.

    `share` runs along the building from -0.5 to 0.5 of the core's part, `depth` across it from the side
    where the core's door is (0) to the other (1).
    """
    outline = points(building.polygon)
    west, north, east, south = geometry.box(outline)
    parts = max(1, len(building.cores))
    if east - west >= south - north:
        part = (east - west) / parts
        across = depth if abs(y - north) <= abs(y - south) else 1 - depth
        px = min(max(x, west + part / 2), east - part / 2) + share * part * 0.9
        place = (px, north + across * (south - north))
    else:
        part = (south - north) / parts
        across = depth if abs(x - west) <= abs(x - east) else 1 - depth
        py = min(max(y, north + part / 2), south - part / 2) + share * part * 0.9
        place = (west + across * (east - west), py)
    if not geometry.inside(place, outline):
        place = (x, y)
    return round(place[0], 1), round(place[1], 1)


def residents_of(content: EstateFile, flats: Sequence[Flat]) -> list[Resident]:
    """Everybody: sizes of households, ages and cards; exactly as many of 60 and of 80 as the file says."""
    estate, people = content.id, content.population
    sizes = _household_sizes(estate, flats, people.persons)
    adults = {(flat.key, n) for flat in flats for n in range(1, min(2, sizes[flat.key]) + 1)}
    everybody = [(flat, n) for flat in flats for n in range(1, sizes[flat.key] + 1)]

    def seniority(person: tuple[Flat, int]) -> tuple[bool, int, int]:
        flat, n = person
        return (flat.key, n) not in adults, draw(_ESTATE, estate, "elders", flat.key), n

    elders = sorted(everybody, key=seniority)[: people.aged_60]
    by_age = sorted(elders, key=lambda who: draw(_ESTATE, estate, "oldest", who[0].key, who[1]))
    old = {(flat.key, n) for flat, n in elders}
    oldest = {(flat.key, n) for flat, n in by_age[: people.aged_80]}

    def age(flat: Flat, n: int) -> int:
        who, low, years = (flat.key, n), 24, 36
        if who in oldest:
            low, years = 80, 17
        elif who in old:
            low, years = 60, 20
        elif n > 2:  # a child of the two, or of their children in an elder's household
            low, years = (30, 25) if (flat.key, 1) in old and n < 5 else (0, 24)
        return low + draw_below(years, _ESTATE, estate, "age", flat.key, n)

    cards = card_numbers(estate, [f"{flat.key}/p{n}" for flat, n in everybody])
    return [
        Resident(f"{flat.key}/p{n}", flat, age(flat, n), card) for (flat, n), card in zip(everybody, cards, strict=True)
    ]


def card_numbers(estate: str, holders: Sequence[str]) -> list[int]:
    """A card number of 30 bits for each holder: never 0, never the same twice."""
    taken: set[int] = {0}
    cards = []
    for holder in holders:
        attempt = 0
        while (card := draw(_ESTATE, estate, "card", holder, attempt) >> (64 - CARD_BITS)) in taken:
            attempt += 1
        taken.add(card)
        cards.append(card)
    return cards


def _household_sizes(estate: str, flats: Sequence[Flat], persons: int) -> dict[str, int]:
    """One person in every flat, then the others spread at random, which gives households of 1 to about 6."""
    sizes = {flat.key: 1 for flat in flats}
    room = list(sizes)
    for n in range(persons - len(flats)):
        seat = draw_below(len(room), _ESTATE, estate, "household", n)
        sizes[room[seat]] += 1
        if sizes[room[seat]] >= 6 and persons < 5 * len(flats):
            room[seat] = room[-1]
            room.pop()
    return sizes
