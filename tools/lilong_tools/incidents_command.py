"""`lilong incidents`: what can go wrong in an estate; each incident explained as its file and the estate have it."""

import math
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, time, timedelta
from shlex import quote
from typing import Annotated, Any

import typer
from lilong_simulator.estate import Estate, load_estate
from lilong_simulator.incidents import CAUSES, INCIDENTS, IncidentError, WrittenIncident, find, read
from lilong_simulator.incidents.file import extended
from lilong_simulator.incidents.here import elsewhere
from lilong_simulator.incidents.model import Passages
from lilong_simulator.incidents.reach import judged_s
from lilong_simulator.incidents.story import Story
from lilong_simulator.random_streams import Streams
from lilong_simulator.truth import ANY, DECIDED, Expectation, TruthRow
from lilong_simulator.world.local_time import LocalTime

from .inputs import InputError

SEED = 7
FOLLOWS = {
    "kept": "{} is not undone before the alarms have been ended",
    "events": "all events are told, in their order, once they can be",
    "telemetry": "telemetry is there again, once it can be",
    "delivered": "it is stored, once the network has delivered it", "repeated": "until that, it is said again",
    "born": "they are back, and not all at once", "beats": "they are never silent for longer",
    "accepted": "nothing is said before who they are is answered",
    "granted": "a card opens", "denied": "a card opens nothing, and that is told",
    "done": "by itself: {}", "noted": "its record has {}",
}  # fmt: skip
SHOWN = 4  # devices named in a line
DAY = datetime(2026, 3, 4)
BEFORE_S, AFTER_S, LONG_S = 30, 20, 3_900
CLOCKS = (
    ("L", "local_ms"), ("I", "ingest_ms"), ("S", "shown_ms"), ("H", "acknowledged_ms"), ("on site", "on_site_ms"),
    ("over", "ended_ms"), ("not before", "not_before_ms"), ("I after it was raised", "transfer_ms"),
)  # fmt: skip


def incidents(
    name: Annotated[
        str | None,
        typer.Argument(metavar="[NAME|FILE.toml]", help="as --incident takes it: NAME, NAME@21:10, NAME:PLACE=VALUE"),
    ] = None,
    estate: Annotated[str, typer.Option(help="where it happens: a built-in estate, or a file")] = "music_plaza",
    plan: Annotated[
        bool, typer.Option("--plan", help="a line each: name, and the options of load and demo that play it")
    ] = False,
) -> None:
    """What can go wrong: incidents listed, and each explained: its timeline, what must be raised and by when."""
    if plan:
        typer.echo("\n".join(_planned(load_estate(estate), name)))
        return
    if name is None:
        typer.echo("\n".join(_listed()))
        return
    typer.echo("\n".join(_explained(name, load_estate(estate))))


def _written(name: str) -> WrittenIncident:
    incident = find(name)
    if not isinstance(incident, WrittenIncident):
        raise InputError(f"{name}: is one alarm by its stimulus, and has no file; play it with --incident {name}")
    return incident


def _listed() -> Iterator[str]:
    """Other forms of one below it."""
    width = max(map(len, INCIDENTS)) + 2
    for name in sorted(INCIDENTS, key=lambda name: (*reversed(_line(name)), name)):
        content = read(name).content
        begins = content.at.isoformat() if isinstance(content.at, time) else "at once"
        shown = name if extended(name) is None else f"  {name}"
        yield f"{shown:<{width}}  {begins:<8}  {content.title.en} {content.title.zh}"
    yield ""
    yield f"and alone, by its stimulus, at the first device of its kind: {', '.join(sorted(CAUSES))}"
    yield "lilong incidents NAME explains one; --incident NAME of simulate, demo and load plays it"


def _planned(estate: Estate, name: str | None) -> Iterator[str]:
    """One, or the ten; those that take long by their cut forms, those whose places the estate lacks at others."""
    if name is not None:
        incident = _written(name)
        yield f"{incident.name} {_played(name, incident, estate)[0]}"
        return
    for one in [one for one in sorted(INCIDENTS) if extended(one) is None]:
        try:
            chosen = _there(one, estate)
        except IncidentError as error:
            typer.echo(f"left out: {error}", err=True)
            continue
        options, took_s = _played(chosen, _written(chosen), estate)
        if took_s > LONG_S and f"{one}_cut" in INCIDENTS:
            chosen = _there(f"{one}_cut", estate)
            options, _ = _played(chosen, _written(chosen), estate)
        yield f"{chosen.partition(':')[0]} {options}"


def _there(name: str, estate: Estate) -> str:
    """How it is asked for in an estate; IncidentError where there is no place for it."""
    incident = _written(name)
    try:
        incident.device_names(estate)
    except IncidentError:
        if (other := elsewhere(name, incident, estate)) is not None:
            return other
        raise
    return name


def _line(name: str) -> list[str]:
    """An incident, and those that it is a form of."""
    base = extended(name)
    return [name] if base is None else [name, *_line(base)]


def _explained(asked: str, estate: Estate) -> Iterator[str]:
    incident = _written(asked)
    content = incident.content
    yield f"{incident.name}: {content.title.en} {content.title.zh}"
    yield ""
    yield content.about.strip()
    yield ""
    yield f"begins {incident.when_words}; times below are h:mm:ss after that, in {estate.id}"
    yield from _block("timeline", [f"{_clock(step.after_ms):>8}  {step.what}" for step in incident.timeline])
    try:
        story = incident.story(estate, 0, Streams(SEED))
    except IncidentError as error:
        yield ""
        other = elsewhere(asked, incident, estate)
        instead = "" if other is None else f"; {other} has all that it needs there"
        yield f"it has no place there: {error}{instead}"
    else:
        yield from _rows(story)
        options, took_s = _played(asked, incident, estate)
        shorter = took_s > LONG_S and f"{incident.name}_cut" in INCIDENTS
        cut = f"; or {incident.name}_cut, its cut form" if shorter else ""
        yield from _block("live, from before it until all of it can be judged", [f"  {options}{cut}"])
    yield from _block("sources", [f"  {source}" for source in content.sources])


def _played(asked: str, incident: WrittenIncident, estate: Estate) -> tuple[str, int]:
    """What `lilong load` and `demo` are asked for, in the words that found it, and the seconds that it takes."""
    start, wait_s = "", incident.begins(LocalTime(DAY)) / 1000
    if isinstance(incident.when, time):
        begin = datetime.combine(DAY, incident.when) - timedelta(seconds=BEFORE_S)
        start, wait_s = f" --start '{begin}'", BEFORE_S
    took_s = math.ceil(wait_s + judged_s(incident, estate)) + AFTER_S
    return f"--incident {quote(asked)}{start} --duration {took_s}", took_s


def _rows(story: Story) -> Iterator[str]:
    places = story.scene.places
    named = [(name, [one.name for one in places.devices(name)]) for name in story.content.places]
    yield from _block("places", [f"  {name}: {_several(devices)}" for name, devices in named])
    must = [row for row in story.truth if row.expect == "must"]
    yield from _block(
        "must be raised, and by when after its crossing: L local output, I stored, S shown, H answered",
        [f"{_clock(row.crossing_ms):>8}  {row.alarm} at {row.name or 'the estate'}: {_limits(row)}" for row in must],
    )
    expectations = [one for _, them in story.expectations for one in them]
    passing = [_passing(one) for one in story.content.passages]
    yield from _block("must follow", [f"  {line}" for line in (*_followed(expectations), *passing)])
    for expect, words in (("must_not", "must not be raised"), ("may", "may be raised, or not")):
        rows = [row for row in story.truth if row.expect == expect]
        yield from _block(words, list(_alike(rows)))


def _alike(rows: Sequence[TruthRow]) -> Iterator[str]:
    """Rows that differ by their devices only are one line."""
    groups: dict[tuple[str, int, int | None, str], list[str]] = {}
    for row in rows:
        groups.setdefault((row.alarm, row.crossing_ms, row.until_ms, row.cause), []).append(row.name or "the estate")
    for (alarm, begin, end, cause), names in groups.items():
        until = "" if end is None else f" to {_clock(end)}"
        yield f"{_clock(begin):>8}{until}  {alarm} at {_several(names)}: {cause}"


def _followed(expectations: Iterable[Expectation]) -> Iterator[str]:
    groups: dict[tuple[str, str, int, int, int | None], list[str]] = {}
    for one in expectations:
        groups.setdefault((one.what, one.action, one.quorum, len(one.after), one.within_ms), []).append(one.name)
    for (what, action, quorum, count, within_ms), names in groups.items():
        if what in FOLLOWS:
            within = "" if within_ms is None else f", within {_seconds(within_ms)}"
            yield f"{_several(names)}: {FOLLOWS[what].format(action)}{within}"
            continue
        if what == "latched":
            yield f"the {action} of {_several(names)} lasts until somebody has reset it"
            continue
        if what == "not_cleared":
            yield f"the {action} of {_several(names)} stays, though its device is lost"
            continue
        done = "done" if what == "command" else "reported"
        after = "the alarm" if count == quorum == 1 else f"{quorum} of {count} alarms"
        within = "" if within_ms is None else f" within {_seconds(within_ms)}"
        yield f"{action} at {_several(names)}: {done}{within} of {after}"


def _passing(one: Passages) -> str:
    share = "" if one.share is None or one.share_s is None else f", {one.share:.0%} within {one.share_s:g} s"
    return f"everybody who may pass {one.at} is let in within {one.within_s:g} s{share}"


def _limits(row: TruthRow) -> str:
    told = [f"{clock} {_seconds(limit)}" for clock, key in CLOCKS if (limit := row.limits.get(key)) is not None]
    told += [f"{name} {_value(wanted)}" for name, wanted in row.tells.items()]
    return ", ".join(told) or "no limit"


def _value(wanted: Any) -> str:
    """What must be told: 27 to 29, a name, whatever it is."""
    if isinstance(wanted, list):
        return f"{wanted[0]} to {wanted[1]}"
    return {ANY: "told", DECIDED: "as its device raised it"}.get(wanted, str(wanted))


def _block(title: str, lines: Sequence[str]) -> Iterator[str]:
    if lines:
        yield ""
        yield title
        yield from lines


def _several(names: Sequence[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return (", ".join(names[:SHOWN]) + more) or "none"


def _seconds(ms: int) -> str:
    return f"{ms / 1000:g} s"


def _clock(ms: int) -> str:
    minutes, seconds = divmod(ms / 1000, 60)
    hours, minutes = divmod(int(minutes), 60)
    return f"{hours}:{minutes:02d}:{int(seconds):02d}"
