"""Winsen ZE07-CO: frames of 9 bytes each second, or on question (User's Manual 1.2, communication protocol)."""


def checksum(frame):
    """Byte 8 for bytes 0 to 7: the two's complement of the sum of 1 to 7."""
    return -sum(frame[1:8]) & 0xFF


def upload(dppm, decimals=1):
    """Table 4."""
    full = 500 * 10**decimals
    frame = bytes((0xFF, 0x04, 0x03, decimals, dppm >> 8, dppm & 0xFF, full >> 8, full & 0xFF))
    return frame + bytes((checksum(frame),))


def answer(dppm):
    """Table 8."""
    frame = bytes((0xFF, 0x86, dppm >> 8, dppm & 0xFF, 0, 0, 0, 0))
    return frame + bytes((checksum(frame),))


class Ze07:
    """`dppm`: carbon monoxide in 0.1 ppm. `failed`: its sensor. `on`: it has power; it comes up uploading."""

    def __init__(self, clock, uart):
        self.clock = clock
        self.uart = uart
        uart.chip = self
        self.dppm = 0
        self.failed = False
        self.on = True
        self.asking = False
        self._heard = bytearray()
        clock.after_us(1_000_000, self._second)

    def power(self, on):
        self.on = on
        self.asking = False
        self._heard = bytearray()

    def receive(self, byte):
        if not self.on:
            return
        self._heard.append(byte)
        if self._heard[0] != 0xFF:
            self._heard = bytearray()
        if len(self._heard) < 9:
            return
        frame = bytes(self._heard)
        self._heard = bytearray()
        if frame[8] != checksum(frame) or frame[1] != 1:
            return
        if frame[2] == 0x78:
            self.asking = frame[3] == 0x41
        elif frame[2] == 0x86 and self.asking:
            self.uart.arrive(answer(self._value()), 5_000)

    def _value(self):
        return 0xFFFF if self.failed else self.dppm

    def _second(self):
        if self.on and not self.asking:
            self.uart.arrive(upload(self._value()))
        self.clock.after_us(1_000_000, self._second)
