"""Households: who lives in a flat, what they want kept to themselves, who looks after them, how their days go.

All of it is drawn from streams that belong to the estate, never to a run, each with a name of its own: another share
or another person changes no other one's draw.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from lilong_simulator.estate.model import EstateFile
from lilong_simulator.estate.parts import Flat, Resident
from lilong_simulator.estate.rules import FlatsRule
from lilong_simulator.random_streams import draw, draw_below, draw_chance

Privacy = Literal["open", "confidential"]
Routine = Literal["office", "shift", "family", "home", "retired"]
_ESTATE = 0

CARE = (
    "disabled", "lives_alone", "bereaved", "unemployed", "low_income", "bedridden", "dementia", "chronic_illness",
    "child_at_risk", "veteran",
)  # fmt: skip
"""The classes of special care: the source documents speak of ten and more and name the disabled, those who are alone
and the unemployed; the others are (ours)."""

# (ours) Shares of those households that may have it at all.
DISABLED, BEREAVED, UNEMPLOYED, LOW_INCOME, VETERAN = 0.06, 0.005, 0.03, 0.02, 0.02
BEDRIDDEN, DEMENTIA, CHRONIC = 0.1, 0.2, 0.15  # with somebody of 80; the last with somebody of 60
CHILD_AT_RISK = 0.01
SHIFT, HOME = 10, 8  # percent of those with somebody of working age
OLD, VERY_OLD, OF_AGE, SCHOOL = 60, 80, 18, 15


@dataclass(frozen=True, slots=True)
class Household:
    """Those who live in one flat. `opted_out`: kinds of device that it could have had and has not taken, or refuses:
    that it has none of these is no fault. `care`: some of CARE."""

    flat: Flat
    persons: tuple[Resident, ...]
    privacy: Privacy
    opted_out: frozenset[str]
    care: frozenset[str]
    routine: Routine

    @property
    def confidential(self) -> bool:
        """Nothing that names it may leave a device."""
        return self.privacy == "confidential"


def households_of(
    content: EstateFile, flats: Sequence[Flat], residents: Sequence[Resident], declined: Mapping[str, Collection[str]]
) -> list[Household]:
    """One for each flat, in their order. `declined`: kinds by flat key, see `devices`."""
    persons: dict[str, list[Resident]] = {flat.key: [] for flat in flats}
    for who in residents:
        persons[who.flat.key].append(who)
    confidential = confidential_flats(content, flats)
    return [
        Household(
            flat, tuple(persons[flat.key]), "confidential" if flat.key in confidential else "open",
            frozenset(declined.get(flat.key, ())), frozenset(_care(content.id, flat.key, persons[flat.key])),
            _routine(content.id, flat.key, persons[flat.key]),
        )
        for flat in flats
    ]  # fmt: skip


def confidential_flats(content: EstateFile, flats: Sequence[Flat]) -> frozenset[str]:
    """Keys of the flats whose households are confidential: those that the file names, and drawn ones up to its share.

    Flats that a device rule names (`always`) are not drawn: what happens in them is to be seen.
    """
    named = content.households.confidential_flats
    seen = {key for rule in content.devices if isinstance(rule, FlatsRule) for key in rule.always}
    count = int(len(flats) * content.households.confidential + 0.5)
    drawn = [flat.key for flat in flats if flat.key not in seen and flat.key not in named]
    drawn.sort(key=lambda key: draw(_ESTATE, content.id, "confidential", key))
    return frozenset([*named, *drawn[: max(0, count - len(named))]])


def _care(estate: str, flat: str, persons: Sequence[Resident]) -> Iterator[str]:
    ages = [who.age for who in persons]
    old, very_old = max(ages) >= OLD, max(ages) >= VERY_OLD

    if len(ages) == 1 and old:
        yield "lives_alone"
    for tag, share, may in (
        ("disabled", DISABLED, True), ("bereaved", BEREAVED, old), ("unemployed", UNEMPLOYED, min(ages) < OLD),
        ("low_income", LOW_INCOME, True), ("bedridden", BEDRIDDEN, very_old), ("dementia", DEMENTIA, very_old),
        ("chronic_illness", CHRONIC, old), ("child_at_risk", CHILD_AT_RISK, min(ages) < SCHOOL),
        ("veteran", VETERAN, max(ages) >= OF_AGE),
    ):  # fmt: skip
        if may and draw_chance(share, _ESTATE, estate, "care", tag, flat):
            yield tag


def _routine(estate: str, flat: str, persons: Sequence[Resident]) -> Routine:
    ages = [who.age for who in persons]
    if not any(OF_AGE <= age < OLD for age in ages):
        return "retired"
    at = draw_below(100, _ESTATE, estate, "routine", flat)
    if at < SHIFT:
        return "shift"
    if at < SHIFT + HOME:
        return "home"
    return "family" if any(age < OF_AGE for age in ages) else "office"
