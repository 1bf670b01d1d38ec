"""Control gear on a DALI bus: levels, failure level, status, silence, collisions, power."""

from chips.clock import Clock
from chips.dali import Bus, Gear, manchester
from chips.noise import Noise
from chips.pins import Pin
from chips.ports import TxPin, install, uninstall
from lilong_firmware.drivers.dali import LEVELS, Dali
from lilong_firmware.drivers.dali_frame import NOTHING, VIOLATION, decode, encode, frame_end

try:
    from micropython import heap_lock, heap_unlock
except ImportError:  # CPython has no such thing

    def heap_lock():
        pass

    heap_unlock = heap_lock


def _lamp(relay=False, us=0):
    clock = Clock(us)
    bus = Bus(clock, Pin(clock))
    model = Gear(bus)
    pin = None
    if relay:
        pin = Pin(clock, Pin.OUT)
        model.mains(False)
        pin.watch(lambda level: model.mains(bool(level)))
    return clock, bus, model, Dali(bus, bus.rx, pin, ticks_us=clock.ticks_us)


def _run(clock, dali, ms, step=10):
    for _ in range(ms // step):
        dali.poll(clock.us // 1000)
        clock.pass_ms(step)


def _ticks(durations, begin=0):
    times = [begin]
    for us in durations:
        times.append((times[-1] + int(us)) % (1 << 30))
    return times


# ---- frames


def test_frames_are_those_of_the_line_bit_by_bit():
    for word in (0xFE00, 0xFF90, 0xA3FE, 0x0155, 0xAAAA, 0xFFFF, 0x0000):
        expected = [round(us / 416.67) for us in manchester(word, 16)]
        assert [round(us / 417) for us in encode(word, 16)] == expected, word
    assert abs(sum(encode(0xFF90, 16)) - 33 * 417) <= 417


def test_every_answer_is_read_with_clocks_off_by_a_tenth():
    for byte in range(256):
        for scale in (0.9, 1.0, 1.1):
            times = _ticks(manchester(byte, 8, 416.67 * scale), (1 << 30) - 3_000)
            assert decode(times, 0, len(times), 8) == byte, (byte, scale)


def test_half_bits_out_of_tolerance_edges_missing_and_other_lengths_are_violations():
    assert decode([], 0, 0, 8) == NOTHING
    good = _ticks(manchester(0x5A, 8))
    assert decode(good, 0, len(good) - 1, 8) == VIOLATION
    for scale in (0.75, 1.25):
        times = _ticks(manchester(0x5A, 8, 416.67 * scale))
        assert decode(times, 0, len(times), 8) == VIOLATION
    for bits in (7, 9, 16):
        times = _ticks(manchester(0x5A, bits))
        assert decode(times, 0, len(times), 8) == VIOLATION
    assert decode(good[1:], 0, len(good) - 1, 8) == VIOLATION


def test_noise_is_never_more_than_a_violation_and_a_frame_after_it_is_found():
    noise = Noise(3)
    for _ in range(300):
        times = _ticks([noise.below(1_200) + 1 for _ in range(2 * noise.below(12) + 1)])
        assert -2 <= decode(times, 0, len(times), 8) <= 255
        begin = len(times)
        times += _ticks(manchester(0xC3, 8), times[-1] + 2_400 + noise.below(9_000))
        assert frame_end(times, 0, len(times)) == begin
        assert decode(times, begin, len(times), 8) == 0xC3


# ---- levels


def test_a_percent_of_light_is_its_arc_level_of_the_logarithmic_curve():
    assert (LEVELS[0], LEVELS[1], LEVELS[10], LEVELS[50], LEVELS[100], len(LEVELS)) == (0, 85, 170, 229, 254, 101)


def test_a_level_reaches_the_gear_in_the_next_frame():
    for own, address in ((None, 64), (5, 5)):
        clock = Clock()
        bus = Bus(clock, Pin(clock))
        gear = Gear(bus, own)
        dali = Dali(bus, bus.rx, None, address, ticks_us=clock.ticks_us)
        clock.pass_ms(1_000)
        for percent in (100, 50, 1, 0):
            _run(clock, dali, 500)
            dali.drive("lamp", percent)
            _run(clock, dali, 60 + 54)  # it may have to wait for an answer
            assert gear.level == LEVELS[percent]


def test_gear_of_another_address_is_left_alone():
    clock = Clock()
    bus = Bus(clock, Pin(clock))
    gear, other = Gear(bus, 3), Gear(bus, 4)
    dali = Dali(bus, bus.rx, None, 3, ticks_us=clock.ticks_us)
    clock.pass_ms(1_000)
    dali.drive("lamp", 20)
    dali.drive("failure_level", 50)
    _run(clock, dali, 3_000)
    assert (gear.level, gear.failure_level) == (LEVELS[20], LEVELS[50])
    assert (other.level, other.failure_level) == (254, 254)
    assert dali.read("gear") == 1


def test_forward_frames_keep_their_distance():
    clock, bus, _, dali = _lamp()
    dali.drive("lamp", 70)
    dali.drive("failure_level", 40)
    _run(clock, dali, 5_000)
    assert len(bus.frames) > 10
    for (us, durations), (later, _) in zip(bus.frames, bus.frames[1:]):  # noqa: B905  MicroPython's zip
        assert later - us - sum(durations) >= 13_500


def test_the_failure_levels_are_set_in_pairs_and_kept():
    clock, _, gear, dali = _lamp()
    dali.drive("lamp", 100)
    dali.drive("failure_level", 30)
    _run(clock, dali, 500)
    assert (gear.failure_level, gear.power_on_level) == (LEVELS[30], LEVELS[30])
    for name in ("failure_level", "power_on_level"):
        setattr(gear, name, 254)  # somebody else's doing
        _run(clock, dali, 32_000)
        assert (gear.failure_level, gear.power_on_level) == (LEVELS[30], LEVELS[30])


def test_a_level_in_the_middle_of_a_pair_does_not_break_it():
    clock, _, gear, dali = _lamp()
    _run(clock, dali, 200)
    dali.drive("failure_level", 60)
    for percent in range(1, 60):
        dali.drive("lamp", percent)
        _run(clock, dali, 10)
    _run(clock, dali, 600)
    assert (gear.level, gear.failure_level, gear.power_on_level) == (LEVELS[59], LEVELS[60], LEVELS[60])


def test_a_loop_that_stalls_in_a_pair_begins_it_anew():
    clock, _, gear, dali = _lamp()
    clock.pass_ms(1_000)
    dali.drive("failure_level", 60)
    for _ in range(3):
        _run(clock, dali, 30)
        clock.pass_ms(3_000)
    _run(clock, dali, 1_000)
    assert (gear.failure_level, gear.power_on_level) == (LEVELS[60], LEVELS[60])


# ---- what sends, on each port


def test_rmt_and_pio_send_what_the_gear_understands_by_any_transceiver():
    for port in ("esp32", "rp2"):
        for inverted in (0, 1, 2, 3):
            clock = Clock()
            bus = Bus(clock, Pin(clock), inverted >= 2)
            gear = Gear(bus)
            install(port)
            try:
                dali = Dali(TxPin(bus, bool(inverted & 1)), bus.rx, None, 64, inverted, clock.ticks_us)
            finally:
                uninstall(port)
            assert bus.level == 1
            clock.pass_ms(700)
            for percent in (100, 37, 1):
                dali.drive("lamp", percent)
                _run(clock, dali, 200)
                assert gear.level == LEVELS[percent], (port, inverted)
            _run(clock, dali, 3_000)
            assert dali.read("gear") == 1
            assert dali.status == 0x04
            bus.power(False)
            _run(clock, dali, 2_000)
            assert dali.read("gear") == 0


# ---- status


def test_status_is_asked_each_second_and_tells_a_failed_lamp():
    clock, _, gear, dali = _lamp(us=(1 << 30) - 4_000_000)
    dali.drive("lamp", 100)
    _run(clock, dali, 3_000)
    assert dali.read("gear") == 1
    assert dali.status == 0x04
    gear.lamp_failed = True
    _run(clock, dali, 5_000)
    assert dali.status == 0x02
    assert dali.read("gear") == 1
    asked = [us for us, word in gear.heard if word == 0xFF90]
    assert all(900_000 <= b - a <= 1_100_000 for a, b in zip(asked[-3:], asked[-2:]))  # noqa: B905


def test_on_a_calm_bus_a_minute_is_sixty_questions_of_status_and_nothing_is_written():
    clock, _, gear, dali = _lamp()
    dali.drive("lamp", 80)
    dali.drive("failure_level", 20)
    _run(clock, dali, 5_000)
    del gear.heard[:]
    _run(clock, dali, 60_000)
    said = [word for _, word in gear.heard]
    counts = [said.count(0xFF00 | question) for question in (0x90, 0xA0, 0xA3, 0xA4)]
    assert sum(counts) == len(said)  # no level, no DTR0, nothing that wears the gear's memory
    assert 57 <= counts[0] <= 61
    assert 19 <= counts[1] <= 20
    assert counts[2:] == [2, 2]


def test_gear_that_is_off_answers_nought_and_that_is_an_answer():
    clock, _, gear, dali = _lamp()
    dali.drive("lamp", 0)
    _run(clock, dali, 5_000)
    assert (gear.level, dali.status, dali.read("gear")) == (0, 0, 1)
    gear.failed = True
    _run(clock, dali, 2_000)
    assert dali.status == 1


def test_a_failed_lamp_says_no_level_and_is_not_sent_one_each_time():
    clock, _, gear, dali = _lamp()
    dali.drive("lamp", 80)
    _run(clock, dali, 3_000)
    gear.lamp_failed = True
    _run(clock, dali, 2_000)
    del gear.heard[:]
    _run(clock, dali, 10_000)
    assert [word for _, word in gear.heard if not word & 0x100] == []


def test_silent_gear_is_told_within_2_s_and_set_again_when_it_is_back():
    clock, _, gear, dali = _lamp()
    dali.drive("lamp", 80)
    dali.drive("failure_level", 20)
    _run(clock, dali, 3_000)
    gear.mute = True
    _run(clock, dali, 2_000)
    assert dali.read("gear") == 0
    gear.mute = False
    gear.level, gear.failure_level = 1, 254
    _run(clock, dali, 2_000)
    assert dali.read("gear") == 1
    assert (gear.level, gear.failure_level) == (LEVELS[80], LEVELS[20])


def test_answers_from_5500_to_10500_us_count_and_later_ones_do_not():
    for answer_us, heard in ((5_500, 1), (10_500, 1), (3_500, 1), (16_000, 0)):
        clock, _, gear, dali = _lamp()
        gear.answer_us = answer_us
        _run(clock, dali, 3_000)
        assert dali.read("gear") == heard, answer_us


def test_one_or_two_lost_answers_are_no_silence():
    clock, _, gear, dali = _lamp()
    _run(clock, dali, 2_000)
    asked = len(gear.heard)
    gear.mute = True
    while len(gear.heard) < asked + 2:
        _run(clock, dali, 10)
        assert dali.read("gear") == 1
    gear.mute = False
    _run(clock, dali, 150)
    assert dali.read("gear") == 1
    assert [word for _, word in gear.heard[asked:]].count(0xFF90) == 3


def test_a_bus_without_power_is_told_and_the_gear_goes_to_its_failure_level():
    clock, bus, gear, dali = _lamp()
    dali.drive("lamp", 80)
    dali.drive("failure_level", 20)
    _run(clock, dali, 2_000)
    frames = len(bus.frames)
    bus.power(False)
    _run(clock, dali, 2_000)
    assert gear.level == LEVELS[20]
    assert dali.read("gear") == 0
    assert len(bus.frames) <= frames + 1
    bus.power(True)
    _run(clock, dali, 2_500)
    assert dali.read("gear") == 1
    assert gear.level == LEVELS[80]


def test_frames_that_do_not_come_back_are_silence():
    clock, bus, _, dali = _lamp()
    dali.drive("lamp", 80)
    _run(clock, dali, 2_000)
    bus.deaf = True
    _run(clock, dali, 2_500)
    assert dali.read("gear") == 0
    bus.deaf = False
    _run(clock, dali, 2_000)
    assert dali.read("gear") == 1


def test_gear_that_lost_its_mains_gets_its_level_again():
    clock, _, gear, dali = _lamp()
    dali.drive("lamp", 35)
    _run(clock, dali, 2_000)
    gear.mains(False)
    clock.pass_ms(50)
    gear.mains(True)
    _run(clock, dali, 1_200)
    assert gear.level == LEVELS[35]
    assert not gear.power_cycled
    _run(clock, dali, 1_000)
    assert not dali.status & 0x80


def test_a_level_that_went_astray_is_found_and_sent_again():
    clock, _, gear, dali = _lamp()
    dali.drive("lamp", 35)
    _run(clock, dali, 2_000)
    gear.level = 254
    _run(clock, dali, 4_000)
    assert gear.level == LEVELS[35]


def test_a_collision_is_sent_again():
    clock, bus, gear, dali = _lamp()
    _run(clock, dali, 2_100)
    dali.drive("lamp", 35)
    dali.poll(clock.us // 1000)
    while gear.bus.frames[-1][1] != encode(0xFE00 | LEVELS[35], 16):
        _run(clock, dali, 10)
    bus.play("other master", manchester(0xFE00, 16), 0, 5_000)
    _run(clock, dali, 200)
    assert gear.level == LEVELS[35]


def test_frames_of_another_master_are_waited_for():
    clock, bus, gear, dali = _lamp()
    dali.drive("lamp", 35)
    _run(clock, dali, 2_000)
    heard = len(gear.heard)
    for _ in range(60):
        bus.play("other master", manchester(0x01AA, 16))
        _run(clock, dali, 30, 1)
    assert [word for _, word in gear.heard[heard:]] == [0x01AA] * 60
    _run(clock, dali, 3_000)
    assert dali.read("gear") == 1


def test_answers_of_two_gears_at_once_are_no_answer():
    clock, bus, _, dali = _lamp()
    second = Gear(bus, scale=1.05, answer_us=7_500)
    second.failed = True
    _run(clock, dali, 3_000)
    assert dali.read("gear") == 0


# ---- the relay that feeds it


def test_the_relay_feeds_the_gear_and_it_is_set_once_it_has_started():
    clock, bus, gear, dali = _lamp(relay=True)
    _run(clock, dali, 1_000)
    assert bus.frames == []
    dali.drive("failure_level", 50)
    dali.drive("lamp", 60)
    assert gear.fed
    _run(clock, dali, 690)
    assert bus.frames == []
    _run(clock, dali, 600)
    assert (gear.level, gear.failure_level) == (LEVELS[60], LEVELS[50])
    dali.drive("lamp", 0)
    _run(clock, dali, 300)
    assert not gear.fed
    assert (0xFE << 8) in [word for _, word in gear.heard]
    frames = len(bus.frames)
    _run(clock, dali, 3_000)
    assert len(bus.frames) == frames
    assert dali.read("gear") == 1


def test_a_lamp_told_off_while_it_starts_is_off_in_the_end():
    clock, _, gear, dali = _lamp(relay=True)
    dali.drive("lamp", 60)
    _run(clock, dali, 300)
    dali.drive("lamp", 0)
    _run(clock, dali, 1_500)
    assert not gear.fed
    dali.drive("lamp", 10)
    _run(clock, dali, 1_500)
    assert gear.level == LEVELS[10]


def test_levels_that_cannot_be_are_left_alone_and_addresses_refused():
    clock, _, gear, dali = _lamp()
    dali.drive("lamp", 10)
    _run(clock, dali, 1_000)
    for value in (-1, 101):
        dali.drive("lamp", value)
        dali.drive("failure_level", value)
    _run(clock, dali, 1_000)
    assert (gear.level, gear.failure_level) == (LEVELS[10], 254)
    message = ""
    try:
        Dali(None, None, None, 65)
    except ValueError as error:
        message = str(error)
    assert "address" in message


class _EspPin(Pin):
    """A port without interrupts at the edge itself."""

    def irq(self, handler=None, trigger=3):
        Pin.irq(self, handler, trigger)


def test_a_port_without_hard_interrupts_will_do():
    clock = Clock()
    bus = Bus(clock, _EspPin(clock))
    gear = Gear(bus)
    dali = Dali(bus, bus.rx, ticks_us=clock.ticks_us)
    _run(clock, dali, 1_500)
    gear.mute = True
    _run(clock, dali, 2_500)
    assert dali.read("gear") == 0
    gear.mute = False
    _run(clock, dali, 1_500)
    assert dali.read("gear") == 1


def test_the_interrupt_handler_allocates_nothing():
    clock = Clock()
    bus = Bus(clock, Pin(clock))
    dali = Dali(bus, bus.rx, ticks_us=lambda: 7)
    edge = dali._edge
    heap_lock()
    try:
        for _ in range(70):
            edge(None)
    finally:
        heap_unlock()
    assert dali._edges == 64
