"""ROHM BH1750FVI, an ambient light sensor, by I2C."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

DATA_SHEET = {
    "chip": ("ROHM BH1750FVI", "Technical Note 2009.04", "Rev.B"),
    "measures": {"lux": ("lx", 0, 121_556, "electrical characteristics, measurement result adjustment")},
    "bus": ("I2C to 400 kHz", "0x23 or 0x5C by ADDR", "I2C bus access, 2"),
    "timing_ms": {"measurement": (180, "electrical characteristics: H-resolution mode, at most; by MTreg / 69")},
    "limits": {"mtreg": (31, 254, "adjustment of measurement result"), "accuracy_percent": (-20, 20, "features")},
}
WIRING = {
    "class": "Bh1750",
    "takes": {"i2c": "i2c", "?address": (0x23, 0x5C), "?window_percent": (5, 100)},
    "gives": ("lux",),
    "drives": (),
}

# Instruction set architecture.
POWER_ON, RESET, ONE_TIME_H = 0x01, 0x07, 0x20
CHANGE_TIME_HIGH, CHANGE_TIME_LOW = 0x40, 0x60
MTREG, MTREG_LEAST = 69, 31  # default; least sensitive
MEASURING_MS = 180
PERIOD_MS = 2_000  # (ours)
FULL = 65_535
AGAIN_BELOW_LX = 40_000  # (ours) back to the default; at that it ends at 54,612


class Bh1750:
    """Measures each two seconds, each time from the start: a chip that has lost its power meanwhile makes no odds.

    `window_percent`: how much light the cover above it lets through.
    """

    POLL_MS = 100

    def __init__(self, i2c: "Any", address: int = 0x23, window_percent: int = 100) -> None:
        if address not in (0x23, 0x5C):
            raise ValueError("Bh1750: address %d; ADDR makes it 0x23 or 0x5C" % address)
        if not 0 < window_percent <= 100:
            raise ValueError("Bh1750: window_percent %d; it is 1 to 100" % window_percent)
        self._i2c = i2c
        self._address = address
        self._percent = window_percent
        self._one = bytearray(1)
        self._two = bytearray(2)
        self._mtreg = MTREG
        self._begin_at = 0
        self._ready_at = -1  # -1: not measuring
        self._lux = -1
        self._zero = False  # the last result was 0

    def poll(self, now: int) -> None:
        """Begin to measure, or take the result when it is time."""
        try:
            if self._ready_at < 0:
                if now >= self._begin_at:
                    self._begin(now)
            elif now >= self._ready_at:
                self._ready_at = -1
                self._result(now)
        except OSError:
            self._ready_at = -1
            self._begin_at = now + PERIOD_MS
            self._lux = -1

    def read(self, channel: str) -> "int | None":
        """lx; None when the sensor does not answer."""
        return None if self._lux < 0 else self._lux

    def _begin(self, now: int) -> None:
        mtreg = self._mtreg
        self._send(POWER_ON)
        self._send(RESET)  # so that an old result is not taken for a new one
        self._send(CHANGE_TIME_HIGH | mtreg >> 5)
        self._send(CHANGE_TIME_LOW | mtreg & 31)
        self._send(ONE_TIME_H)
        self._ready_at = now + MEASURING_MS * mtreg // MTREG + 1
        self._begin_at = now + PERIOD_MS

    def _result(self, now: int) -> None:
        two = self._two
        self._i2c.readfrom_into(self._address, two)
        raw = two[0] << 8 | two[1]
        if raw == 0 and not self._zero:
            self._zero = True  # a dark night, or a chip that lost its power while it measured: see it once more
            self._begin_at = now
            return
        self._zero = raw == 0
        mtreg = self._mtreg
        if raw == FULL and mtreg == MTREG:
            self._mtreg = MTREG_LEAST
            self._begin_at = now
            return
        lux = raw * 5 * MTREG // (6 * mtreg)  # / 1.2, I2C bus access, 4
        if mtreg != MTREG and lux < AGAIN_BELOW_LX:
            self._mtreg = MTREG
        self._lux = lux * 100 // self._percent

    def _send(self, instruction: int) -> None:
        self._one[0] = instruction
        self._i2c.writeto(self._address, self._one)
