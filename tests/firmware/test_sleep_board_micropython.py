"""The loop of a board with pins goes to sleep by itself once its device has left, and what it kept holds."""

from micropython import run_micropython

LOOP = """
import asyncio
import sys
from time import ticks_ms
from lilong_firmware import sleep_board
from lilong_firmware.board import Board
from lilong_firmware.device import Device, Identity
from lilong_firmware.draws import Draws
from lilong_firmware.effects import CONNECT, OUTPUT, PUBLISH
from lilong_firmware.kinds import rules
from lilong_firmware.progress import Progress
from lilong_firmware.rtc import unpack_record
from lilong_firmware.sleep_board import Naps
from lilong_firmware.store import RamStore

sleep_board.SERVICE_MS = 0

class Slept(Exception):
    pass

class Power:
    boot_ms = 300
    woken = False
    record = b""
    pin = ()
    def read(self): return self.record
    def write(self, record): Power.record = record
    def clock_ms(self): return 1_000_000 + ticks_ms()
    def pressed(self): return self.pin
    def sleep(self, ms): raise Slept(ms)

class Sensor:
    POLL_MS = 20
    asleep = 0
    values = {"tilt": 0, "water": 2000, "gas": 0, "h2s": 0, "battery": 90}
    def poll(self, now): pass
    def read(self, name): return self.values[name]
    def sleep(self): Sensor.asleep += 1

class Link:
    busy = False
    looked_at = 0

kind = rules("manhole")
store = RamStore()

def life():
    sensor = Sensor()
    wired = ([sensor], {name: sensor for name in Sensor.values}, {})
    board = Board(kind, wired, Progress(lambda: None), None)
    board.sleeps(Naps(Power(), kind, wired, lambda: False))
    device = Device(Identity("t", "0123456789abcdef", bytes(32)), kind, store, Draws(b"seed"), True)
    board.device = device
    told = []
    async def run():
        asyncio.create_task(board.run())
        for at, channel in enumerate(kind.CHANNELS):
            device.sense(0, at, board.read(channel[0]))
        device.start(board.uptime_ms())
        while True:
            await board.wait(device.deadline, Link)
            now = board.uptime_ms()
            Link.looked_at = now
            change = board.change()
            if change:
                told.append(change)
            while device.deadline <= now:
                device.step(now)
            out, device.out = device.out, []
            for effect in out:
                if effect[0] == CONNECT:
                    device.connected(now)
                elif effect[0] == PUBLISH and effect[4]:
                    device.published(now)
    try:
        asyncio.run(run())
    except Slept as slept:
        print("slept", slept.args[0] <= 25_000, Sensor.asleep, told, device.uplink.boot)

life()
kept = unpack_record(Power.record)
print(len(kept.watched), kept.wakes, kept.awake_ms >= 300)
Power.woken = True
try:
    life()
except Slept as slept:
    print("calm", Sensor.asleep, unpack_record(Power.record).wakes)
Power.pin = ("tilt",)
life()
"""


def test_a_board_sleeps_by_itself_looks_and_sleeps_on_and_tells_its_device_what_woke_it():
    told = run_micropython(LOOP, heap="512k").splitlines()
    assert told[0] == "slept True 1 [] 1"
    assert told[1] == "5 1 True"
    assert told[2] == "calm 2 2"
    assert told[3] == "slept True 3 [('shock', 512)] 2"
