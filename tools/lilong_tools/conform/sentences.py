"""The sentences of the specification by their ids, as protocol/spec has them."""

import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

import lilong_protocol

_SENTENCE = re.compile(r"^- \*\*(LIL-[A-Z]+-\d+)\*\* · (\w+) · (.*?)(?=\n(?:- |\n|#|$))", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[([^]]*)\]\([^)]*\)")


class Sentence(NamedTuple):
    """`whose`: device, backend or both; `file`: in protocol/spec."""

    text: str
    whose: str
    file: str


def folder() -> Path:
    """protocol/spec: in the package when it is installed, beside it in the repository otherwise."""
    here = Path(lilong_protocol.__file__).parent
    installed = here / "spec"
    return installed if installed.is_dir() else here.parent / "spec"


@cache
def sentences() -> dict[str, Sentence]:
    """All of them."""
    found = {}
    for path in sorted(folder().glob("*.md")):
        for name, whose, text in _SENTENCE.findall(path.read_text(encoding="utf-8") + "\n\n"):
            found[name] = Sentence(_LINK.sub(r"\1", " ".join(text.split())), whose, path.name)
    return found


def sentence(name: str) -> Sentence:
    """What an id says."""
    return sentences().get(name, Sentence("", "", ""))
