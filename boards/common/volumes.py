"""Where the alarms of a board are kept twice: partitions of their own on ESP32, the end of the flash on rp2.

An rp2 whose file system takes all of its storage, as MicroPython's own image makes it, has no room for that: none are
found, and the alarms are in that one file system.
"""

import os
import sys

from lilong_firmware.volume import SECTOR, SECTORS, Region, Volume

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

NAMES = ("alarm_a", "alarm_b")
LEAST = 4 * SECTORS  # sectors of a volume


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
    half = (flash.ioctl(4, 0) - used) // 2 // SECTORS * SECTORS
    return [Region(flash, used + at * half, half) for at in (0, 1)] if half >= LEAST else []
