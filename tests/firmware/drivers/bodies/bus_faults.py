"""The buses of the models themselves: time passes, and each fault happens once and where it was put."""

from chips.buses import I2C, SPI, UART, Registers
from chips.clock import Clock
from chips.pins import Pin


class _Memory(Registers):
    def __init__(self):
        Registers.__init__(self)
        self.cells = {}

    def load(self, register):
        return self.cells.get(register, 0)

    def store(self, register, value):
        self.cells[register] = value


class _Echo:
    def __init__(self):
        self.last = 0

    def select(self, on):
        self.last = 0

    def transfer(self, byte):
        answer, self.last = self.last, byte
        return answer


def _refused(function):
    try:
        function()
    except OSError as error:
        return error.errno
    return None


def test_registers_read_back_and_time_passes():
    clock = Clock()
    bus = I2C(clock)
    bus.chips[0x18] = _Memory()
    bus.writeto_mem(0x18, 0x20, b"\x57\x01")
    assert bus.readfrom_mem(0x18, 0x20, 2) == b"\x57\x01"
    assert clock.us == 9 * 23  # 4 bytes to write, 2 and 3 to read
    assert bus.scan() == [0x18]


def test_a_nack_a_flip_and_a_stuck_line():
    bus = I2C(Clock())
    bus.chips[0x18] = _Memory()
    assert _refused(lambda: bus.readfrom_mem(0x19, 0, 1)) == 19
    bus.nack_after = 1
    assert _refused(lambda: bus.writeto_mem(0x18, 1, b"\x05\x06")) == 5
    assert _refused(lambda: bus.writeto_mem(0x18, 1, b"\x05\x06")) is None
    bus.flip = (1, 0x80)
    assert bus.readfrom_mem(0x18, 1, 2) == b"\x05\x86"
    assert bus.readfrom_mem(0x18, 1, 2) == b"\x05\x06"
    bus.stuck = True
    assert _refused(lambda: bus.readfrom_mem(0x18, 1, 1)) == 110
    assert bus.scan() == []


def test_spi_answers_only_when_selected():
    clock = Clock()
    bus = SPI(clock)
    cs = Pin(clock, Pin.OUT, value=1)
    bus.attach(_Echo(), cs)
    assert bus.read(2) == b"\xff\xff"
    cs(0)
    buffer = bytearray(3)
    bus.write_readinto(b"\x01\x02\x03", buffer)
    assert buffer == b"\x00\x01\x02"


def test_uart_bytes_arrive_one_by_one_and_overrun():
    clock = Clock()
    line = UART(clock, 9_600, rxbuf=4)
    line.arrive(b"abcdef")
    clock.pass_us(1_041 * 2)
    assert line.any() == 2
    assert line.read() == b"ab"
    clock.pass_ms(10)
    assert line.any() == 4
    line.lose = 1
    line.arrive(b"xy")
    assert line.read() == b"cdef"
    clock.pass_ms(10)
    assert line.read() == b"y"
    assert line.overruns == 0


def test_a_pin_follows_pull_driver_and_short():
    clock = Clock()
    edges = []
    pin = Pin(clock, Pin.IN, Pin.PULL_UP)
    pin.irq(lambda pin: edges.append(pin()), Pin.IRQ_FALLING)
    assert pin() == 1
    pin.drive(0)
    pin.drive(None)
    pin.stick(0)
    assert edges == [0, 0]
    out = Pin(clock, Pin.OUT)
    out(1)
    assert out.trace == [(0, 1)]
