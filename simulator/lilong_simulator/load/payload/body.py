"""JSON with placeholders: a text that people write, made once into something that is quickly filled in.

A string that is one placeholder becomes its value, with its type; within other text the value is written out.
`{{` and `}}` are braces. What the message does not say is left out: the member of an object, the element of an array.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from .facts import ABSENT, Facts, Getter

_PIECE = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")
encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode

Node = Callable[[Facts], Any]


class PlaceholderError(ValueError):
    """A text whose braces mean nothing; `text` is the part, `name` what stands in it, None where they do not close."""

    def __init__(self, text: str, name: str | None) -> None:
        super().__init__(text)
        self.text = text
        self.name = name


def pieces(text: str) -> Iterator[tuple[str, str | None]]:
    """(text before, placeholder) of each placeholder, and (the rest, None)."""
    plain, at = "", 0
    for found in _PIECE.finditer(text):
        plain += text[at : found.start()]
        at = found.end()
        piece, name = found[0], found[1]
        if piece in ("{{", "}}"):
            plain += piece[0]
        elif name is None:
            raise PlaceholderError(piece, None)
        else:
            yield plain, name.strip()
            plain = ""
    yield plain + text[at:], None


def written(value: Any) -> str:
    """A value within other text."""
    if value is ABSENT:
        return ""
    return value if isinstance(value, str) else encode(value)


def text_of(text: str, known: Mapping[str, Getter]) -> tuple[Node, bool]:
    """A string with placeholders, and whether it has any; PlaceholderError for one that is not known."""
    parts = list(pieces(text))
    for _, name in parts:
        if name is not None and name not in known:
            raise PlaceholderError("{" + name + "}", name)
    names = [name for _, name in parts if name is not None]
    if not names:
        constant = parts[0][0]
        return lambda _: constant, False
    if len(names) == 1 and all(not plain for plain, _ in parts):
        return known[names[0]], True
    form = "%s".join(plain.replace("%", "%%") for plain, _ in parts)
    gets = [known[name] for name in names]
    return lambda facts: form % tuple([written(get(facts)) for get in gets]), True


def document(content: Any, known: Mapping[str, Getter]) -> Node:
    """Decoded JSON as something to be filled in."""
    return _node(content, known)[0]


def _node(content: Any, known: Mapping[str, Getter]) -> tuple[Node, bool]:
    """The node, and whether it depends on the message."""
    if isinstance(content, str):
        return text_of(content, known)
    if isinstance(content, dict):
        keys = {key: text_of(key, known) for key in content}
        nodes = {key: _node(one, known) for key, one in content.items()}
        if not any(moves for _, moves in (*keys.values(), *nodes.values())):
            return _constant({keys[key][0](_NO_FACTS): nodes[key][0](_NO_FACTS) for key in content}), False
        if any(moves for _, moves in keys.values()):
            pairs = [(keys[key][0], nodes[key][0]) for key in content]
            return lambda facts: _filled((written(key(facts)), node(facts)) for key, node in pairs), True
        named = [(keys[key][0](_NO_FACTS), nodes[key][0]) for key in content]
        return lambda facts: _filled((key, node(facts)) for key, node in named), True
    if isinstance(content, list):
        items = [_node(one, known) for one in content]
        if not any(moves for _, moves in items):
            return _constant([node(_NO_FACTS) for node, _ in items]), False
        made = [node for node, _ in items]
        return lambda facts: [value for node in made if (value := node(facts)) is not ABSENT], True
    return _constant(content), False


_NO_FACTS: Any = None  # what constants look at


def _constant(value: Any) -> Node:
    return lambda _: value


def _filled(pairs: Iterator[tuple[str, Any]]) -> dict[str, Any]:
    return {key: value for key, value in pairs if value is not ABSENT}
