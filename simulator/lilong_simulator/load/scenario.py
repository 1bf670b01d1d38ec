"""What a run is asked to do, as data: from a file that people write, from flags, to other processes as JSON."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ..data_faults.asked import DataFaultError, DataFaultsAsked
from ..data_faults.asked import parse as parse_data_faults
from ..toml_files.errors import nearest
from ..toml_files.lines import key_lines
from .faults import FaultAsked, FaultError, from_table, several
from .payload.template import TemplateError, read_template
from .street import MOST_CELLS, Committee, Street

STREETS = Path(__file__).parent.parent / "streets"
START = datetime(2026, 3, 4, 18, 38, 45)  # a Wednesday evening: people come home, kitchens are busy
MOST_COPIES = 10_000

Accept = Literal["stored", "puback", "observed"]


class ScenarioError(ValueError):
    """A scenario that cannot be played; one line a problem: where, what is wrong, what to do."""


@dataclass(frozen=True, slots=True)
class Copies:
    """One estate, several times over: `estate` is a built-in name or a path, `scale` the share of its devices.

    grid: street, committee and cell in which it lies, and who looks after that; empty: as its file says.
    """

    estate: str
    copies: int = 1
    scale: float = 1.0
    grid: tuple[str, ...] = ()
    officer: str = ""


@dataclass(frozen=True, slots=True)
class Scenario:
    """One run, whatever plays it. Times in s; `duration_s` None: until it is stopped; `start` is local to the estates.

    ramp_s: over which all devices get their power; None: at 1,000 a second. rate: periods are divided by it and the
    rates of the world's events multiplied; timers of rules, retries and limits never. telemetry_qos: 1 lets the broker
    answer each sample; None: as each kind does. accept: what ends the retries of an alarm: the backend's stored-ack,
    the PUBACK, or the backend's observed feed. incidents: names; each copy has its own. template: name and text of the
    template by which devices speak; None: in sealed frames. data_faults: a device and hour, by kind. street: its
    committees, where the file has any; a process that plays needs the estates' grid paths alone.
    """

    estates: tuple[Copies, ...]
    seed: int = 7
    start: datetime = START
    duration_s: float | None = 60.0
    ramp_s: float | None = None
    rate: float = 1.0
    telemetry_qos: int | None = None
    accept: Accept = "stored"
    incidents: tuple[str, ...] = ()
    template: tuple[str, str] | None = None
    faults: tuple[FaultAsked, ...] = ()
    data_faults: DataFaultsAsked = field(default_factory=dict)
    street: Street | None = None

    @property
    def several(self) -> bool:
        """A street or a city: more estates than one."""
        return sum(one.copies for one in self.estates) > 1

    @property
    def name(self) -> str:
        """For people: `music_plaza`, `music_plaza x 3`, `5 estates`."""
        if len(self.estates) > 1:
            return f"{sum(one.copies for one in self.estates):,} estates"
        (only,) = self.estates
        name = Path(only.estate).stem
        return name if only.copies == 1 else f"{name} x {only.copies}"

    def to_json(self) -> dict[str, Any]:
        """Plain values, for another process."""
        template = None if self.template is None else list(self.template)
        return {
            **asdict(replace(self, street=None)), "start": self.start.isoformat(), "incidents": list(self.incidents),
            "template": template,
            "faults": [one.to_json() for one in self.faults],
        }  # fmt: skip

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Scenario:
        """What `to_json` gave; ScenarioError for anything else."""
        known = {one.name for one in fields(cls)}
        if unknown := set(values) - known:
            name = min(unknown)
            raise ScenarioError(f"a scenario has no {name!r}; {nearest(name, known)}")
        try:
            estates = tuple(Copies(**{**one, "grid": tuple(one.get("grid", ()))}) for one in values["estates"])
            start = datetime.fromisoformat(values["start"])
            template = None if values.get("template") is None else tuple(values["template"])
            given = {"estates": estates, "start": start, "incidents": tuple(values["incidents"]), "template": template}
            given["faults"] = several(values.get("faults", ()))
            return cls(**{**values, **given})
        except (KeyError, TypeError, ValueError) as error:
            raise ScenarioError(f"not a scenario ({error!r}); give what Scenario.to_json made") from None


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _Copies(_Table):
    estate: Annotated[str, Field(min_length=1)]
    copies: Annotated[int, Field(ge=1, le=MOST_COPIES)] = 1
    scale: Annotated[float, Field(gt=0, le=1)] = 1.0


class _Name(_Table):
    en: Annotated[str, Field(min_length=1, max_length=80)]
    zh: Annotated[str, Field(min_length=1, max_length=80)]


_Text = Annotated[str, Field(min_length=1, max_length=80)]
_Slug = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")]


class _Committee(_Table):
    id: _Slug
    name: _Name
    officers: Annotated[list[_Text], Field(min_length=1, max_length=MOST_CELLS)]
    estates: list[_Text]


class _Street(_Table):
    estates: list[_Copies] = []
    committees: list[_Committee] = []
    seed: int | None = None
    start: datetime | None = None
    duration_s: Annotated[float, Field(ge=1)] | None = None
    ramp_s: Annotated[float, Field(ge=0)] | None = None
    rate: Annotated[float, Field(gt=0, le=1_000_000)] | None = None
    telemetry_qos: Literal[0, 1] | None = None
    accept: Accept | None = None
    incidents: list[str] | None = None
    template: Annotated[str, Field(min_length=1)] | None = None
    faults: list[dict[str, Any]] | None = None
    data_faults: str | None = None


def read_scenario(name_or_path: str) -> Scenario:
    """An estate alone, by name or file, or a street: a TOML file with `[[estates]]`, or a built-in one by name.

    Raises ScenarioError with `file:line: key: what is wrong; what to do`. An estate file is looked at by whoever plays
    it. Paths in a street file count from its folder.
    """
    built_in = STREETS / f"{name_or_path}.toml"
    is_path = name_or_path.endswith(".toml") or "/" in name_or_path
    file = Path(name_or_path) if is_path else built_in
    alone = Scenario((Copies(name_or_path),))
    if not file.is_file():
        return alone
    try:
        text = file.read_text("utf-8")
        values = tomllib.loads(text)
    except (OSError, ValueError):
        return alone  # whoever reads the estate says what is wrong with the file
    return _street(file, text, values) if values.keys() & {"estates", "committees"} else alone


def _street(file: Path, text: str, values: dict[str, Any]) -> Scenario:
    try:
        street = _Street.model_validate(values)
    except ValidationError as error:
        lines = key_lines(text)
        problems = []
        for one in error.errors():
            path = one["loc"]
            known = {len(path[:end]): lines[path[:end]] for end in range(1, len(path) + 1) if path[:end] in lines}
            line = known[max(known)] if known else 1
            table = _Street if len(path) <= 2 else _Copies if path[0] == "estates" else _Committee
            what = one["msg"][:1].lower() + one["msg"][1:]
            if one["type"] == "extra_forbidden":
                what = f"is not a key here; {nearest(path[-1], table.model_fields)}"
            problems.append(f"{file}:{line}: {'.'.join(str(part) for part in path)}: {what}")
        raise ScenarioError("\n".join(problems)) from None
    estates = tuple(Copies(_there(file, one.estate), one.copies, one.scale) for one in street.estates)
    given = {
        name: value
        for name, value in street.model_dump(exclude={"estates", "committees"}).items()
        if value is not None
    }
    if street.committees:
        given["street"] = governed = _governed(file, text, street)
        estates += tuple(Copies(name, grid=cell.grid, officer=cell.officer) for name, cell in governed.estates())
    if not estates:
        raise ScenarioError(f"{file}:1: names no estate; add [[estates]], or `estates` to a committee")
    if "incidents" in given:
        given["incidents"] = tuple(given["incidents"])
    if street.template is not None:
        given["template"] = _template(file, text, street.template, street.accept)
    if "faults" in given:
        given["faults"] = _faults(file, text, given["faults"])
    if street.data_faults is not None:
        try:
            given["data_faults"] = parse_data_faults(street.data_faults)
        except DataFaultError as error:
            raise ScenarioError(f"{file}:{key_lines(text)[('data_faults',)]}: data_faults: {error}") from None
    return replace(Scenario(estates), **given)


def _governed(file: Path, text: str, street: _Street) -> Street:
    """The committees; ScenarioError where two have one id."""
    lines, seen = key_lines(text), set()
    for at, one in enumerate(street.committees):
        if one.id in seen:
            line = lines[("committees", at, "id")]
            raise ScenarioError(f"{file}:{line}: committees.{at}.id: {one.id} is already taken; give each its own")
        seen.add(one.id)
    return Street(
        file.stem,
        tuple(
            Committee(
                one.id, one.name.en, one.name.zh, tuple(one.officers),
                tuple(_there(file, estate) for estate in one.estates),
            )
            for one in street.committees
        ),
    )  # fmt: skip


def _template(file: Path, text: str, given: str, accept: Accept | None) -> tuple[str, str]:
    """Name and text of a built-in template, or of a file whose path counts from the street's folder."""
    lines = key_lines(text)
    if accept == "stored":
        where = f"{file}:{lines[('accept',)]}: accept"
        raise ScenarioError(f"{where}: a template has no stored-ack; say puback or observed, or leave it out")
    try:
        found = read_template(_there(file, given), "template")
    except TemplateError as error:
        if "\n" in str(error) or not str(error).startswith("template "):
            raise
        raise ScenarioError(f"{file}:{lines[('template',)]}: {error}") from None
    return found.name, found.text


def _faults(file: Path, text: str, tables: list[dict[str, Any]]) -> tuple[FaultAsked, ...]:
    lines = key_lines(text)
    found, problems = [], []
    for at, table in enumerate(tables):
        try:
            found.append(from_table(table))
        except FaultError as error:
            path = ("faults", at, error.key)
            line = lines.get(path, lines.get(path[:2], 1))
            problems.append(f"{file}:{line}: faults.{at}.{error.key}: {error}")
    if problems:
        raise ScenarioError("\n".join(problems))
    return tuple(found)


def _there(street: Path, named: str) -> str:
    """The path of an estate or template that a street file names; a built-in one has no path."""
    return str(street.parent / named) if named.endswith(".toml") or "/" in named else named


def dumps(scenario: Scenario) -> str:
    """One line of JSON."""
    return json.dumps(scenario.to_json(), ensure_ascii=False)
