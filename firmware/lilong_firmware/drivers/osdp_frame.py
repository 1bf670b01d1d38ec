"""OSDP on the wire: the check of a message, and the bytes of a serial line gathered to one."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

SOM = 0x53
CRC, SECURE = 0x04, 0x08  # bits of the control byte; below them the sequence number
LONGEST = 128  # (ours) what a reader must at least take


def crc16(buffer: bytearray, start: int, end: int) -> int:
    """x^16 + x^12 + x^5 + 1, from 0x1D0F."""
    crc = 0x1D0F
    for at in range(start, end):
        byte = buffer[at]
        crc = (crc << 4 & 0xFFFF) ^ 0x1021 * (crc >> 12 ^ byte >> 4)
        crc = (crc << 4 & 0xFFFF) ^ 0x1021 * (crc >> 12 ^ byte & 15)
    return crc


def close(buffer: bytearray, start: int, end: int) -> int:
    """Put the check behind a message that `start` begins; its end. The length is in it already."""
    if buffer[start + 4] & CRC:
        crc = crc16(buffer, start, end)
        buffer[end] = crc & 0xFF
        buffer[end + 1] = crc >> 8
        return end + 2
    buffer[end] = -sum(buffer[start:end]) & 0xFF
    return end + 1


class Receiver:
    """Finds whole messages. `bad`: those whose length or check was wrong.

    After `take` says so, `buffer` has a message up to `end`, which is where its check begins.
    """

    def __init__(self, uart: "Any") -> None:
        self.buffer = bytearray(LONGEST)
        self.end = 0
        self.bad = 0
        self._uart = uart
        self._byte = bytearray(1)
        self._at = 0
        self._length = 0

    def flush(self) -> None:
        """Forget what has come."""
        while self._uart.any() and self._uart.readinto(self._byte):
            pass
        self._at = 0

    def begun(self) -> bool:
        return self._at > 0

    def take(self) -> bool:
        """Read what is there, up to the end of a message."""
        buffer = self.buffer
        for _ in range(2 * LONGEST):
            if not self._uart.any() or not self._uart.readinto(self._byte):
                return False
            at = self._at
            buffer[at] = self._byte[0]
            if at == 0 and buffer[0] != SOM:
                continue  # a mark, or noise
            at += 1
            if at == 5:
                self._length = buffer[2] | buffer[3] << 8
                if not 7 <= self._length <= LONGEST:
                    self.bad += 1
                    at = 0
            elif at > 5 and at == self._length:
                self._at = 0
                if self._sound():
                    return True
                self.bad += 1
                at = 0
            self._at = at
        return False

    def _sound(self) -> bool:
        buffer = self.buffer
        end = self._length
        if buffer[4] & CRC:
            self.end = end - 2
            return crc16(buffer, 0, end - 2) == buffer[end - 2] | buffer[end - 1] << 8
        self.end = end - 1
        return sum(buffer[:end]) & 0xFF == 0
