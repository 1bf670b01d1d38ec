"""Wiegand: cards and keys are read, and what is no whole frame of the right length is refused and counted."""

import sys

from chips.clock import Clock
from chips.pins import Pin
from chips.wiegand import WiegandReader
from lilong_firmware.drivers.wiegand import Wiegand


class Door:
    """A driver and a reader; `settle` passes the silence that ends a frame, polling as a board does."""

    def __init__(self, bits=26, start_us=0, swapped=False):
        self.clock = Clock(start_us)
        d0 = Pin(self.clock, Pin.IN, Pin.PULL_UP)
        d1 = Pin(self.clock, Pin.IN, Pin.PULL_UP)
        self.lines = (d0, d1)
        self.led = Pin(self.clock, Pin.OUT)
        self.buzzer = Pin(self.clock, Pin.OUT)
        self.driver = Wiegand(d0, d1, bits, self.led, self.buzzer, ticks=self.clock.ticks_us)
        self.reader = WiegandReader(self.clock, d1 if swapped else d0, d0 if swapped else d1)

    def settle(self, ms=60):
        taken = []
        for _ in range(ms // 20):
            self.clock.pass_ms(20)
            self.driver.poll(self.clock.us // 1000)
            event = self.driver.take()
            while event:
                taken.append(event)
                event = self.driver.take()
        return taken

    def refused(self):
        return self.driver.refused_parity, self.driver.refused_length


def test_a_card_of_26_bits_is_facility_and_number():
    door = Door()
    door.reader.card(113 << 16 | 40_001, 26)
    assert door.settle() == [("credential", 113 << 16 | 40_001)]
    assert door.settle() == []


def test_a_known_frame_of_26_bits():
    # H10301, facility 1, card 1: even parity 1, 00000001 0000000000000001, odd parity 0.
    door = Door()
    door.reader.send("10000000100000000000000010")
    assert door.settle() == [("credential", 65_537)]


def test_a_card_of_34_bits_keeps_all_its_32():
    door = Door(34)
    for number in (0xFFFFFFFF, 0x80000001, 1, 0x12345678):
        door.reader.card(number, 34)
        assert door.settle() == [("credential", number)]


def test_pulses_and_intervals_of_the_whole_range_are_read():
    for pulse, interval in ((20, 200), (100, 200), (50, 2_000), (100, 20_000)):
        door = Door()
        door.reader.pulse_us, door.reader.interval_us = pulse, interval
        door.reader.card(0xABCDEF, 26)
        assert door.settle() == [("credential", 0xABCDEF)], (pulse, interval)


def test_a_slow_card_that_is_polled_meanwhile_is_one_frame():
    door = Door()
    door.reader.interval_us = 20_000
    poll = door.driver.poll
    for at in range(1, 520, 20):
        door.clock.after_us(at * 1000, lambda: poll(door.clock.us // 1000))
    door.reader.card(0xABCDEF, 26)
    assert door.settle() == [("credential", 0xABCDEF)]
    assert door.refused() == (0, 0)


def test_other_lengths_are_refused():
    door = Door(26)
    door.reader.card(0x12345678, 34)
    door.settle()
    for length in (1, 3, 5, 25, 27, 32, 33, 35, 37, 64, 200):
        door.reader.send("10" * (length // 2) + "1" * (length % 2))
        assert door.settle() == []
    assert door.refused() == (0, 12)
    door = Door(34)
    door.reader.card(5, 26)
    assert door.settle() == []
    assert door.refused() == (0, 1)


def test_no_single_fault_gives_another_card():
    for fault in ("lost", "twice", "both", "other"):
        for bits in (26, 34):
            for at in range(bits):
                door = Door(bits)
                door.reader.faults = {at: fault}
                door.reader.card(0x5A3C96, bits)
                assert door.settle() == [], (fault, bits, at)
                assert sum(door.refused()) == 1, (fault, bits, at)
                door.reader.faults = {}
                door.reader.card(0x5A3C96, bits)
                assert door.settle() == [("credential", 0x5A3C96)]


def test_swapped_wires_never_give_a_card():
    for bits in (26, 34):
        for number in (1, 0x5A3C96, 0xFFFFFF):
            door = Door(bits, swapped=True)
            door.reader.card(number, bits)
            assert door.settle() == []
            assert door.refused() == (1, 0)


def test_a_blank_card_is_none():
    door = Door()
    door.reader.card(0, 26)
    assert door.settle() == []
    assert door.refused() == (1, 0)


def test_a_stuck_line_is_a_tamper_and_no_answer():
    for which in (0, 1, 2):
        door = Door()
        assert door.settle() == []
        assert (door.driver.read("tamper"), door.driver.read("reader")) == (0, 1)
        for line in door.lines[:2] if which == 2 else (door.lines[which],):
            line.stick(0)
        assert door.settle() == []
        assert (door.driver.read("tamper"), door.driver.read("reader")) == (1, 0)
        for line in door.lines:
            line.stick(None)
        door.settle()
        assert (door.driver.read("tamper"), door.driver.read("reader")) == (0, 1)
        door.reader.card(77, 26)
        assert door.settle() == [("credential", 77)]


def test_one_poll_in_a_pulse_is_no_tamper():
    door = Door()
    door.lines[0].drive(0)
    door.driver.poll(0)
    assert door.driver.read("tamper") == 0
    door.lines[0].drive(1)
    door.driver.poll(20)
    assert door.driver.read("tamper") == 0


def test_a_card_that_was_read_while_the_board_was_busy_is_not_lost():
    door = Door()
    door.reader.card(7, 26)
    door.clock.pass_ms(500)
    door.reader.card(8, 26)
    assert door.settle() == [("credential", 7), ("credential", 8)]
    assert door.driver.lost == 0
    door.reader.card(7, 26)
    door.clock.pass_ms(500)
    door.reader.send("1")
    assert door.settle() == [("credential", 7)]
    for number in (1, 2, 3, 4):
        door.reader.card(number, 26)
        door.clock.pass_ms(100)
    assert door.settle() == [("credential", 3), ("credential", 4)]
    assert door.driver.lost == 2


def test_a_card_that_begins_while_another_is_being_looked_at_costs_neither():
    door = Door()
    door.reader.card(7, 26)
    door.clock.pass_ms(30)
    ticks = door.driver._ticks_us
    due = [True]

    def late():
        if due.pop():  # an interrupt, just when `poll` has begun
            due.append(False)
            door.lines[1].drive(0)
            door.lines[1].drive(1)
        else:
            due.append(False)
        return ticks()

    door.driver._ticks_us = late
    door.driver.poll(0)
    door.driver._ticks_us = ticks
    door.driver.poll(0)
    assert door.driver.take() == ("credential", 7)
    door.clock.pass_us(1_000)
    door.reader.send("0000000100000000000000010")
    assert door.settle() == [("credential", 65_537)]


def test_the_tick_counter_may_wrap_within_a_frame():
    door = Door(start_us=(1 << 30) - 5_000)
    door.reader.card(0xABCDEF, 26)
    assert door.settle() == [("credential", 0xABCDEF)]


def test_a_card_after_hours_of_silence_is_read():
    door = Door()
    door.reader.card(5, 26)
    door.settle()
    for silence_ms in (600_000, 1_073_741, 1_073_742, 7_200_000):
        door.clock.pass_ms(silence_ms)
        door.driver.poll(door.clock.us // 1000)
        door.reader.card(6, 26)
        assert door.settle() == [("credential", 6)], silence_ms


def test_keys_of_4_and_8_bits_make_a_pin():
    for bits in (4, 8):
        door = Door()
        taken = []
        for key in (0, 0, 4, 2, 11):
            door.reader.key(key, bits)
            taken += door.settle()
        assert taken == [("pin", 10_042)]
    door = Door()
    for key in (9, 10, 1, 2, 3, 4, 5, 6, 7, 8, 11):
        door.reader.key(key)
        taken = door.settle()
    assert taken == [("pin", 112_345_678)]
    assert door.driver.abandoned == 1


def test_entries_too_short_too_long_or_too_slow_are_none():
    door = Door()
    for keys in ((1, 2, 3, 11), (1, 2, 3, 4, 5, 6, 7, 8, 9, 11), (11,)):
        for key in keys:
            door.reader.key(key)
            assert door.settle() == []
    assert door.driver.abandoned == 2
    for key in (1, 2):
        door.reader.key(key)
        door.settle()
    door.clock.pass_ms(10_000)
    for key in (1, 2, 3, 4, 11):
        door.reader.key(key)
        taken = door.settle()
    assert taken == [("pin", 11_234)]
    assert door.driver.abandoned == 3


def test_a_key_of_8_bits_whose_halves_do_not_agree_is_refused():
    door = Door()
    door.reader.send("11100011")
    assert door.settle() == []
    assert door.refused() == (0, 1)


def test_led_and_buzzer_are_off_until_driven_low():
    door = Door()
    assert (door.led.level, door.buzzer.level) == (1, 1)
    door.driver.drive("led", 1)
    door.driver.drive("buzzer", 1)
    assert (door.led.level, door.buzzer.level) == (0, 0)
    door.driver.drive("buzzer", 0)
    door.driver.drive("elsewhere", 1)
    assert (door.led.level, door.buzzer.level) == (0, 1)


def test_the_handlers_do_not_allocate():
    if sys.implementation.name != "micropython":
        return
    import micropython  # noqa: PLC0415  there is none elsewhere

    door = Door()
    zero, one, pin = door.driver._zero, door.driver._one, door.lines[0]
    ticks = [((1 << 30) - 40_000 + at * 1_000) % (1 << 30) for at in range(80)]  # over the wrap
    ticks += [at + 30_000 for at in ticks]
    ticks = [at for at in ticks if at < 1 << 30] * 3  # frames that end, and those that are never looked at
    tick = iter(ticks)
    door.driver._ticks_us = lambda: next(tick)
    micropython.heap_lock()
    try:
        for _ in range(len(ticks) // 2):
            zero(pin)
            one(pin)
    finally:
        micropython.heap_unlock()
    assert door.driver.lost > 0


def test_a_port_without_hard_interrupts_will_do():
    class Soft(Pin):
        def irq(self, handler=None, trigger=3):
            Pin.irq(self, handler, trigger)

    clock = Clock()
    d0 = Soft(clock, Pin.IN, Pin.PULL_UP)
    d1 = Soft(clock, Pin.IN, Pin.PULL_UP)
    driver = Wiegand(d0, d1, ticks=clock.ticks_us)
    WiegandReader(clock, d0, d1).card(9, 26)
    clock.pass_ms(30)
    driver.poll(60)
    assert driver.take() == ("credential", 9)
    driver.drive("led", 1)


def test_lengths_that_are_no_cards_are_refused_at_once():
    for bits in (0, 25, 37):
        said = ""
        try:
            Door(bits)
        except ValueError as error:
            said = str(error)
        assert "give 26 or 34" in said
