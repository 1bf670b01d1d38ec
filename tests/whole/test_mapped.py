"""A whole bundle runs from memory-mapped ROM or from its file: what its modules take of the heap either way."""

import pytest
from lilong_simulator.fleet.process import available
from micropython import run_micropython

from tests.whole.device import firmware

IMPORTED = """
import gc, sys, vfs
from lilong_firmware import boot

class Module:
    def __getattr__(self, name):
        return int

def rom_ioctl(what, *given):
    if what == boot.SEGMENTS:
        return 1
    if what == boot.SEGMENT:
        return memoryview(memory)
    if what == boot.WRITE:
        memory[given[1]:given[1] + len(given[2])] = given[2]
    return 0

for name in ("machine", "network"):
    sys.modules[name] = Module()
sys.modules["lilong_boot"] = starter = Module()
starter.BOOTED, starter.Files, starter.Slots = (0, False), boot.Files, boot.Slots
memory = bytearray(128 * 1024)  # it stands for flash: it is there before anything is counted
vfs.mount(vfs.VfsRom(boot.in_rom(sys.argv[1], rom_ioctl)) if MAPPED else boot.Bundle(sys.argv[1]), "/rom")
sys.path.insert(0, "/rom")
gc.collect()
before = gc.mem_alloc()
import lilong
gc.collect()
print(gc.mem_alloc() - before)
"""


@pytest.mark.skipif(available() is not None, reason="no MicroPython")
def test_code_that_is_mapped_takes_less_than_half_of_the_heap_of_code_that_is_loaded(tmp_path):
    (tmp_path / "a").write_bytes(firmware("esp32", "smoke"))
    mapped, loaded = (
        int(run_micropython(f"MAPPED = {mapped}\n" + IMPORTED, tmp_path / "a", heap="1m")) for mapped in (True, False)
    )
    assert 20_000 < mapped < loaded / 2, (mapped, loaded)
