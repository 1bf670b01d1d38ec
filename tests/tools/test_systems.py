"""docs/systems.md is true: all that the source documents name is there once, and where it points there is something."""

import re
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import pytest
from lilong_protocol.pc.findings import FINDINGS
from lilong_protocol.registry import ALARMS, COMMANDS, EVENTS, KINDS
from lilong_tools.commands import COMMANDS as COMMAND_LINE

DOCS = Path(__file__).parents[2] / "docs"
TABLE = DOCS / "systems.md"
SAID = Path(__file__).with_name("systems_said.txt")  # source and words, as the documents have them
SOURCES = ("CR", "GF", "TG", "NI", "SY")
PLACES = {"device", "simulator", "protocol", "centre", "outside"}
NAMED = {
    "kind": {kind.name for kind in KINDS}, "category": {kind.category for kind in KINDS},
    "alarm": {alarm.name for alarm in ALARMS}, "event": {event.name for event in EVENTS},
    "command": {command.name for command in COMMANDS}, "finding": {finding.name for finding in FINDINGS},
    "command line": set(COMMAND_LINE),
}  # fmt: skip
FILE = re.compile(r"\[([^\]]+)\]\(([^)]+)\)(?: `([^`]+)`)?")
NAME = re.compile(rf"({'|'.join(sorted(NAMED, key=len, reverse=True))}) `([^`]+)`")


class Row(NamedTuple):
    source: str
    said: tuple[str, ...]
    english: str
    places: frozenset[str]
    found_at: tuple[str, ...]
    note: str


def row_of(line: str) -> Row:
    cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
    said, english, places, found_at, note = cells
    quotes = tuple(re.findall("「([^」]+)」", said))
    references = tuple(part.strip() for part in found_at.split(";") if part.strip())
    return Row(said[:2], quotes, english, frozenset(places.split(", ")), references, note)


def wrong_with(reference: str) -> str | None:
    """Why a reference leads nowhere, or None."""
    if found := FILE.fullmatch(reference):
        label, path, symbol = found.groups()
        file = (DOCS / path).resolve()
        if not file.exists():
            return f"{path}: no such file"
        if file.name != label:
            return f"{label}: is called {file.name}"
        if symbol is not None and not re.search(rf"(?<!\w){re.escape(symbol)}(?!\w)", file.read_text("utf-8")):
            return f"{path}: has no {symbol}"
        return None
    if found := NAME.fullmatch(reference):
        what, name = found.groups()
        return None if name in NAMED[what] else f"there is no {what} {name}"
    return f"{reference}: is no reference"


ROWS = [row_of(line) for line in TABLE.read_text("utf-8").splitlines() if re.match(r"\| [A-Z]{2} 「", line)]


def test_everything_that_the_documents_name_has_a_row_and_nothing_is_in_two() -> None:
    there = Counter(f"{row.source} {quote}" for row in ROWS for quote in row.said)
    assert set(there) == set(SAID.read_text("utf-8").splitlines())
    assert set(there.values()) == {1}
    assert len({quote for row in ROWS for quote in row.said}) == sum(there.values())


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.said[0])
def test_each_row_is_whole_and_what_it_points_to_is_there(row: Row) -> None:
    assert row.source in SOURCES
    assert row.said
    assert row.english
    assert row.places <= PLACES
    assert [wrong for reference in row.found_at if (wrong := wrong_with(reference)) is not None] == []
    assert row.found_at or row.places == {"outside"}, "say where it is"
    assert row.note or "outside" not in row.places, "say why it is outside"


def test_every_kind_of_device_is_in_the_table() -> None:
    named = {found[2] for row in ROWS for reference in row.found_at if (found := NAME.fullmatch(reference))}
    assert NAMED["kind"] <= named


@pytest.mark.parametrize(
    ("reference", "told"),
    [
        ("kind `dor`", "there is no kind dor"),
        ("finding `care.despatch`", "there is no finding care.despatch"),
        ("[gone.py](../firmware/gone.py)", "../firmware/gone.py: no such file"),
        ("[link.py](../firmware/lilong_firmware/log.py)", "link.py: is called log.py"),
        ("[log.py](../firmware/lilong_firmware/log.py) `Logg`", "../firmware/lilong_firmware/log.py: has no Logg"),
        ("somewhere", "somewhere: is no reference"),
    ],
)
def test_a_reference_that_leads_nowhere_is_found(reference: str, told: str) -> None:
    assert wrong_with(reference) == told
