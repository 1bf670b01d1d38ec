"""`lilong simulate`: an estate in virtual time with the management centre's own core answering in the loop."""

import json
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TextIO

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

from .summary import summarise
from .virtual_centre import CentreInTheLoop

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

    def down(self, at: int, device: str, cls: str, frame: bytes) -> None:
        self._write(f'{{"t":{at},"device":"{device}","class":"d/{cls}","frame":"{frame.hex()}"}}\n')


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
            ingest_by=report.BY_FEED,
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
