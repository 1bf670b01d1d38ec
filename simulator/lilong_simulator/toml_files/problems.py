"""What pydantic finds wrong with a file that people write, in their words: which key, what is wrong, what to do."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from lilong_simulator.toml_files.errors import Problem, nearest
from lilong_simulator.toml_files.lines import Path


@dataclass(frozen=True)
class Form:
    """The form of a file. `tag`: the key whose value says which of `variants` a table is. `noun`, `asks`: what it is
    called, and what to say where it is missing. `example`: where a key may be looked up."""

    root: type[BaseModel]
    tag: str
    variants: Mapping[str, type[BaseModel]]
    noun: str
    asks: str
    example: str

    def problems(self, errors: list[ErrorDetails], data: dict[str, Any]) -> list[Problem]:
        """All pydantic errors, without the missing keys that are there but misspelt."""
        problems = list(dict.fromkeys(self._problem(error, data) for error in errors))
        meant = set()
        for problem in problems:
            if found := re.match(r'did you mean "(\w+)"', problem.remedy):
                meant.add((*problem.path[:-1], found[1]))
        return [problem for problem in problems if problem.what != "is missing" or problem.path not in meant]

    def _problem(self, error: ErrorDetails, data: dict[str, Any]) -> Problem:
        """One pydantic error in the words of the person who wrote the file."""
        path, model = self._place(error["loc"], data)
        context: dict[str, Any] = error.get("ctx") or {}
        kind, given = error["type"], error["input"]
        shown = _shown(given)
        match kind:
            case "missing":
                return Problem(path, "is missing", _example(model, str(path[-1]), self.example))
            case "extra_forbidden":
                return Problem(path, "is not a key here", nearest(path[-1], model.model_fields))
            case "union_tag_invalid":
                named = given.get(self.tag) if isinstance(given, dict) else given
                return Problem((*path, self.tag), f"{_shown(named)} is no {self.noun}", nearest(named, self.variants))
            case "union_tag_not_found":
                return Problem((*path, self.tag), "is missing", f"{self.asks}; {nearest('', self.variants)}")
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
            case "value_error":  # of a validator of ours, which says both
                what, _, remedy = str(context["error"]).partition("; ")
                return Problem(path, what, remedy)
            case _ if kind.endswith(("_type", "_parsing", "_attributes_type")):
                expected = kind.removesuffix("_type").removesuffix("_parsing")
                return Problem(
                    path, f"must be {_NOUNS.get(expected, expected)}, but is {shown}", _unquote(given, expected)
                )
            case _:
                return Problem(path, f"{shown} is out of bounds", error["msg"][:1].lower() + error["msg"][1:])

    def _place(self, location: tuple[int | str, ...], data: dict[str, Any]) -> tuple[Path, type[BaseModel]]:
        """The key path of a pydantic location (which also names union members) and the table that holds the key."""
        path: Path = ()
        model: type[BaseModel] = self.root
        value: Any = data
        for n, part in enumerate(location):
            here = value
            if isinstance(here, dict) and part not in here and part in self.variants and here.get(self.tag) == part:
                model = self.variants[str(part)]
                continue
            if isinstance(part, str) and n and not isinstance(here, dict):
                continue  # a member of a union, as "constrained-str"
            path = (*path, part)
            if isinstance(here, (dict, list)):
                try:
                    value = here[part]  # type: ignore[index]
                except (KeyError, IndexError, TypeError):  # a list where a table belongs, or the other way round
                    value = None
            if n < len(location) - 1 and isinstance(part, str) and part in model.model_fields:
                model = _table_of(model.model_fields[part].annotation) or model
        return path, model


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


def _example(model: type[BaseModel], key: str, example: str) -> str:
    field = model.model_fields.get(key)
    if field is None:
        return f"add {key}"
    if (table := _table_of(field.annotation)) is not None:
        brackets = f"[{key}]" if isinstance(field.annotation, type) else f"[[{key}]]"
        return f"add a table {brackets} with the keys {', '.join(table.model_fields)}"
    return f"add `{key} = ...`; {example} shows one"


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


def _table_of(annotation: Any) -> type[BaseModel] | None:
    """The model inside an annotation such as `Name`, `list[Core]` or `Annotated[list[Building], ...]`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for part in getattr(annotation, "__args__", ()):
        if (found := _table_of(part)) is not None:
            return found
    return None
