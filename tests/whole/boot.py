"""Starts a whole device: MicroPython in this process, its code in ROM images outside of its heap. Not to be imported.

python boot.py FIRMWARE STAND HEAP OUT IN PROGSIZE ROOT_SECTORS: the ROMFS files of firmware and of what stands in for
the port's own modules, the heap as "64k" or in bytes, and the pipes to the chips. What the stand-in takes before the
firmware comes is printed.
"""

import ctypes
import mmap
import os
import sys
from pathlib import Path

from micropython_unix import run_main

BOOT = """
import gc, sys, uctypes, vfs
vfs.mount(vfs.VfsRom(uctypes.bytearray_at(%d, %d)), "/stand")
vfs.mount(vfs.VfsRom(uctypes.bytearray_at(%d, %d)), "/rom")
gc.collect()
before = gc.mem_alloc()
sys.path[:] = ["/stand", "/rom", ".frozen"]
import machine, network
try:
    import esp32
except ImportError:
    import rp2
gc.collect()
print("stand-in", gc.mem_alloc() - before, gc.mem_alloc() + gc.mem_free())
vfs.umount("/")
vfs.mount(vfs.VfsLfs2(machine.Flash(0, %d), progsize=%d), "/")
del before, gc, vfs, uctypes
import lilong_boot
lilong_boot.BOOTED = (0, False)  # as its `main` does it, that has a bundle as a file
try:
    __import__("gc").threshold(8_192)  # as main.py of a board does
    lilong = __import__("lilong")
    del sys.modules["lilong_boot"], lilong_boot
    lilong.main()
except Exception as error:
    sys.print_exception(error)
    sys.exit(1)
"""


def mapped(path: str) -> tuple[int, int]:
    with Path(path).open("rb") as file:
        rom = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
    first = ctypes.c_char.from_buffer(rom)
    KEPT.append(first)
    return ctypes.addressof(first), len(rom)


KEPT: list[ctypes.c_char] = []


def main(firmware: str, stand: str, heap: str, out: str, back: str, progsize: str, sectors: str) -> int:
    os.dup2(int(out), 10)
    os.dup2(int(back), 11)
    boot = BOOT % (*mapped(stand), *mapped(firmware), int(sectors), int(progsize))
    return int(run_main(["micropython", "-X", f"heapsize={heap}", "-c", boot]))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
