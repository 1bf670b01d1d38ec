"""Several estates in virtual time, on several processors: a process runs an estate at a time, from start to end.

What an estate leaves depends on its job alone, so that the number of workers changes no byte.
"""

import multiprocessing
import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.sharedctypes import SynchronizedArray

from lilong_simulator import report
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from .summary import VERDICT_STYLE, summarise
from .virtual import Ended, Job, simulate

PARTIAL = 4
_LOOK_S = 0.2

_shares: "SynchronizedArray[float]"


def run_virtual(jobs: Sequence[Job], workers: int, console: Console) -> int:
    """Run them all, show how far they are and what came of them; the exit code."""
    began = time.perf_counter()
    with _bar(console) as bar:
        task = bar.add_task(_title(jobs), total=len(jobs))
        if workers == 1 or len(jobs) == 1:
            ended = _here(jobs, lambda share: bar.update(task, completed=share))
        else:
            ended = _there(jobs, min(workers, len(jobs)), lambda share: bar.update(task, completed=share))
    return _tell(jobs, ended, time.perf_counter() - began, console)


def _here(jobs: Sequence[Job], progress: Callable[[float], None]) -> list[Ended | None]:
    return [simulate(job, lambda share, done=done: progress(done + share)) for done, job in enumerate(jobs)]  # type: ignore[misc]


def _there(jobs: Sequence[Job], workers: int, progress: Callable[[float], None]) -> list[Ended | None]:
    """None: not run to its end, since a process died, which ends them all."""
    context = multiprocessing.get_context("spawn")  # the progress bar has a thread: no fork
    shares = context.Array("d", len(jobs))
    with ProcessPoolExecutor(workers, context, _begin, (shares,)) as pool:
        futures = [pool.submit(_work, number, job) for number, job in enumerate(jobs)]
        left: set[Future[Ended]] = set(futures)
        try:
            while left:
                done, left = wait(left, _LOOK_S, FIRST_COMPLETED)
                progress(sum(shares[:]))
                for future in done:
                    if not isinstance(future.exception(), BrokenProcessPool):
                        future.result()  # what an estate cannot be run for ends it all
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return [None if future.exception() else future.result() for future in futures]


def _begin(shares: "SynchronizedArray[float]") -> None:
    global _shares
    _shares = shares


def _work(number: int, job: Job) -> Ended:
    def progress(share: float) -> None:
        _shares[number] = share

    return simulate(job, progress)


def _bar(console: Console) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    return Progress(*columns, console=console, transient=True)


def _title(jobs: Sequence[Job]) -> str:
    many = f" of {len(jobs)} estates" if len(jobs) > 1 else f" of {jobs[0].estate}"
    return f"{jobs[0].days:g} days{many}"


def _tell(jobs: Sequence[Job], all_ended: Sequence[Ended | None], took: float, console: Console) -> int:
    ended = [one for one in all_ended if one is not None]
    if len(jobs) == 1 and ended:
        summarise(ended[0].content, console)
    else:
        console.print(_table(ended))
        for job, one in zip(jobs, all_ended, strict=True):
            if one is None:
                console.print(
                    f"{job.out}: not run to its end: a process died, perhaps for want of memory; try fewer --workers",
                    style="red",
                )
    days = sum(one.device_days for one in ended)
    where = f"{jobs[0].out}/score.html" if len(jobs) == 1 else f"{jobs[0].out.parent}"
    console.print(f"{days:,.0f} device-days in {took:.1f} s: {days / took:,.0f} a second; {where}")
    if len(ended) < len(jobs):
        return PARTIAL
    return max(report.EXIT_CODES[one.content["verdict"]] for one in ended)


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
