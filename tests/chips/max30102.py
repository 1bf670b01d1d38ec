"""MAX30102 (Maxim 19-7740): registers and FIFO, on a finger or a wrist whose pulse and oxygen are given."""

from chips.buses import Registers
from chips.noise import Noise

# One pulse in 32 steps of phase, in thousandths: a steep systolic rise, a notch, a dicrotic wave, a long run-out.
PULSE = (0, 60, 240, 520, 800, 960, 1_000, 960, 880, 780, 680, 590, 510, 450, 410, 400, 410, 420, 410, 380, 340, 300,
         260, 220, 190, 160, 130, 100, 75, 50, 30, 12)  # fmt: skip
SAMPLE_RATES = (50, 100, 200, 400, 800, 1_000, 1_600, 3_200)


def ratio_of(spo2):
    """1,000 R for a blood oxygen in %, by the curve of AN6845, by bisection."""
    low, high = 0, 3_000
    while high - low > 1:
        middle = (low + high) // 2
        # 1,000,000 times the curve, R in thousandths
        if 15_958 * middle * middle // 10_000 - 34_659_662 * middle // 1_000 + 112_689_876 > spo2 * 1_000_000:
            low = middle
        else:
            high = middle
    return low


class Wrist:
    """What the light meets. All can be changed while it runs.

    `bpm`, `spo2` (%), `perfusion` (0.01 % of the light that the pulse takes), `noise` (counts), `jitter` (0.1 % of each
    interval), `worn`, `movement` (0.1 % of the light, wild), `breath` (0.1 % of the light, 15 a minute).
    """

    def __init__(self, bpm=72, spo2=97, perfusion=100, noise=20, jitter=10, seed=1, breath=3):
        self.bpm = bpm
        self.spo2 = spo2
        self.perfusion = perfusion
        self.noise = noise
        self.jitter = jitter
        self.breath = breath
        self.worn = True
        self.skin = (3_300, 4_200)  # counts of red and infrared a step of current
        self.movement = 0
        self.beats = 0
        self._noise = Noise(seed)
        self._phase_us = 0
        self._period_us = 60_000_000 // bpm
        self._wild = 0
        self._steps = 0

    def light(self, period_us, red_step, ir_step):
        """Counts of (red, infrared) after so much more time, for LED currents in steps."""
        noise = self._noise
        if not self.worn:
            return 300 + 20 * red_step + noise.spread(30), 300 + 20 * ir_step + noise.spread(30)
        self._phase_us += period_us
        if self._phase_us >= self._period_us:
            self._phase_us -= self._period_us
            self.beats += 1
            self._period_us = 60_000_000 // self.bpm * (1_000 + noise.spread(self.jitter)) // 1_000
        at = self._phase_us * 32 * 16 // self._period_us
        step, part = (at >> 4) & 31, at & 15
        pulse = PULSE[step] + (PULSE[(step + 1) & 31] - PULSE[step]) * part // 16
        self._steps += 1
        turn = self._steps * period_us % 4_000_000
        sway = (turn if turn < 2_000_000 else 4_000_000 - turn) - 1_000_000  # a triangle, breathing
        if self.movement and noise.below(6) == 0:
            self._wild = noise.spread(self.movement)
        if not self.movement:
            self._wild = 0
        bright = 1_000_000 + sway * self.breath // 1_000 + self._wild * 1_000
        out = []
        for step_led, skin, depth in (
            (red_step, self.skin[0], self.perfusion * ratio_of(self.spo2) // 1_000),
            (ir_step, self.skin[1], self.perfusion),
        ):
            light = skin * step_led * (bright // 100) // 10_000
            light -= light * depth // 10_000 * pulse // 1_000
            out.append(min(max(light + 300 + noise.spread(self.noise), 0), 0x3FFFF))
        return out[0], out[1]


class MAX30102(Registers):
    """`wrist` is what it lies on; `int1` the Pin that it pulls low."""

    def __init__(self, clock, wrist, int1=None, part=0x15):
        Registers.__init__(self)
        self.clock = clock
        self.wrist = wrist
        self.int1 = int1
        self.part = part
        self.dead = False
        self.celsius_16 = 16 * 31 + 8
        self._turn = 0
        self._reset()

    def power(self, on):
        self.alive = on
        self._reset()

    def _reset(self):
        self.regs = bytearray(0x40)
        self.regs[0] = 0x01  # PWR_RDY
        self._fifo = [(0, 0)] * 32
        self._full = False
        self._byte = 0
        self._turn += 1
        self._drive()

    def auto(self, register):
        return register if register == 0x07 else (register + 1) & 0xFF

    def load(self, register):
        if register == 0xFF:
            return self.part
        if register >= 0x40:
            return 0
        if register in (0x00, 0x01):
            value = self.regs[register]
            self.regs[register] = 0
            self._drive()
            return value
        if register == 0x07:
            return self._data()
        return self.regs[register]

    def store(self, register, value):
        if register >= 0x40 or register in (0x00, 0x01, 0x07, 0x1F, 0x20):
            return
        if register == 0x09 and value & 0x40:
            self._reset()
            self.regs[0] = 0
            return
        self.regs[register] = value
        if register in (0x04, 0x05, 0x06):
            self.regs[register] &= 0x1F
            self._full = False
            self._byte = 0
        if register in (0x08, 0x09, 0x0A):
            self._turn += 1
            if self.regs[0x09] & 0x87 == 3:
                self._next(self._turn)
        if register == 0x21 and value & 1:
            self.clock.after_us(29_000, self._warm)
        self._drive()

    def _warm(self):
        self.regs[0x21] = 0
        self.regs[0x1F] = (self.celsius_16 >> 4) & 0xFF
        self.regs[0x20] = self.celsius_16 & 15

    def _period(self):
        averaged = min(1 << (self.regs[0x08] >> 5), 32)
        return 1_000_000 * averaged // SAMPLE_RATES[self.regs[0x0A] >> 2 & 7]

    def _next(self, turn):
        self.clock.after_us(self._period(), lambda: self._sample(turn))

    def _sample(self, turn):
        if turn != self._turn or not self.alive:
            return
        self._next(turn)
        if self.dead:
            return
        sample = self.wrist.light(self._period(), self.regs[0x0C], self.regs[0x0D])
        if self._full:
            self.regs[5] = min(self.regs[5] + 1, 31)
            if not self.regs[0x08] & 0x10:
                return  # no roll-over: the new one is lost
        self._fifo[self.regs[4]] = sample
        self.regs[4] = (self.regs[4] + 1) & 31
        self._full = self.regs[4] == self.regs[6]
        unread = 32 if self._full else (self.regs[4] - self.regs[6]) & 31
        if unread >= 32 - (self.regs[0x08] & 15):
            self.regs[0] |= 0x80  # A_FULL
        self._drive()

    def _data(self):
        red, ir = self._fifo[self.regs[6]]
        if self._byte == 0:
            self._taken = self.regs[6]
        value = (red if self._byte < 3 else ir) >> 8 * (2 - self._byte % 3) & 0xFF
        self._byte += 1
        if self._byte == 6:
            self._byte = 0
            self.regs[6] = (self.regs[6] + 1) & 31
            self.regs[5] = 0
            self._full = False
        return value

    def _drive(self):
        if self.int1 is not None:
            active = self.alive and self.regs[0] & (self.regs[2] | 0x01)
            self.int1.drive(0 if active else None)
