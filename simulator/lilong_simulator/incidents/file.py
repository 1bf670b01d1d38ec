"""Reads an incident file; whatever is wrong becomes an IncidentError with one line a problem, `file:line: key: ...`."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path

from lilong_protocol.pc.findings import BY_NAME
from lilong_protocol.registry import QUANTITIES
from pydantic import ValidationError

from ..carried_out import OUTPUTS, SEEN
from ..estate.source import read_source
from ..toml_files.errors import EstateError, Problem, estate_error, nearest
from ..toml_files.problems import Form
from ..truth import ALARM_CODES, EVENT_CODES, has_limits
from .base import IncidentError
from .model import IncidentFile, Row, Truth, several
from .physics import MODELS
from .physics.card import Card
from .story import EXIT

FOLDER = Path(__file__).parent
FORM = Form(IncidentFile, "model", MODELS, "model", "say what happens", "incidents/kitchen_fire.toml")


def built_in() -> list[str]:
    """The names of the incidents that come with the simulator."""
    return sorted(file.stem for file in FOLDER.glob("*.toml"))


def extended(name: str) -> str | None:
    """Of which other built-in one it is a form."""
    found = tomllib.loads(file_of(name).read_text("utf-8")).get("extends")
    return None if found is None else str(found)


def is_path(text: str) -> bool:
    """Whether a name is the path of a file."""
    return text.endswith(".toml") or "/" in text


def file_of(name_or_path: str | Path, folder: Path = Path()) -> Path:
    """The file of a built-in incident's name, or the path itself, from a folder, when it looks like one."""
    text = str(name_or_path)
    return folder / text if is_path(text) else FOLDER / f"{text}.toml"


def read_incident(file: Path) -> IncidentFile:
    """The checked content of a file, with what it extends."""
    try:
        data, lines = read_source(file, find=file_of)
        try:
            content = IncidentFile.model_validate(data)
        except ValidationError as error:
            raise estate_error(str(file), FORM.problems(error.errors(), data), lines) from None
        if problems := list(_problems(content)):
            raise estate_error(str(file), problems, lines)
    except EstateError as error:
        raise IncidentError(str(error)) from None
    return content


def _problems(content: IncidentFile) -> Iterator[Problem]:
    """What no table knows by itself: names that nobody has, or two."""
    elements = list(content.elements)
    for table, rows in (("physics", content.physics), ("attacks", content.attacks)):
        for n, one in enumerate(rows):
            if elements.count(one.name) > 1:
                yield Problem((table, n, "id"), f"{one.name} is the name of two", "give each an id of its own")
    for n, element in enumerate(content.physics):
        yield from _known("places", [element.at], content.places, ("physics", n, "at"))
    for n, attack in enumerate(content.attacks):
        yield from _known("places", several(attack.of), content.places, ("attacks", n, "of"))
    for name, place in content.places.items():
        yield from _known("places", several(place.follows), content.places, ("places", name, str(place.given[:1])))
        yield from _known("places", several(place.apart_from), content.places, ("places", name, "apart_from"))
    musts = {row.of for row in content.truth if row.expect == "must"}
    for n, row in enumerate(content.truth):
        yield from _of_row(content, row, ("truth", n))
        yield from _alarms(row, n)
        yield from _tells(row, n)
    for n, finding in enumerate(content.finding):
        yield from _of_row(content, finding, ("finding", n))
        yield from _known("places", several(finding.members), content.places, ("finding", n, "members"))
        for name in several(finding.confirmed_by):
            if name not in musts:
                yield Problem(
                    ("finding", n, "confirmed_by"), f"no alarm must be raised of {name!r}",
                    nearest(name, filter(None, musts)),
                )  # fmt: skip
        if finding.name not in BY_NAME:
            yield Problem(("finding", n, "name"), f"{finding.name} is no finding", nearest(finding.name, BY_NAME))
    for n, follow in enumerate(content.follow):
        yield from _known("places", [follow.at], content.places, ("follow", n, "at"))
        if follow.action not in OUTPUTS:
            yield Problem(("follow", n, "action"), f"{follow.action} cannot be seen", nearest(follow.action, OUTPUTS))
        for name in follow.elements:
            if name not in musts:
                yield Problem(
                    ("follow", n, "after"), f"no alarm must be raised of {name!r}", nearest(name, filter(None, musts))
                )
    for n, told in enumerate(content.told):
        yield from _known("places", [told.at], content.places, ("told", n, "at"))
    for n, watched in enumerate(content.passages):
        yield from _known("places", [watched.at], content.places, ("passages", n, "at"))
    for n, local in enumerate(content.local):
        yield from _known("elements", [local.of], [one.name for one in content.physics], ("local", n, "of"))
        if local.action is not None:
            yield from _known("outputs that can be seen", [local.action], SEEN, ("local", n, "action"))
        if local.event is not None:
            yield from _known("events", [local.event], EVENT_CODES, ("local", n, "event"))
    cards = [one.name for one in content.physics if isinstance(one, Card) or getattr(one, "button", "") == EXIT]
    for n, read in enumerate(content.read):
        yield from _known("cards", [read.of], cards, ("read", n, "of"))
    yield from _faults(content)


def _of_row(content: IncidentFile, row: Row, path: tuple[str, int]) -> Iterator[Problem]:
    elements = list(content.elements)
    for key in ("of", "since", "over", "until"):
        yield from _known("elements", several(getattr(row, key)), elements, (*path, key))
    yield from _known("places", several(row.at), content.places, (*path, "at"))


def _known(what: str, names: Iterable[str], known: Iterable[str], path: tuple[str | int, ...]) -> Iterator[Problem]:
    for name in names:
        if name not in list(known):
            yield Problem(path, f"{name!r} is none of the {what}", nearest(name, known))


def _alarms(row: Truth, n: int) -> Iterator[Problem]:
    for alarm in row.alarms:
        if alarm not in ALARM_CODES:
            yield Problem(("truth", n, "alarm"), f"{alarm} is no alarm", nearest(alarm, ALARM_CODES))
        elif row.expect == "must" and not has_limits(alarm) and not any(limit is not None for limit in row.bounds):
            yield Problem(("truth", n, "alarm"), f"{alarm} has no limits of its own", "give local_s or ingest_s")


def _tells(row: Truth, n: int) -> Iterator[Problem]:
    known = [quantity.name for quantity in QUANTITIES]
    for name, wanted in row.tells.items():
        if name not in known:
            yield Problem(("truth", n, "tells"), f"{name} is no quantity", nearest(name, known))
        elif isinstance(wanted, list) and wanted[0] > wanted[1]:
            yield Problem(("truth", n, "tells"), f"{name} is from {wanted[0]} to {wanted[1]}", "turn them round")


def _faults(content: IncidentFile) -> Iterator[Problem]:
    from ..load.faults import FaultError, from_table  # noqa: PLC0415  which has incidents

    for n, table in enumerate(content.faults):
        given = dict(table)
        place = given.pop("at", None)
        if place is not None:
            yield from _known("places", [str(place)], content.places, ("faults", n, "at"))
            given["device"] = "one"
        try:
            from_table(given)
        except FaultError as error:
            what, _, remedy = str(error).partition("; ")
            yield Problem(("faults", n, error.key), what, remedy)
