"""What a backend asks for again (kind 22): the birth, or events that never came. Loaded with the first request."""

from lilong_protocol import frame, topics

from .effects import NEVER, PUBLISH
from .session import ASKED, EVENTS_AGAIN

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from .device import Device

REBIRTH, BACKFILL = 0, 1
REBIRTH_MS = 10_000
BACKFILLS = 4  # (ours) that wait for one another


def answer(device: "Device", now: int, body: "dict[int, Any]") -> "dict[int, int] | None":
    """Carry out a fresh request; the body of the response, or None where the birth is the answer."""
    what: Any = body.get(0)
    session = device.session
    if isinstance(what, bool) or not isinstance(what, int):
        return {0: frame.INVALID}
    if what == REBIRTH:
        if now - session.reborn_at >= REBIRTH_MS:
            session.reborn_at = now
            device.out.append((PUBLISH, topics.STATE, session.birth(now, ASKED), 1, False))
        return None
    if what != BACKFILL:
        return {0: frame.NOT_FOUND}
    boot: Any = body.get(2)
    first: Any = body.get(3)
    last: Any = body.get(4)
    for number in (boot, first, last):
        if isinstance(number, bool) or not isinstance(number, int):
            return {0: frame.INVALID}
    if body.get(1) != topics.EVENT:  # alarms come again by themselves, and nothing else is kept
        return {0: frame.NOT_FOUND}
    if len([source for source in session.later if source.WHAT == EVENTS_AGAIN]) >= BACKFILLS:
        return {0: frame.CONFLICT}
    count = 0
    for _ in kept(device, boot, first, last):
        count += 1
    if not count:
        return {0: frame.NOT_FOUND}
    session.later = [Backfill(device, kept(device, boot, first, last))] + list(session.later)  # noqa: RUF005
    return {0: frame.OK, 1: count}


def kept(device: "Device", boot: int, first: int, last: int) -> "Iterator[bytes]":
    """The event frames of a boot from one number to another that are still there, oldest first."""
    log = device.event_log
    if log is not None:
        from .history import records  # noqa: PLC0415  only where there is a log

        for its_boot, seq, data in records(log, boot, first):
            if (its_boot, seq) > (boot, last):
                return
            if its_boot == boot and seq >= first:
                yield data
    if boot == device.uplink.boot:
        for data in [data for cls, data, seq in device.session._queue if cls == topics.EVENT and first <= seq <= last]:
            yield data


class Backfill:
    """Frames on their way again, one in flight; a source of `Session.later`."""

    WHAT = EVENTS_AGAIN

    __slots__ = ("_device", "_frames", "_next", "deadline")

    def __init__(self, device: "Device", frames: "Iterator[bytes]") -> None:
        self._device = device
        self._frames = frames
        self._next = next(frames, None)
        self.deadline = NEVER

    def first(self, now: int) -> "tuple[str, bytes, int] | None":
        return None if self._next is None else (topics.EVENT, self._next, 0)

    def sent(self, now: int, data: bytes) -> bool:
        if data is not self._next:
            return False
        self._next = next(self._frames, None)
        if self._next is None:
            self._device.session.later.remove(self)
        return True

    def step(self, now: int) -> None:
        """It waits for nothing but the link."""
