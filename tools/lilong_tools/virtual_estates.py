"""Several estates in virtual time, on several processors: a process runs an estate at a time, from start to end.

What an estate leaves depends on its job alone, so that the number of workers changes no byte.
"""

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.sharedctypes import Synchronized, SynchronizedArray
from pathlib import Path

from lilong_simulator import report
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from .stopping import SIGNALS
from .summary import VERDICT_STYLE, summarise
from .virtual import Ended, Job, simulate

PARTIAL = 4
_LOOK_S = 0.2

_shares: "SynchronizedArray[float]"
_stop: "Synchronized[bool]"


def run_virtual(
    jobs: Sequence[Job], workers: int, console: Console, stopped: Callable[[], bool] = lambda: False
) -> int:
    """Run them all, show how far they are and what came of them; the exit code. When it is `stopped`, what runs ends
    at its present instant, and the rest is not begun."""
    began = time.perf_counter()
    console.print(f"{_title(jobs)} into {_folder(jobs)}")
    with _bar(console) as bar:
        task = bar.add_task(_title(jobs), total=len(jobs))
        if workers == 1 or len(jobs) == 1:
            ended = _here(jobs, stopped, lambda share: bar.update(task, completed=share))
        else:
            ended = _there(jobs, min(workers, len(jobs)), stopped, lambda share: bar.update(task, completed=share))
    return _tell(jobs, ended, stopped(), time.perf_counter() - began, console)


def _here(jobs: Sequence[Job], stopped: Callable[[], bool], progress: Callable[[float], None]) -> list[Ended | None]:
    ended: list[Ended | None] = []
    for done, job in enumerate(jobs):
        begins = not done or not stopped()
        ended.append(simulate(job, lambda share, done=done: progress(done + share), stopped) if begins else None)  # type: ignore[misc]
    return ended


def _there(
    jobs: Sequence[Job], workers: int, stopped: Callable[[], bool], progress: Callable[[float], None]
) -> list[Ended | None]:
    """None: not run to its end, since it was stopped before, or a process died, which ends them all."""
    context = multiprocessing.get_context("spawn")  # the progress bar has a thread: no fork
    shares = context.Array("d", len(jobs))
    stop = context.Value("b", False)
    with ProcessPoolExecutor(workers, context, _begin, (shares, stop)) as pool:
        futures = [pool.submit(_work, number, job) for number, job in enumerate(jobs)]
        left: set[Future[Ended | None]] = set(futures)
        try:
            while left:
                done, left = wait(left, _LOOK_S, FIRST_COMPLETED)
                progress(sum(shares[:]))
                stop.value = stopped()
                for future in done:
                    if not isinstance(future.exception(), BrokenProcessPool):
                        future.result()  # what an estate cannot be run for ends it all
        except BaseException:
            stop.value = True
            pool.shutdown(cancel_futures=True)
            raise
    return [None if future.exception() else future.result() for future in futures]


def _begin(shares: "SynchronizedArray[float]", stop: "Synchronized[bool]") -> None:
    """Signals are for the process that was started by a person; where that is gone, this one goes too."""
    global _shares, _stop
    _shares, _stop = shares, stop
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _work(number: int, job: Job) -> Ended | None:
    def progress(share: float) -> None:
        _shares[number] = share

    return None if _stop.value else simulate(job, progress, lambda: _stop.value)


def _bar(console: Console) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    return Progress(*columns, console=console, transient=True)


def _title(jobs: Sequence[Job]) -> str:
    many = f" of {len(jobs)} estates" if len(jobs) > 1 else f" of {jobs[0].estate}"
    return f"{jobs[0].days:g} {'day' if jobs[0].days == 1 else 'days'}{many}"


def _tell(jobs: Sequence[Job], all_ended: Sequence[Ended | None], stopped: bool, took: float, console: Console) -> int:
    ended = [one for one in all_ended if one is not None]
    if len(jobs) == 1 and ended:
        summarise(ended[0].content, console)
    else:
        console.print(_table(ended))
        for job, one in zip(jobs, all_ended, strict=True):
            if one is None and stopped:
                console.print(f"{job.out}: not begun when the run was stopped", style="yellow")
            elif one is None:
                console.print(
                    f"{job.out}: not run to its end: a process died, perhaps for want of memory; try fewer --workers",
                    style="red",
                )
            else:
                told = (*one.content["warnings"], *one.content["failures"][:1])
                console.print(
                    "\n".join(f"{job.out}: {text}" for text in told), style="yellow", end="\n" if told else ""
                )
    days = sum(one.device_days for one in ended)
    where = f"{_folder(jobs)}/score.html" if len(jobs) == 1 else f"{_folder(jobs)}"
    console.print(f"{days:,.0f} device-days in {took:.1f} s: {days / took:,.0f} a second; {where}")
    if len(ended) < len(jobs):
        return PARTIAL
    return max(report.EXIT_CODES[one.content["verdict"]] for one in ended)


def _folder(jobs: Sequence[Job]) -> Path:
    return jobs[0].out if len(jobs) == 1 else jobs[0].out.parent


def _table(ended: Sequence[Ended]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), show_edge=False)
    for name in ("estate", "devices", "messages", "alarms", "seconds"):
        table.add_column(name, justify="left" if name == "estate" else "right")
    table.add_column("verdict")
    for one in ended:
        content = one.content
        verdict = content["verdict"]
        table.add_row(
            content["estate"], f"{content['devices']:,}", f"{one.messages:,}", f"{content['alarms']['true']:,}",
            f"{one.seconds:.1f}", Text(verdict, VERDICT_STYLE[verdict]),
        )  # fmt: skip
    return table
