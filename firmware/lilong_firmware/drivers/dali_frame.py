"""DALI frames as edges: Manchester at 1200 bit/s, IEC 62386-101. Pure functions of durations in microseconds."""

TE_US = 417  # half a bit: 1 / 2400 s
# What a receiver takes for one and for two half bits (62386-101, receiver bit timing).
SHORT_LEAST_US, SHORT_MOST_US, LONG_LEAST_US, LONG_MOST_US = 333, 500, 666, 1_000
STOP_US = 2_400  # idle for so long ends a frame
NOTHING, VIOLATION = -1, -2


def encode(word: int, bits: int) -> "list[int]":
    """Durations of low, high, low ... for a start bit and `bits` bits, the highest first. The idle line is high."""
    word |= 1 << bits  # the start bit is a one: low, then high
    durations = [0]
    level = 0
    for at in range(2 * bits + 1, -1, -1):
        half = word >> (at >> 1) & 1  # the second half of a one is high, of a nought low
        if at & 1:
            half ^= 1
        if half != level:
            durations.append(0)
            level = half
        durations[-1] += TE_US
    if level:
        durations.pop()  # it is the idle line
    return durations


def decode(times: "list[int]", begin: int, end: int, bits: int) -> int:
    """What the edges `times[begin:end]` say, the first one falling; NOTHING without any, VIOLATION for no such frame.

    `times`: ticks in us, which wrap at 2**30.
    """
    if begin >= end:
        return NOTHING
    if (end - begin) & 1:
        return VIOLATION  # the line stays low, or an edge was missed
    value = halves = first = 0
    for at in range(begin, end):
        level = (at - begin) & 1
        if at == end - 1:
            count = halves & 1  # the idle line gives the last half bit, if it is high
        else:
            us = (times[at + 1] - times[at]) & 0x3FFFFFFF
            if SHORT_LEAST_US <= us <= SHORT_MOST_US:
                count = 1
            elif LONG_LEAST_US <= us <= LONG_MOST_US:
                count = 2
            else:
                return VIOLATION
        while count:
            count -= 1
            if not halves & 1:
                first = level
            elif level == first:
                return VIOLATION  # no edge in the middle of a bit
            else:
                value = value << 1 | level
            halves += 1
    if halves != 2 * bits + 2 or not value >> bits:
        return VIOLATION
    return value & ((1 << bits) - 1)


def frame_end(times: "list[int]", begin: int, end: int) -> int:
    """Where the frame that begins there ends: the edge after the first stop condition, or `end`."""
    for at in range(begin + 1, end):
        if (times[at] - times[at - 1]) & 0x3FFFFFFF >= STOP_US:
            return at
    return end
