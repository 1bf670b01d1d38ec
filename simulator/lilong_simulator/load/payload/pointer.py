"""JSON Pointer (RFC 6901): where something stands in a document."""

from __future__ import annotations

import re
from typing import Any

_INDEX = re.compile("0|[1-9][0-9]*")


class PointerError(ValueError):
    """Not a pointer, or one that leads nowhere."""


def steps(text: str) -> tuple[str, ...]:
    """The pointer's tokens (section 3); PointerError."""
    if text and not text.startswith("/"):
        raise PointerError(f"{text!r} is no JSON Pointer, which begins with /")
    if re.search("~(?![01])", text):
        raise PointerError(f"{text!r} has a ~ that is neither ~0 nor ~1")
    return tuple(one.replace("~1", "/").replace("~0", "~") for one in text.split("/")[1:])


def follow(content: Any, pointer: tuple[str, ...]) -> Any:
    """What stands there (section 4); PointerError where nothing does."""
    for one in pointer:
        if isinstance(content, dict) and one in content:
            content = content[one]
        elif isinstance(content, list) and _INDEX.fullmatch(one) and int(one) < len(content):
            content = content[int(one)]
        else:
            raise PointerError(f"nothing stands at {one!r}")
    return content
