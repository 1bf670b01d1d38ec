"""A door's leaf, lock and buzzer: free for a while, forced, held open, released for fire until a reset."""

from lilong_protocol import codes, frame

from .effects import NEVER
from .passback import went_in
from .rules import Rules

# The settings "unlock_for", 5 s or until the door has been opened and closed, and "held_open", 30 s, are (ours).
LOCKED, UNLOCKED = 0, 1  # output "lock"; without power the lock is free, so that nobody is shut in


class Doorway(Rules):
    """locked > unlocked for 5 s > locked; released for fire until a reset. Egress is mechanical, always."""

    __slots__ = ("_buzzing", "_entering", "_held_at", "_open", "_passages", "_released", "_relock_at")

    def _begin(self, now: int, is_open: int) -> None:
        """Power is on."""
        device = self.device
        self._open = is_open
        self._released = device.kept("released")
        self._relock_at = NEVER
        self._held_at = NEVER
        self._entering = 0  # the card for which the lock is free
        self._passages: list[tuple[int, int]] = []  # see `passback`
        self._buzzing = False
        device.output("lock", UNLOCKED if self._released else LOCKED)
        if device.faults & 1:  # nobody knows whether it has been shut
            self._open = 1 if device.active(codes.ALARM_DOOR_FORCED) or device.active(codes.ALARM_DOOR_HELD) else 0
        elif not is_open:
            device.restore(now, codes.ALARM_DOOR_FORCED, {})
            device.restore(now, codes.ALARM_DOOR_HELD, {})
        elif not self._released and not device.active(codes.ALARM_DOOR_FORCED):
            self._held_at = now + device.settings[codes.S_HELD_OPEN]

    def _state(self) -> "dict[int, int]":
        unlocked = 1 if self._released or self._relock_at != NEVER else 0
        return {codes.Q_DOOR_OPEN: self._open, codes.Q_UNLOCKED: unlocked}

    # ---- lock

    def _unlock(self, now: int) -> None:
        self.device.output("lock", UNLOCKED)
        # While released too: a reset must not lock before who was just let in.
        self._relock_at = now + self.device.settings[codes.S_UNLOCK_FOR]

    def _lock(self) -> None:
        """The time to pass is over."""
        self._relock_at = NEVER
        self._entering = 0
        if not self._released:
            self.device.output("lock", LOCKED)

    def _release(self, now: int) -> None:
        device = self.device
        device.output("lock", UNLOCKED)
        if self._released:
            return
        self._released = 1
        device.keep("released", 1)  # a fire that takes the power must not lock the door when it returns
        self._relock_at = NEVER
        self._held_at = NEVER
        self._went_out()  # while it lasts nobody is refused, and nobody counts as inside
        device.restore(now, codes.ALARM_DOOR_HELD, self._state())
        self._buzz()
        device.event(now, codes.EVENT_DOOR_RELEASED, self._state())

    def _reset(self, now: int) -> int:
        device = self.device
        if not self._released:
            return device.reset(now)
        self._released = 0
        device.keep("released", 0)
        if self._relock_at == NEVER:
            self._lock()
        if self._open and not device.active(codes.ALARM_DOOR_FORCED):
            self._held_at = now + device.settings[codes.S_HELD_OPEN]
        device.event(now, codes.EVENT_DOOR_LOCKED, self._state())
        device.reset(now)
        return frame.OK

    def _time(self, now: int) -> None:
        """What is due at the door itself."""
        if now >= self._relock_at:
            self._lock()
        if now >= self._held_at:
            self._held_at = NEVER
            self._raise(now, codes.ALARM_DOOR_HELD, self._state())

    # ---- leaf

    def _opened(self, now: int) -> None:
        if not self._released:
            if self._relock_at == NEVER:
                self._raise(now, codes.ALARM_DOOR_FORCED, self._state())
                self._went_out()  # by the handle inside, it may be
            else:
                self._held_at = now + self.device.settings[codes.S_HELD_OPEN]
                if self._entering:
                    went_in(self._passages, now, self._entering)
                    self._entering = 0
        self.device.event(now, codes.EVENT_DOOR_OPENED, {})

    def _closed(self, now: int) -> None:
        device = self.device
        self._held_at = NEVER
        if self._relock_at != NEVER:
            self._lock()
        device.restore(now, codes.ALARM_DOOR_FORCED, self._state())
        device.restore(now, codes.ALARM_DOOR_HELD, self._state())
        self._buzz()
        device.event(now, codes.EVENT_DOOR_CLOSED, {})

    def _went_out(self) -> None:
        """Whoever has gone in may be outside again."""
        self._entering = 0
        self._passages.clear()

    # ---- buzzer

    def _raise(self, now: int, code: int, values: "dict[int, int]") -> None:
        if not self._buzzing:
            self._buzzing = True
            self.device.output("buzzer", 1)
        self.device.alarm(now, code, values)

    def _buzz(self) -> None:
        """The buzzer sounds while a condition lasts."""
        active = self.device.active
        buzzing = (
            active(codes.ALARM_DOOR_FORCED)
            or active(codes.ALARM_DOOR_HELD)
            or active(codes.ALARM_TAMPER)
            or active(codes.ALARM_DOOR_ATTEMPTS)
        )
        if buzzing != self._buzzing:
            self._buzzing = buzzing
            self.device.output("buzzer", 1 if buzzing else 0)
