"""An energy meter: what has flowed, in Wh, kept across a restart to within KEPT_WH."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from lilong_firmware.device import Device

DWMS_PER_WH = 36_000_000  # 0.1 W for a ms
KEPT_WH = 500  # (ours) what a power cut may cost of it


class Meter:
    """`wh`: what it shows; `power`: what flows, in 0.1 W."""

    __slots__ = ("_at", "_device", "_kept", "_part", "power", "wh")

    def __init__(self, device: "Device", now: int) -> None:
        self._device = device
        self.wh = self._kept = device.kept("wh")
        self._part = 0  # of a Wh, in 0.1 W ms
        self.power = 0
        self._at = now

    def follow(self, now: int, power: int) -> None:
        """From now on so much flows."""
        self._part += self.power * (now - self._at)
        self.wh += self._part // DWMS_PER_WH
        self._part %= DWMS_PER_WH
        self._at = now
        self.power = power
        if self.wh - self._kept >= KEPT_WH:
            self.keep()

    def keep(self) -> None:
        """Across a restart."""
        if self.wh != self._kept:
            self._kept = self.wh
            self._device.keep("wh", self.wh & 0xFFFFFFFF)
