"""The LIS3DH's self-test: it pushes its own mass, and each axis must answer by so much. Keep the board still."""

from .lis3dh import CTRL_REG1, FIFO_CTRL_REG, I_AM, LIS3DH, OUT_X_L, WHO_AM_I

DATA_SHEET = {
    "chip": ("STMicroelectronics LIS3DH", "DocID17530", "2"),
    "measures": {"self_test_change": ("digits of 4 mg", 17, 360, "table 4: +-2 g, normal mode, ST = 01")},
    "timing_ms": {"settle": (100, "(ours) more than 1/ODR after each change")},
}

LEAST_MG, MOST_MG = 17 * 4, 360 * 4
SETTLE_MS = 100
SAMPLES = 5
QUIET = b"\x57\x00\x00\x80\x00"  # 100 Hz, +-2 g, BDU, no FIFO
PUSHED = b"\x57\x00\x00\x82\x00"


class SelfTest:
    """Call `poll` every 20 ms until it says True or False; the driver measures again after that."""

    def __init__(self, driver: LIS3DH, now: int) -> None:
        self._driver = driver
        self._sums = [0] * 6
        self._six = bytearray(6)
        self._step = 0
        self._next = 0
        driver.power_down()
        self._prepare(now, QUIET)

    def poll(self, now: int) -> "bool | None":
        """None: not done yet."""
        if self._step < 0:
            self._driver.rouse(now)
            return False
        if now < self._next:
            return None
        try:
            self._driver.read_into(OUT_X_L, self._six)
        except OSError:
            self._step = -1
            return None
        base = 0 if self._step < SAMPLES else 3
        for axis in range(3):
            digits = self._six[2 * axis + 1] << 2 | self._six[2 * axis] >> 6
            self._sums[base + axis] += (digits - 1_024 if digits > 511 else digits) * 4
        self._step += 1
        self._next = now + 20
        if self._step == SAMPLES:
            self._prepare(now, PUSHED)
        if self._step < 2 * SAMPLES:
            return None
        self._driver.rouse(now)
        for axis in range(3):
            change = abs(self._sums[3 + axis] - self._sums[axis]) // SAMPLES
            if not LEAST_MG <= change <= MOST_MG:
                return False
        return True

    def _prepare(self, now: int, ctrl: bytes) -> None:
        self._next = now + SETTLE_MS
        try:
            if self._driver.read_one(WHO_AM_I) != I_AM:
                self._step = -1
            self._driver.write(FIFO_CTRL_REG, b"\x00")
            self._driver.write(CTRL_REG1, ctrl)
        except OSError:
            self._step = -1
