"""Tables in integers, the mean of an ADC without its outliers, and a calibration record's numbers."""

import struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def between(table: "tuple[int, ...]", x: int) -> int:
    """y at x in `table`: x0, y0, x1, y1 ..., x ascending. Beyond the ends it is that of the end."""
    low = table[0]
    y = table[1]
    if x <= low:
        return y
    for at in range(2, len(table), 2):
        high = table[at]
        if x < high:
            return y + (table[at + 1] - y) * (x - low) // (high - low)
        low = high
        y = table[at + 1]
    return y


def read_mv(adc: "Any", samples: int) -> "int | None":
    """The mean of so many samples (3 or more) in mV without the least and the most; None when the ADC fails."""
    total = most = 0
    least = 1 << 29
    try:
        for _ in range(samples):
            mv = adc.read_uv() // 1_000
            total += mv
            if mv < least:
                least = mv
            if mv > most:
                most = mv
    except OSError:
        return None
    return (total - least - most + (samples >> 1) - 1) // (samples - 2)


def recorded(who: str, record: "bytes | None", form: str, otherwise: "tuple[int, ...]") -> "tuple[int, ...]":
    """The numbers of a calibration record, as `struct` has them by `form`; `otherwise` without a record."""
    if not record:
        return otherwise
    if len(record) != struct.calcsize(form):
        raise ValueError("%s: calibration record of %d bytes; calibrate it again" % (who, len(record)))
    return struct.unpack(form, record)
