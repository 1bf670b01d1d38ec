"""An alarm panel: armed or disarmed, siren and light with each alarm, a panic button that nobody disarms or mutes."""

from lilong_protocol import codes, frame

from .effects import NEVER
from .rules import Rules

SIREN_MS = 900_000  # (ours) the siren; the light is on until the last alarm has been reset


class AlarmPanel(Rules):
    """SECURITY: alarms that sound and wait for their reset; the first two are intrusion, which disarming silences.

    Armed unless a person has disarmed it, power or no power. `_silent_at`: uptime in ms at which the siren falls
    silent, NEVER when it is.
    """

    SECURITY: "tuple[int, ...]" = ()

    __slots__ = ("_armed", "_lit", "_silent_at")

    def start(self, now: int) -> None:
        self._armed = not self.device.kept("disarmed")
        self._lit = False
        self._silent_at = NEVER
        self._settle()
        self._again(now)

    def command(self, now: int, command: int, arguments: "dict[int, int]") -> int:
        device = self.device
        if command in (codes.CMD_ARM, codes.CMD_DISARM):
            armed = command == codes.CMD_ARM
            if armed != self._armed:
                self._armed = armed
                device.keep("disarmed", 0 if armed else 1)
                if not armed:
                    for code in self.SECURITY[:2]:
                        device.restore(now, code, {})
                    self._settle()
                device.event(now, codes.EVENT_FENCE_ARMED if armed else codes.EVENT_FENCE_DISARMED, {})
        elif command == codes.CMD_MUTE:
            if self._silent_at == NEVER or device.active(codes.ALARM_PANIC):
                return frame.CONFLICT  # the siren only, and not that of a call for help
            self._show(NEVER, self._lit)
            device.event(now, codes.EVENT_MUTED, {})
        elif command == codes.CMD_TEST:
            device.event(now, codes.EVENT_TESTED, self.report())
        else:
            return frame.NOT_FOUND
        return frame.OK

    def _turn(self, now: int, code: int, there: bool, values: "dict[int, int]") -> None:
        """What an alarm is about is there, or it is over."""
        if not there:
            self.device.restore(now, code, values)
            return
        if code in self.SECURITY and not self.device.active(code):
            self._show(now + SIREN_MS, True)
        self.device.alarm(now, code, values)

    def _panic(self, now: int, pressed: int) -> None:
        """A call for help ends when somebody has acknowledged it, not when the button is let go."""
        episode = self.device.episodes.get(codes.ALARM_PANIC)
        if pressed or (episode is not None and episode.acknowledged):
            self._turn(now, codes.ALARM_PANIC, pressed != 0, {})

    def _again(self, now: int) -> None:
        """The siren sounds again for what is still there."""
        if self._silent_at == NEVER and [code for code in self.SECURITY if self.device.active(code)]:
            self._show(now + SIREN_MS, True)

    def _settle(self) -> None:
        """Siren and light by what is still to be reset; an intrusion has no siren any more once disarmed."""
        waiting = [code for code in self.SECURITY if self.device.episodes.get(code) is not None]
        sounds = [code for code in waiting if self._armed or code not in self.SECURITY[:2]]
        self._show(self._silent_at if sounds else NEVER, len(waiting) > 0)

    def _show(self, silent_at: int, lit: bool) -> None:
        """Siren, until then, and light; what has been muted does not mute what comes."""
        if (silent_at == NEVER) != (self._silent_at == NEVER):
            self.device.output("siren", 0 if silent_at == NEVER else 1)
        self._silent_at = silent_at
        if lit != self._lit:
            self._lit = lit
            self.device.output("light", 1 if lit else 0)
