"""LIS3DH under a manhole cover: tilt away from how it was installed, and shocks."""

from .integers import arctan2, isqrt
from .lis3dh import CTRL_REG1, LIS3DH, OUT_X_L

DATA_SHEET = {
    "chip": ("STMicroelectronics LIS3DH", "DocID17530", "2"),
    "bus": "I2C to 400 kHz or SPI to 10 MHz: see lis3dh",
    "measures": {
        "tilt": ("0.1 deg", 0, 1_800, "table 4: 8 mg a digit at +-4 g is 0.5 deg; offset and its drift come on top"),
        "shock": ("mg", 0, 7_094, "table 4: +-4 g on each axis"),
    },
    "timing_ms": {"sample": (10, "table 31: 100 Hz"), "fifo": (320, "5.1"), "settle": (1_000, "(ours) low-pass")},
    "limits": {"current_uA": (0, 20, "table 12: 100 Hz in normal mode; 3 asleep")},
}
WIRING = {
    "class": "Cover",
    "takes": {
        "?i2c": "i2c", "?spi": "spi", "?cs": "out", "?int1": "in", "?address": (0x18, 0x19),
        "?upright_x": (-1_300, 1_300), "?upright_y": (-1_300, 1_300), "?upright_z": (-1_300, 1_300),
    },
    "gives": ("tilt", "shock"),
    "drives": (),
}  # fmt: skip

SHOCK_MG = 512  # the threshold in THS1, and just above the rule's 500
SHOCK_WINDOW_MS = 200  # (ours) the peak of a blow comes within
SHOCK_PAUSE_MS = 1_000  # (ours) one event a second
LEAST_MG, MOST_MG = 700, 1_300  # (ours) what is not about 1 g says nothing of the vertical
ASLEEP = b"\x2f\x01\x60\x00\x0a\x00"  # CTRL_REG1 to 6
COARSE_DDEG = 10
WARM_SAMPLES = 100  # three time constants of the low-pass


class Cover(LIS3DH):
    """Channels `tilt` (0.1 degree) and `shock` (mg, an event). `upright_*`: gravity in mg when the cover lies flat."""

    # 100 Hz; generator 1 high-passed; watermark and both generators on INT1; +-4 g, BDU; FIFO, both latched.
    CTRL = b"\x57\x01\x64\x90\x4a\x00"
    INT1 = b"\x2a"  # any axis high, high-passed: a blow
    THS1 = b"\x10\x00"  # 32 mg a bit at 4 g: 512 mg, at once
    INT2 = b"\x7f"  # AN3308, 6D movement: it lies on another side
    THS2 = b"\x10\x00"
    UNIT_MG = 8  # table 4, +-4 g, normal mode

    def __init__(
        self, i2c: "object" = None, spi: "object" = None, cs: "object" = None, int1: "object" = None,
        address: int = 0x18, upright_x: int = 0, upright_y: int = 0, upright_z: int = 1_000,
    ) -> None:  # fmt: skip
        LIS3DH.__init__(self, i2c, spi, cs, int1, address)
        weight = isqrt(upright_x * upright_x + upright_y * upright_y + upright_z * upright_z)
        if not LEAST_MG <= weight <= MOST_MG:
            raise ValueError("LIS3DH cover: upright is %d mg long; gravity is 1,000: store what level() gives" % weight)
        self._upright = (upright_x, upright_y, upright_z)
        self._x = self._y = self._z = 0  # low-passed, in mg / 64
        self._warm = 0
        self._peak = 0
        self._peak_by = 0
        self._pause = 0
        self._shock = 0

    def sleep(self) -> bool:
        """As `LIS3DH.sleep`; it wakes too when the cover lies on another side, however slowly it was turned."""
        return self._rest(ASLEEP, b"\x2a", b"\x08\x00", b"\x7f", b"\x20\x00")

    def glance(self, channel: str, now: int) -> "int | None":
        """The tilt by one sample of a chip that `sleep` has left running; None of any other, and of a shock.

        Digits of 16 mg (table 4, low-power mode) and no filter: a degree is added, so that it is never told too small.
        """
        if channel != "tilt":
            return None
        six = self._six
        try:
            if self.read_one(CTRL_REG1) != ASLEEP[0]:
                return None
            self.read_into(OUT_X_L, six)
        except OSError:
            return None
        x, y, z = [(high if high < 128 else high - 256) << 10 for high in (six[1], six[3], six[5])]
        self._x, self._y, self._z = x, y, z
        self.good, self._warm = True, WARM_SAMPLES
        tilt = self.read(channel)
        self.good, self._warm = False, 0
        return None if tilt is None else tilt + COARSE_DDEG

    def level(self) -> "tuple[int, int, int] | None":
        """Take the present attitude as upright; what to store as `upright_*`. None when it does not lie still."""
        if not self._lies():
            return None
        self._upright = (self._x >> 6, self._y >> 6, self._z >> 6)
        return self._upright

    def read(self, channel: str) -> "int | None":
        if channel == "shock":
            return self._shock if self.good else None
        if not self._lies():
            return None
        x, y, z = self._x >> 6, self._y >> 6, self._z >> 6
        u, v, w = self._upright
        across = y * w - z * v >> 6, z * u - x * w >> 6, x * v - y * u >> 6
        across_2 = across[0] * across[0] + across[1] * across[1] + across[2] * across[2]
        return (arctan2(isqrt(across_2), x * u + y * v + z * w >> 6) + 50) // 100

    def take(self) -> "tuple[str, int] | None":
        if not self._shock:
            return None
        value, self._shock = self._shock, 0
        return ("shock", value)

    def poll(self, now: int) -> None:
        LIS3DH.poll(self, now)
        if self._peak and now >= self._peak_by:
            self._shock, self._peak = self._peak, 0
            self._pause = now + SHOCK_PAUSE_MS

    def sample(self, now: int, x: int, y: int, z: int) -> None:
        if not self._warm:
            self._x, self._y, self._z = x << 6, y << 6, z << 6
        x = (x << 6) - self._x
        y = (y << 6) - self._y
        z = (z << 6) - self._z
        self._x += x >> 5
        self._y += y >> 5
        self._z += z >> 5
        if self._warm < WARM_SAMPLES:
            self._warm += 1
        elif max(x, y, z, -x, -y, -z) > SHOCK_MG << 6:
            x >>= 6
            y >>= 6
            z >>= 6
            self._blow(now, isqrt(x * x + y * y + z * z))

    def missed(self, now: int, first: bool, second: bool) -> None:
        if first:
            self._blow(now, SHOCK_MG)

    def forget(self) -> None:
        self._warm = 0
        self._peak = 0

    def _blow(self, now: int, mg: int) -> None:
        if now < self._pause:
            return
        if not self._peak:
            self._peak_by = now + SHOCK_WINDOW_MS
        if mg > self._peak:
            self._peak = mg

    def _lies(self) -> bool:
        x, y, z = self._x >> 6, self._y >> 6, self._z >> 6
        weight = x * x + y * y + z * z
        return self.good and self._warm >= WARM_SAMPLES and LEAST_MG * LEAST_MG <= weight <= MOST_MG * MOST_MG
