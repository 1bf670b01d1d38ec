"""How a manhole cover sleeps: its accelerometer wakes it at a blow; water and gas are looked at as if it were awake."""

from lilong_protocol.codes import ALARM_MANHOLE_GAS, ALARM_MANHOLE_MOVED

from .effects import NEVER

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .kinds.manhole import Manhole

TILT, GAS, H2S = 0, 3, 4  # channels


class Naps:
    """Of one cover's rules; see `sleep.Naps`. What it keeps stands in flash already."""

    LOOKS: "tuple[tuple[str, int], ...]" = (
        ("tilt", 25_000),  # (ours) one lifted without a blow; with one, `wakes`
        ("water", 25_000),
        ("gas", 25_000),
        ("h2s", 25_000),
        ("battery", 86_400_000),
    )

    def __init__(self, rules: "Manhole") -> None:
        self._rules = rules

    def resting(self, now: int) -> "list[int] | None":
        rules = self._rules
        device = rules.device
        if rules._tilting.at != NEVER or (rules._shaken_until and now <= rules._shaken_until):
            return None
        rules._shaken_until = 0  # over, which its next sample would have found
        for channel, (_, period_ms, _) in enumerate(rules.CHANNELS):
            silent = device.faults >> channel & 1
            if period_ms and not silent and not rules.quiet(channel, device.sampling.values[channel]):
                return None
        return []

    def held(self, channel: int) -> "int | None":
        """Of the two gases either keeps the alarm."""
        if channel in (GAS, H2S) and self._rules.device.active(ALARM_MANHOLE_GAS):
            return H2S if channel == GAS else GAS
        return None

    def uneven(self, channel: int) -> int:
        """A moved cover is quiet on both sides of how it lay, up to 180 degrees."""
        device = self._rules.device
        if channel != TILT or not device.active(ALARM_MANHOLE_MOVED):
            return 0
        return max(1_800, device.sampling.values[TILT])

    def take_up(self, now: int, numbers: "list[int]", slept_ms: int) -> None:
        """Nothing of a cover's rules goes on."""
