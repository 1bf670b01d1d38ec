"""A motor ball valve with end switches. It may open by command; `kinds/gas` decides when that is allowed."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

DATA_SHEET = {
    "chip": ("any motor ball valve with two end switches", "", ""),
    "measures": {"valve_stuck": ("bool", 0, 1, "1: not where it was told to be, by its end switches")},
    "bus": "two outputs to an H-bridge; two end switches to ground",
    "timing_ms": {
        "travel": (15_000, "(ours) makers give 5 to 10 s; beyond it is stuck"),
        "dead": (100, "(ours) both off between two directions"),
        "retry": (5_000, "(ours) five times, then every minute"),
    },
}
WIRING = {
    "class": "MotorValve",
    "takes": {
        "closing": "out", "opening": "out", "at_closed": "in", "at_open": "in", "?reached": (0, 1),
        "?travel_ms": (1_000, 60_000),
    },
    "gives": ("valve_stuck",),
    "drives": ("valve",),
}  # fmt: skip

DEAD_MS = 100
RETRY_MS, TRIES = 5_000, 5
SLOW_RETRY_MS = 60_000
RESTING, DEAD, MOVING, WAITING = 0, 1, 2, 3


class MotorValve:
    """`drive("valve", 1)` closes, 0 opens. `reached`: the level of an end switch at its end.

    Closing is tried again, for ever; opening once: a valve that will not open is safe. `failed`: it is not where it was
    told to be.
    """

    POLL_MS = 20

    def __init__(
        self, closing: "Any", opening: "Any", at_closed: "Any", at_open: "Any", reached: int = 0,
        travel_ms: int = 15_000,
    ) -> None:  # fmt: skip
        self._motors = (opening, closing)
        self._ends = (at_open, at_closed)
        self._reached = reached
        self._travel = travel_ms
        self._wanted = -1  # nothing was said yet
        self._state = RESTING
        self._until = -1  # -1: from the next poll on
        self._tries = 0
        self.failed = False
        opening(0)
        closing(0)

    def drive(self, name: str, value: int) -> None:
        if value == self._wanted:
            return
        turning = self._state == MOVING
        self._stop()
        self._wanted = value
        self._tries = 0
        self.failed = False
        self._until = -1
        if self.read("valve") == value:
            return
        if turning:
            self._state = DEAD
        else:
            self._go()

    def poll(self, now: int) -> None:
        if self._wanted < 0:
            return
        if self._until < 0:
            self._until = now + (DEAD_MS if self._state == DEAD else self._travel)
        if self.read("valve") == self._wanted:
            if self._state == MOVING:
                self._stop()
            self._state = RESTING
            self._tries = 0
            self.failed = False
        elif self._state == MOVING:
            if now >= self._until:
                self._stop()
                self._state = WAITING
                self.failed = self._tries >= TRIES or not self._wanted
                self._until = now + (SLOW_RETRY_MS if self.failed else RETRY_MS)
        elif self._state == RESTING:
            if self._wanted:
                self._go()  # somebody has turned it
        elif now >= self._until and (self._wanted or self._state == DEAD):
            self._go()

    def read(self, channel: str) -> "int | None":
        """`valve_stuck`: 1 when it is not where it was told to be, for all tries. `valve`: 1 closed, 0 open."""
        if channel == "valve_stuck":
            return 1 if self.failed else 0
        is_open = self._ends[0]() == self._reached
        is_closed = self._ends[1]() == self._reached
        if is_open == is_closed:
            return None
        return 1 if is_closed else 0

    def _go(self) -> None:
        self._tries += 1
        self._state = MOVING
        self._until = -1
        self._motors[1 if self._wanted else 0](1)

    def _stop(self) -> None:
        self._motors[0](0)
        self._motors[1](0)
        self._state = RESTING
