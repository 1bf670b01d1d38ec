"""Runs MicroPython in this process with a ROM image outside its heap, as flash is on a board. Not to be imported.

python board_boot.py IMAGE HEAP CONFIG: the interpreter of the wheel takes the whole process over.
"""

import ctypes
import mmap
import sys
from pathlib import Path

from micropython_unix import run_main  # type: ignore[import-untyped]

BOOT = """
import gc, sys, uctypes, vfs
gc.threshold(4096)
vfs.mount(vfs.VfsRom(uctypes.bytearray_at(%d, %d)), "/rom")
sys.path[:] = ["/rom", ".frozen"]
from lilong import main
main()
"""


def main(image: str, heap: str, config: str) -> int:
    with Path(image).open("rb") as file:
        rom = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
    first = ctypes.c_char.from_buffer(rom)  # lives as long as the interpreter does: it is the address of the image
    head = 6 + int.from_bytes(rom[4:6], "big") if rom[:4] == b"LLFW" else 0  # of firmware that came over the air
    boot = BOOT % (ctypes.addressof(first) + head, len(rom) - head)
    return int(run_main(["micropython", "-X", f"heapsize={heap}", "-c", boot, config]))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
