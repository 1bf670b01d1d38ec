"""ST LIS3DH accelerometer: what cover and wristband share: bus, FIFO, interrupts, sleep.

`LIS3DH` alone gives no channel: `lis3dh_cover` and `lis3dh_wrist` say what they want of each sample.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

DATA_SHEET = {
    "chip": ("STMicroelectronics LIS3DH", "DocID17530 (data sheet), AN3308 (application note)", "2"),
    "bus": ("I2C to 400 kHz, 0x18 or 0x19 by SA0", "SPI to 10 MHz, modes 0 and 3", "6.1, 6.2"),
    "limits": {
        "supply_mV": (1_710, 3_600, "table 5"),
        "temperature_C": (-40, 85, "table 4"),
        "zero_g_offset_mg": (-40, 40, "table 4, typical"),
        "fifo_samples": (0, 32, "5.1"),
    },
    "timing_ms": {"boot": (5, "5, after power-up")},
}
# No WIRING: nothing to wire without a use.

# Registers, table 21.
WHO_AM_I, CTRL_REG1, CTRL_REG5, REFERENCE, OUT_X_L = 0x0F, 0x20, 0x24, 0x26, 0x28
FIFO_CTRL_REG, FIFO_SRC_REG, INT1_CFG, INT1_SRC, INT2_CFG, INT2_SRC = 0x2E, 0x2F, 0x30, 0x31, 0x34, 0x35
I_AM = 0x33
FIFO_STREAM = b"\x90"  # 5.1.3; the watermark at 16 samples interrupts only when the loop is late
OVRN, EMPTY, FSS, IA = 0x40, 0x20, 0x1F, 0x40  # FIFO_SRC_REG and INT1_SRC
AUTO, SPI_READ, SPI_AUTO = 0x80, 0x80, 0x40  # 6.1 and 6.2: more than one register in one go
RESOLUTION = 0x3F  # normal mode has 10 bits, left justified: a sample with any of these set is a bad one

RETRY_MS = 1_000  # (ours) a bus that is stuck may take long for each try
SILENT_MS = 200  # (ours) at 100 Hz an empty FIFO for so long is a chip that has been reset


class LIS3DH:
    """A subclass has its registers' contents, `UNIT_MG`, and `sample(now, x, y, z)`.

    `i2c`, or `spi` with `cs`. `int1`: the pin INT1, high when active. Each sample comes in mg and in its order.
    """

    POLL_MS = 20
    CTRL: bytes  # CTRL_REG1 to 6
    INT1: bytes  # CFG of each generator
    INT2: bytes
    THS1: bytes  # THS and DURATION of each
    THS2: bytes
    UNIT_MG: int

    def __init__(
        self, i2c: "Any" = None, spi: "Any" = None, cs: "Any" = None, int1: "Any" = None, address: int = 0x18
    ) -> None:
        if (i2c is None) == (spi is None) or (spi is None) != (cs is None):
            raise ValueError("LIS3DH: it is on one bus; give i2c, or spi and cs")
        if address not in (0x18, 0x19):
            raise ValueError("LIS3DH: address %d; SA0 makes it 0x18 or 0x19" % address)
        self._i2c = i2c
        self._spi = spi
        self._cs = cs
        self._address = address
        self._one = bytearray(1)
        self._six = bytearray(6)
        self._on = False
        self._asleep = False
        self._next_try = 0
        self._heard_at = 0
        self.good = False  # samples are coming
        self.lost = 0  # times the FIFO had run over
        self.irq_pending = False
        self.wake: "Any" = None
        if cs is not None:
            cs(1)
        if int1 is not None:
            int1.irq(self._interrupt, int1.IRQ_RISING)

    def _interrupt(self, _pin: "Any") -> None:
        self.irq_pending = True
        if self.wake is not None:
            self.wake()

    # ---- what a subclass does with it

    def sample(self, now: int, x: int, y: int, z: int) -> None:
        """One sample in mg."""

    def missed(self, now: int, first: bool, second: bool) -> None:
        """The FIFO ran over; whether each interrupt generator had fired meanwhile."""

    def forget(self) -> None:
        """What was measured before is no longer true."""

    # ---- the runtime's

    def poll(self, now: int) -> None:
        """Take what the FIFO holds; begin anew with a chip that does not answer or was reset."""
        self.irq_pending = False
        if self._asleep:
            return
        try:
            if self._on:
                self._drain(now)
            elif now >= self._next_try:
                self._next_try = now + RETRY_MS
                self._begin(now)
        except OSError:
            self._fail()

    def sleep(self) -> bool:
        """10 Hz in low-power mode (table 12: 3 uA) and INT1 on movement; `poll` does nothing until `rouse`."""
        return self._rest(b"\x2f\x01\x40\x00\x08\x00", b"\x2a", b"\x08\x00")  # 128 mg at 2 g, high-passed

    def power_down(self) -> bool:
        """Nothing measures (table 5: 0.5 uA), and nothing wakes it but `rouse`."""
        return self._rest(b"\x07\x00\x00\x00\x00\x00", b"\x00", b"\x00\x00")

    def rouse(self, now: int) -> None:
        """Measure again."""
        self._asleep = False
        self._on = False
        self._next_try = now

    # ---- inside

    def _rest(self, ctrl: bytes, cfg: bytes, ths: bytes, cfg2: bytes = b"\x00", ths2: bytes = b"\x00\x00") -> bool:
        self._asleep = True
        self.good = False
        self.forget()
        try:
            self._program(ctrl, cfg, ths, cfg2, ths2)
        except OSError:
            return False
        return True

    def _program(self, ctrl: bytes, cfg: bytes, ths: bytes, cfg2: bytes, ths2: bytes) -> None:
        self.write(INT1_CFG, b"\x00")
        self.write(INT2_CFG, b"\x00")
        self.write(FIFO_CTRL_REG, b"\x00")  # 5.1.1: bypass empties it
        self.write(CTRL_REG1, ctrl)
        self.read_one(REFERENCE)  # makes the present attitude the filter's zero
        self.write(INT1_CFG + 2, ths)
        self.write(INT2_CFG + 2, ths2)
        self.write(INT1_CFG, cfg)
        self.write(INT2_CFG, cfg2)
        self._release()

    def _release(self) -> None:
        """Lets the latched pin go."""
        self.read_one(INT1_SRC)
        self.read_one(INT2_SRC)

    def _fail(self) -> None:
        self._on = False
        if self.good:
            self.good = False
            self.forget()

    def _begin(self, now: int) -> None:
        if self.read_one(WHO_AM_I) != I_AM:
            return
        self._program(self.CTRL, self.INT1, self.THS1, self.INT2, self.THS2)
        self.write(FIFO_CTRL_REG, FIFO_STREAM)
        self._heard_at = now
        self._on = True

    def _drain(self, now: int) -> None:
        source = self.read_one(FIFO_SRC_REG)
        count = source & FSS
        if source & OVRN:
            count = 32
            self.lost += 1
            first = self.read_one(INT1_SRC) & IA
            self.missed(now, first != 0, self.read_one(INT2_SRC) & IA != 0)
        elif source & EMPTY or not count:
            if now - self._heard_at > SILENT_MS:
                self._fail()
            return
        six = self._six
        unit = self.UNIT_MG
        while count:
            count -= 1
            self.read_into(OUT_X_L, six)
            if (six[0] | six[2] | six[4]) & RESOLUTION:
                continue
            x = six[1] << 2 | six[0] >> 6
            y = six[3] << 2 | six[2] >> 6
            z = six[5] << 2 | six[4] >> 6
            if x > 511:
                x -= 1_024
            if y > 511:
                y -= 1_024
            if z > 511:
                z -= 1_024
            self._heard_at = now
            self.good = True
            self.sample(now, x * unit, y * unit, z * unit)
        if now - self._heard_at > SILENT_MS:
            self._fail()  # only bad ones: a bus that floats
        if not source & OVRN:
            self._release()

    def read_one(self, register: int) -> int:
        self.read_into(register, self._one)
        return self._one[0]

    def read_into(self, register: int, buffer: bytearray) -> None:
        if self._i2c is not None:
            self._i2c.readfrom_mem_into(self._address, register | AUTO, buffer)
            return
        self._one[0] = register | SPI_READ | SPI_AUTO
        self._cs(0)
        self._spi.write(self._one)
        self._spi.readinto(buffer)
        self._cs(1)

    def write(self, register: int, data: bytes) -> None:
        if self._i2c is not None:
            self._i2c.writeto_mem(self._address, register | AUTO, data)
            return
        self._one[0] = register | SPI_AUTO
        self._cs(0)
        self._spi.write(self._one)
        self._spi.write(data)
        self._cs(1)
