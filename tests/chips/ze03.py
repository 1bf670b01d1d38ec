"""Winsen ZE03-H2S: uploads, or answers, with a checksum; `dppm` can be changed while it runs."""


def checksum(frame):
    return -sum(frame[1:8]) & 0xFF


class ZE03:
    """`typed`: its uploads name gas, unit and decimals, as newer modules do."""

    def __init__(self, clock, uart, typed=False, decimals=0):
        self.clock = clock
        self.uart = uart
        self.typed = typed
        self.decimals = decimals
        self.dppm = 0
        self.raw = None  # said instead of a concentration
        self.alive = True
        self.asked = False  # its mode
        self.spoil = 0
        self.cut = 0
        self._said = bytearray()
        uart.chip = self
        clock.after_us(1_000_000, self._upload)

    def receive(self, byte):
        self._said = (self._said + bytes([byte]))[-9:]
        said = bytes(self._said)
        if not self.alive or len(said) < 9 or said[0] != 0xFF or checksum(said) != said[8]:
            return
        if said[2] == 0x78:
            self.asked = said[3] == 4
            self._send(bytes([0xFF, 0x78, 1, 0, 0, 0, 0, 0]))
        elif said[2] == 0x86:
            self._send(self._frame(False))

    def _value(self):
        if self.raw is not None:
            return self.raw
        return self.dppm // 10 if self.decimals == 0 else self.dppm * 10 ** (self.decimals - 1)

    def _frame(self, typed):
        value = self._value()
        if typed:
            return bytes([0xFF, 0x03, 0x03, self.decimals, value >> 8, value & 0xFF, 0, 100])
        return bytes([0xFF, 0x86, value >> 8, value & 0xFF, 0, 0, 0, 0])

    def _upload(self):
        self.clock.after_us(1_000_000, self._upload)
        if self.alive and not self.asked:
            self._send(self._frame(self.typed))

    def _send(self, frame):
        frame = frame + bytes([checksum(frame + b"\0") ^ self.spoil])
        self.uart.arrive(frame[: 9 - self.cut])
        self.spoil = self.cut = 0
