"""Checks how the flash is divided: the partition table of an ESP32, or the layout of a board without slots (rp2)."""

import csv
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from .complaints import Complaint
from .model import Board

FIRST = 0x9000  # behind the boot loader and the table itself (ESP-IDF: partition tables)
SECTOR = 0x1000
UNITS = {"K": 1 << 10, "M": 1 << 20}
LABEL = 16  # characters
SUBTYPES = {"app": ("ota_0", "ota_1", "factory"),
            "data": ("nvs", "ota", "phy", "fat", "littlefs", "nvs_keys", "coredump")}  # fmt: skip
WANTED = {"nvs": ("data", "nvs"), "otadata": ("data", "ota"), "ota_0": ("app", "ota_0"), "ota_1": ("app", "ota_1"),
          "alarm_a": ("data", "littlefs"), "alarm_b": ("data", "littlefs"), "vfs": ("data", "fat")}  # fmt: skip
OTADATA = 0x2000  # ESP-IDF: two sectors, one of which is always whole
LEAST_NVS = 0x3000  # ESP-IDF: NVS
LAYOUT = ("firmware_kib", "files_kib", "boot_kib", "bundle_kib", "data_kib", "alarms_kib")
BOOT_KIB = 8  # two sectors: the root of the file system that MicroPython's image looks for
LEAST_VOLUME = 0x10000  # four blocks of four sectors (`lilong_firmware.volume.Region`)
BLOCK = 0x4000
LEAST_BUNDLE_KIB = 64
"""(ours) A kind's image is below 54 KiB (boards/unix/budget.toml); its drivers and wiring come on top."""


class Partition(NamedTuple):
    line: int
    name: str
    type: str
    subtype: str
    offset: int
    size: int

    @property
    def end(self) -> int:
        return self.offset + self.size


def check_flash(board: Board) -> Iterator[Complaint]:
    if board.chip.port == "esp32":
        if board.flash.partitions is None:
            says = 'is missing; name the table with two application slots, "partitions.csv"'
            yield Complaint(board.file, "flash.partitions", says)
        else:
            yield from check_partitions(board.file.with_name(board.flash.partitions), board.flash.mib)
    elif board.chip.port == "rp2":
        yield from _layout(board)


def check_partitions(file: Path, mib: int) -> Iterator[Complaint]:
    """A table against a flash of that size: nothing overlaps or overruns, and every part that updates need is there."""
    try:
        rows, wrong = read_partitions(file)
    except OSError as error:
        yield Complaint(file, "", f"cannot be read ({error.strerror}); write the table, or name another in board.toml")
        return
    yield from wrong
    ordered = sorted(rows, key=lambda row: row.offset)
    for before, row in itertools.pairwise(ordered):
        if row.offset < before.end:
            says = f"overlaps {before.name}, which ends at {before.end:#x}; start there or later"
            yield _at(file, row, f"starts at {row.offset:#x} and {says}")
    for row in rows:
        if row.end > mib << 20:
            yield _at(file, row, f"ends at {row.end:#x}, and {mib} MiB of flash end at {mib << 20:#x}; make it smaller")
        if row.offset < FIRST:
            yield _at(file, row, f"starts at {row.offset:#x}, in boot loader and table; start at {FIRST:#x} or later")
        align = 0x10000 if row.type == "app" else SECTOR
        if row.offset % align:
            yield _at(file, row, f"starts at {row.offset:#x}, which is no multiple of {align:#x} as {row.type} must be")
        if row.size % SECTOR or not row.size:
            yield _at(file, row, f"has {row.size:#x} bytes; give a multiple of {SECTOR:#x}")
    yield from _wanted(file, rows)


def _wanted(file: Path, rows: list[Partition]) -> Iterator[Complaint]:
    by_name: dict[str, Partition] = {}
    for row in rows:
        if by_name.setdefault(row.name, row) is not row:
            yield _at(file, row, "is there twice; give each its own name")
    for name, (kind, subtype) in WANTED.items():
        found = by_name.get(name)
        if found is None:
            yield Complaint(file, name, f"is missing; add a partition of type {kind}, {subtype}")
        elif (found.type, found.subtype) != (kind, subtype):
            yield _at(file, found, f"is {found.type}, {found.subtype}; make it {kind}, {subtype}")
    slots = [by_name[name] for name in ("ota_0", "ota_1") if name in by_name]
    if len(slots) == 2 and slots[0].size != slots[1].size:
        yield _at(file, slots[1], f"has {slots[1].size:#x} bytes and ota_0 {slots[0].size:#x}; make them alike")
    for name in ("alarm_a", "alarm_b"):
        if name in by_name and by_name[name].size % BLOCK:
            yield _at(file, by_name[name], f"has {by_name[name].size:#x} bytes; give a multiple of {BLOCK:#x}")
    least_of = {"otadata": OTADATA, "nvs": LEAST_NVS, "alarm_a": LEAST_VOLUME, "alarm_b": LEAST_VOLUME}
    for name, least in least_of.items():
        if name in by_name and by_name[name].size < least:
            yield _at(file, by_name[name], f"has {by_name[name].size:#x} bytes; give at least {least:#x}")


def read_partitions(file: Path) -> tuple[list[Partition], list[Complaint]]:
    """The rows of an ESP-IDF partition table, and what cannot be read in it; OSError without the file."""
    rows: list[Partition] = []
    wrong: list[Complaint] = []
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        cells = [cell.strip() for cell in next(csv.reader([line]))]
        try:
            name, kind, subtype, offset, size = cells[:5]
            row = Partition(number, name, kind, subtype, _bytes(offset), _bytes(size))
        except ValueError:
            says = f"{line.strip()!r} is no partition; write name, type, subtype, offset, size"
            wrong.append(Complaint(file, f"line {number}", says))
            continue
        if kind not in SUBTYPES or subtype not in SUBTYPES[kind]:
            wrong.append(_at(file, row, f"unknown type {kind}, {subtype}; there are {SUBTYPES}"))
        elif not 0 < len(name.encode()) < LABEL:
            wrong.append(_at(file, row, f"its name has {len(name)} characters; give 1 to {LABEL - 1}"))
        rows.append(row)
    return rows, wrong


def _bytes(text: str) -> int:
    """Hexadecimal, decimal, or with K or M. An offset must be written out, so that a reader sees it."""
    unit = UNITS.get(text[-1:].upper())
    value = int(text[:-1], 0) * unit if unit else int(text, 0)
    if value < 0:
        raise ValueError(text)
    return value


def _at(file: Path, row: Partition, says: str) -> Complaint:
    return Complaint(file, f"line {row.line}, {row.name}", says)


def _layout(board: Board) -> Iterator[Complaint]:
    """MicroPython's image, then a file system with two bundles and data."""
    layout = board.flash.layout

    def complaint(key: str, says: str) -> Complaint:
        return Complaint(board.file, f"flash.layout.{key}", says)

    for key in LAYOUT:
        if key not in layout:
            yield complaint(key, "is missing; give a whole number of KiB")
    for key in layout.keys() - set(LAYOUT):
        yield complaint(key, f"unknown key; there are {', '.join(LAYOUT)}")
    if not set(LAYOUT) <= layout.keys():
        return
    firmware, files, boot, bundle, data, alarms = (layout[key] for key in LAYOUT)
    total = board.flash.mib << 10
    if firmware + files > total:
        says = f"{firmware} and {files} KiB of files are {firmware + files}, and there are {total}; make them smaller"
        yield complaint("firmware_kib", says)
    used = boot + 2 * bundle + data + alarms
    if used > files:
        parts = f"{boot} KiB, two bundles of {bundle}, {data} of data and {alarms} of alarms"
        says = f"{parts} are {used}, and files have {files}"
        yield complaint("bundle_kib", f"{says}; make them smaller")
    if boot != BOOT_KIB:
        yield complaint("boot_kib", f"{boot} KiB are not the two sectors of a file system's root; give {BOOT_KIB}")
    if alarms % 32 or alarms < 128:
        yield complaint("alarms_kib", f"{alarms} KiB are not two volumes; give a multiple of 32, at least 128")
    if bundle < LEAST_BUNDLE_KIB:
        yield complaint("bundle_kib", f"{bundle} KiB do not hold a kind's firmware; give at least {LEAST_BUNDLE_KIB}")
