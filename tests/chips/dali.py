"""A DALI bus and control gear on it: IEC 62386-101 (line, timing) and -102 (commands, levels, status)."""

TE_US = 416.67
STOP_US = 2_400


class Bus:
    """Wired and: low when anybody pulls it low, or without power. Its `write_pulses` is the master's transmitter.

    `rx`: the pin on which the master hears it, `inverted` or not. `deaf`: the master's frames do not reach the line.
    """

    def __init__(self, clock, rx, inverted=False):
        self.clock = clock
        self.rx = rx
        self.inverted = inverted
        self.gears = []
        self.deaf = False
        self.frames = []  # (us, durations) that the master wrote
        self.low = set()  # who pulls
        self.level = 1
        rx.drive(0 if inverted else 1)

    def pull(self, who, low):
        if low:
            self.low.add(who)
        else:
            self.low.discard(who)
        level = 0 if self.low else 1
        if level != self.level:
            self.level = level
            self.rx.drive(level ^ self.inverted)
            for gear in self.gears:
                gear.edge(level)

    def power(self, on):
        self.pull("supply", not on)
        self.clock.after_us(500_000, self._system_failure)

    def _system_failure(self):
        """The supply has been away for half a second."""
        if "supply" in self.low:
            for gear in self.gears:
                gear.system_failure()

    def write_pulses(self, durations, level):
        self.frames.append((self.clock.us, list(durations)))
        if not self.deaf:
            self.play("master", durations, level)

    def play(self, who, durations, level=0, after_us=0):
        """Pull the line by durations of low, high, low ..."""
        at = after_us
        for us in durations:
            self.clock.after_us(int(at), lambda low=not level: self.pull(who, low))
            at += us
            level ^= 1
        self.clock.after_us(int(at), lambda: self.pull(who, False))


def manchester(word, bits, te_us=TE_US):
    """Durations from the first low on, for a start bit and so many bits; by the half bits themselves."""
    halves = ""
    for bit in "1" + "".join([str(word >> at & 1) for at in range(bits - 1, -1, -1)]):
        halves += "01" if bit == "1" else "10"
    durations = []
    for at, half in enumerate(halves):
        if at and half == halves[at - 1]:
            durations[-1] += te_us
        else:
            durations.append(te_us)
    return durations if halves[-1] == "0" else durations[:-1]


class Gear:
    """One control gear. `mains(on)` feeds it. Its clock runs at `scale` of the nominal bit time.

    `level` is its arc level now, 0 to 254. `mute`: does not answer. `lamp_failed`, `failed`: as its status tells them.
    """

    def __init__(self, bus, address=None, scale=1.0, answer_us=7_000):
        self.bus = bus
        self.clock = bus.clock
        self.address = address
        self.answer_us = answer_us
        self.mute = False
        self.lamp_failed = self.failed = False
        self.failure_level = self.power_on_level = 254
        self.heard = []
        self.level = 0
        self.fed = False
        self._te_us = TE_US * scale
        self._edges = []
        bus.gears.append(self)
        self.mains(True)

    def mains(self, on):
        self.fed = on
        self.level = 0
        self.dtr0 = 0
        self.power_cycled = True
        self._twice = (-1, 0)
        self._commanded = False
        if on:
            self.clock.after_us(600_000, self._power_on)

    def _power_on(self):
        if self.fed and not self._commanded:
            self.level = self.power_on_level

    def edge(self, level):
        now = self.clock.us
        self._edges.append((now, level))
        mark = len(self._edges)
        self.clock.after_us(STOP_US, lambda: self._quiet(mark))

    def system_failure(self):
        if self.fed:
            self.level = self.failure_level

    def _quiet(self, mark):
        if len(self._edges) != mark or self.bus.level == 0:
            return
        edges, self._edges = self._edges, []
        if not self.fed:
            return
        word = self._word(edges)
        if word is not None:
            self.heard.append((self.clock.us, word))
            self._obey(word)

    def _word(self, edges):
        """16 bits by looking at the middle of each half bit, or None."""
        begin = edges[0][0]
        bits = []
        for at in range(17):
            halves = []
            for half in (0, 1):
                when = begin + (2 * at + half + 0.5) * TE_US
                level = 1
                for us, then in edges:
                    if us <= when:
                        level = then
                halves.append(level)
            if halves[0] == halves[1]:
                return None
            bits.append(halves[1])
        if edges[-1][0] - begin > 34.5 * TE_US or bits[0] != 1:
            return None
        word = 0
        for bit in bits[1:]:
            word = word << 1 | bit
        return word

    def _obey(self, word):
        high, low = word >> 8, word & 0xFF
        pair, since = self._twice
        twice = pair == word and self.clock.us - since <= 100_000
        self._twice = (-1, 0) if twice else (word, self.clock.us)
        if high == 0xA3:
            self.dtr0 = low
        mine = high | 1 == 0xFF or (self.address is not None and high >> 1 == self.address and high < 0x80)
        if not mine:
            return
        if not high & 1:
            if low != 255:
                self._to(low)
        elif low in (0x2C, 0x2D):
            if twice:
                setattr(self, "failure_level" if low == 0x2C else "power_on_level", self.dtr0)
        elif low == 0x00:
            self._to(0)
        elif low == 0x05:
            self._to(254)
        elif low == 0x90:
            self._answer(self.status())
        elif low == 0xA0:
            self._answer(255 if self.lamp_failed else self.level)
        elif low == 0xA3:
            self._answer(self.power_on_level)
        elif low == 0xA4:
            self._answer(self.failure_level)

    def _to(self, level):
        self._commanded = True
        self.power_cycled = False
        self.level = level

    def status(self):
        lit = self.level > 0 and not self.lamp_failed
        return self.failed | self.lamp_failed << 1 | lit << 2 | self.power_cycled << 7

    def _answer(self, byte):
        if not self.mute:
            self.bus.play(self, manchester(byte, 8, self._te_us), 0, self.answer_us - STOP_US)
