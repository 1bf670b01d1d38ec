"""The soak of one kind: rounds of dangers and faults by seed, each of which ends quietly and is judged there.

A round has the dangers of the kind that can be told apart, one long fault (WEATHER) and some of each short one. Power
fails in the first third of the rounds only, so that the heap has the rest to grow in one life.
"""

import asyncio
import random
import statistics
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from lilong_protocol import codes, frame, topics
from lilong_protocol.registry import ALARM

from tests.soak.centre import OUTBOX, Centre
from tests.soak.dangers import CLEAR_MS, DANGERS, FLAPPINGS, FLAPS, MINUTE, SECOND, WARM_UP_MS, Danger, exclude
from tests.soak.faults import WEATHER, Faults
from tests.soak.subject import BEAT_S, Subject

HOUR = 60 * MINUTE
GROWTH = 1_024  # bytes from the first third of the judged samples to the last, at most
FILES, FILE_BYTES = 16, 8_192  # of a store beside the log and a slot for updates
LOG_BYTES = 17 * 64 * 160  # the ring of a door's log: segments, records, bytes of a record at most


class Missed(AssertionError):
    """What the soak found wrong: in which round, at what time of the world."""


@dataclass
class Tally:
    """What a soak came to."""

    kind: str
    hours: float = 0
    dangers: int = 0
    raised: int = 0
    answered: int = 0
    faults: dict[str, int] = field(default_factory=dict)
    heap: list[int] = field(default_factory=list)  # in the last life, at the end of each round
    files: int = 0
    deepest: int = 0
    real_s: float = 0

    @property
    def growth(self) -> float:
        """Bytes from the mean of the first third of the samples to that of the last; the first one is warm-up."""
        judged = self.heap[1:]
        third = max(1, len(judged) // 3)
        return statistics.mean(judged[-third:]) - statistics.mean(judged[:third])


class Soak:
    """rounds: how many, of which the first third may lose power. round_ms: of each, its quiet end included."""

    def __init__(self, kind: str, seed: int, rounds: int, round_ms: int, folder: Path) -> None:
        self.noise = random.Random(f"{seed} {kind}")
        self.kind = kind
        self.rounds = rounds
        self.round_ms = round_ms
        self.device = Subject(kind, folder)
        self.centre = Centre(lambda: self.device.now, self.device.answer, self.noise)
        self.device.broker.hear = self.centre.hear
        self.tally = Tally(kind)
        self._weather = list(WEATHER)
        self.noise.shuffle(self._weather)
        self._faults = Faults(kind, self.device, self.centre, self.noise)
        self._here: list[Danger] = []
        self._tried: dict[str, int] = {}

    async def run(self) -> Tally:
        device = self.device
        await device.broker.start()
        try:
            await device.power_on()
            for number in range(self.rounds):
                await self._round(number)
        except Missed:
            raise
        except Exception as error:
            raise Missed(f"{self.kind}: at {device.now / HOUR:.2f} h: {type(error).__name__}: {error}") from error
        finally:
            await device.power_off()
            await device.broker.stop()
            device.broker.close()
        self.tally.hours = device.now / HOUR
        self.tally.raised = len(self.centre.raised)
        self.tally.answered = self.centre.answered
        self.tally.deepest = self.centre.deepest
        self.tally.faults = self._faults.counts
        if len(self.tally.heap) > 3 and self.tally.growth > GROWTH:
            raise Missed(f"{self.kind}: the heap has grown by {self.tally.growth:.0f} bytes: {self.tally.heap}")
        return self.tally

    # ---- a round

    async def _round(self, number: int) -> None:
        device, noise = self.device, self.noise
        begin = device.now
        device.drift_ppm = noise.randint(-200, 200)  # twice what 10 s a day are
        self._here, self._faults.unkept = [], False
        powered = number < max(1, self.rounds // 3)
        weather = self._weather[number % len(WEATHER)]
        if weather == "lost" and not powered:
            weather = "full"
        if powered:
            await self._faults.power()
            self.tally.heap.clear()
        quiet = self._quiet_ms()
        end = begin + self.round_ms - quiet
        first = max(device.now, device.born + WARM_UP_MS.get(self.kind, 0)) + 5 * SECOND
        changes = self._faults.spell(begin, end, weather)
        changes += [(noise.randint(begin, end), what) for what in self._faults.short()]
        changes.sort(key=lambda change: change[0])
        dangers = self._dangers(end - first)
        spare = (end - 2 * MINUTE - first - sum(danger.limit_ms for danger in dangers)) // (len(dangers) + 1)
        when = first
        for danger in dangers:
            await self._until(when, changes)
            await self._endanger(number, danger, changes)
            when = device.now + noise.randint(10 * SECOND, max(20 * SECOND, spare))
        flapped = await self._flap(dangers)
        await self._until(max(device.now, end - MINUTE), changes)
        if powered:
            await self._faults.power()
            await self._until(device.now + 5 * SECOND, changes)
            if not self._faults.unkept:
                self._check_outputs(number, "after a restart")
        await self._until(end, changes)
        self.tally.dangers += len(dangers)
        await self._calm_down(begin + self.round_ms)
        await self._judge(number, begin, dangers, flapped)

    def _quiet_ms(self) -> int:
        retries = 9 * MINUTE if self.kind == "manhole" else 90 * SECOND  # until the last retry has come
        return CLEAR_MS + retries + 2 * BEAT_S * SECOND

    def _dangers(self, room_ms: int) -> list[Danger]:
        chosen: list[Danger] = []
        known = list(DANGERS[self.kind])
        self.noise.shuffle(known)
        known.sort(key=lambda danger: self._tried.get(danger.name, 0))  # those whose turn it is
        for danger in known:
            takes = sum(one.limit_ms + MINUTE for one in [*chosen, danger])
            if takes < room_ms and not any(exclude(one, danger) for one in chosen):
                chosen.append(danger)
                self._tried[danger.name] = self._tried.get(danger.name, 0) + 1
        return chosen

    async def _endanger(self, number: int, danger: Danger, changes: list[tuple[int, str]]) -> None:
        """A danger comes; within its limit the device must have decided, and driven what is local."""
        device = self.device
        known = set(device.raised)
        for channel, value, wait_ms in danger.on:
            await device.set((channel, value))
            if wait_ms:
                await device.run_to(device.now + wait_ms)
        # A faster or slower clock of the device moves the limit by its drift; a millisecond is for rounding.
        limit = danger.limit_ms + danger.limit_ms * 200 // 1_000_000 + 1
        await self._until(device.now + limit, changes)
        new = [code for code, boot, seq in set(device.raised) - known]
        self._here.append(danger)
        if danger.code and danger.code not in new:
            raise self._missed(number, f"{danger.name}: no alarm {_name(danger.code)} after {danger.limit_ms} ms")
        self._check_outputs(number, danger.name)

    async def _flap(self, dangers: list[Danger]) -> set[int]:
        """A danger comes and goes until outbox and queue are full, where it is none of the round; its alarm."""
        device = self.device
        channel, wrong, right, wait_ms, code = FLAPS[self.kind]
        if any(channel in danger.channels or code == danger.code for danger in dangers):
            return set()
        for _ in range(FLAPPINGS):
            for value in (wrong, right):
                await device.set((channel, value))
                await device.run_to(device.now + wait_ms)
        return {code}

    def _check_outputs(self, number: int, when: str) -> None:
        for danger in self._here:
            for name, value in danger.outputs:
                if self.device.outputs.get(name, 0) != value:
                    outputs = self.device.outputs
                    raise self._missed(number, f"{when}: {danger.name} wants {name} {value}, there is {outputs}")

    async def _until(self, when: int, changes: list[tuple[int, str]]) -> None:
        while changes and changes[0][0] <= when:
            at, what = changes.pop(0)
            await self.device.run_to(max(at, self.device.now))
            await self._faults.happen(what)
        await self.device.run_to(max(when, self.device.now))

    # ---- the end of a round

    async def _calm_down(self, until: int) -> None:
        """All dangers and faults are over, somebody acknowledges and resets."""
        device, centre = self.device, self.centre
        centre.silent = False
        for danger in self._here:
            await device.set(*danger.off)
        self._here = []
        await device.run_to(device.now + CLEAR_MS)
        if self.kind == "streetlight":
            centre.order(frame.COMMAND, topics.COMMAND, {0: codes.CMD_AUTOMATIC, 1: {}})
        centre.acknowledge()
        await device.cut()  # the birth after it brings what waits
        await device.run_to(device.now + BEAT_S * SECOND + 30 * SECOND)
        centre.reset(self.kind in ("door", "intercom"))
        await device.cut()
        await device.run_to(until)

    async def _judge(self, number: int, begin: int, dangers: list[Danger], flapped: set[int]) -> None:
        device, centre = self.device, self.centre
        stored = [code for (code, _, _), at in centre.raised.items() if at >= begin]
        wanted = [danger.code for danger in dangers if danger.code] + [code for one in dangers for code in one.also]
        for code in wanted:
            times = stored.count(code)
            if times == 0 or (times > 1 and not self._faults.unkept):
                raise self._missed(number, f"alarm {_name(code)} is stored {times} times")
        if strange := sorted(set(stored) - set(wanted) - flapped):
            raise self._missed(number, f"alarms that nothing has brought: {[_name(code) for code in strange]}")
        # Of one that comes and goes all the time, what has ended makes room.
        lost = [one for one in sorted(set(device.raised) - set(centre.raised)) if one[0] not in flapped]
        if lost and not self._faults.unkept:
            raise self._missed(number, f"raised and never stored: {lost}")
        device.raised.clear()
        # One that only RAM had is raised anew after a restart; an operator closes the first by hand.
        if left := [one for one in centre.open() if not self._faults.unkept or one[1] == centre.boot]:
            raise self._missed(number, f"open at the end: {[(_name(one[0]), *one[1:]) for one in left]}")
        centre.ended.update(centre.open())
        if memory := [why for why in device.complaints if "emory" in why]:
            raise self._missed(number, f"{memory[0]} ended a connection")
        if centre.deepest > OUTBOX:
            raise self._missed(number, f"{centre.deepest} frames in the outbox")
        self._judge_files(number)
        self.tally.heap.append(await device.memory())

    def _judge_files(self, number: int) -> None:
        files = self.device.files()
        log = {name: size for name, size in files.items() if name[0] == "l"}
        records = {name: size for name, size in files.items() if name[0] != "l"}
        self.tally.files = len(files)
        if len(records) > FILES or sum(records.values()) > FILE_BYTES or sum(log.values()) > LOG_BYTES + 2_048:
            raise self._missed(number, f"the store has grown: {files}")
        if waiting := [name for name in records if name[0] in "ao" or name.endswith(".new")]:
            raise self._missed(number, f"nothing waits, and there is {waiting}")

    def _missed(self, number: int, what: str) -> Missed:
        return Missed(f"{self.kind}, round {number}, {self.device.now / HOUR:.2f} h: {what}")


def _name(code: int) -> str:
    return ALARM[code].name


def soak(kind: str, seed: int, rounds: int, round_ms: int) -> Tally:
    """Run it; Missed says what went wrong."""
    with tempfile.TemporaryDirectory(prefix="lilong-soak-") as folder:
        return asyncio.run(Soak(kind, seed, rounds, round_ms, Path(folder)).run())
