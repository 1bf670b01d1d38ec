"""Fall detection: free fall, impact, stillness, and twenty seconds in which the wearer may say that it was none."""

from .effects import NEVER

# (ours) the accepted shape of a fall; a sitting down has no free fall, a jump has no stillness.
FREE_FALL_MG = 500
IMPACT_MG = 2_500
IMPACT_WITHIN_MS = 1_000
SETTLE_MS = 4_000  # limbs come to rest after an impact
STILL_MS = 10_000
CANCEL_MS = 20_000  # settle, still and cancel together stay below the 35 s that an alarm may take

_NONE, _SETTLING, _STILL, _ASKING = 0, 1, 2, 3


class Fall:
    """Told of acceleration and motion, it answers NOTHING, CANDIDATE (once a fall is suspected) or FALLEN."""

    NOTHING, CANDIDATE, FALLEN = 0, 1, 2

    __slots__ = ("_free_at", "_settles_by", "_stage", "_told", "deadline")

    def __init__(self) -> None:
        self._stage = _NONE
        self._free_at = NEVER  # the last sample in free fall
        self._settles_by = 0
        self._told = False
        self.deadline = NEVER

    def ignores(self, accel: int) -> bool:
        """True when `feel` would change nothing."""
        if self._stage != _NONE:
            return True
        return accel >= FREE_FALL_MG and (accel <= IMPACT_MG or self._free_at == NEVER)

    def feel(self, now: int, accel: int, still: bool) -> int:
        """A sample of the acceleration's magnitude in mg."""
        if self._stage != _NONE:
            return Fall.NOTHING
        if accel < FREE_FALL_MG:
            self._free_at = now
        elif accel > IMPACT_MG and self._free_at != NEVER:
            falling = now - self._free_at <= IMPACT_WITHIN_MS
            self._free_at = NEVER
            if falling:
                self._told = False
                self._settles_by = now + SETTLE_MS
                self._settle()
                return self._lie(now) if still else Fall.NOTHING
        return Fall.NOTHING

    def motion(self, now: int, moving: bool) -> int:
        """The wearer has begun to move, or lies still now."""
        if self._stage == _SETTLING and not moving:
            return self._lie(now)
        if self._stage == _STILL and moving:
            if now < self._settles_by:
                self._settle()
            else:
                self._end()  # got up
        return Fall.NOTHING

    def cancel(self) -> bool:
        """The cancel button: it counts in its window only, so that a bump before it disables nothing."""
        if self._stage != _ASKING:
            return False
        self._end()
        return True

    def asking(self) -> bool:
        """The window in which the wearer may cancel is open."""
        return self._stage == _ASKING

    def timer(self, now: int) -> int:
        """Call at `deadline`."""
        if now < self.deadline:
            return Fall.NOTHING
        if self._stage == _STILL:
            self._stage = _ASKING
            self.deadline = now + CANCEL_MS
            return Fall.NOTHING
        fallen = self._stage == _ASKING
        self._end()
        return Fall.FALLEN if fallen else Fall.NOTHING

    def _settle(self) -> None:
        self._stage = _SETTLING
        self.deadline = self._settles_by

    def _lie(self, now: int) -> int:
        self._stage = _STILL
        self.deadline = now + STILL_MS
        if self._told:
            return Fall.NOTHING
        self._told = True
        return Fall.CANDIDATE

    def _end(self) -> None:
        self._stage = _NONE
        self._free_at = NEVER
        self.deadline = NEVER
