"""How far a worker's clock is from the conductor's, and how surely that is known.

A question goes out at `asked` and its answer is back at `back`; the worker read its clock somewhere between. So its
clock is ahead by `theirs` less the middle, give or take half of the time that it took. Of several the quickest counts.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True)
class Offset:
    """A worker's CLOCK_MONOTONIC less the conductor's, in ns, give or take `error_ns`."""

    ns: float
    error_ns: float


class ClockOf:
    """The clock of one worker. `same_machine`: it says that it runs on the conductor's."""

    def __init__(self, same_machine: bool) -> None:
        self._same_machine = same_machine
        self.first: Offset | None = None  # the best until `settle`: what the run goes by
        self._settled = False
        self.moved_ns = 0.0  # how far it has surely moved since, at most

    def answered(self, asked_ns: int, theirs_ns: int, back_ns: int) -> None:
        one = Offset(theirs_ns - (asked_ns + back_ns) / 2, (back_ns - asked_ns) / 2)
        if not self._settled:
            if self.first is None or one.error_ns < self.first.error_ns:
                self.first = one
            return
        assert self.first is not None
        moved = abs(one.ns - self.first.ns) - one.error_ns - self.first.error_ns
        self.moved_ns = max(self.moved_ns, moved)

    def settle(self) -> None:
        """The run begins: it goes by what is known now."""
        self._settled = True

    @property
    def one_clock(self) -> bool:
        """Whether it is the conductor's own: said by the machine, and not contradicted by what was measured."""
        first = self.first
        return self._same_machine and first is not None and abs(first.ns) <= first.error_ns

    @property
    def offset_ns(self) -> int:
        """What the run goes by."""
        return 0 if self.one_clock or self.first is None else round(self.first.ns)

    def told(self) -> dict[str, float] | None:
        """For the report, in ms; None: one clock."""
        if self.one_clock or self.first is None:
            return None
        ms = {"offset_ms": self.first.ns, "error_ms": self.first.error_ns, "moved_ms": self.moved_ns}
        return {name: round(ns / 1e6, 3) for name, ns in ms.items()}


def this_machine() -> str:
    """Differs between machines and between their boots; empty where it cannot be told."""
    try:
        return BOOT_ID.read_text().strip()
    except OSError:
        return ""


def now_ns() -> int:
    return time.monotonic_ns()
