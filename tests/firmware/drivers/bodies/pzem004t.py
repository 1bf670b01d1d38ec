"""The Modbus meter: values, garbage, exceptions, silence."""

from chips.buses import UART
from chips.clock import Clock
from chips.noise import Noise
from chips.pzem004t import Pzem004t as Model
from chips.pzem004t import answer
from lilong_firmware.drivers.pzem004t import Pzem004t, crc16

LAMP = (2_201, 297, 0, 598, 0, 12, 0, 500, 91, 0)


def _meter(address=0xF8, at=1):
    clock = Clock()
    uart = UART(clock, 9_600)
    model = Model(clock, uart, at)
    return clock, uart, model, Pzem004t(uart, address)


def _run(clock, meter, ms):
    for _ in range(ms // 100):
        meter.poll(clock.us // 1000)
        clock.pass_ms(100)
    meter.poll(clock.us // 1000)


def _values(meter):
    return [meter.read(name) for name in ("voltage", "current", "power", "power_factor")]


def _refused(function, *arguments):
    try:
        function(*arguments)
    except ValueError as error:
        return str(error)
    return ""


def test_the_crc_is_that_of_modbus():
    assert crc16(b"123456789", 9) == 0x4B37
    frame = answer(LAMP)
    assert crc16(frame, len(frame)) == 0


def test_the_lamp_is_measured():
    clock, _, model, meter = _meter()
    assert _values(meter) == [None] * 4
    model.voltage, model.current, model.power, model.power_factor = 2_201, 297, 598, 91
    _run(clock, meter, 200)
    assert _values(meter) == [2_201, 297, 598, 91]
    model.current, model.power = 70_000, 154_000
    _run(clock, meter, 1_200)
    assert _values(meter) == [2_201, 70_000, 154_000, 91]
    assert model.heard[0] == b"\xf8\x04\x00\x00\x00\x0a\x64\x64"


def test_it_is_asked_once_a_second_at_its_address():
    clock, _, model, meter = _meter(7, 7)
    _run(clock, meter, 5_050)
    assert len(model.heard) == 5 or len(model.heard) == 6
    assert meter.read("voltage") == 2_200
    clock, _, model, meter = _meter(7, 8)
    _run(clock, meter, 3_000)
    assert meter.read("voltage") is None


def test_the_mains_gone_reads_none_after_3_s_and_back():
    clock, _, model, meter = _meter()
    _run(clock, meter, 1_200)
    model.on = False
    _run(clock, meter, 2_500)
    assert meter.read("voltage") == 2_200
    _run(clock, meter, 1_000)
    assert _values(meter) == [None] * 4
    model.on = True
    _run(clock, meter, 1_500)
    assert meter.read("voltage") == 2_200


def test_a_flipped_bit_or_a_lost_byte_keeps_the_last_value_and_the_next_answer_counts():
    clock, uart, model, meter = _meter()
    _run(clock, meter, 300)
    for spoil in ("flip", "lose"):
        model.voltage += 100
        setattr(uart, spoil, 1)
        before = meter.read("voltage")
        _run(clock, meter, 1_000)
        assert meter.read("voltage") == before
        _run(clock, meter, 1_000)
        assert meter.read("voltage") == model.voltage


def test_an_exception_is_kept_and_the_meter_asked_again():
    clock, _, model, meter = _meter()
    model.exception = 4
    _run(clock, meter, 400)
    assert (meter.exception, meter.read("voltage")) == (4, None)
    _run(clock, meter, 1_000)
    assert meter.read("voltage") == 2_200


def test_an_answer_within_the_timeout_is_taken_however_late():
    clock, _, model, meter = _meter()
    model.late_us = 240_000
    _run(clock, meter, 900)
    assert meter.read("voltage") == 2_200


def test_an_answer_later_than_the_timeout_is_not_taken():
    clock, _, model, meter = _meter()
    model.late_us = 400_000
    _run(clock, meter, 4_000)
    assert meter.read("voltage") is None


def test_an_answer_after_garbage_is_found_whatever_the_garbage():
    noise = Noise(11)
    for trial in range(200):
        clock = Clock()
        uart = UART(clock, 115_200)
        meter = Pzem004t(uart, 0xF8 if trial & 1 else 1)
        meter.poll(0)
        begin = (1, 4, 20, 0x84, 0xF8)
        garbage = bytes([begin[noise.below(5)] if noise.below(2) else noise.below(256) for _ in range(noise.below(24))])
        uart.arrive(garbage + answer(LAMP) + bytes(24))
        clock.pass_ms(20)
        meter.poll(20)
        assert _values(meter) == [2_201, 297, 598, 91], garbage


class _Broken:
    def readinto(self, buffer):
        raise OSError(5)


def test_a_uart_that_fails_reads_none():
    meter = Pzem004t(_Broken())
    meter.poll(0)
    assert meter.read("power") is None


def test_an_address_that_cannot_be_is_refused():
    for address in (0, 249):
        assert "address" in _refused(Pzem004t, None, address)
