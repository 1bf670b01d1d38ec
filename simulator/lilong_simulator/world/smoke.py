"""Smoke at a detector: integer staircases of obscuration in mdB/m, a step a second.

Growth is cubic in time: a fire that grows with the square of time (the t-squared fire of NFPA 72 and of the
design-fire literature) has released heat, and soot with it, in proportion to the cube; in a room that is still
closed the optical density at the ceiling follows the soot released. The cube is anchored so that the first step
above the trip level falls exactly on the wanted crossing, and no step before it is above.

Clearing is exponential: an open window or an extractor replaces a constant share of the air per second.
"""

from __future__ import annotations

IDLE_MDBM = 5
TRIP_MDBM = 230  # NIST TN 1455: 0.23 dB/m, the mean of the alarms measured
DENSE_MDBM = 3_000  # the chamber reads no more
STEP_MS = 1_000
Staircase = list[tuple[int, int]]  # (ms of world time, mdB/m), ascending, each value new


def growth(onset_ms: int, crossing_ms: int, until_ms: int, base: int = IDLE_MDBM) -> Staircase:
    """Smoke that leaves `base` at the onset and is first above the trip level at exactly the crossing.

    Steps are a second apart, counted from the crossing; growth ends at `until_ms` or when the chamber is full.
    """
    if not onset_ms < crossing_ms:
        raise ValueError(f"smoke cannot cross at {crossing_ms} ms before it begins at {onset_ms} ms; begin earlier")
    span, rise = crossing_ms - onset_ms, TRIP_MDBM + 1 - base
    stairs: Staircase = []
    value = base
    at = crossing_ms - (span - 1) // STEP_MS * STEP_MS
    while at <= until_ms and value < DENSE_MDBM:
        now = min(DENSE_MDBM, base + rise * (at - onset_ms) ** 3 // span**3)
        if now != value:
            value = now
            stairs.append((at, value))
        at += STEP_MS
    return stairs


def clearing(from_ms: int, value: int, seconds: int, base: int = IDLE_MDBM) -> Staircase:
    """Smoke that loses one part in `seconds` every second, at least 1 mdB/m, down to `base`."""
    stairs: Staircase = []
    at = from_ms
    while value > base:
        value -= max(1, (value - base) // seconds)
        at += STEP_MS
        stairs.append((at, value))
    return stairs


def below_trip_at(stairs: Staircase) -> int:
    """When a staircase that ends in clean air was last above the trip level: the time of the first step below."""
    below = 0
    for n, (_, value) in enumerate(stairs):
        if value > TRIP_MDBM:
            below = n + 1
    return stairs[below][0]


def burnt_pan(onset_ms: int, crossing_ms: int, peak: int, hold_ms: int, base: int) -> Staircase:
    """A pot that burns: grows through the trip level to a peak, is held there, then the window is opened."""
    rising = [step for step in growth(onset_ms, crossing_ms, crossing_ms + 600_000, base) if step[1] <= peak]
    at, value = rising[-1]
    return [*rising, *clearing(at + hold_ms, value, 60)]


def cooking(onset_ms: int, peak: int, minutes: int) -> Staircase:
    """What an ordinary meal does to a detector outside the kitchen: a little, in few steps, far below the trip."""
    full, end = onset_ms + 180_000, onset_ms + 180_000 + minutes * 60_000
    return [
        (onset_ms + 60_000, max(IDLE_MDBM + 1, peak // 3)),
        (full, peak),
        (end, max(IDLE_MDBM + 1, peak // 2)),
        (end + 180_000, IDLE_MDBM),
    ]
