"""How often a board keeps its alarms; and the flash of an rp2 divided, so that MicroPython's own image has them twice.

    two sectors: what the image mounts as "/" at its start, and formats if it cannot; only boot.py is in it, and nobody
                 writes there again. Its boot.py mounts the next one as "/" instead (rp2.Flash(start=, len=))
    the files:   the rest but for
    the alarms:  two volumes at the end (boards/common/volumes.py), made by the device itself

A file system cannot be made smaller where it is: the image would find that its size is not that of the flash, and
format it (lfs2_mount; ports/rp2/modules/_boot.py). So only what is empty is divided. In this order a power cut leaves a
flash that is empty, or one that is divided. An ESP32 has partitions for that, if its image was built with ours.
"""

import json
from dataclasses import dataclass

from ..boards import Board
from .errors import FlashError
from .remote import Remote

SECTOR = 4_096
FINDER = """# lilong: "/" is the file system behind this one; the alarms have their own at the end
import os, rp2, vfs
_root = vfs.VfsLfs2(rp2.Flash(start={start}, len={size}), progsize=256)
vfs.umount("/")
vfs.mount(_root, "/")
os.chdir("/")
try:
    _boot = open("/boot.py")
except OSError:
    _boot = None
if _boot:
    exec(_boot.read())
"""
"""boot.py of the first part. Below 512 bytes: so small a file lies in the root's two sectors (LittleFS inlines it)."""

LOOK = """
import os, json, rp2, vfs
_size = os.statvfs("/")
_first = vfs.VfsLfs2(rp2.Flash(), progsize=256)
_names = sorted([entry[0] for entry in _first.ilistdir("/")])
_finder = ""
if _names == ["boot.py"]:
    with _first.open("boot.py", "r") as _file:
        _finder = _file.read()
print(json.dumps({"flash": rp2.Flash().ioctl(4, 0) * 4096, "files": _size[0] * _size[2], "names": _names,
    "finder": _finder}))
"""
PARTITIONS = """
try:
    from esp32 import Partition
    print(len([name for name in ("alarm_a", "alarm_b") if Partition.find(Partition.TYPE_DATA, label=name)]))
except (ImportError, AttributeError):
    print(0)
"""
OTHERS = (
    "no partitions alarm_a and alarm_b, as MicroPython's own images have none: the alarms are kept once. To have them "
    "twice, write an image with the board's partitions.csv (boards/README.md)"
)
DIVIDE = """
import os, rp2, vfs
flash = rp2.Flash()
part = rp2.Flash(start=START, len=SIZE)
try:
    files = vfs.VfsLfs2(part, progsize=256)
except OSError:
    vfs.VfsLfs2.mkfs(part, progsize=256)
    files = vfs.VfsLfs2(part, progsize=256)
try:
    with vfs.VfsLfs2(flash, progsize=256).open("boot.py", "r") as file:
        finds = file.read() == FINDER
except OSError:
    finds = False
vfs.umount("/")
if not finds:
    vfs.VfsLfs2.mkfs(flash, progsize=256)
    with vfs.VfsLfs2(flash, progsize=256).open("boot.py", "w") as file:
        file.write(FINDER)
vfs.mount(files, "/")
os.chdir("/")
"""


@dataclass(frozen=True)
class Division:
    """wanted: it is whole, and can be divided. start, size: of the files' part, in bytes. says: how it stands."""

    wanted: bool
    start: int
    size: int
    says: str


def look(remote: Remote, board: Board) -> Division:
    """How a board's flash stands. FlashError when that of an rp2 is not what board.toml says."""
    if board.chip.port != "rp2":
        twice = remote.run(PARTITIONS).split()[-1:] == ["2"]
        says = "has partitions of ours: the alarms are kept twice" if twice else OTHERS
        return Division(False, 0, 0, says)
    layout = board.flash.layout
    said = remote.run(LOOK)
    try:
        told = json.loads(said.splitlines()[-1])
        flash, files, names, finder = (told[key] for key in ("flash", "files", "names", "finder"))
    except (ValueError, KeyError, IndexError, TypeError):
        raise FlashError(f"{remote.port}: the board's answer is none of ours: {said[-200:]!r}") from None
    start = layout["boot_kib"] << 10
    size = flash - start - (layout["alarms_kib"] << 10)
    if size <= 0:
        raise FlashError(
            f"{remote.port}: its MicroPython keeps {flash >> 10} KiB for files, and {board.id} wants "
            f"{layout['files_kib']}; write the board's own image onto it"
        )
    if files < flash:
        return Division(False, start, size, "divided: the alarms are kept twice")
    if not names or (names == ["boot.py"] and finder in ("", FINDER.format(start=start, size=size))):  # "": cut short
        return Division(True, start, size, "empty: to be divided, so that the alarms are kept twice")
    return Division(
        False, start, size, f"whole, with {', '.join(names[:3])}{' ...' if names[3:] else ''} on it: the alarms are "
        "kept once. To have them twice, empty it (boards/README.md)",
    )  # fmt: skip


def divide(remote: Remote, division: Division) -> None:
    """FlashError when it cannot be done; what was there is empty, or divided already, but for its file system."""
    finder = FINDER.format(start=division.start, size=division.size)
    remote.run(f"START = {division.start}\nSIZE = {division.size}\nFINDER = {finder!r}\n{DIVIDE}")
