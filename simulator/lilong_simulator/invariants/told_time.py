"""Rule 9: a time says how good it is, and that is true; what a device tells stays in its order though clocks drift."""

from __future__ import annotations

from collections.abc import Callable

from lilong_protocol import topics
from lilong_protocol.frame import CLOCK_1_S, CLOCK_50_MS, CLOCK_60_S, Frame

WITHIN_MS = {CLOCK_50_MS: 50, CLOCK_1_S: 1_000, CLOCK_60_S: 60_000}
AT_ONCE = frozenset((topics.HEARTBEAT,))  # they leave at the instant of which they tell; telemetry may have to wait

Violated = Callable[[float, str, str], None]


class ToldTime:
    """`zero`: epoch ms at the run's clock 0. `held`: times that were compared with the true one."""

    def __init__(self, zero: int, violated: Violated) -> None:
        self.held = 0
        self.worst_ms = 0.0
        self._zero = zero
        self._violated = violated
        self._told: dict[str, tuple[int, int]] = {}  # by device: boot and number of the last event told

    def said(self, at: float, device: str, cls: str, said: Frame, of: float | None = None) -> None:
        """`of`: of when it tells, None: not known, unless it leaves at once."""
        epoch, quality = said.epoch, said.quality
        if (epoch is None) is not (quality is None):
            self._violated(at, device, f"{cls} {said.boot}/{said.seq}: a time without a word on how good it is")
        elif epoch is not None and (of is not None or cls in AT_ONCE):
            self.held += 1
            off = abs(epoch - self._zero - (at if of is None else of))
            self.worst_ms = max(self.worst_ms, off)
            if off > WITHIN_MS[quality]:
                what = f"{cls} {said.boot}/{said.seq}"
                self._violated(at, device, f"{what}: a time of quality {quality} is off by {off:.0f} ms")

    def event(self, at: float, device: str, boot: int, seq: int) -> None:
        """A backend lets an event have its effect."""
        last = self._told.get(device, (0, 0))
        if (boot, seq) <= last:
            self._violated(at, device, f"event {boot}/{seq} has its effect after {last[0]}/{last[1]}")
        self._told[device] = (boot, seq)
