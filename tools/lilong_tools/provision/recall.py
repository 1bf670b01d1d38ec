"""What was made for a device before: its row, its place at a broker and its networks, from the folder of it."""

import csv
import io
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from lilong_simulator.estate import Estate

from .batch import LIST
from .contents import CA, CONFIG, parsed
from .device_folder import read_folder
from .errors import ProvisionError
from .networks import Networks
from .rows import Row, rows


class Recalled(NamedTuple):
    row: Row
    host: str
    port: int
    ca: bytes | None
    networks: Networks
    generation: int


def recall(out: Path, device: str, estate: Estate) -> Recalled:
    """ProvisionError when nothing of the device is in the folder `out`."""
    files = read_folder(out / device)
    if files is None or CONFIG not in files:
        raise ProvisionError(f"{out / device}: is not there; give --csv, or --kind and --board, to provision {device}")
    config = parsed(files[CONFIG])
    row = _row(out, device, config, estate)
    data = {name.removeprefix("data."): content for name, content in files.items() if name.startswith("data.")}
    networks = Networks(tuple(config.get("networks") or ()), config.get("modem"))
    try:
        host, port, generation = str(config["host"]), int(config["port"]), int(config.get("generation", 0))
    except (KeyError, TypeError, ValueError):
        raise ProvisionError(f"{out / device / CONFIG}: is damaged; give --csv, or --kind and --board") from None
    return Recalled(replace(row, data=data, maker=config.get("maker")), host, port, files.get(CA), networks, generation)


def _row(out: Path, device: str, config: dict[str, Any], estate: Estate) -> Row:
    cells = {"device": device, "kind": str(config.get("kind", "")), "board": str(config.get("board", ""))}
    try:
        for line in csv.DictReader(io.StringIO((out / LIST).read_text(encoding="utf-8"))):
            if line.get("device") == device:
                cells |= {name: line.get(name) or "" for name in ("name", "building", "core", "unit")}
    except (OSError, UnicodeDecodeError, csv.Error):
        pass  # the names on labels, which no device depends on
    return rows([(str(out / device / CONFIG), cells)], estate, out)[0]
