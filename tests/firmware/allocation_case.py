"""Runs on MicroPython: writes the payload of each message of a device, and prints what that took of the heap as JSON.

The uptime comes from a tick counter that wraps at 2**30, as a board's does, and is beyond 2**31 ms.
"""

import gc
import json
import sys
from binascii import hexlify

import micropython
from lilong_firmware.uplink import WRITER, Uplink
from lilong_firmware.uptime import Uptime
from lilong_protocol import frame

WRAP = 1 << 30
BOOT, SEQ, COUNTER, REF = 412, 70_000, 3, (411, 9)
EPOCH = 1_790_000_000_123
VALUES = {1: 182, 2: 5_830, 3: 87, 9: -31_230_400, 10: 121_473_700, 26: 1 << 40}
BODIES = {  # not those with a text: its UTF-8 is an object
    frame.HEARTBEAT: {0: 1, 1: 0, 2: 70_000, 3: VALUES, 4: True},
    frame.TELEMETRY: {0: [1, 2], 1: [0, 900_000], 2: [[182, None], [5_830, -7]]},
    frame.EVENT: {0: 3, 4: VALUES},
    frame.RAISE: {0: 1, 1: 4, 2: 4, 3: 4, 4: VALUES},
    frame.UPDATE: {0: 1, 4: VALUES, 5: 2},
    frame.CLEAR: {0: 1, 6: 1},
    frame.RESPONSE: {0: 200},
}


class Ticks:
    """The tick counter of a port."""

    def __init__(self):
        self.now = WRAP - 5

    def ms(self):
        return self.now

    def pass_by(self, ms):
        self.now = (self.now + ms) % WRAP


def ticks_diff(a, b):
    return (a - b + WRAP // 2) % WRAP - WRAP // 2


uplink = Uplink(bytes(range(32)), "acme", "a4cf12fffe0b3c5d", BOOT, b"\1\2\3\4\5\6\7\x08")
ticks = Ticks()
uptime = Uptime(ticks.ms, ticks_diff)


REFS = {frame.UPDATE: REF, frame.CLEAR: REF}
COUNTERS = {frame.RESPONSE: COUNTER}
CLASSES = {frame.HEARTBEAT: "hb", frame.TELEMETRY: "tm", frame.EVENT: "ev", frame.RESPONSE: "rs"}  # else "al"


class NoSeal:
    """In place of the seal, which hashes and makes the frame."""

    def wrap(self, cls, writer):
        pass


seal = uplink._seal
uplink._seal = NoSeal()


def write():
    for at in range(9):
        uplink._seqs[at] = SEQ - 1
    uplink.frame(now, kind, CLASSES.get(kind, "al"), BODIES[kind], REFS.get(kind), COUNTERS.get(kind))


def taken(work):
    """Bytes of the heap that are in use after `work` and were not before; nothing is collected meanwhile."""
    work()  # what is made once is made
    gc.collect()
    before = gc.mem_alloc()
    after = gc.mem_alloc()
    itself = after - before  # a number may be an object
    before = gc.mem_alloc()
    work()
    after = gc.mem_alloc()
    return after - before - itself


def locked(work):
    """The same with the heap locked: any allocation is a MemoryError."""
    micropython.heap_lock()
    try:
        work()
    finally:
        micropython.heap_unlock()


def one_more():
    return now + 1


gc.disable()
result = {"bits": 32 if sys.maxsize < 1 << 32 else 64, "uptimes": [], "frames": [], "taken": {}}
while True:
    now = uptime()
    uplink.clock.set(now, now, EPOCH + now)
    result["uptimes"].append(now)
    if now > 5 << 31:
        break
    for kind in sorted(BODIES):
        bytes_taken = taken(write)
        locked(write)
        result["taken"][str(kind)] = max(bytes_taken, result["taken"].get(str(kind), 0))
        payload = bytes(WRITER.buf[frame.START : WRITER.at])
        result["frames"].append([now, kind, hexlify(payload).decode()])
        del payload
    ticks.pass_by(WRAP // 2 - 1)
result["control"] = taken(one_more)
uplink._seal = seal
kind = frame.RAISE
result["sealed"] = taken(write)
result["size"] = len(uplink.frame(now, kind, "al", BODIES[kind]))
print(json.dumps(result))
