"""How a wristband sleeps: off the wrist only, since falls and pulse want it awake; a press and a movement wake it."""

from .effects import NEVER

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .kinds.wristband import Wristband

MOTION, WORN, CHARGING = 1, 6, 7  # channels


class Naps:
    """Of one band's rules; see `sleep.Naps`. It keeps the hold before the alarm "removed".

    Pulse, oxygen, acceleration and position change nothing off the wrist: a fault of theirs is told at the next beat.
    """

    LOOKS: "tuple[tuple[str, int], ...]" = (("worn", 0), ("charging", 0), ("outside", 30_000), ("battery", 600_000))

    def __init__(self, rules: "Wristband") -> None:
        self._rules = rules

    def resting(self, now: int) -> "list[int] | None":
        rules = self._rules
        device = rules.device
        if rules._worn or rules._buzzing or rules._vibrating or rules._fall.deadline != NEVER:
            return None
        for hold in (rules._heart, rules._oxygen, rules._outside, rules._inactive):
            if hold.at != NEVER:
                return None
        for channel, (_, period_ms, _) in enumerate(rules.CHANNELS):
            silent = device.faults >> channel & 1
            if period_ms and not silent and not rules.quiet(channel, device.sampling.values[channel]):
                return None
        at = rules._removed.at
        return [-1 if at == NEVER else at - now]

    def held(self, channel: int) -> None:
        """Each channel is calm by itself."""

    def uneven(self, channel: int) -> int:
        return 0

    def take_up(self, now: int, numbers: "list[int]", slept_ms: int) -> None:
        rules = self._rules
        if rules._worn:  # it has been put on meanwhile
            rules._worn = 0
            rules.sample(now, WORN, 1)
        elif numbers[0] >= 0 and rules._removed.at != NEVER:
            rules._removed.at = max(now, now + numbers[0] - slept_ms)
            rules._schedule()
