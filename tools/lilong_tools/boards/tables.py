"""Reads the tables of a TOML file key by key; whatever is missing, unknown or of a wrong type is a complaint."""

import difflib
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

from .complaints import Complaint

NAMES = {str: "a text", int: "a whole number", list: "a list", dict: "a table"}


def nearest(word: str, words: Iterable[str]) -> str:
    """What may have been meant, else everything there is."""
    known = sorted(words)
    close = difflib.get_close_matches(word, known, 1)
    if close:
        return f"did you mean {close[0]!r}?"
    return f"there are {', '.join(known)}" if known else "there are none"


class Table:
    """One table. `take` what is known, then `done`."""

    def __init__(self, file: Path, key: str, content: Any, complaints: list[Complaint]) -> None:
        self.file = file
        self.key = key
        self.complaints = complaints
        self.taken: set[str] = set()
        if not isinstance(content, dict):
            self.complain("", "is not a table; write it as [a table] or {key = value}")
            content = {}
        self.content: dict[str, Any] = content

    def complain(self, key: str, says: str) -> None:
        self.complaints.append(Complaint(self.file, self.path(key), says))

    def path(self, key: str) -> str:
        return ".".join(part for part in (self.key, key) if part)

    def text(self, key: str, choices: Collection[str] | None = None, needed: bool = True) -> str | None:
        value = self._value(key, str, needed)
        if value is not None and choices is not None and value not in choices:
            self.complain(key, f"unknown {value!r}; {nearest(value, choices)}")
            return None
        return value if value is None else str(value)

    def number(self, key: str, low: int, high: int, needed: bool = True) -> int | None:
        value = self._value(key, int, needed)
        if value is not None and not low <= value <= high:
            self.complain(key, f"{value} is out of range; give {low} to {high}")
            return None
        return value if value is None else int(value)

    def texts(self, key: str) -> tuple[str, ...]:
        value = self._value(key, list, False) or []
        if not all(isinstance(word, str) for word in value):
            self.complain(key, "is not a list of texts")
            return ()
        return tuple(value)

    def table(self, key: str, needed: bool = False) -> "Table":
        """A table within; an empty one where there is none."""
        value = self._value(key, dict, needed)
        return Table(self.file, self.path(key), value or {}, self.complaints)

    def rest(self) -> list[str]:
        """Keys not taken so far, in their order."""
        return [key for key in self.content if key not in self.taken]

    def done(self, known: Iterable[str] = ()) -> None:
        """Complain about every key that nobody has taken; `known`: optional ones that were not there."""
        for key in self.rest():
            self.complain(key, f"unknown key; {nearest(key, {*self.taken, *known} - {key})}")

    def _value(self, key: str, kind: type, needed: bool) -> Any:
        self.taken.add(key)
        value = self.content.get(key)
        if value is None:
            if needed:
                self.complain(key, f"is missing; give {NAMES[kind]}")
        elif not isinstance(value, kind) or isinstance(value, bool):
            self.complain(key, f"{value!r} is not {NAMES[kind]}")
            return None
        return value
