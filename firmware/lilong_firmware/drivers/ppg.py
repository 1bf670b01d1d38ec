"""Heart rate and blood oxygen from a photoplethysmogram, in integers. Not a medical device.

A beat is where the smoothed pulse rises fastest, timed to a sixteenth of a sample: breathing moves the whole curve up
and down, but slowly. The rate is the mean of those of the last intervals that lie near their median; the oxygen is the
ratio of ratios of the same beats, each measured from the line between its two feet, by a table. Where beats are too
few, uneven or weak there is no answer, but None.
"""

RATE_HZ = 50
BEATS = 8
ENOUGH = 5
# AN6845: SpO2 = 1.5958422 R^2 - 34.6596622 R + 112.6898759, in points: (1,000 R, 0.1 %). Each optical design needs its
# own, from a trial against a reference.
CURVE = ((366, 1_000), (700, 892), (1_000, 796), (1_400, 673), (2_000, 498))
# All (ours):
TAPS = 6  # smoothing over 120 ms: a fast pulse loses a quarter, in both channels alike
SLOWEST, FASTEST = 90 * 16, 13 * 16  # 33 and 230 beats a minute, in sixteenths of a sample
UNEVEN = 5  # an interval counts when it is within a fifth of the median
STEADY = 2  # the strongest beat to the weakest
AGREED = 110  # thousandths, and an eighth: so near lie the ratios of all beats but the lowest and the highest
WEAKEST = 2  # 0.1 % of the light: below, the perfusion is too poor
SWING = 4  # a sixteenth of the light away from its mean is movement
SETTLE = 50  # samples after that


class Ppg:
    """`feed` it the light of both LEDs at 50 Hz."""

    _at: int
    _sum_ir: int
    _sum_red: int
    _half: int

    def __init__(self, curve: "tuple[tuple[int, int], ...]" = CURVE) -> None:
        self._curve = curve
        self._ir = [0] * TAPS
        self._red = [0] * TAPS
        self._intervals = [0] * BEATS
        self._ir_swings = [0] * BEATS
        self._red_swings = [0] * BEATS
        self.reset()

    def reset(self) -> None:
        """Forget everything: another wearer, or another brightness."""
        self._clear()
        self._settling = SETTLE
        self.ir = self.red = 0  # the light's mean, in counts / 16

    def gap(self) -> None:
        """Samples were lost: the interval at hand is worth nothing."""
        self._since = -1

    def feed(self, ir: int, red: int) -> None:
        """One sample in counts of 18 bits."""
        if not self.ir:
            self.ir, self.red = ir << 4, red << 4
        ac_ir = self.ir - (ir << 4)  # a pulse takes light away
        ac_red = self.red - (red << 4)
        if abs(ac_ir) > self.ir >> SWING:
            self.ir += -ac_ir >> 2
            self.red += -ac_red >> 2
            self._settling = SETTLE
            self._clear()
            return
        self.ir -= ac_ir >> 6
        self.red -= ac_red >> 6
        at = self._at = (self._at + 1) % TAPS
        self._sum_ir += ac_ir - self._ir[at]
        self._sum_red += ac_red - self._red[at]
        self._half += ac_ir - self._ir[at - TAPS // 2]
        self._ir[at] = ac_ir
        self._red[at] = ac_red
        if self._settling:
            self._settling -= 1
        else:
            self._follow(self._sum_ir, self._sum_red)

    def heart_rate(self) -> "int | None":
        """Beats a minute."""
        period = self._period()
        return (60 * RATE_HZ * 16 * 2 + period) // (2 * period) if period else None

    def oxygen(self) -> "int | None":
        """%, 0 to 100."""
        if not self._period() or not self.red:
            return None
        ratios = []
        for at in range(self._beats):
            ratios.append(self._red_swings[at] * 1_000 // self._ir_swings[at])
        ratios.sort()
        low, ratio, high = ratios[1], ratios[self._beats >> 1], ratios[-2]
        if high - low > AGREED + (ratio >> 3):
            return None
        ratio = ratio * (self.ir >> 6) // (self.red >> 6)
        low, most = self._curve[0]
        if ratio < low:
            return most // 10 if ratio > low // 2 else None
        for high, least in self._curve[1:]:
            if ratio <= high:
                return (most - (most - least) * (ratio - low) // (high - low) + 5) // 10
            low, most = high, least
        return None

    # ---- inside

    def _clear(self) -> None:
        self._beats = self._next = 0
        self._since = -1  # samples since the last upstroke
        self._armed = False
        self._carry = self._rise = self._steepest = 0
        self._at = 0
        self._sum_ir = self._sum_red = self._half = 0
        for at in range(TAPS):
            self._ir[at] = self._red[at] = 0
        self._top = self._red_top = self._top_at = 0
        self._low = self._red_low = self._low_at = 0
        self._foot = self._red_foot = self._foot_at = 0

    def _follow(self, ir: int, red: int) -> None:
        if self._since >= 0:
            self._since += 1
            if self._since > SLOWEST >> 3:
                self._beats = self._next = 0  # no pulse
                self._since = -1
        since = self._since
        if ir > self._top:
            self._top, self._red_top, self._top_at = ir, red, since
            self._low = ir
        if ir <= self._low:
            self._low, self._red_low, self._low_at = ir, red, since
        rise = 2 * self._half - ir  # the newer half of the taps less the older one
        self._steepest -= self._steepest >> 7
        if rise > self._steepest:
            self._steepest = rise
        threshold = self._steepest >> 1
        if rise < threshold >> 2:
            self._armed = True
        elif self._armed and rise > threshold and (since < 0 or since * 16 > FASTEST):
            self._armed = False
            self._beat(16 * (rise - threshold) // (rise - min(self._rise, threshold - 1)))
        self._rise = rise

    def _beat(self, ago: int) -> None:
        """The upstroke was `ago` sixteenths of a sample ago."""
        since = self._since
        if since >= 0:
            interval = 16 * since - ago + self._carry
            part, whole = self._top_at - self._foot_at, max(self._low_at - self._foot_at, 1)
            swing = self._top - self._foot - (self._low - self._foot) * part // whole
            if interval <= SLOWEST and swing * 1_000 // TAPS > WEAKEST * self.ir:
                at = self._next
                self._intervals[at] = interval
                self._ir_swings[at] = swing >> 4
                self._red_swings[at] = (
                    self._red_top - self._red_foot - (self._red_low - self._red_foot) * part // whole >> 4
                )
                self._next = (at + 1) % BEATS
                self._beats = min(self._beats + 1, BEATS)
            else:
                self._beats = self._next = 0
        self._foot, self._red_foot, self._foot_at = self._low, self._red_low, self._low_at - since
        self._since = 0
        self._carry = ago
        self._top = -1 << 28

    def _period(self) -> int:
        """Mean of the trusted intervals in sixteenths of a sample; 0 when there is nothing to trust."""
        count = self._beats
        if count < ENOUGH or max(self._ir_swings[:count]) > STEADY * min(self._ir_swings[:count]):
            return 0
        intervals = self._intervals[:count]
        intervals.sort()
        median = intervals[count >> 1]
        total = good = 0
        for interval in intervals:
            if abs(interval - median) * UNEVEN <= median:
                total += interval
                good += 1
        return total // good if good >= ENOUGH and 4 * good >= 3 * count else 0
