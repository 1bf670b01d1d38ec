"""A piezo sounder on a PWM: the patterns that people know, and a fault's chirp that nobody takes for an alarm."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

DATA_SHEET = {
    "chip": ("any passive piezo sounder with its driver", "ISO 8201:2017, temporal-three", ""),
    "measures": {},
    "bus": "PWM at half duty",
    "timing_ms": {
        "fire": ((500, 500, 500, 500, 500, 1_500), "ISO 8201: on and off 0.5 s +-10 %, three times, then 1.5 s off"),
        "gas": ((100, 100, 100, 100, 100, 100, 100, 5_000), "UL 2034: four of 0.1 s, every 5 s"),
        "call": ((200, 200), "(ours)"),
        "chirp": ((40, 39_960), "(ours) once in 40 s; EN 14604 and UL 217 want one a minute at least"),
    },
    "limits": {"frequency_Hz": (400, 4_500, "(ours) 520 wakes sleepers best, most piezos are loudest near 3,100")},
}
WIRING = {
    "class": "Buzzer",
    "takes": {"pwm": "pwm", "?pattern": (0, 2), "?hz": (400, 4_500)},
    "gives": (),
    "drives": ("sounder", "buzzer", "fault"),
}

FIRE, GAS, CALL = 0, 1, 2
# On, off, on, off ... in ms.
PATTERNS = ((500, 500, 500, 500, 500, 1_500), (100, 100, 100, 100, 100, 100, 100, 5_000), (200, 200))
CHIRP = (40, 39_960)
HALF = 32_768


class Buzzer:
    """`drive("sounder", 1)` or "buzzer" sounds `pattern`, and at once; "fault" chirps when neither does."""

    POLL_MS = 20  # a twentieth of a second is what ISO 8201 allows

    def __init__(self, pwm: "Any", pattern: int = FIRE, hz: int = 3_100) -> None:
        if not 0 <= pattern < len(PATTERNS):
            raise ValueError("buzzer: pattern %d; 0 fire, 1 gas, 2 call" % pattern)
        self._pwm = pwm
        self._pattern = PATTERNS[pattern]
        self._alarm = 0
        self._fault = 0
        self._playing: "tuple[int, ...] | None" = None
        self._since = -1  # -1: from the next poll on
        self._on = False
        pwm.freq(hz)
        pwm.duty_u16(0)

    def drive(self, name: str, value: int) -> None:
        """Telling it again what it does already begins nothing anew."""
        if name == "fault":
            self._fault = value
        else:
            self._alarm = value
        playing = self._pattern if self._alarm else CHIRP if self._fault else None
        if playing is not self._playing:
            self._playing = playing
            self._since = -1
            self._sound(playing is not None)

    def poll(self, now: int) -> None:
        playing = self._playing
        if playing is None:
            return
        if self._since < 0:
            self._since = now
        at = (now - self._since) % sum(playing)
        on = True
        for length in playing:
            if at < length:
                break
            at -= length
            on = not on
        self._sound(on)

    def _sound(self, on: bool) -> None:
        if on != self._on:
            self._on = on
            self._pwm.duty_u16(HALF if on else 0)
