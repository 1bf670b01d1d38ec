"""A fault as it was asked for: from the command line, from `[[faults]]` of a file, from another process."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from math import isfinite
from typing import Any

from ...toml_files.errors import nearest

FORM = "write one like 'blackout at=20 for=30 feeder=core3'"
LONGEST_S = 3660 * 86_400.0

Argument = float | str


class FaultError(ValueError):
    """A fault that cannot be played: which, what is wrong with it, what to do. `key`: the argument that is wrong."""

    def __init__(self, text: str, key: str = "name") -> None:
        super().__init__(text)
        self.key = key


@dataclass(frozen=True, slots=True)
class FaultAsked:
    """One fault: `at_s` after the world began, for `for_s`, with arguments by name, in the order of their names.
    `incident`: the one that brings it along, whose part is what it does to the world."""

    name: str
    at_s: float
    for_s: float = 0.0
    arguments: tuple[tuple[str, Argument], ...] = ()
    incident: str | None = None

    def __str__(self) -> str:
        """As on the command line."""
        given = [f"at={self.at_s:g}", *([f"for={self.for_s:g}"] if self.for_s else [])]
        given += [
            f"{name}={value:g}" if isinstance(value, float) else f"{name}={value}" for name, value in self.arguments
        ]
        return " ".join([self.name, *given])

    def to_json(self) -> dict[str, Any]:
        whose = {} if self.incident is None else {"incident": self.incident}
        return {"name": self.name, "at_s": self.at_s, "for_s": self.for_s, **dict(self.arguments), **whose}


def parse(text: str) -> FaultAsked:
    """What follows `--fault`; FaultError for what is none."""
    name, *words = text.split() or [""]
    if not name or "=" in name:
        raise FaultError(f"--fault {text!r}: names no fault; {FORM}")
    table: dict[str, Any] = {"name": name}
    for word in words:
        key, equals, value = word.partition("=")
        if not equals or not value:
            raise FaultError(f"--fault {text!r}: {word!r} is no argument; {FORM}")
        key = {"at": "at_s", "for": "for_s"}.get(key, key)
        if key in table:
            raise FaultError(f"--fault {text!r}: {key.removesuffix('_s')} is given twice; leave one out")
        try:
            table[key] = float(value)
        except ValueError:
            table[key] = value
    try:
        return from_table(table)
    except FaultError as error:
        raise FaultError(f"--fault {text!r}: {error}", error.key) from None


def from_table(table: Mapping[str, Any]) -> FaultAsked:
    """One table of `[[faults]]`: name, at_s, for_s, and what the fault of that name takes."""
    from . import check  # noqa: PLC0415  which has all faults, and they this

    left = dict(table)
    name = left.pop("name", None)
    if not isinstance(name, str):
        raise FaultError("has no name; say which fault")
    times = []
    for key, default in (("at_s", None), ("for_s", 0.0)):
        value = left.pop(key, default)
        if value is None:
            raise FaultError(f"{name} has no {key}; say when it begins, in s after the world", key)
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= LONGEST_S:
            raise FaultError(f"{key} is {value!r}; give seconds, 0 to {LONGEST_S:,.0f}", key)
        times.append(float(value))
    arguments: list[tuple[str, Argument]] = []
    for key, value in sorted(left.items()):
        if isinstance(value, (int, float)) and not isinstance(value, bool) and isfinite(value):
            arguments.append((key, float(value)))
        elif isinstance(value, str) and value:
            arguments.append((key, value))
        else:
            raise FaultError(f"{key} is {value!r}; give a number or a name", key)
    asked = FaultAsked(name, times[0], times[1], tuple(arguments))
    check(asked)
    return asked


def several(tables: Iterable[Mapping[str, Any]]) -> tuple[FaultAsked, ...]:
    """What `to_json` gave."""
    return tuple(_whole(dict(table)) for table in tables)


def _whole(table: dict[str, Any]) -> FaultAsked:
    whose = table.pop("incident", None)
    return replace(from_table(table), incident=whose)


def unknown(name: object, known: Iterable[str]) -> str:
    """What follows "no fault ..." for a name that is not known, with the nearest."""
    return f"is called {name!r}; {nearest(name, known)}"
