"""Wall time from a device's uptime: the backend's estimate of when a boot began."""

from ..cbor import MAX_INT

DRIFT_PER = 5_000  # a device's clock may be off by one part in this many: 200 ppm, 17 s a day


class BootClock:
    """Epoch ms of uptime 0. Delay only ever makes a frame look late, so the least `now - uptime` is the best.

    The estimate may creep up by the clock's drift, else a device that runs slow would be held to its first day.
    """

    __slots__ = ("at_ms", "boot_ms")

    def __init__(self, boot_ms: int, at_ms: int) -> None:
        self.boot_ms = boot_ms
        self.at_ms = at_ms

    def heard(self, now_ms: int, uptime_ms: int) -> None:
        """A frame of this boot that was sealed at `uptime_ms` has arrived at `now_ms`."""
        allowed = self.boot_ms + max(0, now_ms - self.at_ms) // DRIFT_PER
        if now_ms - uptime_ms <= allowed:
            self.boot_ms, self.at_ms = now_ms - uptime_ms, now_ms
        elif allowed > self.boot_ms:
            self.boot_ms, self.at_ms = allowed, now_ms

    def wall(self, uptime_ms: int) -> int:
        """Epoch ms of an uptime."""
        return self.boot_ms + uptime_ms

    def uptime(self, now_ms: int) -> int:
        """Uptime at `now_ms`; never above the true one by more than the drift, so deadlines err early."""
        return min(max(0, now_ms - self.boot_ms), MAX_INT)  # a device may tell any uptime
