"""When a board may restart into what waits for that: other firmware, or another way to the backend."""

from .effects import NEVER

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .device import Device

LAST_WORDS_MS = 10_000  # (ours) so long it waits for what is on its way to the broker


class Restart:
    """now: since when it waits, uptime in ms. deadline: of `step`."""

    __slots__ = ("deadline",)

    def __init__(self, now: int) -> None:
        self.deadline = now + LAST_WORDS_MS

    def step(self, now: int, device: "Device") -> bool:
        """After whatever has happened to the device; True: restart."""
        if now >= self.deadline:
            self.deadline = NEVER
        if len(device.outbox) or device.in_danger():
            return False
        return self.deadline == NEVER or said(device)


def said(device: "Device") -> bool:
    """The broker has what the device had to say."""
    return not device.session._queue and device.session._flying is None
