"""The process of one worker of `lilong load --workers` or `--cluster`: `python -m lilong_tools.load.shard`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import uvloop
from lilong_simulator.fleet.live import Passwords, Target
from lilong_simulator.load.shards.worker import main

from ..broker import BrokerError
from ..broker_config import BrokerConfigError
from ..inputs import InputError
from .target import Access, look_at, target_of

COMMAND = ("-m", "lilong_tools.load.shard")


def packed(url: str, access: Access) -> dict[str, Any]:
    """How a broker is reached, as plain values; files by their absolute paths."""
    plain = {one.name: getattr(access, one.name) for one in fields(access)}
    plain["passwords"] = None if access.passwords is None else access.passwords.file
    files = {name: str(value.absolute()) for name, value in plain.items() if isinstance(value, Path)}
    return {"url": url, **plain, "sources": list(access.sources), **files}


def unpacked(packed: Mapping[str, Any], opening: int) -> Target:
    """The target that `packed` describes; nothing is opened. Raises ValueError."""
    paths = {name: packed[name] and Path(packed[name]) for name in ("ca", "cert", "key", "certificates")}
    passwords = packed["passwords"] and Passwords(Path(packed["passwords"]))
    access = Access(**paths, passwords=passwords, sources=tuple(packed["sources"]), first=packed["first"])
    try:
        broker, path = look_at(packed["url"], access)
        return target_of(broker, path, access, opening)
    except (BrokerError, BrokerConfigError, InputError) as error:
        raise ValueError(str(error)) from None


if __name__ == "__main__":
    main(unpacked, uvloop.run)
