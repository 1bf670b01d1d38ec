"""A lamp's faults by limits: where each begins and ends, how long that must last, and what follows from what.

A fault begins when its measure has been beyond the trip limit for its time, and ends when it has been within the end
limit for the same time. A fault that would follow from another is not judged beside it: as long as the other's
measure is wrong it neither begins nor ends. What causes comes before what follows:
supply lost > relay > control gear > lamp failure, current too high > dimming > current too low > power factor.
A lamp that loses its light again and again while it is commanded steadily on is cycling.
"""

from lilong_protocol import codes

from .effects import NEVER

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .device import Device

LUX, POWER, VOLTAGE, CURRENT, POWER_FACTOR, TEMPERATURE, LEAKAGE, RELAY, GEAR = 0, 1, 2, 3, 4, 5, 6, 7, 8  # channels

FULL_LEVEL = 100
NOMINAL_DW = 600  # 60.0 W at 100 %
NOMINAL_MA = 300  # 60 W at 220 V and a power factor of 0.91

# Each pair is where a fault begins and where it ends. Hysteresis is (ours) throughout.
SUPPLY_LOST_DV, SUPPLY_BACK_DV = 500, 1_000  # below 50.0 V
VOLTAGE_HIGH_DV, VOLTAGE_NO_LONGER_HIGH_DV = 2_354, 2_310  # GB/T 12325: 220 V +7 % ...
VOLTAGE_LOW_DV, VOLTAGE_NO_LONGER_LOW_DV = 1_980, 2_024  # ... -10 %
# TALQ lampFailure: commanded above 20 % and drawing less than a tenth of what it should (ours); back at a fifth.
FAILURE_ABOVE_LEVEL = 20
LOST_PART, BACK_PART = 10, 5
DIMMING_OFF_DW, DIMMING_BACK_DW = 120, 60  # (ours) a fifth of the full power from what the level asks for
CURRENT_HIGH_MA, CURRENT_NO_LONGER_HIGH_MA = 450, 375  # (ours) half as much again as at full light
CURRENT_LOW_PERCENT, CURRENT_NO_LONGER_LOW_PERCENT = 50, 70  # (ours) of what belongs to the level
# LED drivers hold a power factor of 0.9 from half load upwards; below that it falls, and is not judged.
FACTOR_FROM_LEVEL = 50
FACTOR_LOW_PERCENT, FACTOR_NO_LONGER_LOW_PERCENT = 85, 90  # (ours)
UNEXPECTED_DW, NO_LONGER_UNEXPECTED_DW = 60, 30  # (ours) commanded off, a tenth of the full power
# An RCD of 30 mA must trip at 30 mA, and must not at half of it (IEC 61008, GB/T 16916).
LEAKAGE_DMA, LEAKAGE_GONE_DMA = 300, 150
HOT_CDEG, NO_LONGER_HOT_CDEG = 8_500, 7_500  # above 85 C, the most for the case of many drivers
# So many losses of light within an hour are cycling (ours); it has ended when the lamp has been lit for an hour.
LOSSES, CYCLING_MS = 3, 3_600_000

# Places in the table, and bits of its last column.
SUPPLY_LOSS, RELAY_FAILURE, GEAR_SILENT, LAMP_FAILURE, CURRENT_HIGH, DIMMING, CURRENT_LOW = 0, 1, 2, 3, 4, 5, 6
FACTOR_LOW, VOLTAGE_HIGH, VOLTAGE_LOW, UNEXPECTED_ON, LEAKAGE_FOUND, HOT, LIGHT_LOST = 7, 8, 9, 10, 11, 12, 13
CALM = 14  # no fault: when a lamp that cycled has been lit for an hour
_UNFED = 1 << SUPPLY_LOSS | 1 << RELAY_FAILURE
_DEAF = _UNFED | 1 << GEAR_SILENT
_DARK = _DEAF | 1 << LAMP_FAILURE

# alarm + channel << 8 + seconds that it must last << 12 + what it is not judged beside << 18: a number takes less RAM
# than a row. The times are (ours): dips and reclosing of the supply pass in 10 s, starting and dimming in a minute.
FAULTS = (
    codes.ALARM_LAMP_SUPPLY_LOSS + (VOLTAGE << 8) + (10 << 12),
    codes.ALARM_LAMP_RELAY_FAILURE + (RELAY << 8) + (2 << 12),
    codes.ALARM_LAMP_CONTROL_GEAR_COMM_FAILURE + (GEAR << 8) + (10 << 12) + (_UNFED << 18),
    codes.ALARM_LAMP_FAILURE + (POWER << 8) + (60 << 12) + (_DEAF << 18),
    codes.ALARM_LAMP_CURRENT_TOO_HIGH + (CURRENT << 8) + (60 << 12),
    codes.ALARM_LAMP_DIMMING_FAILURE + (POWER << 8) + (60 << 12) + ((_DARK | 1 << CURRENT_HIGH) << 18),
    codes.ALARM_LAMP_CURRENT_TOO_LOW + (CURRENT << 8) + (60 << 12) + ((_DARK | 1 << DIMMING) << 18),
    codes.ALARM_LAMP_POWER_FACTOR_TOO_LOW
    + (POWER_FACTOR << 8) + (60 << 12) + ((_DARK | 1 << DIMMING | 1 << CURRENT_LOW) << 18),
    codes.ALARM_LAMP_SUPPLY_VOLTAGE_TOO_HIGH + (VOLTAGE << 8) + (60 << 12),
    codes.ALARM_LAMP_SUPPLY_VOLTAGE_TOO_LOW + (VOLTAGE << 8) + (60 << 12) + (1 << SUPPLY_LOSS << 18),
    codes.ALARM_LAMP_UNEXPECTED_ON + (POWER << 8) + (60 << 12) + (1 << RELAY_FAILURE << 18),
    codes.ALARM_LAMP_LEAKAGE_DETECTED + (LEAKAGE << 8) + (10 << 12),
    codes.ALARM_LAMP_HIGH_TEMPERATURE + (TEMPERATURE << 8) + (60 << 12),
    codes.ALARM_LAMP_CYCLING_FAILURE + (POWER << 8) + (_DEAF << 18),
)  # fmt: skip


class LampFaults:
    """`level` is what the lamp is commanded to. All else is read from the device's channels."""

    __slots__ = ("_at", "_device", "_lit", "_losses", "level")

    def __init__(self, device: "Device") -> None:
        self._device = device
        self._at = [NEVER] * (CALM + 1)  # uptime in ms at which a change counts
        self.switched(0, -1)

    def switched(self, now: int, level: int) -> None:
        """The lamp is commanded to another level: what it did at the last one says nothing about cycling."""
        self.level = level
        self._lit = False  # it has been seen lit at this level
        self._losses: list[int] = []  # uptimes
        self._at[CALM] = NEVER
        self.sample(now, RELAY)

    def quiet(self, channel: int) -> bool:
        """True when `sample` would change nothing."""
        for fault in range(len(FAULTS)):
            if FAULTS[fault] >> 8 & 15 == channel and self._turning(fault) == (self._at[fault] == NEVER):
                return False
        return True

    def sample(self, now: int, channel: int) -> None:
        """A sample of a channel, or another level to judge it by; a silent one is not judged."""
        silent = self._device.faults >> channel & 1
        for fault in range(0 if silent else len(FAULTS)):
            row = FAULTS[fault]
            if row >> 8 & 15 == channel:
                if not self._turning(fault):
                    self._at[fault] = NEVER
                elif self._at[fault] == NEVER:
                    self._at[fault] = now + (row >> 12 & 63) * 1_000

    def silent(self, channel: int) -> None:
        """A sensor gives no value any more: no fault begins or ends for its last one."""
        at = self._at
        for fault in range(len(FAULTS)):
            if FAULTS[fault] >> 8 & 15 == channel:
                at[fault] = NEVER
        if channel == POWER:
            self._lit = False  # it has to be seen lit again
            at[CALM] = NEVER

    def deadline(self) -> int:
        return min(self._at)

    def timer(self, now: int) -> None:
        """Raise what has lasted, and end it."""
        device = self._device
        at = self._at
        for fault in range(CALM + 1):
            if now < at[fault]:
                continue
            at[fault] = NEVER
            ended = fault == CALM
            code = FAULTS[LIGHT_LOST if ended else fault] & 255
            if not ended and not self._turning(fault):
                continue  # it has broken off since the last sample
            if fault == LIGHT_LOST:
                self._lit = not self._lit
                if self._lit:
                    at[CALM] = now + CYCLING_MS
                    continue
                at[CALM] = NEVER
                self._losses = [then for then in self._losses[1 - LOSSES :] if now - then <= CYCLING_MS]
                self._losses.append(now)
                if len(self._losses) < LOSSES:
                    continue
            elif device.active(code):
                ended = True
            if ended:
                device.restore(now, code, device.rules.report())
            else:
                device.alarm(now, code, device.rules.report())

    def _active(self, fault: int) -> bool:
        return not self._lit if fault == LIGHT_LOST else self._device.active(FAULTS[fault] & 255)

    def _turning(self, fault: int) -> bool:
        """The fault is there and not raised, or gone and not ended."""
        wrong = self._wrong(fault)
        if wrong is None or wrong == self._active(fault):
            return False
        causes = FAULTS[fault] >> 18
        return not [cause for cause in range(CURRENT_LOW + 1) if causes >> cause & 1 and self._wrong(cause)]

    def _wrong(self, fault: int) -> "bool | None":
        """A measure is beyond its trip limit, or its end limit while the fault is raised; None: it says nothing."""
        values = self._device.sampling.values
        level = self.level
        value = values[FAULTS[fault] >> 8 & 15]
        active = self._active(fault)
        if fault == SUPPLY_LOSS:
            return value < (SUPPLY_BACK_DV if active else SUPPLY_LOST_DV)
        if fault == RELAY_FAILURE:
            return (value > 0) != (level > 0)
        if fault == LEAKAGE_FOUND:
            return value >= (LEAKAGE_GONE_DMA if active else LEAKAGE_DMA)
        if fault == CURRENT_HIGH:
            return value > (CURRENT_NO_LONGER_HIGH_MA if active else CURRENT_HIGH_MA)
        if fault == VOLTAGE_HIGH:
            return value > (VOLTAGE_NO_LONGER_HIGH_DV if active else VOLTAGE_HIGH_DV)
        if fault == VOLTAGE_LOW:
            return value < (VOLTAGE_NO_LONGER_LOW_DV if active else VOLTAGE_LOW_DV)
        if fault == HOT:
            return value > (NO_LONGER_HOT_CDEG if active else HOT_CDEG)
        if fault == UNEXPECTED_ON:
            return None if level > 0 else value > (NO_LONGER_UNEXPECTED_DW if active else UNEXPECTED_DW)
        if level <= 0:
            return None
        if fault == GEAR_SILENT:  # it is fed by the relay, and asked when that is closed
            return value == 0
        if fault == DIMMING:
            return abs(value * FULL_LEVEL - NOMINAL_DW * level) > FULL_LEVEL * (
                DIMMING_BACK_DW if active else DIMMING_OFF_DW
            )
        if level <= FAILURE_ABOVE_LEVEL:
            return None
        if fault == CURRENT_LOW:
            share = CURRENT_NO_LONGER_LOW_PERCENT if active else CURRENT_LOW_PERCENT
            return value * FULL_LEVEL < NOMINAL_MA // FULL_LEVEL * level * share
        if fault != FACTOR_LOW:  # lamp failure, light lost
            return value * (BACK_PART if active else LOST_PART) * FULL_LEVEL < NOMINAL_DW * level
        if level < FACTOR_FROM_LEVEL:
            return None
        return value < (FACTOR_NO_LONGER_LOW_PERCENT if active else FACTOR_LOW_PERCENT)
