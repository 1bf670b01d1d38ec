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
from .policy import WATCHED_EVENTS, Action, Policy
from .summary import summarise

COMMIT_MS = 5  # a group commit of the store
DRAW_MS = 50  # until a console has an alarm on its screen
OPERATOR = "simulated operator"
DAY_MS = 86_400_000
PROGRESS_STEPS = 100


class LoggingRecorder(Recorder):
    """A recorder that also writes every frame the devices send."""

    def __init__(self, log: "MessageLog") -> None:
        super().__init__()
        self._log = log

    def sent(self, at: float, device: str, cls: str, frame: bytes, due: float | None) -> None:
        super().sent(at, device, cls, frame, due)
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
        self._core = Core(estate, estate_key, epoch_zero, durable=False)
        self._policy = Policy(seed, {device.id: device.core for device in estate.devices})
        self._epoch_zero = epoch_zero
        self._log = log
        self._env: simpy.Environment
        self._publish: Callable[[str, bytes], None]
        self._wake_at = NEVER
        self._act_at = NEVER
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
            if change["type"] == "alarm" or (change["type"] == "event" and change["code"] in WATCHED_EVENTS):
                self._after(COMMIT_MS + DRAW_MS, lambda change=change: self._see(change))  # type: ignore[misc]
        due = self._core.deadline
        if due < self._wake_at:
            self._wake_at = due
            self._after(max(0, due - self._now()), lambda due=due: self._step(due))  # type: ignore[misc]

    def _see(self, change: dict[str, Any]) -> None:
        """The person at the console sees a change."""
        if change["type"] == "alarm":
            if change["alarm"]["shown_at"] is None:
                self._core.shown(self._now(), change["alarm"]["id"], "console")
                self._settle()
            self._policy.alarm(self._now(), change["alarm"])
        else:
            self._policy.event(self._now(), change["device"], change["code"])
        self._plan()

    def _plan(self) -> None:
        due = self._policy.deadline
        if due is not None and due < self._act_at:
            self._act_at = due
            self._after(due - self._now(), lambda: self._act(due))

    def _act(self, due: int) -> None:
        if due == self._act_at:
            self._act_at = NEVER
            for action in self._policy.take(self._now()):
                self._do(action)
            self._plan()

    def _do(self, action: Action) -> None:
        with contextlib.suppress(CentreError):  # the person tries again
            if action.what == "acknowledge":
                self._core.acknowledge(self._now(), action.alarm, OPERATOR)
            else:
                self._core.command(self._now(), action.device, action.what, {}, OPERATOR)
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
