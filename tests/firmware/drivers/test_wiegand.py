"""Wiegand, whatever comes over the wires: every card is read as it is, and no rubbish is a card by chance alone."""

from chips.clock import Clock
from chips.pins import Pin
from chips.wiegand import WiegandReader
from hypothesis import given, settings
from hypothesis import strategies as st
from lilong_firmware.drivers.card_reader import SPLIT, card_number
from lilong_firmware.drivers.wiegand import Wiegand


def line():
    clock = Clock()
    d0, d1 = Pin(clock, Pin.IN, Pin.PULL_UP), Pin(clock, Pin.IN, Pin.PULL_UP)
    return clock, Wiegand(d0, d1, 34, ticks=clock.ticks_us), WiegandReader(clock, d0, d1)


def split(frame: str) -> int:
    return card_number(int(frame[:SPLIT], 2), int(frame[SPLIT:], 2), len(frame))


@given(st.sampled_from([26, 34]), st.data())
def test_every_number_is_read_back_and_no_single_bit_may_be_wrong(bits, data):
    number = data.draw(st.integers(1, (1 << bits - 2) - 1))
    text = f"{number:0{bits - 2}b}"
    half = len(text) // 2
    frame = str(text[:half].count("1") % 2) + text + str(1 - text[half:].count("1") % 2)
    assert split(frame) == number
    at = data.draw(st.integers(0, bits - 1))
    assert split(frame[:at] + "10"[int(frame[at])] + frame[at + 1 :]) == -1


@given(st.lists(st.one_of(st.integers(1, 0xFFFFFFFF), st.text("01", max_size=80)), max_size=6))
@settings(deadline=None)
def test_cards_between_rubbish_come_out_whole_and_in_their_order(sent):
    clock, driver, reader = line()
    taken = []
    for what in sent:
        if isinstance(what, int):
            reader.card(what, 34)
        else:
            reader.send(what)
        for _ in range(3):
            clock.pass_ms(20)
            driver.poll(clock.us // 1000)
            while event := driver.take():
                taken.append(event[1])
    frames = [f if isinstance(f, int) else split(f) if len(f) == 34 else 0 for f in sent]
    assert [number for number in taken if number] == [number for number in frames if number > 0]


@given(st.lists(st.tuples(st.integers(1, 40_000), st.integers(0, 1), st.booleans()), max_size=200))
@settings(deadline=None)
def test_no_edges_at_all_upset_it(edges):
    clock, driver, reader = line()
    for after_us, which, poll in edges:
        clock.pass_us(after_us)
        reader._pulse(which)
        if poll:
            driver.poll(clock.us // 1000)
            driver.take()
    for _ in range(3):
        clock.pass_ms(30)
        driver.poll(clock.us // 1000)
        driver.take()
    reader.card(0xC0FFEE, 34)
    clock.pass_ms(30)
    driver.poll(clock.us // 1000)
    assert driver.take() == ("credential", 0xC0FFEE)
