"""What stays of a self-test: a signed result, calibration records, rows of a CSV, and evidence for a board's folder."""

import csv
import hashlib
import json
from pathlib import Path
from typing import Any

from ..flash.errors import FlashError
from ..update.errors import UpdateError
from ..update.keys import load_private, load_public, need_cryptography
from .rows import Row

WHAT = "lilong selftest result"
COLUMNS = ("at", "board", "kind", "device", "machine", "micropython", "step", "name", "value", "unit", "low", "high",
           "verdict", "source")  # fmt: skip
RESULT, CALIBRATION, PROVED = "result.json", "calibration.json", "proved.json"


def digest(result: dict[str, Any]) -> bytes:
    """What is signed: the SHA-256 of the result as JSON with sorted keys and no spaces."""
    return hashlib.sha256(json.dumps(result, sort_keys=True, separators=(",", ":")).encode()).digest()


def write(folder: Path, head: dict[str, Any], rows: list[Row], records: dict[str, str], key: Path | None) -> list[Path]:
    """The files of one device; signed where the production line has given its key. FlashError when one cannot be."""
    result = {"what": WHAT, **head, "rows": [row.as_dict() for row in rows]}
    signed: dict[str, Any] = {"result": result}
    if key is not None:
        try:
            private = load_private(key)
        except UpdateError as error:
            raise FlashError(str(error)) from None
        public = private.public_key().public_bytes_raw()
        signed["signature"] = {"ed25519": public.hex(), "value": private.sign(digest(result)).hex()}
    written = {RESULT: signed, PROVED: evidence(head, rows)}
    if records:
        written[CALIBRATION] = {"device": head["device"], "records": records}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in written.items():
            (folder / name).write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise FlashError(f"{folder}: cannot be written ({error.strerror}); name a folder of yours") from None
    return [folder / name for name in written]


def evidence(head: dict[str, Any], rows: list[Row]) -> dict[str, Any]:
    """What a maintainer puts into boards/{board}: which board has shown what. Nothing that failed or was not asked."""
    good = [row for row in rows if row.verdict == "pass"]
    shown = [row for row in rows if row.verdict in ("pass", "told") and row.value is not None]
    return {
        **{key: head[key] for key in ("at", "board", "kind", "machine", "micropython", "unique_id")},
        "proved": [f"{row.step} {row.name}" for row in good],
        "measured": {f"{row.step} {row.name}": f"{row.value} {row.unit}".strip() for row in shown},
        "open": [f"{row.step} {row.name}" for row in rows if row.verdict in ("FAIL", "not asked")],
    }


def append(path: Path, head: dict[str, Any], rows: list[Row]) -> None:
    """Behind what the CSV has already."""
    try:
        fresh = not path.exists() or not path.stat().st_size
        with path.open("a", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, COLUMNS, extrasaction="ignore")
            if fresh:
                writer.writeheader()
            for row in rows:
                writer.writerow({**head, **row.as_dict()})
    except OSError as error:
        raise FlashError(f"--csv {path}: cannot be written ({error.strerror}); name a file of yours") from None


def verified(path: Path, public: Path) -> dict[str, Any]:
    """The result in a file that this production line has signed; FlashError when it is none, or another's."""
    try:
        need_cryptography()
        content = json.loads(path.read_text(encoding="utf-8"))
        result: dict[str, Any] = content["result"]
        signature = bytes.fromhex(content["signature"]["value"])
        good = load_public(public).signed(digest(result), signature)
    except UpdateError as error:
        raise FlashError(str(error)) from None
    except OSError as error:
        raise FlashError(f"{path}: cannot be read ({error.strerror})") from None
    except (ValueError, KeyError, TypeError):
        raise FlashError(f"{path}: no signed result of `lilong selftest`") from None
    if not good:
        raise FlashError(f"{path}: not signed by the key in {public}, or changed since; test the device anew")
    return result
