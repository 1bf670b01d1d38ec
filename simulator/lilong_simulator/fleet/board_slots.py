"""Two bundles of firmware for a board process, as a board with real pins has them: files and records in a folder.

What a board's starter does is done here, by the same `slots`, before the process is started: a reset is a process that
ends, and another one with the bundle whose turn it is.
"""

from hashlib import sha256
from pathlib import Path

from lilong_firmware.boot import Files
from lilong_firmware.slots import NONE, OK, Slots


class BoardSlots:
    """image: the ROM image that its maker has put there, if nothing is. The folder has to be there."""

    def __init__(self, folder: Path, image: Path) -> None:
        self.folder = folder
        place = Files(str(folder))
        slots = Slots(place)
        if not slots.slots[slots.active].size:
            data = image.read_bytes()
            slots.active = 1
            Path(place.path(0)).write_bytes(data)
            slots.stage(1, len(data), sha256(data).digest())
            slots.boot(False)
            slots.confirm()
            slots.newest = 0  # any release is newer
            slots._keep()

    def boot(self) -> tuple[Path, int]:
        """A reset: the bundle to run, and its slot."""
        place = Files(str(self.folder))
        slot = Slots(place).boot(False)
        if slot == NONE:
            raise OSError(f"{self.folder}: no bundle is whole")
        return Path(place.path(slot)), slot

    def tried(self) -> bool:
        """Something is on trial, or has just failed its trial."""
        slots = Slots(Files(str(self.folder)))
        return slots.trial != NONE or slots.ended != OK
