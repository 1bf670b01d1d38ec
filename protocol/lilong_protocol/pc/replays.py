"""Repeats that no device makes: somebody has recorded a frame and says it again.

A device repeats an alarm until it is acknowledged, and says again on a new link what the last one may have lost. So a
repeat is nobody's when the link has stood for longer than a device waits between two repeats, no such repeat came
meanwhile, and it was not asked for. What a replay says has no effect either way: this is for those who look after the
estate.
"""

from .. import topics
from ..registry import ALARM
from ..registry.tables import Alarm
from .message import Message
from .session import Session

PATIENCE_MS = 30_000  # (ours) for what was under way
PAUSE_MS = 60_000  # between two repeats of most alarms
JITTER = 1.25  # (ours) a device's pauses are at most so much longer
SAID_MAX = 4_096  # repeats remembered


class Replays:
    """When each device's link began, and when each alarm was said last. Epoch ms."""

    def __init__(self) -> None:
        self._start_ms: int | None = None  # what was said before that is not known
        self._began: dict[str, int] = {}
        self._said: dict[tuple[str, int, int], int] = {}  # alarms that were repeated

    def began(self, now_ms: int, device: str) -> None:
        """A link has begun, or the device was asked for what may have been there."""
        self._began[device] = now_ms

    def stale(self, now_ms: int, device: str, pause_ms: int = PAUSE_MS) -> bool:
        """Whether nothing of an earlier link can still be under way."""
        if self._start_ms is None:
            self._start_ms = now_ms
        return now_ms - self._began.get(device, self._start_ms) > PATIENCE_MS + pause_ms

    def is_one(self, now_ms: int, message: Message, session: Session) -> bool:
        """Whether a repeat is a replay."""
        pause_ms, last_ms = PAUSE_MS, session.when(now_ms, message.frame)[1]
        if message.cls == topics.ALARM:
            row = _alarm(message)
            pause_ms = round((PAUSE_MS if row is None else row.retry_s[-1] * 1000) * JITTER)
            key = message.device, message.boot, message.seq
            last_ms = max(last_ms, self._said.pop(key, 0))
            self._said[key] = now_ms
            if len(self._said) > SAID_MAX:
                del self._said[next(iter(self._said))]
        return self.stale(now_ms, message.device, pause_ms) and now_ms - last_ms > PATIENCE_MS + pause_ms


def _alarm(message: Message) -> Alarm | None:
    """The registry's row; None for what nobody understands."""
    body = message.frame.body
    code = body.get(0) if isinstance(body, dict) else None
    return ALARM.get(code) if isinstance(code, int) else None
