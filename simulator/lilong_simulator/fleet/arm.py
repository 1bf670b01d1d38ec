"""A barrier's arm: it takes its time from one end switch to the other; turned round on its way, it goes back as far."""

from lilong_firmware.effects import NEVER

TRAVEL_MS = 2_500  # (ours) within the 3 s that a barrier may take to open; after 6 s the firmware believes it blocked
STOP, RAISE, LOWER = 0, 1, 2  # output "barrier"
SWITCHES = {RAISE: ("down", "up"), LOWER: ("up", "down")}  # that it leaves, and comes to

Felt = tuple[tuple[str, int], ...]


class Arm:
    """Down, until its motor is driven. `due`: when it comes to a switch; times are ms of any one clock.

    `jammed`: it stays where it is.
    """

    __slots__ = ("_at", "_motor", "_since", "due", "jammed")

    def __init__(self) -> None:
        self.due = NEVER
        self.jammed = False
        self._at = 0  # ms of travel from its lower switch, at `_since`
        self._motor = STOP
        self._since = 0

    def place(self, now: int) -> int:
        """Where it is: ms of travel from its lower switch."""
        moved = 0 if self.jammed else now - self._since
        if self._motor == RAISE:
            return min(TRAVEL_MS, self._at + moved)
        return max(0, self._at - moved) if self._motor == LOWER else self._at

    def drive(self, now: int, motor: int) -> Felt:
        """Its motor does something else: the switch that it leaves, or at which it rests."""
        came = self.step(now)
        self._at = at = self.place(now)
        self._motor, self._since = motor, now
        left = {RAISE: TRAVEL_MS - at, LOWER: at}.get(motor, 0)
        if left and not self.jammed:
            self.due = now + left
            return (*came, (SWITCHES[motor][0], 0))
        self.due = NEVER
        return came or {0: (("down", 1),), TRAVEL_MS: (("up", 1),)}.get(at, ())

    def step(self, now: int) -> Felt:
        """The switch to which it has come, if it has."""
        if now < self.due:
            return ()
        self.due = NEVER
        return () if self.jammed else ((SWITCHES[self._motor][1], 1),)
