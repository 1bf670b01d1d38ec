"""Wall time from the backend's time message (kind 21): an offset to uptime, and how good it is."""

from struct import pack_into

from lilong_protocol.cbor import MAX_INT, Writer
from lilong_protocol.frame import CLOCK_1_S, CLOCK_50_MS, CLOCK_60_S, START

MAX_ROUND_TRIP_MS = 5_000  # an older answer is refused: its request is nobody's any more
# The error is half a round trip at first and grows by 10 s a day (GB 50396 5.1); quality is what it stays within.
DRIFT_PER = 8_640
WITHIN_60_S, WITHIN_1_S, WITHIN_50_MS = 60_000, 1_000, 50


class Clock:
    """None until set; epoch_ms = uptime_ms + offset. `_until`: the last uptimes of each quality, 1 to 3."""

    __slots__ = ("_high", "_low", "_offset", "_until")

    def __init__(self) -> None:
        self._offset: int | None = None
        self._high = self._low = 0  # the offset's 29 and 24 bits
        self._until = (-1, -1, -1)

    def set(self, now: int, asked: int, epoch_ms: int) -> bool:
        """Take the answer to a request made at uptime `asked`; False when it came too late, or tells no such time."""
        round_trip = now - asked
        if round_trip < 0 or round_trip > MAX_ROUND_TRIP_MS:
            return False
        offset = epoch_ms + round_trip // 2 - now
        if not 0 <= offset <= MAX_INT >> 1:
            return False
        self._offset = offset
        data = offset.to_bytes(8, "big")
        self._high = data[1] << 24 | int.from_bytes(data[2:5], "big")
        self._low = int.from_bytes(data[5:], "big")
        error = (round_trip + 1) // 2
        self._until = (
            now + (WITHIN_60_S - error) * DRIFT_PER,
            now + (WITHIN_1_S - error) * DRIFT_PER,
            now + (WITHIN_50_MS - error) * DRIFT_PER,
        )
        return True

    def epoch(self, now: int) -> "int | None":
        return None if self._offset is None else now + self._offset

    def stamp(self, writer: Writer, now: int) -> None:
        """Add epoch and quality to a frame, unless there is no time, or only one that may be off by more than 60 s.

        Allocates nothing: an epoch is never made.

        Small integers have 31 bits on a board. The uptime is taken apart in the room that is left for the seal.
        """
        until = self._until
        if now <= until[2]:
            quality = CLOCK_50_MS
        elif now <= until[1]:
            quality = CLOCK_1_S
        elif now <= until[0]:
            quality = CLOCK_60_S
        else:
            return
        buf = writer.buf
        if now < 0x40000000:
            low = self._low + (now & 0xFFFFFF)
            high = self._high + (now >> 24)
        else:
            pack_into(">Q", buf, 0, now)
            low = self._low + (buf[5] << 16 | buf[6] << 8 | buf[7])
            high = self._high + (buf[1] << 24 | buf[2] << 16 | buf[3] << 8 | buf[4])
        high += low >> 24
        low &= 0xFFFFFF
        at = writer.at
        buf[START] += 2
        if high < 0x100:  # in 1970
            writer.pair(5, high << 24 | low)
            writer.pair(6, quality)
        else:
            pack_into(">BBBIBHBB", buf, at, 5, 27, 0, high, low >> 16, low & 0xFFFF, 6, quality)
            writer.at = at + 12
