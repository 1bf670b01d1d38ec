"""What takes seconds to make and is always the same, kept in a file under the hash of what it is made from."""

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")


def kept(path: Path, make: Callable[[], T]) -> T:
    """What JSON file `path` holds, else what `make` gives, which is kept there if that can be. Several may do so."""
    try:
        found: T = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        found = make()
        _keep(path, json.dumps(found))
    return found


def _keep(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent) as folder:
            fresh = Path(folder) / path.name
            fresh.write_text(text, encoding="utf-8")
            fresh.replace(path)
    except OSError:
        return  # a folder that cannot be written costs the time again, no more
