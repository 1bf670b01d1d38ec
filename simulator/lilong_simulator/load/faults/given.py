"""Faults that the command line adds to those of a scenario."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..scenario import Scenario
from .asked import FaultError, parse


def with_faults(scenario: Scenario, texts: Sequence[str] | None) -> Scenario:
    """The scenario with those too; FaultError where one is none, or begins when the run is over."""
    faults = (*scenario.faults, *(parse(text) for text in texts or ()))
    for one in faults:
        if scenario.duration_s is not None and one.at_s >= scenario.duration_s:
            raise FaultError(f"fault {one}: the run is over after {scenario.duration_s:g} s; begin earlier", "at_s")
    return replace(scenario, faults=faults)
