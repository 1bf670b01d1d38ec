"""Wall time from the backend's time message (kind 21): an offset to uptime, and how good it is."""

from struct import pack_into

from lilong_protocol.cbor import MAX_INT, Writer
from lilong_protocol.frame import START

MAX_ROUND_TRIP_MS = 5_000  # an older answer is refused: its request is nobody's any more
# The error is half a round trip at first and grows by 10 s a day (GB 50396 5.1), one part in so many: what it stays
# within is the quality, 3 for 50 ms, 2 for 1 s, 1 for 60 s.
DRIFT_PER = 8_640


class Clock:
    """None until set; epoch_ms = uptime_ms + offset. `_until`: the last uptimes of quality 3, 2 and 1."""

    __slots__ = ("_high", "_low", "_offset", "_until")

    def __init__(self) -> None:
        self._offset: int | None = None
        self._high = self._low = 0  # the offset's 29 and 24 bits
        self._until: tuple[int, ...] = ()

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
        now -= (round_trip + 1) // 2 * DRIFT_PER
        self._until = (now + 50 * DRIFT_PER, now + 1_000 * DRIFT_PER, now + 60_000 * DRIFT_PER)
        return True

    def epoch(self, now: int) -> "int | None":
        return None if self._offset is None else now + self._offset

    def stamp(self, writer: Writer, now: int) -> None:
        """Add epoch and quality to a frame, unless there is no time, or only one that may be off by more than 60 s.

        Allocates nothing: an epoch is never made.

        Small integers have 31 bits on a board. The uptime is taken apart in the room that is left for the seal.
        """
        quality = 3
        for until in self._until:
            if now <= until:
                break
            quality -= 1
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
