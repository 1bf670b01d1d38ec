"""What is on at the moment of what a run was asked for: its incidents and its faults, in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lilong_simulator.incidents import find
from lilong_simulator.load.scenario import Scenario
from lilong_simulator.plots import span
from lilong_simulator.score.incidents import Step, steps_of
from lilong_simulator.world.local_time import LocalTime


@dataclass(frozen=True, slots=True)
class _Shown:
    """From `begin` to `end` it is on, in ms of world time; `steps` of an incident."""

    name: str
    begin: float
    end: float
    steps: Sequence[Step] = ()

    def told(self, now: float) -> str:
        came = [step.what for step in self.steps if step.at_ms is not None and step.at_ms <= now]
        return f"{self.name}: {came[-1]}" if came else f"{self.name} for {span(self.end - now)} more"


class OnNow:
    """Of one scenario. A fault that an incident brings along is told by itself."""

    def __init__(self, scenario: Scenario) -> None:
        self._shown = sorted((*_incidents(scenario), *_faults(scenario)), key=lambda one: one.begin)

    def __bool__(self) -> bool:
        """Whether there is anything to tell of."""
        return bool(self._shown)

    def told(self, now: float) -> str:
        """At a world time in ms."""
        if on := [one.told(now) for one in self._shown if one.begin <= now < one.end]:
            return "; ".join(on)
        coming = next((one for one in self._shown if now < one.begin), None)
        return "nothing" if coming is None else f"nothing, {coming.name} in {span(coming.begin - now)}"


def _incidents(scenario: Scenario) -> Iterator[_Shown]:
    for name in dict.fromkeys(scenario.incidents):
        incident = find(name)
        begin = incident.begins(LocalTime(scenario.start))
        if begin is not None:
            yield _Shown(incident.name, begin, begin + incident.lasts_ms, steps_of(incident, scenario.start))


def _faults(scenario: Scenario) -> Iterator[_Shown]:
    """One that is asked for device by device is one."""
    for name, at_s, for_s in dict.fromkeys((one.name, one.at_s, one.for_s) for one in scenario.faults):
        yield _Shown(name, at_s * 1000, (at_s + for_s) * 1000)
