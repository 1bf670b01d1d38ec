"""What is wrong with an estate file, told so that the person who wrote it can mend it: file:line: key: what; remedy."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from lilong_simulator.toml_files.lines import Path

SHOWN = 20
Lines = dict[Path, tuple[str, int]]  # file and line of each key


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


def line_of(path: Path, lines: Mapping[Path, int]) -> int:
    """The line of a key, or of the nearest table around it when the key itself is missing."""
    return lines.get(_around(path, lines), 1)


def estate_error(file: str, problems: Iterable[Problem], lines: Lines) -> EstateError:
    """The problems of an estate as an error: those of the file by their lines, then those of what it extends."""
    placed = []
    for problem in problems:
        where, line = lines.get(_around(problem.path, lines), (file, 1))
        placed.append((where != file, where, line, dotted(problem.path), problem.what, problem.remedy))
    rows = [f"{where}:{line}: {path}: {what}; {remedy}" for _, where, line, path, what, remedy in sorted(placed)]
    return EstateError(dict.fromkeys(rows))


def _around(path: Path, lines: Mapping[Path, object]) -> Path:
    """The longest part of a path that stands somewhere."""
    return next((path[:end] for end in range(len(path), 0, -1) if path[:end] in lines), ())
