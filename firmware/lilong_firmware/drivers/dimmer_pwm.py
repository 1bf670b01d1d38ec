"""A dimmable lamp driver by PWM or, through a filter and an amplifier, by 0 to 10 V; a relay feeds it."""

from .curve import between

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

DATA_SHEET = {
    "chip": ("a dimmable LED driver", "IEC 60929 annex E (1 to 10 V), IEC 62386-102 9.3 (logarithmic curve)", ""),
    "measures": {},
    "bus": ("PWM", "100 % is 10 V, or full light", "(ours)"),
    "timing_ms": {"fade": (60_000, "(ours) the longest")},
    "limits": {"least_percent": (0, 50, "IEC 60929 annex E: 1 V is the least; below it drivers stay at theirs")},
}
WIRING = {
    "class": "DimmerPwm",
    "takes": {
        "pwm": "pwm", "?relay": "out", "?frequency_hz": (100, 40_000), "?curve": (0, 1), "?least_percent": (0, 50),
        "?fade_ms": (0, 60_000), "?start_percent": (0, 100), "?inverted": (0, 1),
    },
    "gives": (),
    "drives": ("lamp",),
}  # fmt: skip

LINEAR, LOGARITHMIC = 0, 1
FULL = 65_535
# Where a driver with DALI's logarithmic curve must be put, in 1/1000, for so much light, in 1/1000 (62386-102 9.3).
_LOGARITHMIC = (
    0, 0, 10, 335, 20, 435, 30, 493, 50, 567, 70, 615, 100, 668, 150, 726, 200, 768, 300, 826, 400, 868, 500, 900,
    700, 949, 1_000, 1_000,
)  # fmt: skip


class DimmerPwm:
    """Output `lamp` in percent of light. The relay closes before there is light, and opens when it has gone.

    `start_percent`: what is lit until the rules say something; a street is not to be dark. `least_percent`: of the
    control range, what the lamp does not go below while lit. `inverted`: the amplifier turns PWM round.
    """

    POLL_MS = 20

    def __init__(
        self,
        pwm: "Any",
        relay: "Any" = None,
        frequency_hz: int = 1_000,
        curve: int = LINEAR,
        least_percent: int = 10,
        fade_ms: int = 2_000,
        start_percent: int = 100,
        inverted: int = 0,
    ) -> None:
        if curve not in (LINEAR, LOGARITHMIC) or not 0 <= least_percent <= 50 or not 0 <= start_percent <= 100:
            raise ValueError(
                "DimmerPwm: curve %d, least_percent %d, start_percent %d; 0 or 1, 0 to 50, 0 to 100"
                % (curve, least_percent, start_percent)
            )
        self._pwm = pwm
        self._relay = relay
        self._curve = curve
        self._least = least_percent * 10
        self._fade_ms = max(fade_ms, 0)
        self._inverted = inverted
        self._from = self._to = self._level = start_percent * 10  # light in 1/1000
        self._began_at = -1  # -1: not fading
        self._duty = -1
        pwm.freq(frequency_hz)
        self._put()

    def drive(self, name: str, value: int) -> None:
        """Begin to fade to `value` percent."""
        if 0 <= value <= 100 and value * 10 != self._to:
            self._from = self._level
            self._to = value * 10
            self._began_at = -2  # at the next poll, which knows the time
            if value and self._relay is not None:
                self._relay(1)

    def poll(self, now: int) -> None:
        if self._began_at == -1:
            return
        if self._began_at == -2:
            self._began_at = now
        gone = now - self._began_at
        if gone >= self._fade_ms:
            self._level = self._to
            self._began_at = -1
        else:
            self._level = self._from + (self._to - self._from) * gone // self._fade_ms
        self._put()

    def _put(self) -> None:
        level = self._level
        if level and self._curve == LOGARITHMIC:
            level = between(_LOGARITHMIC, level)
        if level:
            level = max(level, self._least)
        if self._relay is not None:
            self._relay(1 if self._level or self._to else 0)  # a lamp that fades out or in keeps its feed
        duty = level * FULL // 1_000
        if self._inverted:
            duty = FULL - duty
        if duty != self._duty:
            self._duty = duty
            self._pwm.duty_u16(duty)
