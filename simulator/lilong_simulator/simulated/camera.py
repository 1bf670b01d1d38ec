"""Camera with analytics: tells what it has seen, with the number of the clip that it keeps; never a picture.

What the analytics make of the picture is their business, and comes by the channels: `falling` and `line` are the
confidence in percent with which they have seen a thing fall, or somebody cross the line; `moved` that of any other
movement. `storey` and `position` say of what comes next where it was. An alarm is what they are sure enough of; all
else is an event, so that a bird is on record and calls nobody.
"""

from lilong_firmware.effects import NEVER
from lilong_firmware.hold import Hold
from lilong_protocol import codes, frame

from .base import SimulatedRules

FALLING, LINE, MOVED, STOREY, POSITION, BLOCKED, TAMPER = range(7)  # channels

SURE_PERCENT = 60  # (ours)
FALLING_MS = 20_000  # reports come within tens of seconds: the track is followed to the ground, and the clip is cut
LINE_MS = 1_000  # (ours)
OVER_MS = 60_000  # (ours) nothing of the kind any more
BLOCKED_MS = 10_000  # (ours) a leaf falls on
KINDS = (
    # Channel, what was seen, alarm, how long the analytics take.
    (FALLING, codes.SEEN_FALLING_OBJECT, codes.ALARM_CAMERA_FALLING_OBJECT, FALLING_MS),
    (LINE, codes.SEEN_LINE_CROSSING, codes.ALARM_CAMERA_LINE_CROSSING, LINE_MS),
    (MOVED, codes.SEEN_MOVEMENT, 0, LINE_MS),
)


class Camera(SimulatedRules):
    """Each sight is analysed by itself; an alarm's condition is over when nothing of the kind has come for a minute."""

    KIND = codes.KIND_CAMERA
    CHANNELS = (
        ("falling", 0, 0), ("line", 0, 0), ("moved", 0, 0), ("storey", 0, 0), ("position", 0, 0), ("blocked", 0, 0),
        ("tamper", 0, 0),
    )  # fmt: skip
    SWITCHES = ((TAMPER, codes.ALARM_TAMPER),)

    __slots__ = ("_blocked", "_clips", "_over", "_preset", "_sights")

    def start(self, now: int) -> None:
        self._clips = self.device.kept("clips")
        self._preset = 0  # none: it looks where it always does
        self._sights: list[tuple[int, int, dict[int, int]]] = []  # when it has been analysed, row of KINDS, values
        self._blocked = Hold()
        self._over = [now + OVER_MS if self._alarmed(row) else NEVER for row in range(len(KINDS))]
        SimulatedRules.start(self, now)
        if not self.device.faults >> BLOCKED & 1:
            self.sample(now, BLOCKED, self.device.sampling.values[BLOCKED])
        self._schedule()

    def sample(self, now: int, channel: int, value: int) -> None:
        if channel <= MOVED:
            if value:
                self._see(now, channel, value)
        elif channel == BLOCKED:
            turning = (value != 0) != self.device.active(codes.ALARM_CAMERA_BLOCKED)
            self._blocked.follow(now, turning, BLOCKED_MS)
        else:
            self.switch(now, channel, value)
        self._schedule()

    def silent(self, now: int, channel: int) -> None:
        if channel == BLOCKED and self.device.active(codes.ALARM_CAMERA_BLOCKED):
            self._blocked.follow(now, False, 0)
        self._schedule()

    def timer(self, now: int) -> None:
        due = [sight for sight in self._sights if sight[0] <= now]
        self._sights = [sight for sight in self._sights if sight[0] > now]
        for _, row, values in due:
            self._tell(now, row, values)
        for row, (_, _, alarm, _) in enumerate(KINDS):
            if now >= self._over[row]:
                self._over[row] = NEVER
                self.device.restore(now, alarm, {})
        if self._blocked.over(now):
            if self.device.active(codes.ALARM_CAMERA_BLOCKED):
                self.device.restore(now, codes.ALARM_CAMERA_BLOCKED, {})
            else:
                self.device.alarm(now, codes.ALARM_CAMERA_BLOCKED, {})
        self._schedule()

    def command(self, now: int, command: int, arguments: dict[int, int]) -> int:
        if command not in (codes.CMD_LOOK_AT, codes.CMD_AUTOMATIC):
            return SimulatedRules.command(self, now, command, arguments)
        preset = arguments[0] if command == codes.CMD_LOOK_AT else 0
        if preset != self._preset:
            self._preset = preset
            self.device.output("preset", preset)
        return frame.OK

    def report(self) -> dict[int, int]:
        return {codes.Q_PRESET: self._preset, codes.Q_CLIP: self._clips}

    def _alarmed(self, row: int) -> bool:
        return KINDS[row][2] != 0 and self.device.active(KINDS[row][2])

    def _see(self, now: int, row: int, confidence: int) -> None:
        """A clip is kept from now on."""
        self._clips += 1
        self.device.keep("clips", self._clips)
        values = self.device.sampling.values
        seen = {
            codes.Q_SEEN: KINDS[row][1], codes.Q_CONFIDENCE: min(confidence, 100), codes.Q_CLIP: self._clips,
            codes.Q_STOREY: values[STOREY], codes.Q_POSITION: values[POSITION],
        }  # fmt: skip
        self._sights.append((now + KINDS[row][3], row, seen))

    def _tell(self, now: int, row: int, seen: dict[int, int]) -> None:
        """The alarm first; what it adds nothing to, and what is not sure, is an event."""
        _, _, alarm, _ = KINDS[row]
        if alarm and seen[codes.Q_CONFIDENCE] >= SURE_PERCENT:
            again = self.device.active(alarm)
            self.device.alarm(now, alarm, seen)
            self._over[row] = now + OVER_MS
            if not again:
                return
        self.device.event(now, codes.EVENT_CAMERA_SEEN, seen)

    def _schedule(self) -> None:
        self.deadline = min([self._blocked.at, *self._over, *(sight[0] for sight in self._sights)])


RULES = Camera
