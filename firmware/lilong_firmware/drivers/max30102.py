"""Maxim MAX30102 pulse oximeter: heart rate, blood oxygen, and whether it is worn. Not a medical device.

`heart_rate` and `spo2` read 0 while there is no reading, as the wristband's rules expect (moving, not worn, too weak a
pulse), and None only when the chip has failed.
"""

from .ppg import Ppg

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

DATA_SHEET = {
    "chip": ("Maxim MAX30102", "19-7740", "Rev 1, 10/18"),
    "measures": {
        "heart_rate": ("beat/min", 40, 200, "(ours) on the model of tests/chips: +-3; no trial on people"),
        "spo2": ("%EL", 70, 100, "(ours) on the model: +-3; the curve is that of AN6845, not of any one product"),
        "worn": ("0/1", 0, 1, "(ours) light that comes back; a white table under it counts as worn"),
    },
    "bus": ("I2C to 400 kHz, 0x57", "I2C interface"),
    "timing_ms": {
        "sample": (20, "100 a second, averaged by two"),
        "fifo": (640, "FIFO: 32 samples"),
        "first_reading": (12_000, "(ours) settling, and six beats at 40 a minute"),
        "temperature": (29, "electrical characteristics, TEMP_CONFIG"),
    },
    "limits": {
        "led_mA": (0, 51, "LED pulse amplitude, 0.2 mA a step"),
        "supply_mV": (1_700, 2_000, "electrical characteristics"),
        "temperature_C": (-40, 85, "electrical characteristics"),
    },
}
WIRING = {
    "class": "MAX30102",
    "takes": {"i2c": "i2c", "?int1": "in"},
    "gives": ("heart_rate", "spo2", "worn"),
    "drives": (),
}

ADDRESS = 0x57
# Register map.
INTR_STATUS_1, INTR_ENABLE_1, FIFO_WR_PTR, FIFO_DATA, FIFO_CONFIG, LED1_PA = 0x00, 0x02, 0x04, 0x07, 0x08, 0x0C
MODE_CONFIG, TEMP_INT, TEMP_CONFIG, PART_ID = 0x09, 0x1F, 0x21, 0xFF
I_AM = 0x15
PWR_RDY = 0x01
RESET, SHDN = b"\x40", b"\x80"
# FIFO: average of two, no roll-over, A_FULL at 17; SpO2 mode; 4,096 nA, 100 a second, 411 us (18 bits).
CONFIG = b"\x2f\x03\x27"
A_FULL_EN = b"\x80\x00"

# All (ours):
SEEKING = 6  # LED steps of 0.2 mA while nobody wears it
START = 30
LEAST_LED, MOST_LED = 10, 120
WORN_PER_STEP, STILL_PER_STEP = 1_000, 600  # counts of IR a step: skin gives thousands, the open air tens
DARK, GOAL, BRIGHT = 60_000, 130_000, 200_000  # counts of 262,143
WORN_SAMPLES = 50  # both ways
GLANCE_SAMPLES = 2
SILENT_MS = 500
RETRY_MS = 1_000
TEMPERATURE_MS, CONVERSION_MS = 60_000, 50


class MAX30102:
    """`int1`: its INT pin, open drain, low when active."""

    POLL_MS = 100

    def __init__(self, i2c: "Any", int1: "Any" = None) -> None:
        self._i2c = i2c
        self._one = bytearray(1)
        self._two = bytearray(2)
        self._three = bytearray(3)
        self._six = bytearray(6)
        self._leds = bytearray(2)  # LED1 red, LED2 infrared
        self._ppg = Ppg()
        self._state = 0  # 0 to be reset, 1 being reset, 2 measuring, 3 shut down
        self._next_try = 0
        self._heard_at = 0
        self._warm_at = 0
        self._warming = False
        self._worn = self._told = 1  # until a second without skin
        self._other = 0
        self._ruled = 0
        self._seen = 0  # samples
        self.good = False
        self.die_cdeg: "int | None" = None  # 0.01 degree C
        self.lost = 0
        self.irq_pending = False
        self.wake: "Any" = None
        if int1 is not None:
            int1.irq(self._interrupt, int1.IRQ_FALLING)

    def _interrupt(self, _pin: "Any") -> None:
        self.irq_pending = True
        if self.wake is not None:
            self.wake()

    def poll(self, now: int) -> None:
        """Take what the FIFO holds."""
        self.irq_pending = False
        try:
            if self._state == 2:
                self._drain(now)
            elif self._state == 1:
                self._begin(now)
            elif self._state == 0 and now >= self._next_try:
                self._next_try = now + RETRY_MS
                if self._get(PART_ID) == I_AM:
                    self._i2c.writeto_mem(ADDRESS, MODE_CONFIG, RESET)
                    self._state = 1
        except OSError:
            self._fail()

    def read(self, channel: str) -> "int | None":
        if not self.good:
            return None
        if channel == "worn":
            return self._worn
        if not self._worn:
            return 0
        value = self._ppg.heart_rate() if channel == "heart_rate" else self._ppg.oxygen()
        return value or 0

    def glance(self, channel: str, now: int) -> "int | None":
        """Whether it is worn by the first two samples in the light of seeking; None until they are there."""
        if channel != "worn":
            return None
        if self._state in (0, 3):
            self._worn = self._seen = 0
            self.rouse(now)
        self.poll(now)
        if self._seen < GLANCE_SAMPLES:
            return None
        if self._other and not self._worn:
            self._worn = 1
            self._other = 0
            try:
                self._light(START)
            except OSError:
                self._fail()
                return None
        return self._worn

    def take(self) -> "tuple[str, int] | None":
        if self._told == self._worn or not self.good:
            return None
        self._told = self._worn
        return ("worn", self._worn)

    def sleep(self) -> bool:
        """0.7 uA; `rouse` begins anew."""
        self._fail()
        self._state = 3
        try:
            self._i2c.writeto_mem(ADDRESS, MODE_CONFIG, SHDN)
        except OSError:
            return False
        return True

    def rouse(self, now: int) -> None:
        self._state = 0
        self._next_try = now

    # ---- inside

    def _fail(self) -> None:
        self._state = 0
        self.good = False
        self._ppg.reset()

    def _get(self, register: int) -> int:
        self._i2c.readfrom_mem_into(ADDRESS, register, self._one)
        return self._one[0]

    def _begin(self, now: int) -> None:
        if self._get(MODE_CONFIG) & 0x40:
            self._fail()
            return
        self._get(INTR_STATUS_1)
        self._i2c.writeto_mem(ADDRESS, INTR_ENABLE_1, A_FULL_EN)
        self._light(START if self._worn else SEEKING)
        self._i2c.writeto_mem(ADDRESS, FIFO_CONFIG, CONFIG)
        self._empty()
        self._heard_at = now
        self._warm_at = now
        self._warming = False
        self._state = 2

    def _empty(self) -> None:
        self._i2c.writeto_mem(ADDRESS, FIFO_WR_PTR, b"\x00\x00\x00")

    def _light(self, step: int) -> None:
        self._leds[0] = step if step > SEEKING else 0  # red is of no use in seeking
        self._leds[1] = step
        self._adapt()

    def _adapt(self) -> None:
        self._i2c.writeto_mem(ADDRESS, LED1_PA, self._leds)
        self._ppg.reset()
        self._ruled = 0

    def _drain(self, now: int) -> None:
        if self._get(INTR_STATUS_1) & PWR_RDY:
            self._fail()  # it has been without power
            return
        self._i2c.readfrom_mem_into(ADDRESS, FIFO_WR_PTR, self._three)
        write, overflow, read = self._three
        if overflow:
            self.lost += 1
            self._ppg.gap()
            self._empty()
            self._heard_at = now
            return
        count = write - read & 0x1F
        six = self._six
        while count:
            count -= 1
            self._i2c.readfrom_mem_into(ADDRESS, FIFO_DATA, six)
            if (six[0] | six[3]) & 0xFC:
                self._fail()  # 18 bits: a bus that floats
                return
            self._heard_at = now
            self._sample((six[3] << 16) | (six[4] << 8) | six[5], (six[0] << 16) | (six[1] << 8) | six[2])
        if now - self._heard_at > SILENT_MS:
            self._fail()
        else:
            self._warmth(now)

    def _sample(self, ir: int, red: int) -> None:
        self.good = True
        self._seen += 1
        if self._worn:
            self._ppg.feed(ir, red)
            self._ruled += 1
            if self._ruled == 50:
                self._rule()
        if (ir > (STILL_PER_STEP if self._worn else WORN_PER_STEP) * self._leds[1]) == (self._worn != 0):
            self._other = 0
            return
        self._other += 1
        if self._other == WORN_SAMPLES:
            self._other = 0
            self._worn ^= 1
            self._light(START if self._worn else SEEKING)

    def _rule(self) -> None:
        """Once a second: the light neither too dark nor near saturation."""
        self._ruled = 0
        changed = False
        for led in range(2):
            mean = (self._ppg.ir if led else self._ppg.red) >> 4
            if not DARK <= mean <= BRIGHT:
                step = min(max(self._leds[led] * GOAL // (mean + 1), LEAST_LED), MOST_LED)
                changed = changed or step != self._leds[led]
                self._leds[led] = step
        if changed:
            self._adapt()

    def _warmth(self, now: int) -> None:
        if now < self._warm_at:
            return
        self._warming = not self._warming
        if self._warming:
            self._i2c.writeto_mem(ADDRESS, TEMP_CONFIG, b"\x01")
            self._warm_at = now + CONVERSION_MS
            return
        self._i2c.readfrom_mem_into(ADDRESS, TEMP_INT, self._two)
        whole = self._two[0]
        self.die_cdeg = (whole - 256 if whole > 127 else whole) * 100 + (self._two[1] & 15) * 100 // 16
        self._warm_at = now + TEMPERATURE_MS
