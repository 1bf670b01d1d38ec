"""Faults that the command line adds to those of a scenario, and those that its incidents bring along."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from ...estate import Estate, load_estate
from ...incidents import Incident, find
from ..scenario import Scenario
from .asked import FaultAsked, FaultError, parse


def with_faults(scenario: Scenario, texts: Sequence[str] | None) -> Scenario:
    """The scenario with those too; FaultError where one is none, or begins when the run is over."""
    faults = (*scenario.faults, *(parse(text) for text in texts or ()))
    for one in faults:
        if scenario.duration_s is not None and one.at_s >= scenario.duration_s:
            raise FaultError(f"fault {one}: the run is over after {scenario.duration_s:g} s; begin earlier", "at_s")
    return replace(scenario, faults=(*faults, *_of_incidents(scenario)))


def of_incidents(
    incidents: Iterable[Incident], estate: Estate, start: datetime, until_s: float | None
) -> Iterator[FaultAsked]:
    """What belongs to incidents, as far as it begins before the run is over; devices by their names, as in any copy."""
    for incident in incidents:
        for fault in incident.faults(estate, start):
            if until_s is None or fault.at_s < until_s:
                yield fault


def _of_incidents(scenario: Scenario) -> Iterator[FaultAsked]:
    chosen = [one for one in map(find, scenario.incidents) if one.has_faults]
    if not chosen:
        return
    found = (
        fault
        for name in dict.fromkeys(group.estate for group in scenario.estates)
        for fault in of_incidents(chosen, load_estate(name), scenario.start, scenario.duration_s)
    )
    yield from dict.fromkeys(found)
