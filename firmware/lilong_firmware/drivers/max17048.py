"""Maxim MAX17048 fuel gauge of one lithium-ion cell: state of charge and voltage."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

DATA_SHEET = {
    "chip": ("Maxim MAX17048", "19-6171", "Rev 7"),
    "measures": {
        "battery": ("%EL", 0, 100, "SOC register, 1/256 %; ModelGauge's default model of a LiCoO2 cell"),
        "cell_mv": ("mV", 2_500, 5_120, "VCELL register, 78.125 uV"),
    },
    "bus": ("I2C to 400 kHz, 0x36", "I2C bus system"),
    "timing_ms": {
        "first_soc": (1_000, "power-up: the first conversions take 17 and 125 ms; (ours) a second"),
        "update": (250, "active mode; 45,000 in hibernation"),
    },
    "limits": {"accuracy_mV": (-8, 8, "voltage error at 3.6 V, 25 C"), "current_uA": (3, 23, "hibernate to active")},
}
WIRING = {
    "class": "MAX17048",
    "takes": {"i2c": "i2c", "?alert": "in", "?alert_percent": (1, 32)},
    "gives": ("battery",),
    "drives": (),
}

ADDRESS = 0x36
# Register summary, table 2.
VCELL, SOC, VERSION, CONFIG, STATUS = 0x02, 0x04, 0x08, 0x0C, 0x1A
RCOMP = 0x97  # CONFIG, default
ALRT = 0x20  # CONFIG low byte
RI = 0x01  # STATUS high byte: it has been reset and wants its configuration
LEAST_MV, MOST_MV = 2_500, 4_600  # (ours) beyond these no lithium-ion cell is in its place
RETRY_MS = 1_000
SETTLE_MS = 1_000


class MAX17048:
    """`alert`: its ALRT pin, open drain, low when the charge has fallen to `alert_percent`."""

    POLL_MS = 1_000

    def __init__(self, i2c: "Any", alert: "Any" = None, alert_percent: int = 20) -> None:
        if not 1 <= alert_percent <= 32:
            raise ValueError("MAX17048: alert at %d %%; the gauge does 1 to 32" % alert_percent)
        self._i2c = i2c
        self._word = bytearray(2)
        self._config = bytes((RCOMP, 32 - alert_percent))
        self._ready_at = -1  # -1: to be configured
        self._now = 0
        self.irq_pending = False
        self.wake: "Any" = None
        if alert is not None:
            alert.irq(self._interrupt, alert.IRQ_FALLING)

    def _interrupt(self, _pin: "Any") -> None:
        self.irq_pending = True
        if self.wake is not None:
            self.wake()

    def poll(self, now: int) -> None:
        """Configure a gauge that was reset; let the alert's pin go."""
        self._now = now
        try:
            if self._get(VERSION) & 0xFFF0 != 0x0010:
                self._ready_at = -1
            elif self._get(STATUS) & RI << 8 or self._ready_at < 0:
                self._i2c.writeto_mem(ADDRESS, CONFIG, self._config)
                self._i2c.writeto_mem(ADDRESS, STATUS, b"\x00\x00")
                self._ready_at = now + SETTLE_MS
            elif self.irq_pending:
                self.irq_pending = False
                self._i2c.writeto_mem(ADDRESS, CONFIG, self._config)  # clears ALRT
        except OSError:
            self._ready_at = -1

    def read(self, channel: str) -> "int | None":
        """%; None when there is no gauge, or no cell on it."""
        if self.cell_mv() is None:
            return None
        try:
            return min((self._get(SOC) + 128) >> 8, 100)
        except OSError:
            return None

    def cell_mv(self) -> "int | None":
        if self._ready_at < 0 or self._now < self._ready_at:
            return None
        try:
            mv = self._get(VCELL) * 5 >> 6  # 78.125 uV
        except OSError:
            return None
        return mv if LEAST_MV <= mv <= MOST_MV else None

    def _get(self, register: int) -> int:
        self._i2c.readfrom_mem_into(ADDRESS, register, self._word)
        return self._word[0] << 8 | self._word[1]
