"""Where the alarms of a board are kept twice: partitions of their own on ESP32, the end of the flash on rp2.

`lilong flash` divides the flash of an rp2 when it is empty. One whose file system takes all of its storage, as
MicroPython's own image makes it, has no room: none are found, and the alarms are in that one file system.
"""

import os
import sys

from lilong_firmware.volume import SECTOR, SECTORS, Region, Volume

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

NAMES = ("alarm_a", "alarm_b")
LEAST = 4 * SECTORS  # sectors of a volume
PAGE = 256  # bytes: rp2 programs whole pages and no less (pico-sdk, flash_range_program)


def volumes() -> "list[Any]":
    """Two, or none."""
    regions = _of_esp32() if sys.platform == "esp32" else _of_rp2() if sys.platform == "rp2" else []
    return [Volume(region) for region in regions]


def _of_esp32() -> "list[Region]":
    partition: Any = __import__("esp32").Partition
    found = [partition.find(partition.TYPE_DATA, label=name) for name in NAMES]
    if not all(found):
        return []
    return [Region(parts[0], 0, parts[0].info()[3] // SECTOR) for parts in found]


def _of_rp2() -> "list[Region]":
    flash: Any = __import__("rp2").Flash()
    size = os.statvfs("/")
    used = size[0] * size[2] // SECTOR
    sectors = flash.ioctl(4, 0)
    half = (sectors - used) // 2 // SECTORS * SECTORS
    return [Region(Pages(flash), sectors - (2 - at) * half, half) for at in (0, 1)] if half >= LEAST else []


class Pages:
    """A flash that takes whole pages only, for writes of parts of one: ones are filled in, which program nothing.

    Nothing allocates here (`Region`).
    """

    def __init__(self, flash: "Any") -> None:
        self._flash = flash
        self._page = bytearray(PAGE)
        self.readblocks = flash.readblocks
        self.ioctl = flash.ioctl

    def writeblocks(self, sector: int, buffer: "Any", offset: int) -> None:
        page = self._page
        size = len(buffer)
        at = 0
        while at < size:
            for place in range(PAGE):
                page[place] = 0xFF
            place = offset % PAGE
            start = offset - place
            while place < PAGE and at < size:
                page[place] = buffer[at]
                place += 1
                at += 1
                offset += 1
            self._flash.writeblocks(sector, page, start)
