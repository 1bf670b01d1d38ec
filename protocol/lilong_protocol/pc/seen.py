"""Which numbers of one device and class have arrived: exactly once in effect, whatever is repeated."""

from bisect import bisect_right

TAG_BYTES = 8
_PAD = 16  # a gap up to this many numbers is filled with empty places: a new run costs as much
_EMPTY = bytes(TAG_BYTES)


class Seen:
    """Every number that arrived with the 8-byte tag of its frame, until `forget`: 8 bytes a frame, in runs.

    The tag is what tells a repeat from another frame under the same number.
    """

    __slots__ = ("_firsts", "_runs")

    def __init__(self) -> None:
        self._firsts: list[int] = []
        self._runs: list[bytearray] = []

    @property
    def high(self) -> int:
        """The highest number that has arrived, -1 when none has."""
        return self._firsts[-1] + len(self._runs[-1]) // TAG_BYTES - 1 if self._firsts else -1

    def tag(self, seq: int) -> bytes | None:
        """The tag that came under `seq`, None when nothing has."""
        at = bisect_right(self._firsts, seq) - 1
        if at < 0:
            return None
        start = (seq - self._firsts[at]) * TAG_BYTES
        tag = bytes(self._runs[at][start : start + TAG_BYTES])
        return tag if tag and tag != _EMPTY else None

    def add(self, seq: int, tag: bytes) -> None:
        """Remember `seq`, which must not have been there."""
        at = bisect_right(self._firsts, seq) - 1
        if at >= 0:
            run = self._runs[at]
            start = (seq - self._firsts[at]) * TAG_BYTES
            missing = start - len(run)
            if missing <= _PAD * TAG_BYTES:
                if missing > 0:
                    run.extend(bytes(missing))
                run[start : start + TAG_BYTES] = tag
                return
        self._firsts.insert(at + 1, seq)
        self._runs.insert(at + 1, bytearray(tag))

    def forget(self, kept: int) -> None:
        """Keep about the last `kept` of them: for who knows that no older one is said again. It would be new."""
        spare = sum(map(len, self._runs)) - kept * TAG_BYTES
        while spare > 0 and len(self._runs[0]) <= spare:
            spare -= len(self._runs.pop(0))
            del self._firsts[0]
        if spare > 0:
            del self._runs[0][:spare]
            self._firsts[0] += spare // TAG_BYTES


class Window:
    """The last numbers of a class that is not kept for ever: QoS 0 leaves gaps, and they are ordinary."""

    __slots__ = ("_bits", "high")

    SIZE = 64

    def __init__(self, high: int = 0) -> None:
        self.high = high
        self._bits = (1 << self.SIZE) - 1  # everything up to `high` counts as seen

    def save(self, gaps: bool) -> int | list[int]:
        """For JSON: the highest number; with `gaps`, where there are any, also those below it that may still come."""
        missing = [self.high - back for back in range(1, self.SIZE) if not self._bits >> back & 1] if gaps else []
        return [self.high, *missing] if missing else self.high

    @classmethod
    def load(cls, saved: int | list[int]) -> "Window":
        """Take back what `save` gave."""
        if isinstance(saved, int):
            return cls(saved)
        window = cls(saved[0])
        for seq in saved[1:]:
            window._bits &= ~(1 << (window.high - seq))
        return window

    def take(self, seq: int) -> bool:
        """True once for each number; False for a repeat and for one that is too old to tell."""
        if seq > self.high:
            self._bits = (self._bits << min(seq - self.high, self.SIZE) | 1) & ((1 << self.SIZE) - 1)
            self.high = seq
            return True
        bit = 1 << (self.high - seq)
        if self.high - seq >= self.SIZE or self._bits & bit:
            return False
        self._bits |= bit
        return True
