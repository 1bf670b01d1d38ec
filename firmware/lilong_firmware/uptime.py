"""Uptime: milliseconds that only grow, from a tick counter that wraps."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


class Uptime:
    """Milliseconds since it was made. `ticks` wraps, at 2**30 on most ports; `diff` is the port's ticks_diff.

    Ask at least once in half a wrap, which is six days.
    """

    __slots__ = ("_diff", "_last", "_ms", "_ticks")

    def __init__(self, ticks: "Callable[[], int]", diff: "Callable[[int, int], int]") -> None:
        self._ticks = ticks
        self._diff = diff
        self._last = ticks()
        self._ms = 0

    def __call__(self) -> int:
        now = self._ticks()
        self._ms += self._diff(now, self._last)
        self._last = now
        return self._ms
