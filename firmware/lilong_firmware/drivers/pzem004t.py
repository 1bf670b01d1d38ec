"""Peacefair PZEM-004T v3.0, a meter of voltage, current, power and power factor, by Modbus-RTU over UART."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

DATA_SHEET = {
    "chip": ("Peacefair PZEM-004T", "User Manual", "V3.0"),
    "measures": {
        "voltage": ("0.1 V", 800, 2_600, "1.1"),
        "current": ("mA", 20, 100_000, "1.2; 10 A with the built-in shunt"),
        "power": ("0.1 W", 4, 230_000, "1.3"),
        "power_factor": ("1/100", 0, 100, "1.4"),
    },
    "bus": ("UART 9600 8N1", "Modbus-RTU, isolated; the measuring side is fed by the mains", "2.1"),
    "timing_ms": {"period": (1_000, "(ours)"), "timeout": (300, "(ours) 25 bytes take 26"), "age": (3_000, "(ours)")},
    "limits": {"address": (1, 0xF7, "2.1; 0xF8 is any single meter")},
}
WIRING = {
    "class": "Pzem004t",
    "takes": {"uart": "uart", "?address": (1, 0xF8)},
    "gives": ("voltage", "current", "power", "power_factor"),
    "drives": (),
}

READ_INPUT = 0x04  # 2.3
FAILED = 0x80
REGISTERS = 10  # 0x0000 to 0x0009, 2.3 table
LENGTH = 5 + 2 * REGISTERS
PERIOD_MS, TIMEOUT_MS, AGE_MS = 1_000, 300, 3_000


def crc16(data: "bytes | bytearray", count: int) -> int:
    """Modbus's, of the first `count` bytes; 0 over a frame with its own."""
    crc = 0xFFFF
    for at in range(count):
        crc ^= data[at]
        for _ in range(8):
            crc = crc >> 1 ^ 0xA001 if crc & 1 else crc >> 1
    return crc


class Pzem004t:
    """`address` 0xF8 asks whichever meter is there."""

    POLL_MS = 100

    def __init__(self, uart: "Any", address: int = 0xF8) -> None:
        if not 1 <= address <= 0xF8:
            raise ValueError("Pzem004t: address %d; it is 1 to 247, or 248 for any" % address)
        self._uart = uart
        self._address = address
        self._request = bytearray((address, READ_INPUT, 0, 0, 0, REGISTERS, 0, 0))
        crc = crc16(self._request, 6)
        self._request[6] = crc & 0xFF
        self._request[7] = crc >> 8
        self._chunk = bytearray(LENGTH)
        self._frame = bytearray(LENGTH)
        self._filled = 0
        self._asked_at = -PERIOD_MS
        self._waiting = False
        self._heard_at = -AGE_MS
        self._fresh = False
        self.voltage = self.current = self.power = self.power_factor = 0
        self.exception = 0  # the last one that the meter has answered with

    def poll(self, now: int) -> None:
        """Take what has come, and ask each second."""
        try:
            while True:
                count = self._uart.readinto(self._chunk)
                if not count:
                    break
                for at in range(count):
                    if self._waiting:  # else it is noise, or too late
                        self._take(self._chunk[at], now)
            if self._waiting and now - self._asked_at >= TIMEOUT_MS:
                self._waiting = False
            if now - self._asked_at >= PERIOD_MS:
                self._asked_at = now
                self._waiting = True
                self._filled = 0
                self._uart.write(self._request)
        except OSError:
            self._waiting = False
        self._fresh = self._fresh and now - self._heard_at < AGE_MS

    def read(self, channel: str) -> "int | None":
        """0.1 V, mA, 0.1 W, 1/100; None when no answer has come for 3 s, as when the mains has failed."""
        value: int = getattr(self, channel)
        return value if self._fresh else None

    def _take(self, byte: int, now: int) -> None:
        frame = self._frame
        frame[self._filled] = byte
        self._filled += 1
        while self._filled and not self._may_be():
            self._filled -= 1
            for at in range(self._filled):
                frame[at] = frame[at + 1]
        if self._filled == LENGTH:
            self._heard_at = now
            self._fresh = True
            self._waiting = False
            self.voltage = frame[3] << 8 | frame[4]
            self.current = self._long(5)
            self.power = self._long(9)
            self.power_factor = min(frame[19] << 8 | frame[20], 100)
        elif self._filled == 5 and frame[1] & FAILED:
            self.exception = frame[2]
            self._waiting = False

    def _may_be(self) -> bool:
        """What is in the frame is the beginning of an answer, or a whole one that is right."""
        frame = self._frame
        filled = self._filled
        if frame[0] != self._address and self._address != 0xF8:
            return False
        if filled > 1 and frame[1] == READ_INPUT | FAILED:
            return filled < 5 or crc16(frame, 5) == 0
        if (filled > 1 and frame[1] != READ_INPUT) or (filled > 2 and frame[2] != 2 * REGISTERS):
            return False
        return filled < LENGTH or crc16(frame, LENGTH) == 0

    def _long(self, at: int) -> int:
        """Low word first."""
        frame = self._frame
        return frame[at + 2] << 24 | frame[at + 3] << 16 | frame[at] << 8 | frame[at + 1]
