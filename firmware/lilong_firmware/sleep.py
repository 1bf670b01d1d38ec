"""Deep sleep: whether a device may, what it keeps meanwhile (`rtc`), and what it takes up again at its next start.

A start after a sleep is a cold start to the backend: another boot, uptime from 0. What goes on over it is what an
awake device would have gone on with: beats, holds of the rules, what waits for the link, the wait for a reset.
How the rules of a kind sleep says its `naps`. Loaded by need, and forgotten: see `main`.
"""

from lilong_protocol import topics

from .clock import DRIFT_PER
from .effects import NEVER
from .rtc import ROOM, Kept, Watch, pack_record
from .session import AWAKE_FOR_ALARM_MS, DOWN, LOG_LINES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Protocol

    from .device import Device

    class Naps(Protocol):
        """How the rules of one kind sleep; `Rules.naps()` gives it, or None while they cannot."""

        LOOKS: tuple[tuple[str, int], ...]
        """(channel, ms between two looks of the sentinel), 0 for a level that is looked at in each waking."""

        def resting(self, now: int) -> "list[int] | None":
            """What the rules keep, a few integers; None while something goes on that wants them awake."""

        def held(self, channel: int) -> "int | None":
            """Another channel, which may be any as long as this one is in its band; None: each has its own band."""

        def uneven(self, channel: int) -> int:
            """How far around the present value what is quiet may have gaps; 0: none, it is quiet up to a threshold."""

        def take_up(self, now: int, numbers: "list[int]", slept_ms: int) -> None:
            """Go on where `resting` was; the device has been started."""


TRIES = 2  # connections that fail in one start
RETRY_MS = (60_000, 120_000, 240_000, 480_000)  # domain practice for covers: 1, 2, 4 and 8 minutes
IDLE_RETRY_MS = 3_600_000  # (ours) when only a beat could not be told
SHORTEST_MS = 1_000  # (ours) a start takes longer than what this would save
ASLEEP_PER = 100  # (ours) an ESP32's RC oscillator is off by as much as one part in so many; crystals are better
LEAST, MOST = -0x80000000, 0x7FFFFFFF
QUEUE_BYTES = ROOM - 600  # what waits in RAM; the rest of a record stays below 600


def may_sleep(device: "Device", now: int, driven: bool = False) -> int:
    """For how many ms the device may sleep deeply, looks of the sentinel included; 0: not now.

    driven: a sounder, a buzzer, a vibrator is on. Nothing of the device is changed.
    """
    session = device.session
    if driven or session.state != DOWN or device.out or (device.outbox.unstored and len(device.outbox)):
        return 0
    naps = device.rules.naps()
    if naps is None or naps.resting(now) is None:
        return 0
    size = 0
    for cls, data, _ in session._queue:
        size += len(data) + 8 if cls != topics.CONFIG else 0
    if size > QUEUE_BYTES:
        return 0
    for source in session.later:
        if source.WHAT != LOG_LINES:
            return 0
    ms = _start_at(device, now, 0) - now
    return ms if ms >= SHORTEST_MS else 0


def keep(device: "Device", now: int, clock_ms: int, before: "Kept | None", boot_ms: int) -> Kept:
    """What to remember of a device that may sleep. clock_ms: the time now, by the clock that goes on in sleep.

    before: what was kept over the last sleep. boot_ms: awake before the uptime began.
    """
    session = device.session
    kept = Kept()
    if before is not None:
        kept.day_at, kept.awake_ms, kept.wakes = before.day_at, before.awake_ms, before.wakes
        kept.told_ms, kept.told_wakes = before.told_ms, before.told_wakes
    kept.count(clock_ms, now + boot_ms)
    if session._attempt:
        kept.failures = 1 if before is None else before.failures + 1
    kept.slept_at = clock_ms
    ahead = clock_ms - now
    kept.beat_at = session._beat_at + ahead
    jitter = device.draws.below(RETRY_MS[0] // 10) if kept.failures else 0
    kept.start_at = _start_at(device, now, max(0, kept.failures - 1)) + jitter + ahead
    naps: Any = device.rules.naps()
    kept.numbers = naps.resting(now)
    names = [channel[0] for channel in device.rules.CHANNELS]
    for name, period_ms in naps.LOOKS:
        channel = names.index(name)
        low = high = device.sampling.values[channel]
        if period_ms:
            low, high = band(device, channel, naps.held(channel), naps.uneven(channel))
        at = (now // period_ms + 1) * period_ms + ahead if period_ms else 0
        kept.watched.append(Watch(channel, device.faults >> channel & 1 != 0, low, high, period_ms, at))
    for cls, data, number in session._queue:
        if cls != topics.CONFIG:  # each start tells it anew
            kept.waiting.append((cls, number if cls == topics.EVENT else 0, data))
    heard_at = device.episodes.waiting()
    kept.waiting_ms = 0 if heard_at is None else min(now - heard_at, 0xFFFFFFFF)
    clock = device.uplink.clock
    epoch = clock.epoch(now)
    if epoch is not None and clock._until:
        kept.epoch = epoch
        kept.error = 60_000 - (clock._until[2] - now) // DRIFT_PER
    return kept


def record(kept: Kept) -> bytes:
    return pack_record(kept)


def take_up(device: "Device", now: int, clock_ms: int, kept: Kept) -> None:
    """Go on after a sleep: the device has just been started, at uptime `now`."""
    slept_ms = max(0, clock_ms - kept.slept_at)
    session = device.session
    ahead = clock_ms - now
    beat_at = kept.beat_at - ahead
    while beat_at <= now:
        beat_at += session._beat_ms
    session._beat_at = min(beat_at, now + session._beat_ms)
    for cls, number, data in kept.waiting:
        session._queue.append((cls, data, number))
    device.episodes.heard_at = now - min(kept.waiting_ms + slept_ms, AWAKE_FOR_ALARM_MS + 1)
    if kept.epoch:
        clock = device.uplink.clock
        error = kept.error + slept_ms // ASLEEP_PER
        if clock.set(now, now, kept.epoch + slept_ms):
            clock._until = tuple([until - error * DRIFT_PER for until in clock._until])
    if kept.told_wakes:
        device.awake = (min((kept.told_ms + 999) // 1_000, 86_400), min(kept.told_wakes, 1_000_000))
    naps = device.rules.naps(True)
    if naps is not None:
        naps.take_up(now, kept.numbers, slept_ms)
    device.deadline = now  # and planned anew


def band(device: "Device", channel: int, other: "int | None" = None, uneven: int = 0) -> "tuple[int, int]":
    """The values around the present one, (low, high), of which a sample would change nothing.

    By halving, since what is quiet is quiet up to a threshold of the rules; one by one as far as it is `uneven`. With
    another channel: the values that are quiet whatever that one is, or all, when it is that one that keeps both quiet.
    """
    values = device.sampling.values
    present = values[channel]
    beside = 0 if other is None else values[other]
    if other is not None:
        values[other] = 0

    def quiet(value: int) -> bool:
        values[channel] = value
        return device.rules.quiet(channel, value)

    edges = [LEAST, MOST]
    if quiet(present):
        for at, step in ((0, -1), (1, 1)):
            inside, outside = present, present + step * (uneven + 1)
            while inside + step != outside and quiet(inside + step):
                inside += step
            if inside + step == outside:  # even from here on
                outside = edges[at] + step
                if quiet(edges[at]):
                    inside = edges[at]
                while abs(outside - inside) > 1:
                    middle = (inside + outside) // 2
                    if quiet(middle):
                        inside = middle
                    else:
                        outside = middle
            edges[at] = inside
    values[channel] = present
    if other is not None:
        values[other] = beside
    return edges[0], edges[1]


def _start_at(device: "Device", now: int, failures: int) -> int:
    """Uptime at which the device must be awake, whatever its sensors say."""
    session = device.session
    at = session._beat_at
    if len(device.outbox) or session._queue or session._next_at != NEVER:
        if session._attempt < TRIES:
            return now
        at = min(max(at, now + RETRY_MS[0]), now + IDLE_RETRY_MS)
        if len(device.outbox):
            at = min(at, now + RETRY_MS[min(failures, 3)])
    return min(at, device.rules.deadline)
