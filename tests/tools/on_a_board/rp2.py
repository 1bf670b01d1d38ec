"""`rp2` of a board whose flash is a file: the storage of MicroPython's image, as ports/rp2/rp2_flash.c has it.

4,096 bytes are erased at once, to ones; whole pages of 256 are programmed, which makes zeros of ones and no ones. What
is no page is refused here: hardware would program what lies behind it in RAM. What it holds outlives the interpreter.
"""

SECTOR, PAGE = 4_096, 256
PATH = "/.models/flash.bin"
ONES = b"\xff" * SECTOR


class _Chip:
    file = None

    @classmethod
    def there(cls):
        if cls.file is None:
            cls.file = open(PATH, "r+b")  # noqa: SIM115  it stays open: a path may lead elsewhere later
            cls.size = cls.file.seek(0, 2)
            cls.now = bytearray(PAGE)
        return cls


class Flash:
    def __init__(self, *, start=-1, len=-1):
        whole = _Chip.there().size
        if start == -1:
            start = 0
        elif not 0 <= start < whole or start % SECTOR:
            raise ValueError
        if len == -1:
            len = whole - start
        elif len <= 0 or start + len > whole or len % SECTOR:
            raise ValueError
        self._base = start
        self._size = len

    def readblocks(self, block, buffer, offset=0):
        _Chip.file.seek(self._base + block * SECTOR + offset)
        _Chip.file.readinto(buffer)

    def writeblocks(self, block, buffer, offset=None):
        at = self._base + block * SECTOR
        if offset is None:
            self._erase(at)
            offset = 0
        at += offset
        assert at % PAGE == len(buffer) % PAGE == 0, "no whole pages"
        assert at + len(buffer) <= self._base + self._size, "beyond the flash"
        for page in range(0, len(buffer), PAGE):
            _Chip.file.seek(at + page)
            _Chip.file.readinto(_Chip.now)
            for place in range(PAGE):
                _Chip.now[place] &= buffer[page + place]
            _Chip.file.seek(at + page)
            _Chip.file.write(_Chip.now)
        _Chip.file.flush()

    def ioctl(self, what, argument):
        if what == 4:
            return self._size // SECTOR
        if what == 5:
            return SECTOR
        if what == 6:
            self._erase(self._base + argument * SECTOR)
        return 0

    def _erase(self, at):
        _Chip.file.seek(at)
        _Chip.file.write(ONES)
        _Chip.file.flush()
