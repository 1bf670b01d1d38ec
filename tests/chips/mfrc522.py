"""MFRC522 (NXP 112139, rev. 3.9): registers, FIFO, timer, transceive; and ISO/IEC 14443 A cards in its field.

Bits are lists, the least significant of each byte first; parity bits are left out. Cards answer 91 us after a frame.
"""

RESET = {0x01: 0x20, 0x02: 0x80, 0x04: 0x14, 0x07: 0x21, 0x0B: 0x08, 0x0C: 0x10, 0x0E: 0xA0, 0x11: 0x3F, 0x14: 0x80,
         0x16: 0x10, 0x17: 0x84, 0x18: 0x84, 0x19: 0x4D, 0x24: 0x26, 0x26: 0x48, 0x36: 0x40}  # fmt: skip
BIT_US = 10  # 9.44 at 106 kBd
ANSWER_US = 91


def bits_of(data):
    return [byte >> at & 1 for byte in data for at in range(8)]


def bytes_of(bits, align=0):
    bits = [0] * align + bits
    return [sum([bit << at for at, bit in enumerate(bits[start : start + 8])]) for start in range(0, len(bits), 8)]


def crc_a(data):
    """ISO/IEC 14443-3 annex B."""
    value = 0x6363
    for byte in data:
        byte = (byte ^ value) & 0xFF
        byte = (byte ^ byte << 4) & 0xFF
        value = value >> 8 ^ byte << 8 ^ byte << 3 ^ byte >> 4
    return [value & 0xFF, value >> 8]


class Card:
    """`uid`: 4, 7 or 10 bytes. `halts` False: it does not care for HLTA. `wrong_crc`: its SAK has one."""

    def __init__(self, uid, halts=True):
        self.halts = halts
        self.wrong_crc = False
        self.levels = []
        rest = list(uid)
        while len(rest) > 4:
            self.levels.append([0x88, rest[0], rest[1], rest[2]])
            rest = rest[3:]
        self.levels.append(rest)
        for level in self.levels:
            level.append(level[0] ^ level[1] ^ level[2] ^ level[3])
        self.selected = 0  # how often all of it was
        self.power_off()

    def power_off(self):
        self._state = "idle"
        self._level = 0

    def hear(self, bits):
        """Its answer as bits, or None."""
        if len(bits) == 7:
            command = bytes_of(bits)[0]
            if self._state in ("idle", "halted") and (command == 0x52 or (command, self._state) == (0x26, "idle")):
                self._state = "ready"
                self._level = 0
                return bits_of([0x44 if len(self.levels) > 1 else 0x04, 0x00])
            if self._state != "halted":
                self._state = "idle"
            return None
        data = bytes_of(bits)
        if self._state == "active":
            if data[:2] == [0x50, 0x00] and data[2:] == crc_a(data[:2]) and self.halts:
                self._state = "halted"
            else:
                self._state = "idle"
            return None
        if self._state != "ready" or data[0] != (0x93, 0x95, 0x97)[self._level]:
            if self._state == "ready":
                self._state = "idle"
            return None
        uid = bits_of(self.levels[self._level])
        if data[1] == 0x70:
            if data[2:7] != self.levels[self._level]:
                self._state = "idle"
                return None
            if data[7:] != crc_a(data[:7]):
                return None
            self._level += 1
            sak = 0x04 if self._level < len(self.levels) else 0x08
            if self._level == len(self.levels):
                self._state = "active"
                self.selected += 1
            crc = crc_a([sak])
            return bits_of([sak, crc[0] ^ self.wrong_crc, crc[1]])
        known = ((data[1] >> 4) - 2) * 8 + (data[1] & 7)
        if len(bits) != 16 + known or bits[16:] != uid[:known]:
            self._state = "idle"
            return None
        return uid[known:]


class MFRC522:
    """On an SPI: `attach` it. `field`: the cards in it. `version`, `alive` (False: MISO is high) and `power_cycle`."""

    def __init__(self, clock, version=0x92):
        self.clock = clock
        self.version = version
        self.alive = True
        self.frozen = False  # it takes no commands
        self.field = []
        self.sent = []  # frames, as bits
        self.on_air = lambda bits: None  # called before the cards answer
        self.power_cycle()

    def power_cycle(self):
        self.registers = dict(RESET)
        self.fifo = []
        self._address = None
        self._run = 0
        self._field_off()

    def _field_off(self):
        for card in self.field:
            card.power_off()

    # ---- SPI

    def select(self, on):
        self._address = None

    def transfer(self, byte):
        if not self.alive:
            return 0xFF
        if self._address is None or self._address & 0x80:
            answer = 0 if self._address is None else self._load(self._address >> 1 & 0x3F)
            self._address = byte
            return answer
        self._store(self._address >> 1 & 0x3F, byte)
        return 0

    def _load(self, register):
        if register == 0x09:
            return self.fifo.pop(0) if self.fifo else 0
        if register == 0x0A:
            return len(self.fifo)
        if register == 0x37:
            return self.version
        return self.registers.get(register, 0)

    def _store(self, register, value):
        registers = self.registers
        if register == 0x09:
            if len(self.fifo) < 64:
                self.fifo.append(value)
            else:
                registers[0x06] = registers.get(0x06, 0) | 0x10
        elif register == 0x0A:
            if value & 0x80:
                self.fifo = []
                registers[0x06] = registers.get(0x06, 0) & ~0x10
        elif register == 0x04:
            if value & 0x80:
                registers[0x04] |= value & 0x7F
            else:
                registers[0x04] &= ~value
        elif register == 0x01:
            self._command(value)
        elif register == 0x0E:
            registers[0x0E] = registers[0x0E] & 0x7F | value & 0x80
        elif register in (0x06, 0x37):
            pass
        else:
            registers[register] = value & 0x7F if register == 0x0D else value
            if register == 0x14 and value & 3 == 0:
                self._field_off()
            if register == 0x0D and value & 0x80 and registers[0x01] & 15 == 0x0C and not self.frozen:
                self._transmit()

    def _command(self, value):
        if value & 15 == 0x0F:
            self.power_cycle()
            self.registers[0x01] |= 0x10
            self.clock.after_us(1_000, self._started)
        else:
            self._run += 1
            self.registers[0x01] = self.registers[0x01] & 0x20 | value & 0x1F

    def _started(self):
        self.registers[0x01] &= ~0x10

    # ---- the air

    def _transmit(self):
        registers = self.registers
        data = self.fifo
        self.fifo = []
        registers[0x06] = 0
        if registers.get(0x12, 0) & 0x80:
            data = data + crc_a(data)
        bits = bits_of(data)
        last = registers[0x0D] & 7
        if last:
            bits = bits[: len(bits) - 8 + last]
        self.sent.append(bits)
        run = self._run
        self.clock.after_us(len(bits) * BIT_US, lambda: self._sent(run, bits))

    def _sent(self, run, bits):
        registers = self.registers
        if run != self._run:
            return
        registers[0x04] |= 0x40
        self.on_air(bits)
        answers = []
        if registers[0x14] & 3 == 3 and registers.get(0x15, 0) & 0x40:
            answers = [answer for answer in [card.hear(bits) for card in self.field] if answer is not None]
        if answers:
            after = ANSWER_US + BIT_US * len(answers[0])
            self.clock.after_us(after, lambda: self._received(run, answers))
        elif registers.get(0x2A, 0) & 0x80:
            step = 2 * ((registers[0x2A] & 15) << 8 | registers.get(0x2B, 0)) + 1  # of 13.56 MHz
            ticks = registers.get(0x2C, 0) << 8 | registers.get(0x2D, 0)
            self.clock.after_us((ticks + 1) * step * 100 // 1356, lambda: self._timer(run))

    def _timer(self, run):
        if run == self._run:
            self.registers[0x04] |= 0x01

    def _received(self, run, answers):
        registers = self.registers
        if run != self._run:
            return
        merged = list(answers[0])
        collision = None
        for answer in answers[1:]:
            for at in range(min(len(answer), len(merged))):
                if answer[at] != merged[at] and (collision is None or at < collision):
                    collision = at
        registers[0x0E] = registers[0x0E] & 0x80 | 0x20
        if collision is not None:
            registers[0x06] |= 0x08
            if collision < 32:
                registers[0x0E] = registers[0x0E] & 0x80 | (collision + 1) & 0x1F
            if not registers[0x0E] & 0x80:
                merged = merged[:collision] + [0] * (len(merged) - collision)
        align = registers[0x0D] >> 4 & 7
        data = bytes_of(merged, align)
        if registers.get(0x13, 0) & 0x80:
            if crc_a(data[:-2]) != data[-2:]:
                registers[0x06] |= 0x04
            data = data[:-2]
        self.fifo = data
        registers[0x04] |= 0x20 | (0x02 if registers[0x06] else 0)
