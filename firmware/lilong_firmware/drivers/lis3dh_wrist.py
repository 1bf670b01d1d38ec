"""LIS3DH on a wrist: acceleration that keeps every dip and peak for the fall detector, and whether it moves.

The rules look every 20 ms, the chip samples every 10, and a busy loop may come late. So `read` gives no average and no
latest sample but the period's extremes in their order: a peak, the dip after it, the peak after that, each for so long
that whoever looks every 20 ms sees it, and may look more often. What the FIFO lost in more than 320 ms the chip has
noted by itself: a free fall by its interrupt, an impact by its click detector, both latched.
"""

from .integers import isqrt
from .lis3dh import IA, LIS3DH

DATA_SHEET = {
    "chip": ("STMicroelectronics LIS3DH", "DocID17530", "2"),
    "bus": "I2C to 400 kHz or SPI to 10 MHz: see lis3dh",
    "measures": {
        "accel": ("mg", 0, 14_188, "table 4: +-8 g on each axis, 16 mg a digit in normal mode"),
        "motion": ("0/1", 0, 1, "(ours)"),
    },
    "timing_ms": {
        "sample": (10, "table 31: 100 Hz"), "fifo": (320, "5.1: 32 samples"), "free_fall": (30, "(ours)"),
        "impact": (1_270, "8.32, TIME_LIMIT: the longest that the click detector takes for one"),
    },
    "limits": {"current_uA": (0, 20, "table 12: 100 Hz in normal mode")},
}
WIRING = {
    "class": "Wrist",
    "takes": {"?i2c": "i2c", "?spi": "spi", "?cs": "out", "?int1": "in", "?address": (0x18, 0x19)},
    "gives": ("accel", "motion"),
    "drives": (),
}

REST_MG = 1_000
SWING_MG = 200  # (ours) extremes nearer to rest than this are no dip and no peak
MOTION_MG = 80  # (ours) away from the slow average on any axis; the noise is below 10
MOTION_MS = 1_000  # (ours) still after so long without
FREE_FALL_MG = 372  # the threshold in THS1
IMPACT_MG = 2_512  # told of one that the FIFO has lost; an impact of 2.5 g has 1.44 g on one axis at least
CLICK_CFG, CLICK_SRC, CLICK_THS = 0x38, 0x39, 0x3A  # table 21
ANY_AXIS = b"\x15"  # single click on x, y or z
CLICK = b"\x97\x7f"  # latched, 62.5 mg a bit at 8 g: 1,437 mg, for at most 127 samples
HOLD_MS = 40  # two looks of the rules, which no poll is in step with
NONE = -1


class Wrist(LIS3DH):
    """Channels `accel` (mg, magnitude) and `motion` (0 or 1, told at once by `take`)."""

    # 100 Hz; generator 2 high-passed; watermark and both generators on INT1; +-8 g, BDU; FIFO, both latched.
    CTRL = b"\x57\x02\x64\xa0\x4a\x00"
    INT1 = b"\x95"  # AN3308, free fall: all three axes low
    THS1 = b"\x06\x03"  # 62 mg a bit at 8 g: 372 mg; 30 ms
    INT2 = b"\x2a"  # any axis high: movement
    THS2 = b"\x02\x00"
    UNIT_MG = 16  # table 4, +-8 g, normal mode

    def __init__(
        self, i2c: "object" = None, spi: "object" = None, cs: "object" = None, int1: "object" = None,
        address: int = 0x18,
    ) -> None:  # fmt: skip
        LIS3DH.__init__(self, i2c, spi, cs, int1, address)
        self._latest = NONE
        self._before = NONE  # peak before the dip
        self._dip = NONE
        self._after = NONE  # peak after it
        self._shown = NONE
        self._shown_until = 0
        self._x = self._y = self._z = 0  # slow averages in mg / 64
        self._moving = 1
        self._told = 1
        self._moved_at = 0
        self._settled = False

    def poll(self, now: int) -> None:
        LIS3DH.poll(self, now)
        if now < self._shown_until:
            return
        self._shown_until = now + HOLD_MS
        if self._before >= REST_MG + SWING_MG:
            self._shown, self._before = self._before, NONE
        elif NONE < self._dip <= REST_MG - SWING_MG:
            self._shown, self._dip, self._before, self._after = self._dip, NONE, self._after, NONE
        elif self._after >= REST_MG + SWING_MG:
            self._shown, self._after = self._after, NONE
        else:
            self._shown = self._latest
            self._shown_until = now
            self._before = self._dip = self._after = NONE

    def read(self, channel: str) -> "int | None":
        if channel == "motion":
            return self._moving if self.good else None
        if not self.good:
            return None
        return self._shown

    def take(self) -> "tuple[str, int] | None":
        if self._told == self._moving or not self.good:
            return None
        self._told = self._moving
        return ("motion", self._moving)

    def sample(self, now: int, x: int, y: int, z: int) -> None:
        self._feel(isqrt(x * x + y * y + z * z))
        if not self._settled:
            self._settled = True
            self._x, self._y, self._z = x << 6, y << 6, z << 6
        x = (x << 6) - self._x
        y = (y << 6) - self._y
        z = (z << 6) - self._z
        if max(x, y, z, -x, -y, -z) > MOTION_MG << 6:
            self._moved_at = now
            self._moving = 1
        elif now - self._moved_at >= MOTION_MS:
            self._moving = 0
        self._x += x >> 5
        self._y += y >> 5
        self._z += z >> 5

    def missed(self, now: int, first: bool, second: bool) -> None:
        if first:
            self._feel(FREE_FALL_MG)
        if self.read_one(CLICK_SRC) & IA and first:
            self._feel(IMPACT_MG)
        if second:
            self._moved_at = now
            self._moving = 1

    def forget(self) -> None:
        self._latest = self._before = self._dip = self._after = NONE
        self._shown_until = 0
        self._settled = False

    def _begin(self, now: int) -> None:
        LIS3DH._begin(self, now)
        if self._on:
            self.write(CLICK_THS, CLICK)
            self.write(CLICK_CFG, ANY_AXIS)

    def _release(self) -> None:
        LIS3DH._release(self)
        self.read_one(CLICK_SRC)

    def _feel(self, mg: int) -> None:
        self._latest = mg
        if self._dip == NONE:
            self._dip = mg
        elif mg < self._dip:
            self._before = max(self._before, self._after, self._dip)
            self._after = NONE
            self._dip = mg
        elif mg > self._after:
            self._after = mg
