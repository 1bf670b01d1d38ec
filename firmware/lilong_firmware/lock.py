"""A lock that is free for a while, or for fire until a reset."""

from lilong_protocol import codes

from .effects import NEVER

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .device import Device

LOCKED, UNLOCKED = 0, 1  # output "lock"; without power the lock is free, so that nobody is shut in


class Lock:
    """`at`: uptime in ms at which the time to pass is over; `released`: free for fire, power or no power."""

    __slots__ = ("_device", "at", "released")

    def __init__(self, device: "Device") -> None:
        self._device = device
        self.at = NEVER
        self.released = device.kept("released") == 1
        device.output("lock", UNLOCKED if self.released else LOCKED)

    def free(self, now: int) -> None:
        """Somebody may pass, for as long as the setting says."""
        self._device.output("lock", UNLOCKED)
        # While released too: a reset must not lock before who was just let in.
        self.at = now + self._device.settings[codes.S_UNLOCK_FOR]

    def time(self, now: int) -> None:
        if now >= self.at:
            self.at = NEVER
            if not self.released:
                self._device.output("lock", LOCKED)

    def release(self) -> bool:
        """Fire; True when it was not released already."""
        self._device.output("lock", UNLOCKED)
        if self.released:
            return False
        self.released = True
        self._device.keep("released", 1)  # a fire that takes the power must not lock the door when it returns
        return True

    def secure(self) -> bool:
        """The fire is over; True when it was released."""
        if not self.released:
            return False
        self.released = False
        self._device.keep("released", 0)
        if self.at == NEVER:
            self._device.output("lock", LOCKED)
        return True

    def is_free(self) -> int:
        return 1 if self.released or self.at != NEVER else 0
