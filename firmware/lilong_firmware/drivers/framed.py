"""Frames of a fixed length on a UART, each with a start byte and a sum; what comes between them is passed over.

A spoilt frame may hold the beginning of the next: it is searched from its second byte on.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

START = 0xFF


class Framed:
    """A subclass has `_understood`, which takes a frame. `bad`: frames that were none."""

    def __init__(self, uart: "Any", length: int = 9) -> None:
        self._uart = uart
        self._chunk = bytearray(length)
        self._frame = bytearray(length)
        self._filled = 0
        self._heard_at = 0
        self.bad = 0

    def start(self, now: int) -> None:
        self._heard_at = now

    if TYPE_CHECKING:

        def _understood(self, now: int) -> bool:
            """Whether `_frame`, which is whole, is one of the module's."""

    def _receive(self, now: int) -> None:
        """Take what has come; OSError as the bus says."""
        frame = self._frame
        filled = self._filled
        while True:
            count = self._uart.readinto(self._chunk)
            if not count:
                break
            for at in range(count):
                frame[filled] = self._chunk[at]
                filled += 1
                spoilt = False
                if filled == len(frame):
                    if self._understood(now):
                        filled = 0
                    else:
                        self.bad += 1
                        spoilt = True
                while filled and (spoilt or frame[0] != START):
                    spoilt = False
                    filled -= 1
                    for to in range(filled):
                        frame[to] = frame[to + 1]
        self._filled = filled
