"""Out of range: a sensor reads what its quantity cannot be, as a broken wire or a converter at its stop does.

The values are such as trip no rule where there are any, so that what is judged is the check and not the alarm.
"""

from .base import HeldSensor

VALUES = {
    "smoke": ("battery", "battery", 130),
    "manhole": ("battery", "battery", 130),
    "fence_zone": ("battery", "battery", 130),
    "gateway": ("battery", "battery", 130),
    "bin": ("battery", "battery", 130),
    "gas": ("gas", "gas", 1_500),  # 150 %LEL: below 0 it would be a fault that it finds by itself
    "wristband": ("spo2", "spo2", 120),
    "streetlight": ("temperature", "temperature", -6_000),
    "shed_socket": ("temperature", "temperature", -6_000),
    "ev_pile": ("temperature", "temperature", -6_000),
    "cycle_gate": ("rssi", "rssi", 20),
}


class OutOfRange(HeldSensor):
    """Below or above the registry's range."""

    NAME = "out_of_range"
    KINDS = frozenset(VALUES)
    CHANNELS = {kind: (channel, quantity) for kind, (channel, quantity, _) in VALUES.items()}

    MAY_RAISE = {"gas": ("gas.leak",)}

    def reads(self, now: int) -> int:
        return VALUES[self.device.kind][2]
