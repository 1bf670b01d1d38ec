"""A flash chip that takes nothing more."""

from __future__ import annotations

from errno import ENOSPC
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from lilong_firmware.device import Device


class FullFlash:
    """In the place of a store: it can be read, records can be dropped, and every write fails."""

    LOGS = True

    def __init__(self, store: Any) -> None:
        self.store = store
        self.get, self.items, self.drop, self.read = store.get, store.items, store.drop, store.read

    def put(self, name: str, data: bytes) -> NoReturn:
        raise OSError(ENOSPC, "no space left on device")

    def write(self, name: str, at: int, data: bytes) -> NoReturn:
        raise OSError(ENOSPC, "no space left on device")


def fill(device: Device, full: bool) -> None:
    """Let the flash of a device be full, or have room again."""
    store: Any = device.store
    if isinstance(store, FullFlash) is full:
        return
    store = FullFlash(store) if full else store.store
    device.store = device.outbox._store = device.episodes._store = store
    if device.event_log is not None:
        device.event_log._store = store
