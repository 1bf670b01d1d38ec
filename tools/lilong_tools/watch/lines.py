"""A described frame as one line for a person, or as one JSON object for a pipe."""

import json
from datetime import datetime
from decimal import Decimal
from typing import Any

from lilong_protocol.pc.describe import Description
from rich.text import Text

LEVEL_STYLE = {1: "bold white on red", 2: "bold black on orange1", 3: "black on yellow", 4: "white on blue"}
LEVEL_NAME = {1: "red", 2: "orange", 3: "yellow", 4: "blue"}
MARK = {True: ("ok ", "green"), False: ("BAD", "bold red"), None: (" ? ", "yellow")}
_IN_HEAD = ("boot", "seq", "uptime", "epoch", "quality")


def line(at: str, told: Description, kind: str | None) -> Text:
    """`at` local time, mark (ok, BAD: refused, ?: no key to verify it), device, class, message, what it says."""
    mark, style = MARK[told.verified if told.problem is None else False]
    text = Text.assemble((at + " ", "dim"), (mark, style), " ", (told.device or "-" * 16, "cyan"))
    text.append(f" {kind or '':11} {told.direction or '?'}/{told.cls or '??'} ")
    text.append(f"{told.message or 'not a frame':16}", "bold")
    if told.level is not None:
        text.append(f" {LEVEL_NAME[told.level]} ", LEVEL_STYLE[told.level])
    text.append(" " + _said(told))
    if told.problem is not None:
        text.append(f"  {told.problem}", "red")
        if told.message is None:
            text.append(f"  {told.data[:64].hex()}{'...' if len(told.data) > 64 else ''}", "dim")
    return text


def _said(told: Description) -> str:
    words = [_words(name, value) for name, value in told.body.items()]
    head = told.header
    place = [f"boot {head['boot']}"] if "boot" in head else []
    place += [f"seq {head['seq']}"] if "seq" in head else []
    place += [f"up {_duration(head['uptime'])}"] if isinstance(head.get("uptime"), int) else []
    if "boot" not in head and isinstance(head.get("epoch"), int):
        words.append(f"it is {datetime.fromtimestamp(head['epoch'] / 1000).isoformat(' ', 'milliseconds')}")
    words += [f"{name} {value}" for name, value in head.items() if name not in _IN_HEAD]
    return ", ".join(word for word in words if word) + ("  [" + ", ".join(place) + "]" if place else "")


def _words(name: str, value: Any) -> str:
    if isinstance(value, dict):
        return " ".join(f"{key} {_measured(one)}" for key, one in value.items())
    if name in ("code", "command"):
        return str(value)
    if isinstance(value, bool):
        return name if value else f"not {name}"
    if isinstance(value, list):
        return f"{name} {' '.join(map(_item, value))}"
    return f"{name} {value}"


def _item(value: Any) -> str:
    return "[" + " ".join(map(_item, value)) + "]" if isinstance(value, list) else "-" if value is None else str(value)


def _measured(value: Any) -> str:
    if isinstance(value, tuple):
        number, unit = value
        return "-" if number is None else f"{number} {unit}".rstrip(" /")
    return str(value)


def _duration(ms: int) -> str:
    seconds = ms // 1000
    if seconds < 60:
        return f"{ms / 1000:.3f} s"
    if seconds < 3600:
        return f"{seconds // 60}:{seconds % 60:02}"
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def as_json(at_ms: int, told: Description, kind: str | None, topic: str | None) -> str:
    """One line: at (epoch ms), topic, device, kind, direction, class, message, verified, problem, level, header, body
    and the frame in hex. A measured value is {"value": number, "unit": text}.
    """
    return json.dumps(
        {
            "at": at_ms, "topic": topic, "device": told.device, "kind": kind, "direction": told.direction,
            "class": told.cls, "message": told.message, "verified": told.verified, "problem": told.problem,
            "level": told.level, "header": told.header, "body": _plain(told.body), "frame": told.data.hex(),
        },
        ensure_ascii=False,
    )  # fmt: skip


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, tuple):
        return {"value": _plain(value[0]), "unit": value[1]}
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value
