"""The text of an estate file, and of the files that it extends, as one TOML document that knows where each key stands.

`extends = "music_plaza"` begins with that estate: a table of the file changes single keys of the other's table, all
else replaces what stands there. A path is from the folder of the file.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from pathlib import Path as FilePath
from typing import Any

from lilong_simulator.toml_files.errors import EstateError, Lines, nearest
from lilong_simulator.toml_files.lines import UnclosedString, key_lines

ESTATES = FilePath(__file__).parents[1] / "estates"
EXTENDS = "extends"
DEEPEST = 5  # (ours) files that extend one another


def find_file(name_or_path: str | FilePath, folder: FilePath = FilePath()) -> FilePath:
    """The file of a built-in estate's name, or the path itself, from a folder, when it looks like one."""
    text = str(name_or_path)
    if isinstance(name_or_path, FilePath) or text.endswith(".toml") or "/" in text or "\\" in text:
        return folder / name_or_path
    known = sorted(file.stem for file in ESTATES.glob("*.toml"))
    if text in known:
        return ESTATES / f"{text}.toml"
    raise EstateError([f'no estate is called "{text}"; {nearest(text, known)}; or give the path of a .toml file'])


def read_source(
    file: FilePath,
    extended_by: tuple[FilePath, ...] = (),
    find: Callable[[str | FilePath, FilePath], FilePath] = find_file,
) -> tuple[dict[str, Any], Lines]:
    """What a file says with all that it extends; an EstateError names the line of what cannot be read.

    `find`: the file of what it extends, and the folder from which a path is meant.
    """
    text = _text(file)
    try:
        data = tomllib.loads(text)
        lines: Lines = {path: (str(file), line) for path, line in key_lines(text).items()}
    except RecursionError:
        line = _line_where(r"([\[{]\s*){20}|(\w+\s*\.\s*){20}", text)
        raise EstateError([f"{file}:{line}: (TOML): is nested too deeply; five levels are enough"]) from None
    except ValueError as error:
        raise EstateError([_syntax(str(file), text, str(error))]) from None
    if EXTENDS not in data:
        return data, lines
    here = f"{file}:{lines[(EXTENDS,)][1]}: {EXTENDS}"
    base = data.pop(EXTENDS)
    if not isinstance(base, str):
        raise EstateError([f"{here}: must be a text in quotes; write the name of what it begins with"])
    if len(extended_by) >= DEEPEST or file in extended_by:
        raise EstateError([f"{here}: goes round in a circle, or through more than {DEEPEST} files; extend one"])
    try:
        below, below_lines = read_source(find(base, file.parent), (*extended_by, file), find)
    except EstateError as error:
        raise EstateError([f"{here}: cannot be used:", *error.problems]) from None
    _lay_over(below, below_lines, data, lines)
    return below, below_lines


def _lay_over(
    below: dict[str, Any], below_lines: Lines, data: dict[str, Any], lines: Lines, at: tuple[str | int, ...] = ()
) -> None:
    """Change what is below, and where its keys stand, by what a file says."""
    for key, value in data.items():
        path = (*at, key)
        if isinstance(value, dict) and isinstance(below.get(key), dict):
            below_lines[path] = lines[path]
            _lay_over(below[key], below_lines, value, lines, path)
            continue
        below[key] = value
        for old in [old for old in below_lines if old[: len(path)] == path]:
            del below_lines[old]
        below_lines.update({new: line for new, line in lines.items() if new[: len(path)] == path})


def _text(file: FilePath) -> str:
    try:
        raw = file.read_bytes()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise EstateError([f"{file}: cannot be read ({reason}); give the path of a TOML file"]) from None
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise EstateError(
            [f"{file}:{line}: (text): is not UTF-8 (byte 0x{raw[error.start]:02x}); save the file as UTF-8"]
        ) from None


def _line_where(pattern: str, text: str) -> int:
    found = re.search(pattern, text)
    return text.count("\n", 0, found.start() if found else 0) + 1


def _syntax(file: str, text: str, message: str) -> str:
    if message.startswith("Exceeds the limit"):  # what int() says of a number of thousands of digits
        return f"{file}:{_line_where(r'[0-9_]{4000}', text)}: (TOML): has a number of thousands of digits; shorten it"
    found = re.search(r"^(.*) \(at (?:line (\d+), column (\d+)|end of document)\)$", message, re.DOTALL)
    what, line, column = found.groups() if found else (message, None, None)
    if line is None:
        try:
            key_lines(text)
            line = str(max(1, len(text.splitlines())))
        except UnclosedString as unclosed:
            line, what = str(unclosed.line), "a string is opened here and never closed"
    if what in {"Cannot overwrite a value", "Cannot mutate immutable namespace"} or what.endswith(" twice"):
        what = "this key or table was written before"
    where = f" (column {column})" if column else ""
    return f"{file}:{line}: (TOML): {what[:1].lower()}{what[1:]}{where}; see https://toml.io for the syntax"
