"""What must change on a board, worked out before anything does."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from lilong_firmware.boot import FOLDER, NAMES
from lilong_firmware.slots import NONE, Slots

from .settings import CONFIG
from .there import RECORDS, There

SPARE_BLOCKS = 8  # (ours) that a file system needs for itself while it copies on write
NEW = ".new"


@dataclass(frozen=True)
class Plan:
    """puts: contents by path, in the order in which they are put into their places: the bundle, what is beside it, the
    record that names the bundle's slot, the configuration. deletes: paths that go at the end. kept: ours, as wanted.

    slot: "a" or "b", which runs afterwards. needs: bytes of the file system while old and new are there.
    """

    puts: Mapping[str, bytes]
    deletes: tuple[str, ...]
    kept: tuple[str, ...]
    slot: str
    needs: int

    @property
    def changes(self) -> bool:
        return bool(self.puts or self.deletes)


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


class _Shelf:
    """The `Place` of a board's slots here, with its records; a bundle is known by its digest alone."""

    def __init__(self, records: tuple[bytes, bytes]) -> None:
        self.records = list(records)
        self.last: tuple[str, bytes] | None = None

    def record(self, at: int) -> bytes:
        return self.records[at]

    def keep(self, at: int, data: bytes) -> None:
        self.records[at] = data
        self.last = (f"{FOLDER}/{RECORDS[at]}", data)

    def read(self, slot: int, offset: int, size: int) -> bytes:
        raise OSError


def make(there: There, bundle: bytes, files: Mapping[str, bytes]) -> Plan:
    """files: all but the bundle, by path.

    The slot that is not in effect takes a new bundle, so that the old one can run until the record is there.
    """
    shelf = _Shelf(there.records)
    slots = Slots(shelf)
    wanted = digest(bundle)
    slot = slots.active
    paths = [f"{FOLDER}/{name}" for name in NAMES]
    in_effect = slots.slots[slot].size == len(bundle) and slots.slots[slot].digest.hex() == wanted
    puts: dict[str, bytes] = {}
    if not in_effect or there.files.get(paths[slot]) != wanted:
        slots.clear()
        slot = slots.spare()
        if there.files.get(paths[slot]) != wanted:
            puts[paths[slot]] = bundle
        slots.stage(slots.newest, len(bundle), bytes.fromhex(wanted))
        slots.running = slot
        slots.confirm()
    elif slots.trial != NONE:
        slots.clear()
    puts |= {path: data for path, data in sorted(files.items()) if path != CONFIG and changed(there, path, data)}
    if shelf.last is not None:
        puts[shelf.last[0]] = shelf.last[1]
    if changed(there, CONFIG, files[CONFIG]):
        puts[CONFIG] = files[CONFIG]
    belongs = {*files, *paths, *(f"{FOLDER}/{name}" for name in RECORDS)}
    deletes = tuple(sorted(path for path in there.files if path.startswith(f"{FOLDER}/") and path not in belongs))
    kept = tuple(sorted(path for path in there.files if path in files and path not in puts))
    block = there.block or 1
    needs = sum(-(-len(data) // block) * block for data in puts.values()) + SPARE_BLOCKS * block
    return Plan(puts, deletes, kept, NAMES[slot], needs)


def changed(there: There, path: str, data: bytes) -> bool:
    return there.files.get(path) != digest(data)
