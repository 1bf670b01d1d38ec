"""A barrier arm: up by a motor, down when nobody is below it, and never upon a vehicle; up for fire until a reset.

closed > opening > open > closing > closed. A vehicle on the loop, or a loop that says nothing, keeps the arm up and
turns it round on its way down. An arm that leaves its lower switch while nobody drives it is forced open. One that does
not come to its switch in time is blocked: it goes up, and stays there until a vehicle or a person has it tried again.
Both switches at once are a fault. A fire beats all of it: the motor lifts until the upper switch is there.
"""

from lilong_protocol import codes, frame

from .effects import NEVER
from .rules import Rules

LOOP, UP, DOWN, FIRE = 0, 1, 2, 3  # channels: a vehicle below the arm, the end switches, the fire panel's contact

STOP, RAISE, LOWER = 0, 1, 2  # output "barrier"
CLOSED, OPENING, OPEN, CLOSING, BLOCKED, FAULT, FORCED_OPEN, FIRE_OPEN = 0, 1, 2, 3, 4, 5, 6, 7  # quantity lane_state

TRAVEL_MS = 6_000  # (ours) twice the 3 s that a barrier may take to open
WAIT_MS = 30_000  # (ours) for a vehicle that was let through and does not come
CLEAR_MS = 1_000  # (ours) a loop that has been free for so long: no trailer follows
SWITCH_MS = 1_000  # (ours) both switches bounce while the arm leaves one of them


class Boom(Rules):
    """The arm, its motor, its loop. A kind says by `_open` that somebody may pass."""

    __slots__ = ("_arm", "_close_at", "_fire", "_motor", "_odd_at", "_through", "_travel_at")

    def _begin(self, now: int) -> None:
        """Power is on. An arm between its switches goes up; all others stay where they are."""
        device = self.device
        values = device.sampling.values
        self._fire = device.kept("released")
        self._motor = -1
        self._close_at = self._travel_at = NEVER
        self._odd_at = NEVER  # both switches at once: when that is a fault
        self._through = False
        self._arm = OPENING
        if self._fire:
            self._lift(now)
        elif self._at(UP) and self._at(DOWN):
            self._arm = FAULT
            self._drive(STOP)
        elif self._at(DOWN):
            self._shut(now)
        elif device.active(codes.ALARM_LANE_FORCED_OPEN):
            self._arm = FORCED_OPEN
            self._drive(STOP)
        elif values[DOWN] and not device.active(codes.ALARM_LANE_BLOCKED):
            self._arm = CLOSED  # nobody knows, and nothing says otherwise
            self._drive(STOP)
        else:
            self._lift(now)
            if device.active(codes.ALARM_LANE_BLOCKED):
                self._arm = BLOCKED
                self._close_at = NEVER
        self._switches(now)
        if values[FIRE] and not device.faults >> FIRE & 1:
            self._set_free(now)

    def _occupied(self) -> bool:
        """Whether a vehicle may be below the arm: a loop that says nothing has one."""
        return self.device.faults >> LOOP & 1 != 0 or self.device.sampling.values[LOOP] != 0

    # ---- what the kind asks for

    def _open(self, now: int) -> None:
        """Somebody may pass: up, or up for longer."""
        self._through = False
        if self._fire:
            return
        if self._arm == FAULT:  # it moves, and is still not to be believed
            self._travel_at = now + TRAVEL_MS
            self._drive(RAISE)
        else:
            self._lift(now)

    def _close(self, now: int) -> int:
        """Down, if nothing stands against it; a response code."""
        if self._fire or self._odd_at != NEVER or self._arm == FAULT or self._occupied():
            return frame.CONFLICT
        if self._arm not in (CLOSED, CLOSING):
            self._arm = CLOSING
            self._close_at = NEVER
            self._travel_at = now + TRAVEL_MS
            self._drive(LOWER)
            self._switches(now)
        return frame.OK

    def _set_free(self, now: int) -> None:
        """Up for fire, whatever was before."""
        device = self.device
        news = not self._fire
        self._fire = 1
        self._lift(now)
        if news:
            device.keep("released", 1)  # a fire that takes the power must not shut anybody in when it returns
            device.event(now, codes.EVENT_LANE_RELEASED, self.report())

    def _reset(self, now: int) -> int:
        """An operator's reset: the fire is over, then alarms whose condition has ended are cleared."""
        device = self.device
        if not self._fire:
            return device.reset(now)
        if device.sampling.values[FIRE]:
            return frame.CONFLICT
        self._fire = 0
        device.keep("released", 0)
        if device.active(codes.ALARM_LANE_FAULT):
            self._arm = FAULT
            self._travel_at = NEVER
            self._drive(STOP)
        else:
            self._lift(now)  # it shuts when the time to pass is over
        device.event(now, codes.EVENT_LANE_SECURED, self.report())
        device.reset(now)
        return frame.OK

    # ---- what happens to it

    def _switches(self, now: int) -> None:
        """What the end switches say now; one that is silent ends nothing."""
        device = self.device
        values = device.sampling.values
        up, down = self._at(UP), self._at(DOWN)
        odd = up and down
        state = self._arm
        if not odd or device.active(codes.ALARM_LANE_FAULT):
            self._odd_at = NEVER
        elif self._odd_at == NEVER:
            self._odd_at = now + SWITCH_MS
        sure = not odd and not device.faults & (1 << UP | 1 << DOWN)
        if self._fire:
            self._lift(now)
        elif state == FAULT:
            if sure and down:
                self._shut(now)
            elif sure:
                self._lift(now)
        elif odd:
            pass
        elif state == OPENING:
            if up:
                self._lift(now)
        elif state == OPEN:
            if not values[UP]:
                self._lift(now)  # it sinks
        elif state == BLOCKED:
            if up:
                self._travel_at = NEVER
                self._drive(STOP)
        elif state == CLOSED:
            if not values[DOWN]:
                self._arm = FORCED_OPEN
                device.alarm(now, codes.ALARM_LANE_FORCED_OPEN, self.report())
        elif down:
            self._shut(now)
        if sure:
            device.restore(now, codes.ALARM_LANE_FAULT, self.report())

    def _vehicle(self, now: int, comes: bool, more: bool) -> None:
        """The loop is taken, or free again. `more`: another vehicle may pass."""
        if comes:
            self._close_at = NEVER
            if self._motor == LOWER:
                self._lift(now)
        else:
            self._through = not more
            if self._arm == OPEN and not self._fire:
                self._close_at = now + (WAIT_MS if more else CLEAR_MS)

    def _arm_due(self, now: int) -> None:
        """What is due at the arm itself."""
        device = self.device
        if now >= self._travel_at:
            self._travel_at = NEVER  # it has not come to its switch in time
            state = self._arm
            if state in (CLOSING, OPENING):
                if not self._fire:
                    self._arm = BLOCKED
                    self._close_at = NEVER
                    if state == CLOSING:
                        self._travel_at = now + TRAVEL_MS
                    self._drive(RAISE if state == CLOSING else STOP)
                device.alarm(now, codes.ALARM_LANE_BLOCKED, self.report())
            else:
                self._drive(STOP)
        if now >= self._close_at:
            self._close_at = NEVER
            if self._arm == OPEN:
                self._close(now)
        if now >= self._odd_at:
            self._odd_at = NEVER
            if not self._fire:
                self._close_at = self._travel_at = NEVER
                self._arm = FAULT
                self._drive(STOP)
            device.alarm(now, codes.ALARM_LANE_FAULT, self.report())

    # ---- inside

    def _at(self, switch: int) -> bool:
        return self.device.sampling.values[switch] != 0 and not self.device.faults >> switch & 1

    def _drive(self, motor: int) -> None:
        if motor != self._motor:
            self._motor = motor
            self.device.output("barrier", motor)

    def _lift(self, now: int) -> None:
        """Up; when it is there it waits for whoever may pass."""
        self._close_at = NEVER
        if self._at(UP) and not self._at(DOWN):
            self._arm = OPEN
            self._travel_at = NEVER
            self._drive(STOP)
            if not self._fire and not self._occupied():
                self._close_at = now + (CLEAR_MS if self._through else WAIT_MS)
        else:
            self._arm = OPENING
            if self._motor != RAISE or self._travel_at == NEVER:
                self._travel_at = now + TRAVEL_MS
                self._drive(RAISE)

    def _shut(self, now: int) -> None:
        """It is down."""
        self._arm = CLOSED
        self._travel_at = NEVER
        self._drive(STOP)
        self.device.restore(now, codes.ALARM_LANE_FORCED_OPEN, self.report())
        self.device.restore(now, codes.ALARM_LANE_BLOCKED, self.report())
