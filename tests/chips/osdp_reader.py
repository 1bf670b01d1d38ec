"""A reader that speaks OSDP 2.2 as a peripheral device, with the secure channel; written apart from the driver.

`hear(frame)` and `say(frame)` are what a man in the middle does to commands and replies: the frame, another one, or
None. `silent` and `busy`: so many commands from now are not answered, or with BUSY.
"""

from chips.aes import aes
from chips.noise import Noise

EVERYBODYS = bytes(range(0x30, 0x40))


def crc(data):
    value = 0x1D0F
    for byte in data:
        value ^= byte << 8
        for _ in range(8):
            value = (value << 1 ^ 0x1021 if value & 0x8000 else value << 1) & 0xFFFF
    return bytes([value & 0xFF, value >> 8])


def closed(body, with_crc=True):
    """SOM, address, (length), control and what follows, as a whole frame."""
    length = len(body) + 2 + (2 if with_crc else 1)
    frame = body[:2] + bytes([length & 0xFF, length >> 8]) + body[2:]
    return frame + (crc(frame) if with_crc else bytes([-sum(frame) & 0xFF]))


def exclusive(one, other):
    return bytes([a ^ b for a, b in zip(one, other)])  # noqa: B905  MicroPython's zip has no strict


class OsdpReader:
    """`key`: its SCBK, None as it left the factory. `crc_known` False: it wants checksums."""

    def __init__(self, clock, uart, key=None, address=0, reply_us=3_000, seed=1):
        self.clock = clock
        self.uart = uart
        self.key = key
        self.address = address
        self.reply_us = reply_us
        self.secure = True
        self.crc_known = True
        self.tampered = 0
        self.power_failed = 0
        self.silent = 0
        self.busy = 0
        self.hear = lambda frame: frame
        self.say = lambda frame: frame
        self.padding = b"\x80"
        self.led = None
        self.buzzer = None
        self.commands = []  # (code, data) of each, understood
        self.frames = []  # what it said
        self.sessions = 0
        self._noise = Noise(seed)
        uart.chip = self
        self.power_on()

    def power_on(self):
        self._bytes = b""
        self._heard_us = 0
        self._sequence = -1
        self._last = b""
        self._said = b""
        self._up = False
        self._keys = None
        self._events = []

    # ---- what happens at it

    def card(self, data, bits):
        """A card with `bits` - 2 bits of data, and their parities."""
        width = bits - 2
        text = "".join(["1" if data >> at & 1 else "0" for at in range(width - 1, -1, -1)])
        half = width // 2
        self.raw(str(text[:half].count("1") % 2) + text + str(1 - text[half:].count("1") % 2))

    def raw(self, text):
        filled = text + "0" * (-len(text) % 8)
        packed = bytes([int(filled[at : at + 8], 2) for at in range(0, len(filled), 8)])
        self._events.append((0x50, bytes([0, 1, len(text) & 0xFF, len(text) >> 8]) + packed))

    def keys(self, text):
        named = {"#": 0x0D, "*": 0x7F}
        self._events.append((0x53, bytes([0, len(text)] + [named.get(key, ord(key)) for key in text])))

    def tamper(self, value):
        self.tampered = value
        self._events.append((0x48, self._status()))

    def _status(self):
        return bytes([self.tampered, self.power_failed])

    # ---- the line

    def receive(self, byte):
        if self.clock.us - self._heard_us > 20_000:
            self._bytes = b""
        if self.clock.us - self._heard_us > 8_000_000:
            self._up = False
        self._heard_us = self.clock.us
        if not self._bytes and byte != 0x53:
            return
        self._bytes += bytes([byte])
        if len(self._bytes) >= 5 and len(self._bytes) == self._bytes[2] | self._bytes[3] << 8:
            frame, self._bytes = self.hear(self._bytes), b""
            if frame is not None:
                self._command(frame)

    def _out(self, frame):
        frame = self.say(frame)
        if frame is not None:
            self.frames.append(frame)
            self.uart.arrive(frame, self.reply_us)

    def _plain(self, sequence, code, data=b"", with_crc=True):
        control = sequence | (4 if with_crc else 0)
        return closed(bytes([0x53, self.address | 0x80, control, code]) + data, with_crc)

    def _nak(self, why, sequence=None, with_crc=True):
        self._out(self._plain(self._sequence if sequence is None else sequence, 0x41, bytes([why]), with_crc))

    def _command(self, frame):
        control = frame[4]
        if control & 4:
            if not self.crc_known:
                return self._nak(1, control & 3, False)
            if crc(frame[:-2]) != frame[-2:]:
                return None
            body = frame[:-2]
        else:
            if sum(frame) & 0xFF:
                return None
            body = frame[:-1]
        if frame[1] != self.address:
            return None
        if self.silent:
            self.silent -= 1
            return None
        sequence = control & 3
        if self.busy:
            self.busy -= 1
            return self._out(self._plain(0, 0x79, b"", bool(control & 4)))
        if sequence == 0:
            self._up = False
        elif sequence == self._sequence and frame == self._last:
            return self._out(self._said)
        elif sequence != self._sequence % 3 + 1:
            self._up = False
            self._sequence = -1
            return self._nak(4, sequence, bool(control & 4))
        self._sequence = sequence
        self._last = frame
        said = self._answer(control, body)
        if said is not None:
            self._said = said
            self._out(said)
        return None

    def _answer(self, control, body):
        at = 5
        block = None
        if control & 8:
            block = body[5 : 5 + body[5]]
            at += body[5]
        if self._up:
            if block is None or block[1] not in (0x15, 0x17):
                self._up = False
                return self._nak(6)
            mac = self._mac(body[:-4], self._reply_mac)
            if mac[:4] != body[-4:]:
                self._up = False
                return self._nak(6)
            self._command_mac = mac
            data = body[at + 1 : -4]
            if block[1] == 0x17:
                plain = aes(self._keys[0], 2, exclusive(self._reply_mac, b"\xff" * 16)).decrypt(data)
                data = plain.rstrip(b"\0")[:-1]
            answer = self._obey(body[at], data)
            return self._sealed(*answer)
        if block is not None:
            return self._handshake(body[at], block, body[at + 1 :])
        answer = self._obey(body[at], body[at + 1 :])
        return self._plain(self._sequence, answer[0], answer[1], bool(control & 4))

    def _obey(self, code, data):
        self.commands.append((code, data))
        if code == 0x60:
            return self._events.pop(0) if self._events else (0x40, b"")
        if code == 0x61:
            return 0x45, b"\x11\x22\x33\x01\x02\x04\x03\x02\x01\x01\x00\x07"
        if code == 0x62:
            return 0x46, bytes([3, 1, 0, 8, 1, 1 if self.crc_known else 0, 9, 1 if self.secure else 0, 1])
        if code == 0x64:
            return 0x48, self._status()
        if code == 0x69 and len(data) == 14:
            self.led = data[12]
            return 0x40, b""
        if code == 0x6A and len(data) == 5:
            self.buzzer = data[1]
            return 0x40, b""
        if code == 0x75 and self._up and data[:2] == b"\x01\x10" and len(data) == 18:
            self.key = data[2:]
            return 0x40, b""
        return 0x41, b"\x03"

    # ---- the secure channel

    def _handshake(self, code, block, data):
        if len(block) != 3:
            return self._nak(6)  # of a session that it has lost
        self.commands.append((code, data))
        ours = EVERYBODYS if self.key is None else self.key
        if not self.secure:
            return self._nak(5)
        if block[2] != (0 if self.key is None else 1):
            return self._nak(6)
        if code == 0x76:
            self._theirs = data
            self._own = bytes([self._noise.below(256) for _ in range(8)])
            key = aes(ours, 1)
            self._keys = [key.encrypt(head + data[:6] + bytes(8)) for head in (b"\x01\x82", b"\x01\x01", b"\x01\x02")]
            answer = bytes(8) + self._own + aes(self._keys[0], 1).encrypt(data + self._own)
            return self._scs(0x12, block[2], 0x76, answer)
        if code == 0x77 and self._keys is not None:
            cryptogram = aes(self._keys[0], 1).encrypt(self._own + self._theirs)
            if cryptogram != data:
                return self._scs(0x14, 0xFF, 0x78, bytes(16))
            self._reply_mac = aes(self._keys[2], 1).encrypt(aes(self._keys[1], 1).encrypt(cryptogram))
            self._up = True
            self.sessions += 1
            return self._scs(0x14, 1, 0x78, self._reply_mac)
        return self._nak(6)

    def _scs(self, kind, flag, code, data):
        return closed(bytes([0x53, self.address | 0x80, self._sequence | 12, 3, kind, flag, code]) + data)

    def _mac(self, message, chain):
        if len(message) % 16:
            message = message + b"\x80" + bytes(15 - len(message) % 16)
        while len(message) > 16:
            chain = aes(self._keys[1], 1).encrypt(exclusive(chain, message[:16]))
            message = message[16:]
        return aes(self._keys[2], 1).encrypt(exclusive(chain, message))

    def _sealed(self, code, data):
        if data:
            padded = data + self.padding + bytes(15 - len(data) % 16)
            data = aes(self._keys[0], 2, exclusive(self._command_mac, b"\xff" * 16)).encrypt(padded)
        body = bytes([0x53, self.address | 0x80, self._sequence | 12, 2, 0x18 if data else 0x16, code]) + data
        length = len(body) + 2 + 6
        whole = body[:2] + bytes([length & 0xFF, length >> 8]) + body[2:]
        self._reply_mac = self._mac(whole, self._command_mac)
        return closed(body + self._reply_mac[:4])
