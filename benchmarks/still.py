"""A board that stands still, for MicroPython: pins that read 0, buses that take all, volumes that are empty.

For the heap of a whole device whose power has just come on (heap32.py). VfsLfs2 takes what the real one does with our
caches. asyncio's loop only keeps what it is given. To be run before the firmware: it makes modules, and `KEPT`.
"""

import asyncio
import gc  # noqa: F401  like the next two: a board has them before its firmware comes
import hashlib  # noqa: F401
import json  # noqa: F401
import os
import select
import sys

FLASH = 1_024  # sectors
FILES = 512  # sectors of the file system on rp2


def nothing(*_given, **_named):
    return 0


class Thing:
    """A pin, a bus, a channel."""

    def __call__(self, *_):
        return 0

    def __getattr__(self, name):
        return 1 if name.upper() == name else nothing


class Maker:
    """A class of such things, and its constants."""

    def __init__(self, make=Thing):
        self._make = make

    def __call__(self, *_, **__):
        return self._make()

    def __getattr__(self, name):
        return 1


class Flash:
    def readblocks(self, *_):
        pass

    writeblocks = readblocks

    def ioctl(self, what, _):
        return FLASH if what == 4 else 4_096

    def info(self):
        return (1, 2, 0, 32 * 4_096, "", False)


class Record(Thing):
    def memory(self, *_):
        return b""

    def datetime(self, *_):
        return (2026, 1, 1, 0, 0, 0, 0, 0)


class Module:
    def __init__(self, **given):
        for name, thing in given.items():
            setattr(self, name, thing)

    def __getattr__(self, name):
        return Maker()


class Empty:
    def write(self, data):
        return len(data)

    def read(self):
        return b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass


class VfsLfs2:
    def __init__(self, _device, readsize=64, **_):
        word = 8 if sys.maxsize > 1 << 31 else 4
        self._kept = [bytearray(60 * word), bytearray(4 * readsize), bytearray(4 * readsize), bytearray(32)]

    @staticmethod
    def mkfs(*_, **__):
        pass

    def open(self, *_):
        return Empty()

    def ilistdir(self, _):
        return []

    def remove(self, _):
        pass


class Missing:
    AF_INET = SOCK_STREAM = POLLIN = POLLOUT = 1

    def poll(self):
        pass

    def register(self, *_):
        pass


class System(Module):
    """`os`, with what a build lacks of it."""

    def __getattr__(self, name):
        return getattr(os, name)

    def statvfs(self, _):
        return (4_096, 4_096, FILES)

    def urandom(self, size):
        return bytes(size)


def find(*_, **__):
    return [Flash()]


partition = Module(find=find, TYPE_DATA=1)
sys.modules["machine"] = Module(RTC=Record, reset_cause=nothing, reset=nothing, deepsleep=nothing)
sys.modules["network"] = Module(WLAN=Maker())
sys.modules["esp32"] = Module(Partition=partition, RMT=Maker(), NVS=Maker())
asm_pio = lambda **_: lambda program: program  # noqa: E731
sys.modules["rp2"] = Module(Flash=Flash, PIO=Maker(), asm_pio=asm_pio, StateMachine=Maker())
sys.modules["cryptolib"] = Module(aes=Maker())
sys.modules["vfs"] = Module(VfsLfs2=VfsLfs2)
sys.modules["os"] = System()
sys.modules["socket"] = sys.modules["ssl"] = Missing()
if not hasattr(select, "poll"):
    sys.modules["select"] = Missing()
KEPT = []


class Loop:
    def set_exception_handler(self, _):
        pass

    def run_forever(self):
        pass


asyncio.create_task = KEPT.append
asyncio.get_event_loop = Loop
