"""Parsers of the serial modules on arbitrary bytes: they never raise, and find a right frame after garbage."""

from chips.pzem004t import answer as meter_answer
from chips.ze07 import answer, checksum, upload
from hypothesis import given
from hypothesis import strategies as st
from lilong_firmware.drivers.pzem004t import Pzem004t
from lilong_firmware.drivers.ze07 import Ze07

CHANNELS = ("voltage", "current", "power", "power_factor")


class Fed:
    """A UART that has what it is fed."""

    def __init__(self) -> None:
        self.data = b""

    def readinto(self, buffer: bytearray) -> int | None:
        data, self.data = self.data[: len(buffer)], self.data[len(buffer) :]
        buffer[: len(data)] = data
        return len(data) or None

    def write(self, data: bytes) -> None:
        pass


def frames_of_ze07() -> st.SearchStrategy[bytes]:
    """Frames with a right checksum, of any content, and broken ones."""

    def whole(body: bytes) -> bytes:
        return b"\xff" + body + bytes((checksum(b"\xff" + body),))

    return st.binary(min_size=7, max_size=7).map(whole)


garbage = st.lists(st.one_of(st.just(0xFF), st.just(0x04), st.just(0x86), st.integers(0, 255)), max_size=40).map(bytes)


@given(st.lists(st.one_of(garbage, frames_of_ze07()), max_size=8), st.booleans())
def test_no_bytes_make_the_carbon_monoxide_module_raise_or_read_what_cannot_be(chunks, ask):
    uart = Fed()
    co = Ze07(uart, int(ask))
    co.start(0)
    for number, chunk in enumerate(chunks):
        uart.data += chunk
        co.poll(number * 250)
        value = co.read("co")
        assert value is None or 0 <= value <= 32_767


@given(garbage, st.integers(0, 5_000), st.booleans())
def test_a_concentration_after_garbage_is_read(before, dppm, asked):
    uart = Fed()
    co = Ze07(uart)
    uart.data = before + (answer(dppm) if asked else upload(dppm)) + bytes(8)
    co.poll(0)
    # What garbage and the frame's head make together may be a frame too, by chance; then ours is the next one.
    uart.data = answer(dppm) + bytes(8)
    co.poll(1)
    assert co.read("co") == (dppm + 5) // 10


@given(st.lists(st.one_of(garbage, st.binary(max_size=40)), max_size=8), st.integers(1, 0xF8))
def test_no_bytes_make_the_meter_raise(chunks, address):
    uart = Fed()
    meter = Pzem004t(uart, address)
    for number, chunk in enumerate(chunks):
        meter.poll(number * 100)
        uart.data += chunk
        meter.poll(number * 100 + 50)
        assert all(meter.read(name) is None or meter.read(name) >= 0 for name in CHANNELS)


registers = st.lists(st.integers(0, 0xFFFF), min_size=10, max_size=10)


@given(st.binary(max_size=60), registers, st.integers(1, 247), st.booleans())
def test_a_measurement_after_garbage_is_read(before, values, address, any_meter):
    uart = Fed()
    meter = Pzem004t(uart, 0xF8 if any_meter else address)
    meter.poll(0)
    uart.data = before + meter_answer(values, address) + bytes(25)
    meter.poll(50)
    expected = [values[0], values[2] << 16 | values[1], values[4] << 16 | values[3], min(values[8], 100)]
    assert [meter.read(name) for name in CHANNELS] == expected


@given(registers, st.integers(0, 24), st.integers(1, 255))
def test_a_measurement_with_a_byte_changed_is_not_read(values, at, mask):
    uart = Fed()
    meter = Pzem004t(uart, 1)
    meter.poll(0)
    frame = bytearray(meter_answer(values, 1))
    frame[at] ^= mask
    uart.data = bytes(frame)
    meter.poll(50)
    assert meter.read("voltage") is None
