"""What a device keeps over a deep sleep: one record in RTC memory, with a version and a CRC; all else is no record.

Times are in ms of the clock that goes on in sleep, which is no wall clock. The record is made by `sleep` when a device
goes to sleep, and brought up to date by `sentinel` at each waking that starts no device. What is lost with the power is
nothing that an alarm needs: without a record the device starts as from cold.

    version, sizes of the three lists, failures
    slept_at, start_at, beat_at, day_at, epoch, error
    awake_ms, wakes, told_ms, told_wakes, waiting_ms
    watched: channel, faulty, low, high, period_ms, at
    numbers: of the kind's rules
    waiting: class, number, size, frame
    CRC-32
"""

from binascii import crc32
from struct import calcsize, pack, unpack_from

ROOM = 2_048  # bytes: what MicroPython keeps on an ESP32
VERSION = 1
DAY_MS = 86_400_000
_HEAD = ">BBBBB3x6q5I"
_WATCHED = ">BB2xiiIq"
_NUMBER = ">q"
_WAITING = ">2sIH"
_HEAD_SIZE = calcsize(_HEAD)
_WATCHED_SIZE = calcsize(_WATCHED)
_WAITING_SIZE = calcsize(_WAITING)


class Watch:
    """A channel that the sentinel looks at. It is calm from `low` to `high`; a faulty one while it gives no value.

    period_ms: between two looks, 0 for one at each waking; at: the next look.
    """

    __slots__ = ("at", "channel", "faulty", "high", "low", "period_ms")

    def __init__(self, channel: int, faulty: bool, low: int, high: int, period_ms: int, at: int) -> None:
        self.channel = channel
        self.faulty = faulty
        self.low = low
        self.high = high
        self.period_ms = period_ms
        self.at = at

    def calm(self, value: "int | None") -> bool:
        if value is None or self.faulty:
            return value is None and self.faulty
        return self.low <= value <= self.high


class Kept:
    """slept_at: when the device went to sleep. start_at: when it must start; beat_at: when it beats next.

    epoch, error: wall time in ms at slept_at, 0 when there was none, and `Clock.error_ms` of it.
    failures: starts in a row that came to no session. waiting_ms: for how long the backend has had all of the alarms
    that wait for their reset. waiting: (class, number, frame) of what waits for the link in RAM. day_at: the end of the
    day in which awake_ms and wakes are counted; told_ms, told_wakes: of the day before, 0 wakes on the first.
    """

    __slots__ = (
        "awake_ms", "beat_at", "day_at", "epoch", "error", "failures", "numbers", "slept_at", "start_at", "told_ms",
        "told_wakes", "waiting", "waiting_ms", "wakes", "watched",
    )  # fmt: skip

    def __init__(self) -> None:
        self.failures = 0
        self.slept_at = self.start_at = self.beat_at = self.day_at = self.epoch = self.error = 0
        self.awake_ms = self.wakes = self.told_ms = self.told_wakes = self.waiting_ms = 0
        self.watched: list[Watch] = []
        self.numbers: list[int] = []
        self.waiting: list[tuple[str, int, bytes]] = []

    def count(self, now: int, awake_ms: int) -> None:
        """A waking has taken so long, up to now."""
        if not self.day_at:
            self.day_at = now + DAY_MS
        self.awake_ms = min(self.awake_ms + awake_ms, 0xFFFFFFFF)
        self.wakes += 1
        if now >= self.day_at:
            self.told_ms, self.told_wakes = self.awake_ms, self.wakes
            self.awake_ms = self.wakes = 0
            self.day_at += (now - self.day_at) // DAY_MS * DAY_MS + DAY_MS

    def next_at(self) -> int:
        """When to wake: for a look, or for the start."""
        at = self.start_at
        for watch in self.watched:
            if watch.period_ms and watch.at < at:
                at = watch.at
        return at


def pack_record(kept: Kept) -> bytes:
    """The record; ValueError when it does not fit into ROOM."""
    parts = [
        pack(
            _HEAD, VERSION, len(kept.watched), len(kept.numbers), len(kept.waiting), min(kept.failures, 255),
            kept.slept_at, kept.start_at, kept.beat_at, kept.day_at, kept.epoch, kept.error,
            kept.awake_ms, kept.wakes, kept.told_ms, kept.told_wakes, kept.waiting_ms,
        )
    ]  # fmt: skip
    for watch in kept.watched:
        faulty = 1 if watch.faulty else 0
        parts.append(pack(_WATCHED, watch.channel, faulty, watch.low, watch.high, watch.period_ms, watch.at))
    for number in kept.numbers:
        parts.append(pack(_NUMBER, number))
    for cls, number, data in kept.waiting:
        parts.append(pack(_WAITING, cls.encode(), number, len(data)))
        parts.append(data)
    record = b"".join(parts)
    if len(record) + 4 > ROOM:
        raise ValueError("%d bytes do not fit into RTC memory" % len(record))
    return record + crc32(record).to_bytes(4, "big")


def unpack_record(record: bytes) -> "Kept | None":
    """What was kept; None when this is no whole record of this version."""
    size = len(record) - 4
    if size < _HEAD_SIZE or record[0] != VERSION or crc32(record[:size]).to_bytes(4, "big") != record[size:]:
        return None
    kept = Kept()
    (
        _, watched, numbers, waiting, kept.failures,
        kept.slept_at, kept.start_at, kept.beat_at, kept.day_at, kept.epoch, kept.error,
        kept.awake_ms, kept.wakes, kept.told_ms, kept.told_wakes, kept.waiting_ms,
    ) = unpack_from(_HEAD, record, 0)  # fmt: skip
    at = _HEAD_SIZE
    for _ in range(watched):
        channel, faulty, low, high, period_ms, due = unpack_from(_WATCHED, record, at)
        kept.watched.append(Watch(channel, faulty != 0, low, high, period_ms, due))
        at += _WATCHED_SIZE
    for _ in range(numbers):
        kept.numbers.append(unpack_from(_NUMBER, record, at)[0])
        at += 8
    for _ in range(waiting):
        cls, number, length = unpack_from(_WAITING, record, at)
        at += _WAITING_SIZE
        kept.waiting.append((cls.decode(), number, record[at : at + length]))
        at += length
    return kept
