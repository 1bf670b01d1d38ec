"""Parcel locker: a courier or a resident has a box opened, puts something in or takes it out, and shuts it.

Who it was is the business of the operator's terminal, and is not told.
"""

from lilong_firmware.effects import NEVER
from lilong_protocol import codes, frame

from .base import SimulatedRules

DELIVER, COLLECT, OPEN, TAMPER = range(4)  # channels: the box that is asked for; the box that stands open, 0 none

LOCK_MS = 10_000  # (ours) a box that nobody pulls open locks itself again
LEFT_OPEN_MS = 60_000  # (ours)


class Locker(SimulatedRules):
    """locked > unlocked > open > shut; a box that opens without having been unlocked is forced."""

    KIND = codes.KIND_LOCKER
    CHANNELS = (("deliver", 0, 0), ("collect", 0, 0), ("open", 0, 0), ("tamper", 0, 0))
    SWITCHES = ((TAMPER, codes.ALARM_TAMPER),)

    __slots__ = ("_box", "_event", "_left_at", "_lock_at", "_taken")

    def start(self, now: int) -> None:
        self._taken = self.device.kept("taken")
        self._event = 0  # what it will have been when the box is shut
        self._box = 0  # that was unlocked; -1: all of them, by command
        self._lock_at = self._left_at = NEVER
        SimulatedRules.start(self, now)
        self._schedule()

    def sample(self, now: int, channel: int, value: int) -> None:
        if channel == TAMPER:
            self.switch(now, channel, value)
        elif channel == OPEN:
            if value:
                self._opened(now, value)
            else:
                self._shut(now)
        elif value and not self.device.sampling.values[OPEN]:
            self._event = codes.EVENT_LOCKER_DELIVERED if channel == DELIVER else codes.EVENT_LOCKER_COLLECTED
            self._unlock(now, value)
        self._schedule()

    def timer(self, now: int) -> None:
        if now >= self._lock_at:
            self._lock()
        if now >= self._left_at:
            self._left_at = NEVER
            values = {codes.Q_BOX: self.device.sampling.values[OPEN]}
            self.device.event(now, codes.EVENT_LOCKER_LEFT_OPEN, values)
        self._schedule()

    def command(self, now: int, command: int, arguments: dict[int, int]) -> int:
        if command != codes.CMD_UNLOCK:
            return SimulatedRules.command(self, now, command, arguments)
        self._event = 0
        self._unlock(now, -1)
        self._schedule()
        return frame.OK

    def report(self) -> dict[int, int]:
        return {codes.Q_BOXES_TAKEN: self._taken}

    def _unlock(self, now: int, box: int) -> None:
        self._box = box
        self._lock_at = now + LOCK_MS
        self.device.output("lock", 0)

    def _lock(self) -> None:
        self._box = 0
        self._lock_at = NEVER
        self.device.output("lock", 1)

    def _opened(self, now: int, box: int) -> None:
        if self._box not in (box, -1):
            self._event = 0
            self.device.alarm(now, codes.ALARM_LOCKER_FORCED, {codes.Q_BOX: box})
        if self._box:
            self._lock()
        self._left_at = now + LEFT_OPEN_MS

    def _shut(self, now: int) -> None:
        self._left_at = NEVER
        self.device.restore(now, codes.ALARM_LOCKER_FORCED, {})
        event, self._event = self._event, 0
        if not event:
            return
        self._taken = max(0, self._taken + (1 if event == codes.EVENT_LOCKER_DELIVERED else -1))
        self.device.keep("taken", self._taken)
        self.device.event(now, event, self.report())

    def _schedule(self) -> None:
        self.deadline = min(self._lock_at, self._left_at)


RULES = Locker
