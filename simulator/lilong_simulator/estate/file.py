"""Reads an estate file: tables and keys; whatever is wrong becomes an EstateError with its line."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path as FilePath

from pydantic import BaseModel, ValidationError

from lilong_simulator.estate import rules as estate_rules
from lilong_simulator.estate.checks import problems_of
from lilong_simulator.estate.model import EstateFile
from lilong_simulator.estate.source import read_source
from lilong_simulator.toml_files.errors import Lines, estate_error
from lilong_simulator.toml_files.problems import Form

_TABLES = {
    name: model
    for name, model in vars(estate_rules).items()
    if isinstance(model, type) and issubclass(model, BaseModel)
}
_RULES = {
    rule.model_fields["where"].annotation.__args__[0]: rule  # type: ignore[union-attr]
    for rule in _TABLES.values()
    if "where" in rule.model_fields
}
FORM = Form(EstateFile, "where", _RULES, "place", "say where the devices are", "estates/music_plaza.toml")


def read_estate_file(file: FilePath, kinds: Collection[str]) -> tuple[EstateFile, Lines]:
    """The checked content of an estate file, and where each of its keys stands."""
    data, lines = read_source(file)
    try:
        content = EstateFile.model_validate(data)
    except ValidationError as error:
        raise estate_error(str(file), FORM.problems(error.errors(), data), lines) from None
    if problems := problems_of(content, kinds):
        raise estate_error(str(file), problems, lines)
    return content, lines
