"""What is wrong with an estate file, told so that the person who wrote it can mend it: file:line: key: what; remedy."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

from lilong_simulator.toml_lines import Path

SHOWN = 20


class EstateError(ValueError):
    """An estate that cannot be used. The text has one line a problem: `file:line: key.path: what; what to do`."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        hidden = len(self.problems) - SHOWN
        more = [f"and {hidden} more problems; mend these first"] if hidden > 0 else []
        super().__init__("\n".join([*self.problems[:SHOWN], *more]))


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong at one key."""

    path: Path
    what: str
    remedy: str


def dotted(path: Path) -> str:
    """A key path as a person would write it: `buildings[0].cores[1].x`."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            key = part if re.fullmatch(r"[\w-]+", part) else json.dumps(part, ensure_ascii=False)
            text += f".{key}" if text else key
    return text or "(top level)"


def nearest(word: object, known: Iterable[str]) -> str:
    """`did you mean "x"?` when something near is known, and in any case what is known."""
    names = sorted(known)
    close = get_close_matches(str(word), names, 1, 0.6)
    hint = f'did you mean "{close[0]}"? ' if close else ""
    return f"{hint}known: {', '.join(names) or 'none'}"


def line_of(path: Path, lines: dict[Path, int]) -> int:
    """The line of a key, or of the nearest table around it when the key itself is missing."""
    for end in range(len(path), 0, -1):
        if path[:end] in lines:
            return lines[path[:end]]
    return 1


def estate_error(file: str, problems: Iterable[Problem], lines: dict[Path, int]) -> EstateError:
    """The problems of one file as an error, in the order of their lines."""
    placed = sorted((line_of(p.path, lines), dotted(p.path), p.what, p.remedy) for p in problems)
    rows = [f"{file}:{line}: {path}: {what}; {remedy}" for line, path, what, remedy in placed]
    return EstateError(dict.fromkeys(rows))
