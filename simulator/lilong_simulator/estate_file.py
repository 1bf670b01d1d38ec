"""Reads an estate file: tables and keys; whatever is wrong becomes an EstateError with its line."""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from pathlib import Path as FilePath
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from lilong_simulator import estate_model
from lilong_simulator.estate_checks import problems_of
from lilong_simulator.estate_errors import Lines, Problem, estate_error, nearest
from lilong_simulator.estate_model import EstateFile
from lilong_simulator.estate_source import read_source
from lilong_simulator.toml_lines import Path

_TABLES = {
    name: model
    for name, model in vars(estate_model).items()
    if isinstance(model, type) and issubclass(model, BaseModel)
}
_RULES = {
    rule.model_fields["where"].annotation.__args__[0]: rule  # type: ignore[union-attr]
    for rule in _TABLES.values()
    if "where" in rule.model_fields
}


def read_estate_file(file: FilePath, kinds: Collection[str]) -> tuple[EstateFile, Lines]:
    """The checked content of an estate file, and where each of its keys stands."""
    data, lines = read_source(file)
    try:
        content = EstateFile.model_validate(data)
    except ValidationError as error:
        raise estate_error(str(file), _problems(error.errors(), data), lines) from None
    if problems := problems_of(content, kinds):
        raise estate_error(str(file), problems, lines)
    return content, lines


def _problems(errors: list[ErrorDetails], data: dict[str, Any]) -> list[Problem]:
    """All pydantic errors, without the missing keys that are there but misspelt."""
    problems = [_problem(error, data) for error in errors]
    meant = set()
    for problem in problems:
        if found := re.match(r'did you mean "(\w+)"', problem.remedy):
            meant.add((*problem.path[:-1], found[1]))
    return [problem for problem in problems if problem.what != "is missing" or problem.path not in meant]


def _problem(error: ErrorDetails, data: dict[str, Any]) -> Problem:
    """One pydantic error in the words of the person who wrote the file."""
    path, model = _place(error["loc"], data)
    context: dict[str, Any] = error.get("ctx") or {}
    kind, given = error["type"], error["input"]
    shown = _shown(given)
    match kind:
        case "missing":
            return Problem(path, "is missing", _example(model, str(path[-1])))
        case "extra_forbidden":
            return Problem(path, "is not a key here", nearest(path[-1], model.model_fields))
        case "union_tag_invalid":
            place = given.get("where") if isinstance(given, dict) else given
            return Problem((*path, "where"), f"{_shown(place)} is no place", nearest(place, _RULES))
        case "union_tag_not_found":
            return Problem((*path, "where"), "is missing", f"say where the devices are; {nearest('', _RULES)}")
        case "literal_error":
            return Problem(path, f"{shown} is not allowed", f"use one of {context['expected']}")
        case "string_pattern_mismatch":
            return Problem(path, f"{shown} has the wrong form", f"it must match {context['pattern']}")
        case "too_short" | "too_long":
            low, high = context.get("min_length"), context.get("max_length")
            bound = f"at least {low}" if kind == "too_short" else f"at most {high}"
            return Problem(path, f"has {context['actual_length']} entries", f"it needs {bound}")
        case "greater_than" | "greater_than_equal" | "less_than" | "less_than_equal":
            words, bound = _BOUNDS[kind], next(iter(context.values()))
            return Problem(path, f"{shown} is out of bounds", f"it must be {words} {bound:g}")
        case "finite_number":
            return Problem(path, f"{shown} is not a number that can be used", "write a finite number")
        case _ if kind.endswith(("_type", "_parsing", "_attributes_type")):
            expected = kind.removesuffix("_type").removesuffix("_parsing")
            return Problem(path, f"must be {_NOUNS.get(expected, expected)}, but is {shown}", _unquote(given, expected))
        case _:
            return Problem(path, f"{shown} is out of bounds", error["msg"][:1].lower() + error["msg"][1:])


_BOUNDS = {
    "greater_than": "above",
    "greater_than_equal": "at least",
    "less_than": "below",
    "less_than_equal": "at most",
}
_NOUNS = {
    "int": "a whole number",
    "float": "a number",
    "string": "a text in quotes",
    "bool": "true or false",
    "list": "a list in [ ]",
    "dict": "a table",
    "model": "a table",
    "model_attributes": "a table",
}


def _unquote(given: object, expected: str) -> str:
    if isinstance(given, str) and expected in {"int", "float", "bool"}:
        return "write it without quotes"
    if isinstance(given, float) and expected == "int":
        return "write it without a decimal point"
    return f"write {_NOUNS.get(expected, expected)}"


def _example(model: type[BaseModel], key: str) -> str:
    field = model.model_fields.get(key)
    if field is None:
        return f"add {key}"
    if (table := _table_of(field.annotation)) is not None:
        brackets = f"[{key}]" if isinstance(field.annotation, type) else f"[[{key}]]"
        return f"add a table {brackets} with the keys {', '.join(table.model_fields)}"
    return f"add `{key} = ...`; estates/music_plaza.toml shows one"


def _shown(given: object) -> str:
    """What was given, short enough to read in an error."""
    if isinstance(given, dict):
        return "a table"
    if isinstance(given, list):
        return f"a list of {len(given)}"
    if isinstance(given, bool):
        return str(given).lower()
    text = json.dumps(given, ensure_ascii=False) if isinstance(given, str) else str(given)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _place(location: tuple[int | str, ...], data: dict[str, Any]) -> tuple[Path, type[BaseModel]]:
    """The key path of a pydantic location (which also names union members) and the table that holds the key."""
    path: Path = ()
    model: type[BaseModel] = EstateFile
    value: Any = data
    for n, part in enumerate(location):
        here = value
        if isinstance(here, dict) and part not in here and part in _RULES and here.get("where") == part:
            model = _RULES[str(part)]
            continue
        path = (*path, part)
        if isinstance(here, (dict, list)):
            try:
                value = here[part]  # type: ignore[index]
            except (KeyError, IndexError, TypeError):  # a list where a table belongs, or the other way round
                value = None
        if n < len(location) - 1 and isinstance(part, str) and part in model.model_fields:
            model = _table_of(model.model_fields[part].annotation) or model
    return path, model


def _table_of(annotation: Any) -> type[BaseModel] | None:
    """The model inside an annotation such as `Name`, `list[Core]` or `Annotated[list[Building], ...]`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for part in getattr(annotation, "__args__", ()):
        if (found := _table_of(part)) is not None:
            return found
    return None
