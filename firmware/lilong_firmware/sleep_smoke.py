"""How a smoke detector on a battery sleeps: between its samples, as long as they are clean."""

from lilong_protocol.codes import ALARM_SMOKE_ALARM

from .effects import NEVER, OWN_FAULT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .kinds.smoke import Smoke

OBSCURATION = 0  # channel


class Naps:
    """Of one detector's rules; see `sleep.Naps`. It keeps the holds for dust and for the day of service."""

    LOOKS: "tuple[tuple[str, int], ...]" = (("obscuration", 4_000), ("tamper", 0), ("battery", 86_400_000))

    def __init__(self, rules: "Smoke") -> None:
        self._rules = rules

    def resting(self, now: int) -> "list[int] | None":
        rules = self._rules
        device = rules.device
        if device.active(ALARM_SMOKE_ALARM) or rules._clear_at != NEVER or rules._above:
            return None
        for channel, (_, period_ms, _) in enumerate(rules.CHANNELS):
            silent = device.faults >> channel & 1
            if period_ms and not silent and not rules.quiet(channel, device.sampling.values[channel]):
                return None
        dirty_at = rules._dirty_at
        return [-1 if dirty_at == NEVER else dirty_at - now, rules._life.at - now, device.faults >> OWN_FAULT & 1]

    def held(self, channel: int) -> None:
        """Each channel is calm by itself."""

    def uneven(self, channel: int) -> int:
        return 0

    def take_up(self, now: int, numbers: "list[int]", slept_ms: int) -> None:
        rules = self._rules
        if numbers[0] >= 0:
            rules._dirty_at = max(now, now + numbers[0] - slept_ms)
        rules._life.at = now + numbers[1] - slept_ms
        rules._schedule()
        if not numbers[2]:  # what it was that had failed, a start alone does not know
            rules.device.fault(now, OWN_FAULT, False, OBSCURATION)
