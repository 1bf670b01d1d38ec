"""A vehicle lane with an arm that takes its time, and the vehicles that pass it."""

from harness import SECOND, Host, codes
from stories.vehicle_lane import GIVEN

STOP, RAISE, LOWER = 0, 1, 2
CLOSED, OPENING, OPEN, CLOSING, BLOCKED, FAULT, FORCED_OPEN, FIRE_OPEN = range(8)
RESIDENT, OTHER, VISITOR, STRANGER = 7, 1_000, 2_000, 3_000
TRAVEL_MS = 2_500  # of a barrier that opens in time


class Arm:
    """What hangs on the motor: `at` ms from its lower switch, moving for as long as it is driven and not `jammed`."""

    def __init__(self):
        self.host = None
        self.at = 0
        self.jammed = False
        self._motor = STOP
        self._since = 0
        self._moves = 0

    def answer(self, output, value):
        if output != "barrier" or self.host is None:
            return ()
        self.at = self.place()
        self._motor = value
        self._since = self.host.now
        self._moves += 1
        if value == STOP or self.jammed:
            return ()
        left = TRAVEL_MS - self.at if value == RAISE else self.at
        self.host.at(self.host.now + left, self._arrives, self._moves)
        return (("down" if value == RAISE else "up", 0),) if left else ()

    def place(self):
        """Where it is now."""
        if self._motor == STOP or self.jammed:
            return self.at
        moved = self.host.now - self._since
        return min(TRAVEL_MS, self.at + moved) if self._motor == RAISE else max(0, self.at - moved)

    def _arrives(self, move):
        if move == self._moves and not self.jammed:
            self.at = self.place()
            self.host.set("up" if self._motor == RAISE else "down", 1)


def lane(**options):
    """A lane with its arm (`host.arm`), on line."""
    arm = Arm()
    host = Host("vehicle_lane", **{"data": GIVEN, "plant": arm.answer, "beat_s": 43_200, **options})
    host.arm, arm.host = arm, host
    host.run(SECOND)
    return host


def read(host, plate, confidence=96, vehicle=1):
    """The camera tells a plate."""
    host.set("confidence", confidence)
    host.set("vehicle_class", vehicle)
    host.sense("plate", plate)
    host.sense("plate", 0)


def drive_through(host):
    """A vehicle that has been let through comes on to the loop and leaves it."""
    host.set("approach", 0)
    host.sense("loop", 1)
    host.run(2 * SECOND)
    host.sense("loop", 0)


def passes(host, plate, confidence=96):
    """A vehicle comes, is read, drives through; the arm is down again."""
    host.sense("approach", 1)
    read(host, plate, confidence)
    host.run(4 * SECOND)
    drive_through(host)
    host.run(6 * SECOND)


def state(host):
    return host.device.rules.report()[codes.Q_LANE_STATE]


def records(host):
    """What was told of passages, each event once."""
    return [e.body[4] for e in host.events() if e.body[0] in (codes.EVENT_LANE_ENTERED, codes.EVENT_LANE_LEFT)]
