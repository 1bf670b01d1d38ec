"""A NOR flash behind MicroPython's extended block device: it programs ones to zeros, and can lose power.

Shared by the chips of one board is their `Power`. A write or an erase at which the power goes is done to a part, as
`torn` says: nothing, some bytes, all of it, or some bytes and one of which only a few bits were programmed.
"""

from chips.noise import Noise

SECTOR = 4_096
NOTHING, PART, ALL, BITS = 0, 1, 2, 3


class PowerCut(Exception):
    """The power has gone."""


UNPOWERED = OSError(5, "no power")  # made once: a finaliser may not allocate


class Power:
    """`left`: writes and erases until it goes; None: it stays. `done`: how many there have been."""

    def __init__(self):
        self.left = None
        self.torn = NOTHING
        self.done = 0
        self.on = True


class NorFlash:
    """So many sectors of 4 KB, all ones. `reads`, `writes`, `erases`: how many. `fails`: it takes no more."""

    def __init__(self, power, sectors, seed=1):
        self.power = power
        self.sectors = sectors
        self.data = bytearray(b"\xff" * (sectors * SECTOR))
        self._view = memoryview(self.data)
        self.reads = self.writes = self.erases = 0
        self.fails = False
        self._noise = Noise(seed)
        self._port = None

    def port(self):
        """The chip as one life of the board sees it: what an earlier life still does to it does nothing."""
        if self._port is not None:
            self._port.chip = None
        self._port = _Port(self)
        return self._port

    def rot(self, at, bit):
        """One bit is another one from now on."""
        self.data[at] ^= 1 << bit

    # ---- what a port does

    def read(self, sector, buffer, offset):
        self.reads += 1
        start = sector * SECTOR + offset
        buffer[:] = self._view[start : start + len(buffer)]

    def program(self, sector, buffer, offset):
        start = sector * SECTOR + offset
        torn = self._goes()
        whole = len(buffer) if torn in (None, ALL) else 0 if torn == NOTHING else self._noise.below(len(buffer))
        for at in range(whole):
            self.data[start + at] &= buffer[at]
        if torn == BITS:
            self.data[start + whole] &= buffer[whole] | self._noise.below(256)
        self._gone(torn)
        self.writes += 1

    def erase(self, sector):
        torn = self._goes()
        whole = SECTOR if torn in (None, ALL) else 0 if torn == NOTHING else self._noise.below(SECTOR)
        start = sector * SECTOR
        self.data[start : start + whole] = b"\xff" * whole
        self._gone(torn)
        self.erases += 1

    def _goes(self):
        power = self.power
        if self.fails:
            raise OSError(5)
        power.done += 1
        if power.left is None:
            return None
        power.left -= 1
        return None if power.left >= 0 else power.torn

    def _gone(self, torn):
        if torn is not None:
            self.power.on = False
            raise PowerCut


class _Port:
    """Without power everything is an I/O error: a file that is closed too late reads no garbage."""

    def __init__(self, chip):
        self.chip = chip
        self._sectors = chip.sectors

    def readblocks(self, sector, buffer, offset=0):
        self._powered().read(sector, buffer, offset)

    def writeblocks(self, sector, buffer, offset=0):
        self._powered().program(sector, buffer, offset)

    def ioctl(self, what, argument):
        if what == 4:
            return self._sectors
        if what == 5:
            return SECTOR
        if what == 6:
            self._powered().erase(argument)
        return 0

    def _powered(self):
        if self.chip is None or not self.chip.power.on:
            raise UNPOWERED
        return self.chip
