"""The label of a data fault: what is wrong, where, when, and by which messages it could be seen."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path


@dataclass(slots=True)
class Label:
    """Times in ms of world time; `to_ms` None: by the end it was not over.

    `boot`, `cls`, `seq`: the first message that showed it, None while none has; `messages`: how many have. `evident`:
    they are enough to find it by. One that is not is asked of no backend.
    """

    device: str
    name: str
    quantity: str
    kind: str
    from_ms: int
    to_ms: int | None = None
    boot: int | None = None
    cls: str | None = None
    seq: int | None = None
    messages: int = 0
    evident: bool = False


class LabelError(ValueError):
    """A file of labels that cannot be read; the text says `file:line: what; what to do`."""


def write_labels(path: str | Path, labels: Iterable[Label]) -> None:
    """JSON lines, keys in the order of the fields; `class` is the topic's class."""
    with Path(path).open("w", encoding="utf-8", newline="\n") as file:
        for label in labels:
            row = {"class" if key == "cls" else key: value for key, value in asdict(label).items()}
            file.write(json.dumps(row, ensure_ascii=False) + "\n")


def read_labels(path: str | Path) -> list[Label]:
    """What `write_labels` wrote; LabelError with the line of what is no label."""
    found = []
    names = {"class" if field.name == "cls" else field.name for field in fields(Label)}
    for number, line in enumerate(Path(path).read_text("utf-8").splitlines(), 1):
        try:
            row = json.loads(line)
            if not isinstance(row, dict) or set(row) != names:
                raise ValueError("is no label")
            found.append(Label(**{"cls" if key == "class" else key: value for key, value in row.items()}))
        except ValueError as error:
            raise LabelError(f"{path}:{number}: {error}; give the labels.jsonl of a run") from None
    return found
