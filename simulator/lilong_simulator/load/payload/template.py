"""A template file: what devices of a load say instead of sealed frames, and on which topics.

A TOML file with a table for each kind of message that is to be sent; what has no table is not sent.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lilong_protocol import frame
from lilong_protocol.frame import Frame
from pydantic import ValidationError

from ...toml_files.errors import Problem, dotted, line_of, nearest
from ...toml_files.lines import key_lines
from . import form
from .body import Node, PlaceholderError, document, encode, text_of, written
from .facts import NAMES, Facts, Getter, alarm_id, getters, telemetry_rows
from .pointer import PointerError, follow, steps
from .senml import pack

SENML = "senml"
IN_TOPICS = ("estate", "device", "kind", "message")
OF_ALARMS = ("code", "level")  # in a topic too where nothing is retained: it could not be found again
MOST_TOPIC_BYTES = 1_024  # (ours)
_TEMPLATES = Path(__file__).parent / "templates"

WHOLE = ("{rows}", "{values}")  # what may be a body by itself
_ROWS = re.compile(r"\{\s*rows\s*\}")

Known = Mapping[str, Getter]


class TemplateError(ValueError):
    """A template that cannot be used; one line a problem: `file:line: key: what; what to do`."""


@dataclass(frozen=True)
class MessageTemplate:
    """One kind of message. `topic` and `body` fill in what a message says; `row` that of telemetry, a row at a time."""

    topic: Node
    body: Node
    row: Node | None
    retain: bool
    levels: tuple[str, ...]  # of its topic, as written

    def render(self, facts: Facts) -> tuple[str, bytes]:
        """Topic and payload."""
        if self.row is not None:
            facts.rows = self._rows
        return self.topic_of(facts), encode(self.body(facts)).encode()

    def topic_of(self, facts: Facts) -> str:
        return written(self.topic(facts))

    def _rows(self, facts: Facts) -> list[Any]:
        """What the row says of each row of telemetry, the oldest first."""
        assert self.row is not None
        rows = sorted(telemetry_rows(facts.said), key=lambda row: -row[0])
        return [self.row(_of_row(facts, age, values)) for age, values in rows]

    @property
    def filter(self) -> str:
        """A subscription to its topic for all devices."""
        return "/".join("+" if "{" in level.replace("{{", "") else level for level in self.levels)


@dataclass(frozen=True)
class Template:
    """`messages` by kind of message. `name` and `text`: what it was made of. `alarm`: where a raise has its id."""

    name: str
    text: str
    messages: dict[int, MessageTemplate]
    alarm: tuple[str, ...] | None = None

    @classmethod
    def parse(cls, name: str, text: str, file: str | None = None) -> Template:
        """TemplateError with the lines of `file` for what cannot be used."""
        return _Reader(name, text, file or f"{name}.toml").template()

    @property
    def retains(self) -> bool:
        return any(one.retain for one in self.messages.values())

    def alarm_of(self, payload: bytes) -> tuple[str, int, int] | None:
        """(device, boot, seq) of the raise that a payload is about, as its pointer says; None: no such one."""
        if self.alarm is None:
            return None
        try:
            device, boot, seq = str(follow(json.loads(payload), self.alarm)).rsplit("-", 2)
            return device, int(boot), int(seq)
        except (ValueError, RecursionError):
            return None


def built_in() -> list[str]:
    """The names of the templates that come with the package."""
    return sorted(one.stem for one in _TEMPLATES.glob("*.toml"))


def read_template(name_or_path: str, given_as: str = "--template") -> Template:
    """A template by its built-in name or the path of its file; TemplateError."""
    if name_or_path.endswith(".toml") or "/" in name_or_path:
        path = Path(name_or_path)
        try:
            return Template.parse(path.stem, path.read_text("utf-8"), name_or_path)
        except OSError as error:
            raise TemplateError(f"{given_as} {path}: {error.strerror}; give the path of a template file") from None
        except UnicodeDecodeError as error:
            raise TemplateError(f"{path}:1: not UTF-8 ({error.reason}); save it as UTF-8") from None
    if name_or_path not in built_in():
        hint = nearest(name_or_path, built_in())
        raise TemplateError(f"{given_as} {name_or_path}: no such template; {hint}, or the path of a .toml file")
    return Template.parse(name_or_path, (_TEMPLATES / f"{name_or_path}.toml").read_text("utf-8"))


class _Reader:
    """Reads one file and gathers what is wrong with it."""

    def __init__(self, name: str, text: str, file: str) -> None:
        self._name = name
        self._text = text
        self._file = file
        self._problems: list[tuple[int, str]] = []
        self._lines: dict[tuple[str | int, ...], int] = {}

    def template(self) -> Template:
        try:
            values = tomllib.loads(self._text)
        except tomllib.TOMLDecodeError as error:
            raise TemplateError(f"{self._file}: not TOML: {error}; mend it there") from None
        self._lines = key_lines(self._text)
        try:
            found = form.File.model_validate(values)
        except ValidationError as error:
            for one in error.errors():
                self._invalid(one)
            raise self._error() from None
        messages = {}
        for name, kind in NAMES.items():
            given: form.Message | None = getattr(found, name)
            if given is not None:
                messages[kind] = self._message(name, kind, given)
        if not messages:
            self._tell(Problem((), "no message is to be sent", f"add a table: {', '.join(NAMES)}"))
        if self._problems:
            raise self._error()
        template = Template(self._name, self._text, messages)
        return template if found.probe is None else self._probed(template, found.probe)

    def _message(self, name: str, kind: int, given: form.Message) -> MessageTemplate:
        known = getters(kind)
        if given.row is not None and kind != frame.TELEMETRY:
            self._tell(Problem((name, "row"), "only telemetry has rows", "leave it out"))
        if _ROWS.search(given.body) and given.row is None and kind == frame.TELEMETRY:
            remedy = """write what a row is: row = '{"ts": "{time}", "values": "{values}"}'"""
            self._tell(Problem((name, "body"), "{rows} has no form", remedy))
        row = None
        if given.row is not None:
            of_a_row = {one: get for one, get in known.items() if one != "rows"}
            row = self._json((name, "row"), given.row, of_a_row)
        body: Node = pack if given.body == SENML else self._json((name, "body"), given.body, known)
        wanted = IN_TOPICS if given.retain else (*IN_TOPICS, *OF_ALARMS)
        topic = self._topic((name, "topic"), given.topic, {one: known[one] for one in wanted if one in known})
        return MessageTemplate(topic, body, row, given.retain, tuple(given.topic.split("/")))

    def _topic(self, path: tuple[str, ...], text: str, known: Known) -> Node:
        if any(sign in text for sign in "+#\0"):
            self._tell(Problem(path, "has a wildcard or a NUL, to which nothing can be sent", "write one topic"))
        elif text.startswith("$"):
            self._tell(Problem(path, "begins with $, which belongs to the broker", "begin with another level"))
        elif len(text.encode()) > MOST_TOPIC_BYTES:
            self._tell(Problem(path, f"is longer than {MOST_TOPIC_BYTES} bytes", "write a shorter one"))
        try:
            return text_of(text, known)[0]
        except PlaceholderError as error:
            self._placeholder(path, text, error, known)
        return _nothing

    def _json(self, path: tuple[str, ...], text: str, known: Known) -> Node:
        try:
            content = json.loads(text, parse_constant=_refuse)
        except ValueError as error:
            line = self._line_in(path, text, error.pos) if isinstance(error, json.JSONDecodeError) else None
            what = f"not JSON: {error.msg.lower()}" if isinstance(error, json.JSONDecodeError) else str(error)
            remedy = f'write a JSON document with its placeholders in strings, or "{SENML}"'
            if path[1] == "body" and " " not in text and "{" not in text:
                remedy = f'{nearest(text, [SENML])}, or a JSON document with its placeholders in strings'
            self._tell(Problem(path, what, remedy), line)
            return _nothing
        except RecursionError:
            self._tell(Problem(path, "JSON in too many levels", "write a flatter document"))
            return _nothing
        if not isinstance(content, dict | list) and content not in WHOLE:
            remedy = f"write an object, an array, or {' or '.join(map(encode, WHOLE))}"
            self._tell(Problem(path, "a JSON value alone", remedy))
            return _nothing
        try:
            return document(content, known)
        except PlaceholderError as error:
            self._placeholder(path, text, error, known)
        return _nothing

    def _placeholder(self, path: tuple[str, ...], text: str, error: PlaceholderError, known: Known) -> None:
        at = text.find(error.text)
        line = self._line_in(path, text, max(at, 0))
        if error.name is None:
            what, remedy = f"a {error.text} alone", "write {name} for a placeholder, {{ and }} for braces"
        else:
            what = f"{error.text} says nothing here"
            shown = {one for one in known if not one.startswith("values.")}
            if error.name.startswith("values."):
                shown = {one for one in known if one.count(".") == error.name.count(".")} or shown
            remedy = nearest(error.name, shown)
        self._tell(Problem(path, what, remedy), line)

    def _probed(self, template: Template, probe: form.Probe) -> Template:
        """With its pointer, which must lead to the id in a raise."""
        path = ("probe", "alarm")
        raised = template.messages.get(frame.RAISE)
        if raised is None:
            self._tell(Problem(path, "no alarm is raised by this template", "add [alarm_raise], or leave [probe] out"))
            raise self._error()
        said = Frame({1: frame.RAISE, 2: 7, 3: 9, 4: 1_000, 7: {0: 1, 1: 4, 2: 4, 3: 4, 4: {}}})
        facts = Facts("estate", "a4cf12fffe0b3c01", "smoke", "core1/1F/101/smoke", said, 1.7e12)
        _, payload = raised.render(facts)
        wanted = alarm_id(facts.device, said)
        try:
            found = follow(json.loads(payload), steps(probe.alarm))
        except PointerError as error:
            self._tell(Problem(path, f"{error}", f"write the JSON Pointer of {{alarm}} in {payload.decode()}"))
            raise self._error() from None
        if found != wanted:
            what = f"leads to {json.dumps(found, ensure_ascii=False)}, which is not the alarm's id"
            self._tell(Problem(path, what, 'let it lead to "{alarm}" in the body of [alarm_raise]'))
            raise self._error()
        return Template(template.name, template.text, template.messages, steps(probe.alarm))

    def _invalid(self, one: Any) -> None:
        path = one["loc"]
        table = form.File if len(path) < 2 else form.Probe if path[0] == "probe" else form.Message
        if one["type"] == "extra_forbidden":
            problem = Problem(path, "is not a key here", nearest(path[-1], table.model_fields))
        elif one["type"] == "missing":
            problem = Problem(path, "is missing", f"add {path[-1]} = ...")
        else:
            problem = Problem(path, one["msg"][:1].lower() + one["msg"][1:], "mend the value")
        self._tell(problem)

    def _line_in(self, path: tuple[str, ...], text: str, at: int) -> int:
        """The line of a place in a text that stands at a key."""
        line = line_of(path, self._lines)
        written_there = self._text.splitlines()[line - 1].rstrip()
        opens = written_there.endswith(("'''", '"""')) and written_there.count(written_there[-3:]) == 1
        return line + opens + text.count("\n", 0, at)

    def _tell(self, problem: Problem, line: int | None = None) -> None:
        where = line_of(problem.path, self._lines) if line is None else line
        self._problems.append((where, f"{dotted(problem.path)}: {problem.what}; {problem.remedy}"))

    def _error(self) -> TemplateError:
        told = [f"{self._file}:{line}: {problem}" for line, problem in sorted(self._problems)]
        return TemplateError("\n".join(dict.fromkeys(told)))


def _nothing(_: Facts) -> Any:
    return None


def _refuse(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def _of_row(facts: Facts, age: int, values: dict[int, int]) -> Facts:
    """The facts of one row: what was measured then, at its own time."""
    said = Frame({1: frame.TELEMETRY, 7: {0: list(values), 1: [0], 2: [[value] for value in values.values()]}})
    said.boot, said.seq, said.uptime = facts.said.boot, facts.said.seq, facts.said.uptime - age
    return Facts(facts.estate, facts.device, facts.kind, facts.name, said, facts.at_ms - age)
