"""The scenario that the options of `lilong load` ask for, and whether they go together."""

from __future__ import annotations

from dataclasses import replace

from lilong_simulator.load.faults.broker_restart import BrokerRestart
from lilong_simulator.load.live_app import URLS
from lilong_simulator.load.payload import Template, read_template
from lilong_simulator.load.scenario import MOST_COPIES, Copies, Scenario, read_scenario

from ..inputs import InputError
from ..usual_incidents import fitting

INCIDENTS = ("kitchen_fire_cut",)
NO_INCIDENT = "none"


def scenario_of(played: str, copies: int | None, incident: list[str] | None) -> Scenario:
    scenario = read_scenario(played)
    if copies is not None:
        if scenario.estates != (Copies(played),):
            raise InputError(f"--copies {copies}: {played} says itself how many of each; leave one of them out")
        if not 1 <= copies <= MOST_COPIES:
            raise InputError(f"--copies {copies}: out of bounds; give 1 to {MOST_COPIES:,}")
        scenario = replace(scenario, estates=(Copies(played, copies),))
    if incident is not None:
        return replace(scenario, incidents=() if incident == [NO_INCIDENT] else tuple(incident))
    if scenario.incidents:
        return scenario
    return replace(scenario, incidents=fitting(INCIDENTS, (one.estate for one in scenario.estates)))


def ramp_of(value: float | None) -> float | None:
    if value is not None and not 0 <= value <= 86_400:
        raise InputError(f"--ramp {value:g}: out of bounds; give seconds, 0 to 86400")
    return value


def rate_of(value: float | None) -> float | None:
    if value is not None and not 0 < value <= 1_000_000:
        raise InputError(f"--rate {value:g}: out of bounds; give a factor, above 0 and at most 1000000")
    return value


def check_feed(scenario: Scenario, feed: str | None, probed: bool) -> None:
    if feed is not None and probed:
        raise InputError("--observed and --probe: only one can tell what was stored; leave one of them out")
    restarts = any(one.name == BrokerRestart.NAME for one in scenario.faults)
    if restarts and (probed or (feed or "").startswith("mqtt:")):
        option = "--probe" if probed else f"--observed {feed}"
        raise InputError(f"{option}: misses what comes while the broker restarts; give the feed as a file or by HTTP")
    if scenario.accept == "observed" and feed is None:
        raise InputError("--accept observed: nothing tells what was stored; give --observed too")


def check_app(url: str) -> None:
    """Whether residents can be told to ask there."""
    if not url.startswith(URLS):
        raise InputError(f"--app {url}: no address of a backend's interface; give http://host:port or https://...")


def with_template(
    scenario: Scenario, given: str | None, chosen: bool, feed: str | None, probed: bool, linkage: bool
) -> Scenario:
    """By the template that the command line gives, else by the street's. Without a stored-ack: the observed feed ends
    the retries where there is one, else the PUBACK."""
    if given is None and scenario.template is None:
        return scenario
    template = Template.parse(*scenario.template) if given is None and scenario.template else read_template(given or "")
    chosen = chosen or scenario.accept != "stored"  # by the street
    if linkage:
        raise InputError(f"--linkage: nobody commands devices that speak by {template.name}; leave it out")
    if probed and template.alarm is None:
        raise InputError(f"--probe: {template.name} does not say where an alarm has its id; add [probe] to it")
    accept = scenario.accept if chosen else "puback" if feed is None else "observed"
    if accept == "stored":
        raise InputError("--accept stored: a template has no stored-ack; give puback, or observed with --observed")
    return replace(scenario, template=(template.name, template.text), accept=accept)
