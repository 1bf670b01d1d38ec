"""Impossible rate: a value jumps, within its range, further than it can have gone in the time."""

from .base import QUANTITY, HeldSensor

JUMPS = {
    "streetlight": ("temperature", "temperature", 6_500),  # 65 K from one report to the next
    "wristband": ("latitude", "latitude", 5_000_000),  # 550 km
}


class Rate(HeldSensor):
    """Down where that is within the range, else up. It can be found where a reading came before."""

    NAME = "rate"
    KINDS = frozenset(JUMPS)
    CHANNELS = {kind: (channel, quantity) for kind, (channel, quantity, _) in JUMPS.items()}

    def reads(self, now: int) -> int:
        jump = JUMPS[self.device.kind][2]
        return now - jump if now - jump >= QUANTITY[self.quantity].low else now + jump
