"""How long a device has served: days with the power on, kept once a day, and the end of its life."""

from lilong_protocol import codes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .device import Device

DAY_MS = 86_400_000
FOUR_YEARS_DAYS = 1_461


class ServiceLife:
    """`days`: full days with the power on, what a restart breaks off not counted; `at`: uptime of the next."""

    __slots__ = ("_device", "_end_days", "at", "days")

    def __init__(self, device: "Device", years: int) -> None:
        self._device = device
        self._end_days = years * FOUR_YEARS_DAYS // 4
        self.at = DAY_MS
        self.days = device.kept("days")

    def count(self, now: int) -> None:
        """Count the day that is over. Before it touches the flash, what the same instant decided leaves."""
        device = self._device
        if now < self.at or device.out:
            return  # still due: the device is stepped again at once
        self.at += DAY_MS
        self.days += 1
        device.keep("days", self.days)
        if self.days >= self._end_days:
            device.alarm(now, codes.ALARM_END_OF_LIFE, {codes.Q_SERVICE_DAYS: self.days})
