"""Future time: the clock of a device is hours ahead. Its uptime is right, and so is the order of what it says.

Not at kinds that decide by the date: who may pass a door, when a lamp is lit.
"""

from lilong_firmware.clock import Clock
from lilong_protocol.frame import Frame

from .base import DataFault, Hands

HOUR_MS = 3_600_000
FEWEST_H, MOST_H = 1, 48


class FutureTime(DataFault):
    """It can be found by a frame that carries a time. Setting the clock ends it."""

    NAME = "future_time"
    KINDS = frozenset(("smoke", "gas", "manhole", "wristband", "gateway", "fence_zone", "shed_socket", "bin"))

    def begin(self, hands: Hands) -> bool:
        clock = hands.firmware(self.device.id).uplink.clock
        if clock._offset is None:
            return False
        self._ahead_ms = self.stream.between(FEWEST_H, MOST_H) * HOUR_MS
        self._wrong = clock._offset + self._ahead_ms
        _put(clock, self._wrong)
        return True

    def end(self, hands: Hands) -> None:
        clock = hands.firmware(self.device.id).uplink.clock
        if clock._offset == self._wrong:
            _put(clock, self._wrong - self._ahead_ms)

    def shows(self, at: int, frame: Frame) -> bool:
        return frame.epoch is not None and frame.epoch == frame.uptime + self._wrong


def _put(clock: Clock, offset: int) -> None:
    """Give a clock another offset, as `Clock.set` does; what it says of its quality stays."""
    data = offset.to_bytes(8, "big")
    clock._offset = offset
    clock._high = data[1] << 24 | int.from_bytes(data[2:5], "big")
    clock._low = int.from_bytes(data[5:], "big")
