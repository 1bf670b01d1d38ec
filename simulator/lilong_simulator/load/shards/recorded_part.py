"""The recording of one shard on its way to the conductor: its bytes go over the worker's connection as they come."""

from __future__ import annotations

import asyncio
import base64
import binascii
import errno
from collections.abc import Callable
from io import RawIOBase
from pathlib import Path
from typing import Any

from ..record import Recording
from ..run import LiveRun
from .wire import Wire

MOST_WAITING = 1 << 26  # bytes that wait for the network: one that is slower than that ends the recording, not the run

Taken = Callable[[int, bytes], None]
"""Takes more of the recording of a shard, by its number."""


class Sent(RawIOBase):
    """A file whose bytes are told as they come; written by the thread of a `Recording`."""

    def __init__(self, wire: Wire) -> None:
        super().__init__()
        self._wire = wire
        self._loop = asyncio.get_running_loop()
        self._full = False

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        if self._full:
            raise OSError(errno.ENOBUFS, "the network is too slow")
        self._loop.call_soon_threadsafe(self._tell, base64.b64encode(data).decode())
        return len(data)

    def _tell(self, data: str) -> None:
        self._wire.tell("recorded", data=data)
        self._full = self._wire.waiting > MOST_WAITING


def recording_of(run: LiveRun, index: int, wire: Wire) -> Recording:
    """What a run sends, as shard `index`; begun."""
    loop = asyncio.get_running_loop()
    tenants = {device.id: part.place.tenant for part in run.settings.parts for device in part.devices}

    def trouble(why: str) -> None:
        loop.call_soon_threadsafe(lambda: wire.tell("word", text=why))

    name = Path(f"shard {index}")
    return Recording(name, run.epoch_zero, "lilong load", tenants.__getitem__, trouble, Sent(wire))


def data_of(told: Any) -> bytes:
    """The bytes of a message; none for what is no such message."""
    try:
        return base64.b64decode(told, validate=True)
    except (binascii.Error, ValueError, TypeError):
        return b""


def nowhere(index: int, data: bytes) -> None:
    """Takes it of a run that is not recorded."""
