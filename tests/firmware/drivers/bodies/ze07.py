"""The carbon monoxide module: both modes, garbage, silence, a failed sensor."""

from chips.buses import UART
from chips.clock import Clock
from chips.noise import Noise
from chips.ze07 import Ze07 as Model
from chips.ze07 import answer, upload
from lilong_firmware.drivers.ze07 import ASK, SWITCH_TO_ASKING, SWITCH_TO_UPLOAD, Ze07


def _module(ask=0):
    clock = Clock()
    uart = UART(clock, 9_600)
    model = Model(clock, uart)
    co = Ze07(uart, ask)
    co.start(0)
    return clock, uart, model, co


def _run(clock, co, ms):
    for _ in range(ms // 250):
        clock.pass_ms(250)
        co.poll(clock.us // 1000)


def test_the_frames_are_those_of_the_manual():
    assert upload(37) == b"\xff\x04\x03\x01\x00\x25\x13\x88\x38"
    for command in (SWITCH_TO_ASKING, SWITCH_TO_UPLOAD, ASK):
        assert len(command) == 9
        assert sum(command[1:]) & 0xFF == 0


def test_uploads_are_read_in_ppm():
    clock, _, model, co = _module()
    assert co.read("co") is None
    for dppm, ppm in ((0, 0), (4, 0), (5, 1), (305, 31), (3_000, 300), (5_000, 500)):
        model.dppm = dppm
        _run(clock, co, 1_500)
        assert co.read("co") == ppm
    assert co.bad == 0


def test_questions_are_asked_each_second_once_the_module_is_switched():
    clock, uart, model, co = _module(ask=1)
    model.dppm = 420
    model.asking = True
    _run(clock, co, 2_000)
    assert co.read("co") == 42
    model.power(False)
    _run(clock, co, 3_500)
    assert co.read("co") is None
    model.power(True)
    model.dppm = 1_000
    _run(clock, co, 1_500)
    assert co.read("co") == 100  # it uploads when it comes up, which is read too
    assert uart.overruns == 0


def test_a_module_left_in_the_other_mode_is_brought_back():
    clock, _, model, co = _module()
    model.asking = True
    model.dppm = 50
    _run(clock, co, 5_000)
    assert not model.asking
    assert co.read("co") == 5


def test_silence_of_3_s_reads_none_and_ends():
    clock, _, model, co = _module()
    model.dppm = 100
    _run(clock, co, 2_000)
    model.power(False)
    _run(clock, co, 2_500)
    assert co.read("co") == 10
    _run(clock, co, 1_000)
    assert co.read("co") is None
    model.power(True)
    _run(clock, co, 2_000)
    assert co.read("co") == 10


def test_a_failed_sensor_reads_none_at_once():
    clock, _, model, co = _module()
    _run(clock, co, 2_000)
    model.failed = True
    _run(clock, co, 1_250)
    assert co.read("co") is None
    model.failed = False
    _run(clock, co, 1_250)
    assert co.read("co") == 0


def test_a_flipped_bit_and_a_lost_byte_cost_a_frame_and_no_more():
    clock, uart, model, co = _module()
    model.dppm = 300
    _run(clock, co, 1_250)
    uart.flip = 0x10
    model.dppm = 900
    _run(clock, co, 1_000)
    assert co.read("co") == 30
    uart.lose = 3
    _run(clock, co, 2_000)
    assert co.read("co") == 90


def test_a_frame_after_garbage_is_found_whatever_the_garbage():
    noise = Noise(7)
    for trial in range(200):
        clock = Clock()
        uart = UART(clock, 9_600)
        co = Ze07(uart)
        garbage = bytes([0xFF if noise.below(3) == 0 else noise.below(256) for _ in range(noise.below(30))])
        uart.arrive(garbage)
        uart.arrive(upload(1_230) if trial & 1 else answer(1_230))
        uart.arrive(b"\x00" * 8)  # what garbage had begun may want so much more
        clock.pass_ms(100)
        co.poll(100)
        assert co.read("co") == 123, garbage


def test_other_decimals_and_other_gases():
    clock = Clock()
    uart = UART(clock, 9_600)
    co = Ze07(uart)
    for value, decimals, ppm in ((99, 0, 99), (7_700, 2, 77)):
        uart.arrive(upload(value, decimals))
        clock.pass_ms(20)
        co.poll(20)
        assert co.read("co") == ppm
    other = bytearray(upload(9))
    other[1], other[8] = 0x17, (other[8] - 0x13) & 0xFF  # formaldehyde
    uart.arrive(bytes(other))
    clock.pass_ms(20)
    co.poll(40)
    assert co.read("co") == 77


def test_the_highest_bit_is_a_fault_and_all_below_it_a_concentration():
    clock = Clock()
    uart = UART(clock, 9_600)
    co = Ze07(uart)
    for value, ppm in ((0x7FFF, 3_277), (0x8000, None), (5_001, 500), (0xFFFF, None)):
        uart.arrive(upload(value))
        clock.pass_ms(20)
        co.poll(20)
        assert co.read("co") == ppm


class _Broken:
    def readinto(self, buffer):
        raise OSError(5)


def test_a_uart_that_fails_reads_none():
    co = Ze07(_Broken())
    co.poll(0)
    assert co.read("co") is None
