"""Peacefair PZEM-004T v3.0: a Modbus slave with ten input registers (User Manual V3.0, 2)."""


def crc16(data):
    """CRC-16/MODBUS by its table-free definition: polynomial 0x8005 reflected, all ones first, low byte first."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc, low = crc >> 1, crc & 1
            if low:
                crc ^= 0xA001
    return bytes((crc & 0xFF, crc >> 8))


def answer(registers, address=1):
    """Function 4 with as many registers as there are."""
    frame = bytes((address, 4, 2 * len(registers)))
    for register in registers:
        frame += bytes((register >> 8, register & 0xFF))
    return frame + crc16(frame)


class Pzem004t:
    """Voltage in 0.1 V, current in mA, power in 0.1 W, factor in 1/100. `on`: its mains side has power.

    `exception`: answer with that code, once.
    """

    def __init__(self, clock, uart, address=1):
        self.clock = clock
        self.uart = uart
        uart.chip = self
        self.voltage, self.current, self.power, self.power_factor = 2_200, 0, 0, 0
        self.energy_wh = 0
        self.on = True
        self.exception = 0
        self.heard = []
        self.late_us = 10_000
        self._address = address
        self._bytes = bytearray()
        self._last_us = 0

    def registers(self):
        return (
            self.voltage, self.current & 0xFFFF, self.current >> 16, self.power & 0xFFFF, self.power >> 16,
            self.energy_wh & 0xFFFF, self.energy_wh >> 16, 500, self.power_factor, 0,
        )  # fmt: skip

    def receive(self, byte):
        if self.clock.us - self._last_us > 5_000:  # a gap begins a frame
            self._bytes = bytearray()
        self._last_us = self.clock.us
        self._bytes.append(byte)
        if len(self._bytes) < 8 or not self.on:
            return
        frame, self._bytes = bytes(self._bytes), bytearray()
        if frame[0] not in (self._address, 0xF8) or crc16(frame[:6]) != frame[6:]:
            return
        self.heard.append(frame)
        if self.exception:
            said = bytes((self._address, frame[1] | 0x80, self.exception))
            self.exception = 0
            self.uart.arrive(said + crc16(said), self.late_us)
        elif frame[1] == 4 and frame[2:4] == b"\0\0" and frame[5] <= 10:
            self.uart.arrive(answer(self.registers()[: frame[5]], self._address), self.late_us)
