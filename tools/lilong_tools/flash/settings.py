"""The configuration of a device as it goes onto its board: with the files that it names, under the board's paths."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lilong_firmware.boot import FOLDER
from lilong_firmware.config import ConfigError, load
from lilong_protocol.keys import device_root
from lilong_protocol.pc.simulation import simulation_key

from .errors import FlashError

CONFIG = f"{FOLDER}/device.json"
STORE = f"{FOLDER}/store"  # (ours) where a configuration names no folder for what outlives the power


@dataclass(frozen=True)
class Settings:
    """files: by their path on the board, the configuration last. apn: of a modem, "" without. The key and what was read
    never show in `repr`."""

    tenant: str
    device: str
    kind: str
    broker: str
    networks: list[str]
    apn: str
    root: bytes = field(repr=False)
    files: dict[str, bytes] = field(repr=False)


def read(path: Path, board: str, kind: str, calibration: Path | None = None) -> Settings:
    """FlashError for a configuration that a board would refuse, that is for another kind or board, or names a file that
    is not there.

    A file under the board's own path is looked for beside the configuration. calibration: the records of `lilong
    selftest`, which come beside its other data.
    """
    try:
        checked: dict[str, Any] = load(str(path))
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except ConfigError as error:
        raise FlashError(str(error)) from None
    if content["kind"] != kind:
        raise FlashError(f'{path}: "kind" is {content["kind"]}, and --kind {kind}; they must be alike')
    if content.get("board") not in (None, board):
        raise FlashError(f'{path}: "board" is {content["board"]}, and --board {board}; they must be alike')
    tenant, device = content["tenant"], content["device"]
    if checked["root"] == device_root(simulation_key(tenant), tenant, device):
        raise FlashError(
            f"{path}: its root follows from the key of simulations, which is public; `lilong keys new` makes a real one"
        )
    files: dict[str, bytes] = {}
    for key in ("data", "tls"):
        for name, named in sorted((content.get(key) or {}).items()):
            ours = named.startswith(f"{FOLDER}/")
            there = named if ours else f"{FOLDER}/{key}.{name}"
            file = path.parent / (named.removeprefix(f"{FOLDER}/") if ours else named)
            files[there] = _bytes(path, key, name, file)
            content[key][name] = there
    if calibration is not None:
        content["data"] = content.get("data") or {}
        for name, record in sorted(_records(calibration, device).items()):
            content["data"][name] = f"{FOLDER}/data.{name}"
            files[content["data"][name]] = record
    if not content.get("store"):
        content["store"] = STORE
    files[CONFIG] = json.dumps(content, sort_keys=True).encode()
    networks = [network["ssid"] for network in content.get("networks") or []]
    broker = f"{content['host']}:{content['port']}{' (TLS)' if content.get('tls') else ''}"
    apn = (content.get("modem") or {}).get("apn") or ""
    return Settings(tenant, device, kind, broker, networks, apn, checked["root"], files)


def _bytes(path: Path, key: str, name: str, file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise FlashError(f'{path}: "{key}": "{name}": {file} cannot be read ({error.strerror})') from None


def _records(path: Path, device: str) -> dict[str, bytes]:
    """The calibration records of this device, by the names under which its drivers are given them."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        there, records = content["device"], {name: bytes.fromhex(text) for name, text in content["records"].items()}
    except OSError as error:
        raise FlashError(f"{path}: cannot be read ({error.strerror})") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise FlashError(f"{path}: no calibration of `lilong selftest`; give the file that it wrote") from None
    if there != device:
        raise FlashError(f"{path}: the calibration of {there}, and this is {device}; each device has its own")
    return records
