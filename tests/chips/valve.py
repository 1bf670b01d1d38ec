"""Gas valves: a latching solenoid, and a ball valve that a motor turns between two end switches."""


class Latching:
    """Closes when its coil has been on for `needs_ms`; opens by `by_hand`. `stuck`: so many pulses do nothing."""

    def __init__(self, clock, coil, position=None, needs_ms=40):
        self.clock = clock
        self.position = position
        self.needs_ms = needs_ms
        self.closed = False
        self.stuck = 0
        self.pulses_ms = []
        self._on_at = None
        coil.watch(self._coil)
        self._show()

    def by_hand(self):
        self.closed = False
        self._show()

    def _coil(self, level):
        if level:
            self._on_at = self.clock.us
        elif self._on_at is not None:
            self.pulses_ms.append((self.clock.us - self._on_at) // 1_000)
            self._on_at = None
            if self.pulses_ms[-1] >= self.needs_ms:
                if self.stuck:
                    self.stuck -= 1
                else:
                    self.closed = True
                    self._show()

    def _show(self):
        if self.position is not None:
            self.position.drive(0 if self.closed else None)


class Ball:
    """`at`: 0 open to 1,000 closed; `jam`: where it cannot pass. Both motors on at once burn the bridge."""

    STEP_US = 10_000

    def __init__(self, clock, closing, opening, at_closed, at_open, travel_ms=5_000):
        self.clock = clock
        self.pins = (closing, opening)
        self.ends = (at_closed, at_open)
        self.at = 0
        self.jam = None
        self.burnt = False
        self.moved_ms = 0
        self._step = 1_000 * self.STEP_US // (travel_ms * 1_000) or 1
        self._show()
        clock.after_us(self.STEP_US, self._turn)

    def _turn(self):
        self.clock.after_us(self.STEP_US, self._turn)
        closing, opening = self.pins[0].level, self.pins[1].level
        if closing and opening:
            self.burnt = True
        if closing == opening:
            return
        self.moved_ms += self.STEP_US // 1_000
        before = self.at
        self.at = min(max(self.at + (self._step if closing else -self._step), 0), 1_000)
        if self.jam is not None and min(before, self.at) <= self.jam <= max(before, self.at):
            self.at = before
        self._show()

    def _show(self):
        self.ends[0].drive(0 if self.at >= 995 else None)
        self.ends[1].drive(0 if self.at <= 5 else None)
