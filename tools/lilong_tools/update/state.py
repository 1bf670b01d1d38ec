"""What is kept of a roll-out, so that another run goes on with it: a JSON file for its owner only, written whole."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from lilong_protocol.pc.private_file import PrivateFileError, read_private, write_private

from .errors import UpdateError
from .rollout import Rollout

FORMAT = 1
SUFFIX = ".rollout.json"


@dataclass
class Kept:
    """release: the file. centre, or broker, estate and keys: how devices are reached. digest: of the artifact, hex."""

    release: str
    digest: str
    operator: str
    centre: str | None
    broker: str | None
    estate: str | None
    keys: str | None
    report: str | None
    simulation_key: bool
    started_ms: int
    rollout: Rollout

    def write(self, path: Path) -> None:
        values = asdict(self) | {"format": FORMAT, "rollout": self.rollout.save()}
        try:
            write_private(path, json.dumps(values, indent=1) + "\n")
        except PrivateFileError as error:
            raise UpdateError(f"--state {error}") from None


def read(path: Path) -> Kept:
    """UpdateError for a file that is none."""
    try:
        values: dict[str, Any] = json.loads(read_private(path))
        if values.pop("format") != FORMAT:
            raise ValueError
        values["rollout"] = Rollout.load(values["rollout"])
        return Kept(**values)
    except PrivateFileError as error:
        raise UpdateError(str(error)) from None
    except (ValueError, TypeError, KeyError, AttributeError):
        raise UpdateError(f"{path}: is no state of a roll-out; give the one that `lilong update offer` named") from None
