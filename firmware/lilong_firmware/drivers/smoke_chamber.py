"""A photoelectric smoke chamber: light of a short infrared pulse, scattered by smoke into a photodiode, on an ADC."""

import struct
import time

from .curve import recorded

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

DATA_SHEET = {
    "chip": ("a chamber with IRED and photodiode amplifier", "pulsed as Microchip RE46C140, DS22179B", "2009"),
    "measures": {"obscuration": ("mdB/m", 0, 10_000, "calibrated in a smoke tunnel")},
    "bus": ("ADC and an output", "amplifier 0 to 3.3 V, output high lights the IRED", "(ours)"),
    "timing_us": {"pulse": (200, "(ours) the longest; DS22179B strobes for 100")},
    "timing_ms": {
        "sample": (4_000, "(ours)"),
        "chamber_test": (43_000, "DS22179B; here with each sample"),
    },
    "limits": {
        "drift_mdB": (-57, 57, "(ours) a quarter of the trip level, in the spirit of EN 54-7 4.8"),
        "conversion_us": (0, 100, "(ours) of the ADC, within the pulse"),
    },
}
WIRING = {
    "class": "SmokeChamber",
    "takes": {
        "adc": "adc", "led": "out", "?zero_uv": (10_000, 1_500_000), "?gain_uv": (200, 20_000),
        "?record": "data",
    },
    "gives": ("obscuration",),
    "drives": (),
}  # fmt: skip

PULSES = 4  # (ours) the mean of the middle two
TRIES = 8  # (ours) pulses may be spoilt by an interrupt
SETTLE_US = 80  # (ours) amplifier
PULSE_US = 200
REST_US = 250  # (ours) until the amplifier is dark again
DARK_MOST_UV = 1_600_000  # (ours) half of the range: sunlight has got in
LIT_MOST_UV = 3_200_000  # (ours) of 3.3 V: the amplifier is at its rail
ZERO_LEAST_UV, ZERO_MOST_UV = 10_000, 1_500_000  # (ours) what the walls of any chamber scatter
# (ours) of the light that clean air's chamber walls scatter; less is a dead IRED or photodiode, not a clean chamber.
LEAST_PART = 4
FULL_MDB = 10_000
# Drift: dust adds, ageing takes away. The zero follows by so much an hour, far below the quarter of the trip level an
# hour that a smouldering fire may take (EN 54-7, slowly developing fires), and no further than a quarter of it: what is
# beyond shows as smoke, which the rules take for dust after a day.
DRIFT_HOUR_MDB, DRIFT_MOST_MDB = 1, 57
RECORD = ">IIi"  # zero, gain, drift in uV
DRIFT_NOT_ABOVE_MDB = 115  # half of the trip level: that is smoke, or dust that must show


class SmokeChamber:
    """`zero_uv`: lit less dark in clean air, `gain_uv`: a mdB/m; `record` has both of this chamber, and its drift.

    `ticks_us` and `sleep_us` as in `time`.
    """

    POLL_MS = 3_600_000

    def __init__(
        self,
        adc: "Any",
        led: "Any",
        zero_uv: int = 200_000,
        gain_uv: int = 2_000,
        record: "bytes | None" = None,
        ticks_us: "Callable[[], int] | None" = None,
        sleep_us: "Callable[[int], Any] | None" = None,
    ) -> None:
        zero_uv, gain_uv, drift_uv = recorded("SmokeChamber", record, RECORD, (zero_uv, gain_uv, 0))
        if not ZERO_LEAST_UV <= zero_uv <= ZERO_MOST_UV or not 200 <= gain_uv <= 20_000:
            raise ValueError("SmokeChamber: zero_uv %d, gain_uv %d; calibrate it in clean air" % (zero_uv, gain_uv))
        self._adc = adc
        self._led = led
        self._ticks_us: "Any" = ticks_us or time.ticks_us  # type: ignore[attr-defined]  # MicroPython
        self._sleep_us: "Any" = sleep_us or time.sleep_us  # type: ignore[attr-defined]
        self.zero_uv = zero_uv
        self.gain_uv = gain_uv
        most = DRIFT_MOST_MDB * gain_uv
        self.drift_uv = min(max(drift_uv, -most), most)
        self._difference: "int | None" = None
        led(0)

    def read(self, channel: str) -> "int | None":
        """mdB/m; None when the chamber gives no light that can be trusted."""
        difference = self._burst()
        if difference is not None and difference * LEAST_PART < self.zero_uv:
            difference = None
        self._difference = difference
        if difference is None:
            return None
        return min(max(difference - self.zero_uv - self.drift_uv, 0) // self.gain_uv, FULL_MDB)

    def poll(self, now: int) -> None:
        """Once an hour: let the zero follow."""
        if self._difference is None:
            return
        off = (self._difference - self.zero_uv - self.drift_uv) // self.gain_uv
        if off > DRIFT_NOT_ABOVE_MDB:
            return
        step = DRIFT_HOUR_MDB * self.gain_uv
        most = DRIFT_MOST_MDB * self.gain_uv
        if off >= DRIFT_HOUR_MDB:
            self.drift_uv = min(self.drift_uv + step, most)
        elif off <= -DRIFT_HOUR_MDB:
            self.drift_uv = max(self.drift_uv - step, -most)

    def record(self) -> bytes:
        """What to keep: calibration, and how far the zero has drifted."""
        return struct.pack(RECORD, self.zero_uv, self.gain_uv, self.drift_uv)

    def calibrate(self) -> "bytes | None":
        """In clean air: take the zero from what is seen; the record. None: the chamber has a fault."""
        difference = self._burst()
        if difference is None or not ZERO_LEAST_UV <= difference <= ZERO_MOST_UV:
            return None
        self.zero_uv = difference
        self.drift_uv = 0
        return self.record()

    def _burst(self) -> "int | None":
        """Lit less dark in uV: four pulses without the least and the most."""
        total = most = good = 0
        least = 1 << 29
        try:
            for _ in range(TRIES):
                self._sleep_us(REST_US)
                difference = self._pulse()
                if difference is None:
                    return None
                if difference >= 0:
                    total += difference
                    if difference < least:
                        least = difference
                    if difference > most:
                        most = difference
                    good += 1
                    if good == PULSES:
                        break
        except OSError:
            self._led(0)
            return None
        if good < PULSES:
            return None
        return (total - least - most) // (PULSES - 2)

    def _pulse(self) -> "int | None":
        """Lit less dark in uV; -1: the pulse was too long, or took light away; None: ambient light is in."""
        dark = self._adc.read_uv()
        if dark > DARK_MOST_UV:
            return None
        began = self._ticks_us()
        self._led(1)
        self._sleep_us(SETTLE_US)
        lit = self._adc.read_uv()
        self._led(0)
        if (self._ticks_us() - began) & 0x3FFFFFFF > PULSE_US:  # ticks wrap at 2**30
            return -1
        if lit >= LIT_MOST_UV:
            return FULL_MDB * self.gain_uv + self.zero_uv + self.drift_uv  # as much smoke as can be told
        return lit - dark if lit > dark else 0
