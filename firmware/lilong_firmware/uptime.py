"""Uptime: milliseconds that only grow, from a tick counter that wraps."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


class Uptime:
    """Milliseconds since it was made. `ticks` and `diff` are the port's ticks_ms and ticks_diff.

    Ticks wrap, at 2**30 on most ports: ask at least once in half a wrap, which is six days.
    """

    __slots__ = ("_diff", "_last", "_ms", "_ticks")

    def __init__(self, ticks: "Callable[[], Any]", diff: "Callable[[Any, Any], int]") -> None:
        self._ticks = ticks
        self._diff = diff
        self._last = ticks()
        self._ms = 0

    def __call__(self) -> int:
        now = self._ticks()
        self._ms += self._diff(now, self._last)
        self._last = now
        return self._ms
