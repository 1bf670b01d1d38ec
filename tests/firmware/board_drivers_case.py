"""A board of made-up drivers, its loops run on real MicroPython: what its device is told. Prints a line a fact."""

import asyncio
import sys

from lilong_firmware import board as module
from lilong_firmware.board import Board
from lilong_firmware.progress import Progress

module.FIRST_VALUE_MS = 200


class Kind:
    CHANNELS = (("level", 0, 7), ("event", 0, 0), ("sample", 1_000, 5), ("absent", 0, 3), ("pressed", 0, 0))


class Level:
    """Read only; polled."""

    POLL_MS = 10

    def __init__(self):
        self.value = None
        self.polls = 0
        self.started = None

    def start(self, now):
        self.started = now

    def poll(self, now):
        self.polls += 1

    def read(self, channel):
        return self.value


class Events:
    """Tells what occurs; its interrupt asks to be looked at."""

    def __init__(self):
        self.irq_pending = False
        self.events = []
        self.seen = 0

    def poll(self, now):
        self.irq_pending = False
        self.seen += 1

    def take(self):
        return self.events.pop(0) if self.events else None


class Lamp:
    def __init__(self):
        self.driven = []

    def drive(self, name, value):
        self.driven.append((name, value))


class Link:
    looked_at = 0


async def look(board, ms):
    """What arrives within so many ms."""
    told = []
    link = Link()
    until = board.uptime_ms() + ms
    while board.uptime_ms() < until:
        link.looked_at = board.uptime_ms()
        await board.wait(min(until, board.uptime_ms() + 20), link)
        change = board.change()
        while change is not None:
            told.append(change)
            change = board.change()
    return told


async def main():
    fed = []
    level, events, lamp = Level(), Events(), Lamp()
    wired = ([lamp, level, events], {"level": level, "sample": level}, {"lamp": lamp})
    board = Board(Kind, wired, Progress(lambda: fed.append(1)), None)
    print("first", board.read("level"), board.read("sample"), board.read("event"), board.read("absent"))
    running = asyncio.create_task(board.run())
    print("quiet", await look(board, 50))
    level.value = 9
    print("level", await look(board, 50))
    events.events = [("event", 4), ("pressed", 1)]
    events.irq_pending = True
    print("events", await look(board, 120), events.seen)
    level.value = None
    while board.uptime_ms() < 200:
        await asyncio.sleep_ms(10)
    print("fault", await look(board, 50), board.read("sample"))
    board.output("lamp", 1)
    board.output("nothing", 1)
    print("lamp", lamp.driven)
    print("polled", level.polls > 10, "started", level.started is not None, "seed", len(board.seed()))
    await look(board, 1_200)
    print("fed", len(fed) >= 1)
    running.cancel()


asyncio.run(main())
sys.exit(0)
