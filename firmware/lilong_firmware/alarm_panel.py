"""An alarm panel: armed or disarmed, siren and light with each alarm, a panic button that nobody disarms or mutes."""

from lilong_protocol import codes, frame

from .effects import NEVER
from .rules import Rules

SIREN_MS = 900_000  # (ours) the siren; the light is on until the last alarm has been reset


class AlarmPanel(Rules):
    """INTRUSION: alarms that disarming silences. SECURITY: all that sound, and wait for their reset.

    Armed unless a person has disarmed it, power or no power.
    """

    INTRUSION: "tuple[int, ...]" = ()
    SECURITY: "tuple[int, ...]" = ()

    __slots__ = ("_armed", "_lit", "_muted", "_silent_at", "_sounding")

    def _begin(self, now: int) -> None:
        """Power is on."""
        self._armed = not self.device.kept("disarmed")
        self._lit = self._muted = self._sounding = False
        self._silent_at = NEVER
        if self._in_alarm():
            self._signal(now)
        self._settle()

    def _in_alarm(self) -> bool:
        return bool([code for code in self.SECURITY if self.device.active(code)])

    def _signal(self, now: int) -> None:
        """Siren and light at once; what was muted was another alarm."""
        self._muted = False
        self._silent_at = now + SIREN_MS
        if not self._sounding:
            self._sounding = True
            self.device.output("siren", 1)
        if not self._lit:
            self._lit = True
            self.device.output("light", 1)

    def _hush(self) -> None:
        self._silent_at = NEVER
        if self._sounding:
            self._sounding = False
            self.device.output("siren", 0)

    def _turn(self, now: int, code: int, there: bool, values: "dict[int, int]") -> None:
        """What an alarm is about is there, or it is over."""
        if not there:
            self.device.restore(now, code, values)
            return
        if code in self.SECURITY and not self.device.active(code):
            self._signal(now)
        self.device.alarm(now, code, values)

    def _panic(self, now: int, pressed: int) -> None:
        """A call for help ends when somebody has acknowledged it, not when the button is let go."""
        episode = self.device.episodes.get(codes.ALARM_PANIC)
        if pressed or (episode is not None and episode.acknowledged):
            self._turn(now, codes.ALARM_PANIC, pressed != 0, {})

    def _arm(self, now: int, armed: bool) -> None:
        if armed == self._armed:
            return
        device = self.device
        self._armed = armed
        device.keep("disarmed", 0 if armed else 1)
        if not armed:
            for code in self.INTRUSION:
                device.restore(now, code, {})
            self._settle()
        device.event(now, codes.EVENT_FENCE_ARMED if armed else codes.EVENT_FENCE_DISARMED, {})

    def _mute(self, now: int) -> int:
        """The siren only, and not that of a call for help."""
        if not self._sounding or self.device.active(codes.ALARM_PANIC):
            return frame.CONFLICT
        self._hush()
        self._muted = True
        self.device.event(now, codes.EVENT_MUTED, {})
        return frame.OK

    def _settle(self) -> None:
        """Siren and light by what is still to be reset; an intrusion has no siren any more once disarmed."""
        waiting = [code for code in self.SECURITY if self.device.episodes.get(code) is not None]
        if not [code for code in waiting if self._armed or code not in self.INTRUSION]:
            self._hush()
        lit = len(waiting) > 0
        if lit != self._lit:
            self._lit = lit
            self.device.output("light", 1 if lit else 0)
