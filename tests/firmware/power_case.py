"""Schedules of alarms, power cuts, rot and failing flash, on real LittleFS: run on MicroPython by its tests.

Two volumes, each a LittleFS on a NOR flash whose power goes at any write or erase, and tears it. A schedule follows
from its seed. Printed is a line of JSON a schedule.
"""

import json
import sys

from bell import (  # isort: skip  more than one a line
    ACKNOWLEDGE, ANSWERS, CODES, CUT, HEAL, MOMENT, OFF, ON, PLAIN_OFF, PLAIN_ON, POWER, RESET, SILENT, WAIT,
    Bell, agree, at_the_end,
)  # fmt: skip
from chips.noise import Noise
from chips.nor_flash import NorFlash, Power, PowerCut
from harness import MINUTE, Host
from lilong_firmware.mirror import Mirror
from lilong_firmware.volume import Region, Volume

SECTORS = 32  # of each chip
READS_AT_A_START = 30_000  # at most; each costs a board some 30 µs
STEPS = (
    ON, OFF, PLAIN_ON, PLAIN_OFF, ON, OFF, PLAIN_ON, PLAIN_OFF, WAIT, RESET, ACKNOWLEDGE, CUT, HEAL, SILENT, ANSWERS,
    MOMENT, MOMENT, POWER,
)  # fmt: skip


GRAVE = []  # file systems of earlier lives: MicroPython may close a file of theirs when it collects them, in any order


class Watched(Mirror):
    """Knows which alarm frames were stored: their names, once `put` has returned."""

    def __init__(self, volumes, stored):
        super().__init__(volumes)
        self.stored = stored

    def put(self, name, data):
        super().put(name, data)
        if name[0] == "o":
            self.stored.add(name)


class OneCopy(Watched):
    """Wrong: what rots is gone."""

    def __init__(self, volumes, stored):
        super().__init__(volumes[:1], stored)


class Mixing(Watched):
    """Wrong: goes on writing to a volume that has gone back."""

    def _drop_stale(self):
        if not self._start:
            self.items()


class Forgetting(Watched):
    """Wrong: says that it is stored, and waits for a better time."""

    def put(self, name, data):
        if name[0] == "o" and len(self.stored) % 3 == 2:
            self.stored.add(name)
        else:
            super().put(name, data)


STORES = {"right": Watched, "one_copy": OneCopy, "mixing": Mixing, "forgetting": Forgetting}


class Board:
    """A device on its flash, through as many lives as the schedule has."""

    store = Watched

    def __init__(self, seed):
        self.noise = Noise(seed)
        self.power = Power()
        self.chips = [NorFlash(self.power, SECTORS, 2 * seed + at) for at in (0, 1)]
        self.stored = set()
        self.boots = []
        self.cuts = self.rotten = self.refused = self.longest = 0
        self.fresh = True  # both copies are good: since the start nothing has rotted
        self.host = None
        while self.host is None:
            self._life()

    def _life(self):
        """Power is on; it may go again before the device has started."""
        self.power.on = True
        before = sum([chip.reads for chip in self.chips])
        volumes = [Volume(Region(chip.port(), 0, SECTORS)) for chip in self.chips]
        GRAVE.extend(volumes)
        store = self.store(volumes, self.stored)
        try:
            if self.host is None:
                self.host = Host(Bell, store=store)
            else:
                self.host.store = store
                self.host.power_cut()
        except PowerCut:
            self.cuts += 1
            self.power.left = None
            return
        self.longest = max(self.longest, sum([chip.reads for chip in self.chips]) - before)
        boot = self.host.device.uplink.boot
        assert not self.boots or boot > self.boots[-1], "boot numbers go up"
        self.boots.append(boot)
        self.fresh = True

    def restart(self):
        lives = len(self.boots)
        while len(self.boots) == lives:
            self._life()

    def step(self, step, left=None, torn=0):
        """One step of a story; the power goes after so many writes, and is back."""
        self.power.left = left
        self.power.torn = torn
        try:
            if step is POWER:
                self.restart()
            else:
                step[0](self.host, *step[1:])
        except PowerCut:
            self.cuts += 1
            self.power.left = self.noise.below(12) if self.noise.below(4) == 0 else None  # and perhaps once more
            if self.noise.below(3) == 0:
                self.host.values["latching"] ^= 1  # while the power was away
            self.restart()
        self.power.left = None
        assert self.host.outputs.get("bell", 0) == self.host.values["latching"], "the bell rings whatever flash does"

    def rot(self):
        """A bit of one chip is another one: of what is written there, mostly."""
        chip = self.chips[self.noise.below(2)]
        for _ in range(50):
            at = self.noise.below(len(chip.data))
            if chip.data[at] != 0xFF:
                break
        chip.rot(at, self.noise.below(8))
        self.fresh = False
        self.rotten += 1

    def fail(self, which):
        """Chips 1, 2 or both (3) take nothing for a minute, in which an alarm comes and goes."""
        for at in (0, 1):
            self.chips[at].fails = bool(which & 1 << at)
        before = self.host.device.outbox.unstored
        self.step(ON if self.noise.below(2) else PLAIN_ON)
        self.step(MOMENT)
        self.refused += self.host.device.outbox.unstored - before
        for chip in self.chips:
            chip.fails = False

    def end(self, whole=True):
        """Everything that was stored has arrived, once everything that waits has; what is true has its alarm.

        whole: the flash has always worked. Else a raise that only RAM had may have been heard, and be raised anew.
        """
        if whole:
            at_the_end(self.host)
        else:
            self.host.heal()
            self.host.acks = 1
            self.host.run(5 * MINUTE)
            for channel in CODES:
                code = CODES[channel]
                assert not self.host.values[channel] or (self.host.device.active(code) and self.host.raised(code))
        arrived = {"o%08x%08x" % (s.frame.boot, s.frame.seq) for s in self.host.arrived if s.cls == "al"}
        assert not self.stored - arrived, "stored and never delivered: %s" % sorted(self.stored - arrived)
        for chip in self.chips:
            chip.port()  # the one of the last life is dead
        assert self.longest <= READS_AT_A_START, "a start reads %d times" % self.longest


def schedule(seed, steps=24):
    """Any story, any cuts; in every second one bits rot, in every fourth the flash fails for a while."""
    board = Board(seed)
    noise = board.noise
    for _ in range(steps):
        left = noise.below(12) if noise.below(2) else None
        board.step(STEPS[noise.below(len(STEPS))], left, noise.below(4))
        if seed % 2 and board.fresh and noise.below(4) == 0:
            board.rot()
            if noise.below(2):
                board.restart()
        elif seed % 4 == 2 and noise.below(6) == 0:
            board.fail(1 + noise.below(3))
            board.host.run(MINUTE)  # what only RAM has is delivered, or raised anew
        if seed % 4 != 2:
            agree(board.host)
    board.end(seed % 4 != 2)
    return board


STORY = (ON, WAIT, ACKNOWLEDGE, CUT, PLAIN_ON, OFF, HEAL, WAIT, PLAIN_OFF, WAIT, RESET, WAIT, PLAIN_ON, ON, POWER, WAIT)


def every_cut(torn):
    """One story, as often as it has writes and erases, with the power going at each of them."""
    at = 0
    while True:
        board = Board(1)
        done = board.power.done
        for step in STORY:
            left = None if board.cuts else at - (board.power.done - done)
            board.step(step, left, torn)
            agree(board.host)
        board.end()
        if not board.cuts:
            return at
        at += 1


def main(what, first, last, store="right"):
    """`what`: "every", and then `first` and `last` are ways to tear a write; or "random", then they are seeds."""
    Board.store = STORES[store]
    cuts = rotten = refused = longest = lives = 0
    for seed in range(first, last):
        try:
            if what == "every":
                cuts += every_cut(seed)
                continue
            board = schedule(seed)
        except Exception:
            print("seed %d" % seed)
            raise
        cuts += board.cuts
        rotten += board.rotten
        refused += board.refused
        lives += len(board.boots)
        longest = max(longest, board.longest)
    print(json.dumps({"cuts": cuts, "rotten": rotten, "refused": refused, "longest": longest, "lives": lives}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), *sys.argv[4:])
