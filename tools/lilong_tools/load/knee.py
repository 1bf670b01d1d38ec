"""`lilong load --find-knee`: a run at each of ever higher rates until something no longer holds, then between two."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import sqrt
from typing import TYPE_CHECKING, Any

from lilong_simulator.feed import Feed
from lilong_simulator.load.places import places_of
from lilong_simulator.load.scenario import Scenario
from rich.console import Console

from ..stopping import Stopper
from .dry_run import plan_of
from .target import Reached

if TYPE_CHECKING:
    from ..live import Played, Request

CLOSE = 1.25  # a rate that holds and one that does not are near enough
MOST_STEPS = 24
HIGHEST = 1_000_000.0
PUBACK_MS = 1_000.0  # (ours) a broker that answers later has queued up
ONLINE_S = 30.0  # (ours) in which all must be online at each rate, beside the ramp
KEPT_UP = 0.8  # (ours) of what is due; devices that wake and sleep send a little less than their periods say
LOST_SHARE = 0.001  # (ours) of the frames


def next_rate(held: float | None, broke: float | None, first: float) -> float | None:
    """Doubles until something breaks, then halves the way between, on the scale of factors; None: near enough."""
    if broke is None:
        rate = first if held is None else 2 * held
        return rate if rate <= HIGHEST else None
    if held is None or broke / held <= CLOSE:
        return None
    return round(sqrt(held * broke), 3)


def what_broke(content: Mapping[str, Any], sent: float, due: float, duration_s: float) -> str | None:
    """Why this rate does not hold; None: it does. The reasons in the order in which one brings the next about.

    sent, due: messages a second. A device that is called late leaves out the heartbeats that it has missed; one alone
    may fall to either side of the end.
    """
    if content["failures"]:
        return str(content["failures"][0])
    if sent * duration_s + content["devices"] < KEPT_UP * due * duration_s:
        return f"generator saturated: it sent {sent:,.0f} of {due:,.0f} messages a second"
    puback = (content["broker_ms"] or {}).get("puback", {})
    if puback.get("p99") is not None and puback["p99"] > PUBACK_MS:
        return f"PUBACK p99 {puback['p99']:g} ms, above {PUBACK_MS:g} ms"
    fates = content["messages"]["fates"] or {}
    gone = sum(one["lost"] + one["skipped"] for one in fates.values())
    if gone > LOST_SHARE * max(1, content["messages"]["total"]):
        return f"{gone:,} frames lost or skipped of {content['messages']['total']:,}"
    return None


def step_of(content: Mapping[str, Any], world_zero_ms: float | None, duration_s: float, due: float) -> dict[str, Any]:
    """One rate in figures; what was sent while devices came up is left out. Without a world nothing was sent.

    due: messages a second that the periods of the devices ask for.
    """
    series = content["series"]
    at = {name: number for number, name in enumerate(series["columns"])}
    first = float("inf") if world_zero_ms is None else world_zero_ms / 1000
    rows = [row for row in series["rows"] if first <= row[0] < first + duration_s]
    width = series["width_s"]
    sent = sum(row[at["sent"]] for row in rows) * width / duration_s
    return {
        "rate": content["rate"],
        "offered": round(due, 1),
        "sent": round(sent, 1),
        "lag_p99_ms": content["generator_lag_ms"]["p99"],
        "puback_p99_ms": (content["broker_ms"] or {}).get("puback", {}).get("p99"),
        "broke": what_broke(content, sent, due, duration_s),
    }


async def find_knee(request: Request, reached: Reached, feed: Feed | None, console: Console, stopper: Stopper) -> int:
    """Raise the rate; the report is that of the last rate that held, with all steps. The exit code is its own."""
    from ..conclude import conclude, judged  # noqa: PLC0415  they use this folder too
    from ..live import play  # noqa: PLC0415

    steps: list[dict[str, Any]] = []
    held: tuple[float, Request, Played] | None = None
    last: tuple[Request, Played] | None = None
    broke: float | None = None
    while len(steps) < MOST_STEPS:
        rate = next_rate(held and held[0], broke, request.scenario.rate)
        if rate is None:
            break
        scenario: Scenario = replace(request.scenario, rate=rate)
        asked = replace(request, scenario=scenario, places=places_of(scenario), thresholds=request.thresholds)
        console.print(f"rate {rate:g} ...", style="bold")
        ramp_s = scenario.ramp_s or 0.0
        played = await play(asked, reached, feed, console, stopper, ONLINE_S + ramp_s)
        last = (asked, played)
        if played.stopped:
            break
        content = judged(asked, played, reached)
        assert scenario.duration_s is not None
        due = plan_of(scenario, asked.places).periodic
        step = step_of(content, played.result.world_zero, scenario.duration_s, due)
        steps.append(step)
        if step["broke"] is None:
            held = (rate, asked, played)
        else:
            broke = rate
        console.print(f"  {step['sent']:,.0f} messages a second: {step['broke'] or 'all holds'}")
    assert last is not None
    best = [step for step in steps if held is not None and step["rate"] == held[0]]
    knee = {
        "rate": held[0] if held is not None else None,
        "sent": best[0]["sent"] if best else None,
        "steps": sorted(steps, key=lambda step: float(step["rate"])),
    }
    if held is not None:
        console.print(f"knee: rate {held[0]:g}, {best[0]['sent']:,.0f} messages a second", style="bold")
    shown = held[1:] if held is not None else last
    return conclude(*shown, reached, console, knee)
