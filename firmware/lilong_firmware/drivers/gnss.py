"""A GNSS receiver's NMEA 0183 sentences: where the wearer is, and how far outside the fence."""

from .integers import cosine, isqrt

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

DATA_SHEET = {
    "chip": ("any receiver that speaks NMEA 0183", "NMEA 0183", "4.11, sentences RMC and GGA"),
    "measures": {
        "latitude": ("udeg", -90_000_000, 90_000_000, "RMC fields 3 and 4"),
        "longitude": ("udeg", -180_000_000, 180_000_000, "RMC fields 5 and 6"),
        "outside": ("m", 0, 100_000, "(ours) within 0.3 % and 2 m of the great circle, to 70 degrees of latitude"),
    },
    "bus": "UART, 8N1, 9,600 as most come",
    "timing_ms": {"sentence": (1_000, "a fix a second, as most come"), "silence": (10_000, "(ours)")},
    "limits": {"sentence_bytes": (0, 82, "5.3"), "hdop_tenths": (0, 50, "(ours) above 5.0 it says too little")},
}
WIRING = {
    "class": "Gnss",
    "takes": {
        "uart": "uart", "?latitude": (-90_000_000, 90_000_000), "?longitude": (-180_000_000, 180_000_000),
        "?radius_m": (0, 100_000),
    },
    "gives": ("outside", "latitude", "longitude"),
    "drives": (),
}  # fmt: skip

LONGEST = 82
SILENT_MS = 10_000
WORST_HDOP = 50
FAR_M = 100_000
DOLLAR, STAR, CR, LF = 0x24, 0x2A, 0x0D, 0x0A


class Gnss:
    """The fence is a circle of `radius_m` around `latitude` and `longitude`.

    Without a fix, as in most rooms, the last one stands, and 0 before the first; None is a receiver that is silent.
    """

    POLL_MS = 250

    def __init__(self, uart: "Any", latitude: int = 0, longitude: int = 0, radius_m: int = 0) -> None:
        self._uart = uart
        self._home = (latitude, longitude)
        self._radius = radius_m
        self._chunk = bytearray(32)
        self._line = bytearray(LONGEST)
        self._filled = -1  # -1: waiting for a dollar
        self._heard_at = -SILENT_MS - 1
        self._now = 0
        self._vague = False
        self._latitude = latitude
        self._longitude = longitude
        self.fixed = False  # the last sentence had a position
        self.bad = 0  # sentences with a wrong checksum, or too long

    def poll(self, now: int) -> None:
        self._now = now
        try:
            while True:
                count = self._uart.readinto(self._chunk)
                if not count:
                    return
                for at in range(count):
                    self._take(self._chunk[at], now)
        except OSError:
            pass  # silence, then

    def read(self, channel: str) -> "int | None":
        if self._now - self._heard_at > SILENT_MS:
            return None
        if channel == "latitude":
            return self._latitude
        if channel == "longitude":
            return self._longitude
        return max(distance_m(self._home[0], self._home[1], self._latitude, self._longitude) - self._radius, 0)

    def _take(self, byte: int, now: int) -> None:
        if byte == DOLLAR:
            self._filled = 0
        elif self._filled < 0:
            return
        elif byte in (CR, LF):
            if self._whole():
                self._heard_at = now
                self._understand(self._line[: self._filled - 3])
            else:
                self.bad += 1
            self._filled = -1
        elif self._filled == LONGEST:
            self.bad += 1
            self._filled = -1
        else:
            self._line[self._filled] = byte
            self._filled += 1

    def _whole(self) -> bool:
        """A sentence with its right checksum."""
        end = self._filled - 3
        line = self._line
        if end < 5 or line[end] != STAR:
            return False
        total = 0
        for at in range(end):
            total ^= line[at]
        return _hex(line[end + 1]) << 4 | _hex(line[end + 2]) == total

    def _understand(self, line: bytearray) -> None:
        kind = line[2:5]
        if kind == b"GGA":
            fields = bytes(line).split(b",")
            if len(fields) > 8:
                hdop = _scaled(fields[8], 1)
                self._vague = hdop is None or hdop > WORST_HDOP
        elif kind == b"RMC":
            fields = bytes(line).split(b",")
            self.fixed = False
            if len(fields) < 7 or fields[2] != b"A":
                return
            latitude = _angle(fields[3], fields[4], b"N", b"S", 90)
            longitude = _angle(fields[5], fields[6], b"E", b"W", 180)
            if latitude is not None and longitude is not None:
                self.fixed = True
                if not self._vague:
                    self._latitude, self._longitude = latitude, longitude


def distance_m(latitude: int, longitude: int, other: int, another: int) -> int:
    """Metres between two places in microdegrees, FAR_M at the most."""
    down = abs(other - latitude)
    across = abs(another - longitude)
    if across > 180_000_000:
        across = 360_000_000 - across
    narrow = cosine((latitude + other) // 2)
    if down > 1_000_000 or across // 1_000 * narrow > 10_000_000:
        return FAR_M
    down = (down * 1_000 + 4_496) // 8_993  # a degree of the great circle is 111.195 km
    across = ((across * 1_000 + 4_496) // 8_993 * narrow + 5_000) // 10_000
    return min(isqrt(down * down + across * across), FAR_M)


def _hex(byte: int) -> int:
    """A digit, or what makes no checksum right."""
    if 0x30 <= byte <= 0x39:
        return byte - 0x30
    byte &= 0xDF
    return byte - 55 if 0x41 <= byte <= 0x46 else 256


def _scaled(text: bytes, digits: int) -> "int | None":
    """A decimal number with so many digits behind the point, cut off; None for anything else."""
    whole, _, part = text.partition(b".")
    if not whole.isdigit() or len(text) > 16 or (part and not part.isdigit()):
        return None
    return int(whole + (part + b"000000")[:digits])


def _angle(text: bytes, side: bytes, plus: bytes, minus: bytes, most: int) -> "int | None":
    """Microdegrees of dddmm.mmmm."""
    value = _scaled(text, 5)
    if value is None or side not in (plus, minus):
        return None
    degrees, minutes = divmod(value, 10_000_000)  # minutes in 1e-5
    if minutes >= 6_000_000 or degrees * 1_000_000 + minutes // 6 > most * 1_000_000:
        return None
    udeg = degrees * 1_000_000 + (minutes + 3) // 6
    return udeg if side == plus else -udeg
