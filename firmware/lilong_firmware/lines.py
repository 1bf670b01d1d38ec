"""The log for the backend (kinds 9 and 10): a few lines, and the crash of an earlier boot. Last of all that waits."""

from lilong_protocol import cbor, frame, topics

from .effects import NEVER
from .session import LOG_LINES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .device import Device

LINES_MAX = 4  # (ours) that wait; of a flood the first ones tell most
TEXT_BYTES = 256  # cbor.MAX_TEXT


class Lines:
    """Frames of class lg that wait; the last source of `Session.later`."""

    WHAT = LOG_LINES

    __slots__ = ("_device", "deadline", "frames")

    def __init__(self, device: "Device") -> None:
        self._device = device
        self.frames: list[tuple[bytes, bool]] = []  # frame, whether it tells of a crash
        self.deadline = NEVER

    def first(self, now: int) -> "tuple[str, bytes, int] | None":
        return (topics.LOG, self.frames[0][0], 0) if self.frames else None

    def sent(self, now: int, data: bytes) -> bool:
        if not self.frames or self.frames[0][0] is not data:
            return False
        if self.frames.pop(0)[1]:
            self._device.store.drop("crash")  # told, and never again
        if not self.frames:
            self._device.session.later.remove(self)
        return True

    def step(self, now: int) -> None:
        """It waits for nothing but the link."""


def say(device: "Device", now: int, level: int, text: str) -> None:
    """Queue a line, if there is room; a device that sleeps is not woken by it."""
    lines = _lines(device)
    if len(lines.frames) < LINES_MAX:
        body = {0: level, 1: shortened(text)}
        lines.frames.append((device.uplink.frame(now, frame.LOG, topics.LOG, body), False))
        device.session.pump(now)


def tell_crash(device: "Device", record: bytes) -> None:
    """Queue the record "crash": [cause, text, firmware, boot, uptime]; ValueError or TypeError if it is none."""
    cause, text, firmware, boot, uptime = cbor.decode(record)
    body = {0: cause | 0, 1: shortened(text + ""), 2: firmware + "", 3: boot | 0, 4: uptime | 0}
    _lines(device).frames.append((device.uplink.frame(0, frame.CRASH, topics.LOG, body), True))


def shortened(text: str) -> str:
    """The last 256 bytes; what is not ASCII becomes "?", since texts are cut at bytes."""
    return "".join([letter if " " <= letter <= "~" or letter == "\n" else "?" for letter in text[-TEXT_BYTES:]])


def _lines(device: "Device") -> Lines:
    session = device.session
    for source in session.later:
        if source.WHAT == LOG_LINES:
            return source  # type: ignore[no-any-return]
    lines = Lines(device)
    session.later = list(session.later) + [lines]  # noqa: RUF005  MicroPython unpacks into no list
    return lines
