"""Sampling: a channel is looked at on a fixed grid of uptime, or skipped while it is quiet.

A channel is quiet when a sample of its present value would change nothing, as its rules say. Skipping quiet
samples must leave the same trace as taking them: that is what lets a simulator run days in seconds.
"""

from .effects import NEVER


class Sampling:
    """The channels of one device. `periods` in ms; 0 means that a change is told at once, as an interrupt is."""

    __slots__ = ("_due", "_periods", "_sampled", "polls", "values")

    def __init__(self, periods: "tuple[int, ...]", values: "list[int]", polls: bool) -> None:
        self._periods = periods
        self._sampled = [-1] * len(periods)
        self._due = [NEVER] * len(periods)
        self.values = values
        self.polls = polls

    def interrupts(self, channel: int) -> bool:
        return self._periods[channel] == 0

    def plan(self, channel: int, now: int, quiet: "bool | None") -> None:
        """Set when `channel` is sampled next; quiet: None when there is nothing to be sampled."""
        period = self._periods[channel]
        if quiet is None or (quiet and not self.polls):
            self._due[channel] = NEVER
            return
        at = (now + period - 1) // period * period
        self._due[channel] = at + period if at == self._sampled[channel] else at

    def take(self, channel: int, now: int) -> bool:
        """True when `now` is a time to look at `channel`, due or on its grid; that uses the grid point up.

        Not for one that interrupts, nor is `plan`.
        """
        period = self._periods[channel]
        at = now // period * period
        if self._due[channel] > now and (at != now or at == self._sampled[channel]):
            return False
        self._sampled[channel] = at
        return True

    def deadline(self) -> int:
        return min(self._due)
