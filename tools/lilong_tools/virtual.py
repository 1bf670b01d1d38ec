"""`lilong simulate`: an estate in virtual time with the management centre's own core answering in the loop."""

import contextlib
import json
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, TextIO

import simpy
from lilong_protocol.pc.simulation import simulation_key
from lilong_simulator import linkage, report
from lilong_simulator.estate import Estate
from lilong_simulator.feed import FeedEvent
from lilong_simulator.incidents import Incident
from lilong_simulator.recorder import Recorder
from lilong_simulator.score import score
from lilong_simulator.truth import write_rows
from lilong_simulator.virtual_run import VirtualRun, epoch_ms
from rich.console import Console
from rich.progress import Progress

from .centre.core import NEVER, Core
from .centre.model import CentreError
from .operator import reaction_ms
from .summary import summarise

COMMIT_MS = 5  # a group commit of the store
DRAW_MS = 50  # until a console has an alarm on its screen
RESET_MS = 60_000  # until a person resets what is over
DAY_MS = 86_400_000
PROGRESS_STEPS = 100


class LoggingRecorder(Recorder):
    """A recorder that also writes every frame the devices send."""

    def __init__(self, log: "MessageLog") -> None:
        super().__init__()
        self._log = log

    def sent(self, at: float, device: str, cls: str, frame: bytes) -> None:
        super().sent(at, device, cls, frame)
        self._log.up(at, device, cls, frame)


class MessageLog:
    """messages.jsonl: {"t": virtual ms, "device", "class", "frame": hex}; classes of the downlink start with d/."""

    def __init__(self, file: TextIO) -> None:
        self._write = file.write

    def up(self, at: float, device: str, cls: str, frame: bytes) -> None:
        self._write(f'{{"t":{at},"device":"{device}","class":"u/{cls}","frame":"{frame.hex()}"}}\n')

    def down(self, at: int, topic: str, frame: bytes) -> None:
        device, cls = topic.split("/")[3], topic.rsplit("/", 1)[1]
        self._write(f'{{"t":{at},"device":"{device}","class":"d/{cls}","frame":"{frame.hex()}"}}\n')


class CentreInTheLoop:
    """The centre's core in virtual time: a commit takes COMMIT_MS, a console DRAW_MS, a person some seconds."""

    def __init__(self, estate: Estate, estate_key: bytes, epoch_zero: int, seed: int, log: MessageLog) -> None:
        self._core = Core(estate, estate_key, epoch_zero)
        self._epoch_zero = epoch_zero
        self._seed = seed
        self._log = log
        self._env: simpy.Environment
        self._publish: Callable[[str, bytes], None]
        self._wake_at = NEVER
        self._estate = estate
        self._seen: set[str] = set()
        self._reset: set[str] = set()
        self._burning: set[int] = set()  # cores with an open fire linkage
        self.feed: list[dict[str, Any]] = []

    def attach(self, env: simpy.Environment, publish: Callable[[str, bytes], None]) -> None:
        self._env, self._publish = env, publish

    def receive(self, now: int, topic: str, payload: bytes, retained: bool) -> None:
        self._core.receive(self._epoch_zero + now, topic, payload, retained)
        self._settle()

    def _after(self, delay: int, action: Callable[[], None]) -> None:
        self._env.timeout(delay).callbacks.append(lambda _: action())

    def _settle(self) -> None:
        batch = self._core.take()
        self.feed += batch.feed
        if batch.publishes:
            self._after(COMMIT_MS, lambda: self._send(batch.publishes))
        for change in batch.changes:
            if change["type"] == "alarm":
                self._watch(change["alarm"])
        self._relock()
        due = self._core.deadline
        if due < self._wake_at:
            self._wake_at = due
            self._after(max(0, due - self._now()), lambda due=due: self._step(due))  # type: ignore[misc]

    def _watch(self, alarm: dict[str, Any]) -> None:
        """What the person at the console does about an alarm: see, acknowledge, and reset it when it is over."""
        if alarm["id"] not in self._seen:
            self._seen.add(alarm["id"])
            self._after(COMMIT_MS + DRAW_MS, lambda: self._shown(alarm["id"]))
        if alarm["restored"] and not alarm["cleared"] and alarm["id"] not in self._reset:
            self._reset.add(alarm["id"])
            self._after(
                RESET_MS + reaction_ms(self._seed, alarm["id"]), lambda: self._command(alarm["device"], "reset")
            )

    def _relock(self) -> None:
        """Doors that a fire released are locked again by hand, once its last alarm is cleared."""
        burning = {core for _, core in self._core.linkages.active}
        for core in self._burning - burning:
            for door in self._estate.doors_of_core(core) if burning else self._estate.escape_doors(core):
                self._after(RESET_MS, lambda door=door.id: self._command(door, "reset"))  # type: ignore[misc]
        self._burning = burning

    def _command(self, device: str, name: str) -> None:
        with contextlib.suppress(CentreError):  # an offline device is reset by hand, which ends no run
            self._core.command(self._now(), device, name, {}, "simulated operator")
        self._settle()

    def _now(self) -> int:
        return self._epoch_zero + int(self._env.now)

    def _send(self, publishes: Sequence[Any]) -> None:
        for publish in publishes:
            self._log.down(int(self._env.now), publish.topic, publish.payload)
            self._publish(publish.topic, publish.payload)

    def _step(self, due: int) -> None:
        if due == self._wake_at:
            self._wake_at = NEVER
            self._core.step(self._now())
            self._settle()

    def _shown(self, alarm: str) -> None:
        self._core.shown(self._now(), alarm, "console")
        self._settle()
        self._after(reaction_ms(self._seed, alarm), lambda: self._acknowledge(alarm))

    def _acknowledge(self, alarm: str) -> None:
        self._core.acknowledge(self._now(), alarm, "simulated operator")
        self._settle()


def run_virtual(
    estate: Estate, seed: int, start: datetime, days: float, incidents: Sequence[Incident], out: Path, console: Console
) -> int:
    """Simulate, write messages.jsonl, truth.jsonl, observed.jsonl, score.json and score.html; the exit code."""
    out.mkdir(parents=True, exist_ok=True)
    horizon = round(days * DAY_MS)
    epoch_zero = epoch_ms(estate, start)
    key = simulation_key(estate.id)
    began = time.perf_counter()
    with (out / "messages.jsonl").open("w", encoding="ascii", newline="\n") as file:
        log = MessageLog(file)
        centre = CentreInTheLoop(estate, key, epoch_zero, seed, log)
        run = VirtualRun(estate, key, seed, start, incidents, centre, LoggingRecorder(log))
        with Progress(console=console, transient=True) as progress:
            task = progress.add_task(f"{days:g} days of {estate.id}", total=PROGRESS_STEPS)
            for step in range(1, PROGRESS_STEPS + 1):
                run.run(max(1, horizon * step // PROGRESS_STEPS))
                progress.update(task, completed=step)
        last = max(
            (row.crossing_ms + max(filter(None, row.limits.values()), default=0) for row in run.world.truth), default=0
        )
        if last >= horizon:
            run.run(last + 1)  # the drain
    rows = [row for row in run.world.truth if row.crossing_ms <= horizon]
    write_rows(out / "truth.jsonl", rows)
    write_rows(out / "expectations.jsonl", run.world.expectations)
    with (out / "observed.jsonl").open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(json.dumps(row) + "\n" for row in centre.feed)
    feed = [
        FeedEvent(row["at"], row["event"], row["alarm"], row["device"], row["code"], row["boot"], row["seq"])
        for row in centre.feed
    ]
    judged = score(run.world.truth, run.recorder.alarms.values(), feed, 0, epoch_zero, horizon=horizon)
    content = report.build(
        report.Conditions(
            estate.id, "virtual", seed, start.isoformat(" "), horizon / 1000, "none: virtual time", True,
            tuple(incident.name for incident in incidents), len(estate.devices), {}, 0, None, {}, None,
        ),
        run.recorder, judged,
        linkage.judge(run.world.expectations, judged.alarm_of_row, run.recorder, feed, epoch_zero, horizon),
    )  # fmt: skip
    report.write(out, content, run.recorder, "score")
    summarise(content, console)
    took = time.perf_counter() - began
    device_days = len(estate.devices) * horizon / DAY_MS
    console.print(
        f"{device_days:,.0f} device-days in {took:.1f} s: {device_days / took:,.0f} a second; {out}/score.html"
    )
    return report.EXIT_CODES[content["verdict"]]
