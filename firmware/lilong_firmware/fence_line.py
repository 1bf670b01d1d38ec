"""A pulse fence, judged pulse by pulse: its line touched, shorted or cut, and a pulse that is not as it may be.

A pulse goes out at the near end of the line and is measured there and where it comes back. A touch takes a part of it
away; a wire to earth takes all of it and the near end breaks down; behind a cut nothing comes back while it holds.
"""

from lilong_protocol import codes

from .streak import Streak

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .device import Device

PEAK, RETURN, INTERVAL, CHARGE, ENERGY = 0, 1, 2, 3, 4  # channels: V, V, ms to the pulse before, uC, mJ
NOTHING, WELL, TOUCHED, SHORTED, CUT = 0, 1, 2, 3, 4  # what a pulse says of the line
RIGHT, WEAK, HURTS = 0, 1, 2  # of the pulse itself

PULSE_MS = 1_000  # IEC 60335-2-76: no more than one a second
LOSSES = 3  # (domain practice) a loss on three successive pulses is a touch, a shorter one a branch or a cat
# A cut or a short has 2 s, and three pulses take up to 3: of those that do not come back at all the second decides.
DEAD = 2
LEAST_TENTHS, DEAD_TENTHS = 7, 1  # (ours) of the near end's peak
SHORTED_V = 3_000  # (ours) half of what the makers' 6.5 to 8 kV are
NO_PULSE_V = 500  # (ours)
# IEC 60335-2-76: energy. GB 7946-87: charge, pause. Security products go up to 10 kV.
PEAK_MAX_V, ENERGY_MAX_MJ, CHARGE_MAX_UC, INTERVAL_MIN_MS = 10_000, 5_000, 2_500, 750
INTERVAL_MAX_MS = 2_000  # (ours) slower, the fence is climbed between two
SURE = 3  # (ours) pulses


class Line:
    """`off`: a pulse could have hurt somebody, and there are none until a person has reset that. `calm`: none of its
    alarms is active."""

    __slots__ = ("_device", "_lossy", "_sent", "_sort", "off")

    def __init__(self, device: "Device", calm: bool) -> None:
        self._device = device
        there = device.episodes.get(codes.ALARM_FENCE_PULSE_FAULT) is not None
        self.off = there and device.kept("off") == 1
        self._sent = Streak(SURE, RIGHT, not there)
        self._lossy = Streak(LOSSES, 0, calm)
        self._sort = Streak(DEAD, WELL, calm)
        device.output("pulse", 0 if self.off else 1)

    # ---- as it is sent

    def send(self, now: int, values: "list[int]") -> None:
        """A pulse has left; `values` of the channels."""
        device = self._device
        what = quality(values)
        if self.off or not self._sent.follow(what):
            return
        told = {
            codes.Q_PULSE_PEAK: values[PEAK],
            codes.Q_PULSE_INTERVAL: values[INTERVAL],
            codes.Q_PULSE_CHARGE: values[CHARGE],
            codes.Q_PULSE_ENERGY: values[ENERGY],
        }
        if what == RIGHT:
            device.restore(now, codes.ALARM_FENCE_PULSE_FAULT, told)
            return
        if what == HURTS:
            self.off = True
            device.output("pulse", 0)
        device.alarm(now, codes.ALARM_FENCE_PULSE_FAULT, told)
        if self.off:
            device.keep("off", 1)

    def reset(self) -> None:
        """The alarm has been reset: the pulses that follow show whether rightly so."""
        if self.off:
            self.off = False
            self._device.keep("off", 0)
            self._device.output("pulse", 1)
            self.stop(True)

    # ---- as it comes back

    def take(self, values: "list[int]") -> int:
        """A pulse has come back, or not: what is certain of the line now, NOTHING for not yet."""
        sort = judge(values)
        if sort == NOTHING:
            return NOTHING
        several = self._lossy.follow(sort > WELL)
        again = self._sort.follow(sort)
        if sort >= SHORTED and again:
            return sort
        if not several:
            return NOTHING
        return TOUCHED if sort > WELL else WELL

    def follows(self, channel: int, values: "list[int]") -> bool:
        """True when a sample of PEAK (`send`) or RETURN (`take`) would change nothing."""
        if channel == PEAK:
            return self.off or self._sent.follows(quality(values))
        sort = judge(values)
        return sort == NOTHING or (self._lossy.follows(sort > WELL) and self._sort.follows(sort))

    def quiet(self) -> bool:
        """Nothing is wrong with it."""
        return self._lossy.follows(0)

    def stop(self, sent: bool) -> None:
        """Its pulses are not measured any more, `sent`: where they are sent: what they showed so far proves nothing."""
        self._lossy.stop()
        self._sort.stop()
        if sent:
            self._sent.stop()


def judge(values: "list[int]") -> int:
    """What one pulse says of the line; without a pulse NOTHING."""
    peak = values[PEAK]
    tenths = values[RETURN] * 10
    if peak < NO_PULSE_V:
        return NOTHING
    if tenths >= peak * LEAST_TENTHS:
        return WELL
    if tenths >= peak * DEAD_TENTHS:
        return TOUCHED
    return SHORTED if peak < SHORTED_V else CUT


def quality(values: "list[int]") -> int:
    """HURTS: nobody may be given such a pulse; WEAK: it guards nothing."""
    peak, interval = values[PEAK], values[INTERVAL]
    if (
        peak > PEAK_MAX_V
        or interval < INTERVAL_MIN_MS
        or values[CHARGE] > CHARGE_MAX_UC
        or values[ENERGY] > ENERGY_MAX_MJ
    ):
        return HURTS
    return WEAK if peak < NO_PULSE_V or interval > INTERVAL_MAX_MS else RIGHT
