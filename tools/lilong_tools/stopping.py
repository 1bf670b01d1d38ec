"""Ctrl-C, SIGTERM and a closed terminal end a run in good order, whatever it is doing."""

import asyncio
import contextlib
import signal
from collections.abc import Callable, Iterator

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopper:
    """What the first signal ends: the task that starts things up, or the run once there is one. Later ones do nothing:
    what was started is being stopped then, each part within its own time limit."""

    def __init__(self, end: Callable[[], object]) -> None:
        self._end: Callable[[], object] | None = end

    def stop(self) -> None:
        end, self._end = self._end, None
        if end is not None:
            end()

    @contextlib.contextmanager
    def ends(self, end: Callable[[], object]) -> Iterator[None]:
        """Within the block a signal calls `end`; behind it there is nothing left but to clean up."""
        self._end = end
        try:
            yield
        finally:
            self._end = None


@contextlib.contextmanager
def stopped_by_signals() -> Iterator[Stopper]:
    """Until a run takes over with `ends`, a signal cancels the current task."""
    task = asyncio.current_task()
    assert task is not None
    loop = asyncio.get_running_loop()
    stopper = Stopper(task.cancel)
    for number in SIGNALS:
        loop.add_signal_handler(number, stopper.stop)
    try:
        yield stopper
    finally:
        for number in SIGNALS:
            loop.remove_signal_handler(number)


@contextlib.contextmanager
def told_by_signals() -> Iterator[Callable[[], bool]]:
    """Within the block a signal ends nothing; the function says whether there was one."""
    came: list[int] = []
    before = {number: signal.signal(number, lambda number, _: came.append(number)) for number in SIGNALS}
    try:
        yield lambda: bool(came)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
