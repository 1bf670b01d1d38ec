"""MFRC522: whoever comes and goes, and whatever happens to chip and bus, no number is read that was not there."""

from binascii import crc32

from chips.buses import SPI
from chips.clock import Clock
from chips.mfrc522 import MFRC522 as Chip
from chips.mfrc522 import Card
from chips.pins import Pin
from hypothesis import given, settings
from hypothesis import strategies as st
from lilong_firmware.drivers.mfrc522 import MFRC522

first = st.integers(0, 255).filter(lambda byte: byte not in {0x08, 0x88})
uids = st.one_of(
    st.builds(lambda head, rest: bytes([head]) + rest, first, st.binary(min_size=3, max_size=3)),
    st.builds(lambda rest: b"\x04" + rest, st.binary(min_size=6, max_size=6)),
).filter(lambda uid: any(uid) and (len(uid) == 4 or uid[3] != 0x88))
steps = st.one_of(
    st.tuples(st.just("come"), uids),
    st.tuples(st.just("go"), st.integers(0, 9)),
    st.tuples(st.just("reset"), st.none()),
    st.tuples(st.just("flip"), st.tuples(st.integers(0, 120), st.sampled_from([1 << bit for bit in range(8)]))),
    st.tuples(st.just("dead"), st.booleans()),
)


def number(uid):
    return int.from_bytes(uid, "big") if len(uid) == 4 else crc32(uid)


@given(st.lists(st.tuples(steps, st.integers(1, 40)), max_size=20), uids)
@settings(deadline=None, max_examples=150)
def test_only_cards_that_were_shown_are_read_and_the_last_one_always(script, last):
    clock = Clock()
    spi = SPI(clock)
    cs = Pin(clock, Pin.OUT, value=1)
    chip = Chip(clock)
    spi.attach(chip, cs)
    driver = MFRC522(spi, cs)
    shown = set()

    def run(polls):
        for _ in range(polls):
            driver.poll(clock.us // 1000)
            if event := driver.take():
                yield event[1]
            clock.pass_ms(10)

    for (what, value), polls in script:
        if what == "come" and len(chip.field) < 3:
            chip.field.append(Card(value))
            shown.add(number(value))
        elif what == "go" and chip.field:
            del chip.field[value % len(chip.field)]
        elif what == "reset":
            chip.power_cycle()
        elif what == "flip":
            spi.flip = value
        elif what == "dead":
            chip.alive = not value
        assert set(run(polls)) <= shown
    chip.alive = True
    spi.flip = None
    chip.field = []
    assert set(run(300)) <= shown
    chip.field = [Card(last)]
    assert list(run(60)) == [number(last)]
