"""OSDP on a line that does whatever it likes: every card once and in its order, and nothing that was not shown."""

from chips.aes import aes
from chips.buses import UART
from chips.clock import Clock
from chips.osdp_reader import OsdpReader, closed
from hypothesis import example, given, settings
from hypothesis import strategies as st
from lilong_firmware.drivers.osdp import Osdp
from lilong_firmware.drivers.osdp_frame import Receiver, close
from lilong_firmware.drivers.osdp_secure import Session

KEY = bytes(range(100, 116))


class Line:
    def __init__(self, key):
        self.clock = Clock()
        self.uart = UART(self.clock, 38_400)
        self.reader = OsdpReader(self.clock, self.uart, key)
        self.panel = Osdp(
            self.uart, key, baud=38_400, clear=0 if key else 1, aes=aes, random=lambda count: bytes(range(count))
        )
        self.taken = []
        self.run(60)

    def run(self, polls):
        for _ in range(polls):
            self.clock.pass_ms(10)
            self.panel.poll(self.clock.us // 1000)
            if event := self.panel.take():
                self.taken.append(event)


faults = st.one_of(
    st.tuples(st.just("card"), st.integers(1, 0xFFFFFF)),
    st.tuples(st.just("lose"), st.integers(1, 30)),
    st.tuples(st.just("flip"), st.integers(1, 255)),
    st.tuples(st.just("silent"), st.integers(1, 4)),
    st.tuples(st.just("busy"), st.integers(1, 6)),
    st.tuples(st.just("run"), st.integers(1, 60)),
    st.tuples(st.just("stall"), st.integers(1, 7_000)),
    st.tuples(st.just("noise"), st.binary(min_size=1, max_size=40)),
)


@example(None, [("busy", 1), ("card", 1), ("lose", 1), ("flip", 1), ("silent", 1), ("stall", 92)])
@example(None, [("card", 1), ("card", 1), ("busy", 1), ("silent", 2), ("flip", 1), ("stall", 142)])
@given(st.sampled_from([None, KEY]), st.lists(faults, max_size=25))
@settings(deadline=None, max_examples=150)
def test_every_card_comes_once_and_in_its_order_over_a_line_with_faults(key, steps):
    line = Line(key)
    shown = []
    for what, value in steps:
        if what == "card":
            shown.append(value)
            line.reader.card(value, 26)
        elif what == "noise":
            line.uart.arrive(value)
        elif what == "run":
            line.run(value)
        elif what == "stall":
            line.clock.pass_ms(value)
        else:
            setattr(line.uart if what in {"lose", "flip"} else line.reader, what, value)
        line.run(3)
    line.uart.lose = line.reader.silent = line.reader.busy = 0
    line.run(500 + 20 * len(shown))
    assert line.panel.read("reader") == 1
    # A session that had to begin anew may cost what the reader had said into the old one, and nothing else may.
    came = [number for _, number in line.taken]
    left = iter(shown)
    assert all(number in left for number in came)
    assert len(shown) - len(came) <= line.panel.timeouts // 4


@given(st.lists(st.binary(min_size=1, max_size=60), max_size=40), st.booleans())
@settings(deadline=None, max_examples=150)
def test_nothing_that_is_said_without_the_key_is_ever_a_card(said, whole):
    line = Line(KEY)
    line.reader.silent = 1 << 30
    for content in said:
        sequence = line.panel._sequence
        frame = closed(bytes([0x53, 0x80, sequence | (content[0] & 12)]) + content) if whole else content
        line.uart.arrive(frame)
        line.run(4)
    line.run(100)
    assert line.taken == []
    assert line.panel.read("reader") == 0
    line.reader.silent = 0
    line.run(500)
    assert line.panel.read("reader") == 1


@given(st.lists(st.binary(max_size=200), max_size=10), st.binary(min_size=1, max_size=100), st.booleans())
@settings(deadline=None)
def test_a_whole_message_is_found_whatever_came_before_it(before, content, crc):
    clock = Clock()
    uart = UART(clock, 115_200, rxbuf=4_096)
    receiver = Receiver(uart)
    for rubbish in before:
        uart.arrive(rubbish)
        clock.pass_ms(100)
        while receiver.take() or uart.any():
            pass
    receiver.flush()
    length = 5 + len(content) + (2 if crc else 1)
    message = bytearray(bytes([0x53, 0x80, length, 0, 4 if crc else 0]) + content + bytes(2))
    end = close(message, 0, 5 + len(content))
    uart.arrive(message[:end])
    clock.pass_ms(100)
    assert receiver.take() == (length >= 7)
    if length >= 7:
        assert bytes(receiver.buffer[: receiver.end]) == bytes(message[: 5 + len(content)])


@given(st.binary(min_size=1, max_size=100), st.binary(min_size=8, max_size=8), st.binary(min_size=8, max_size=8))
@settings(deadline=None)
def test_panel_and_reader_come_to_the_same_mac_of_any_message(message, ours, theirs):
    reader = OsdpReader(Clock(), UART(Clock()), KEY)
    session = Session(aes, KEY, ours)
    reader._keys = [aes(KEY, 1).encrypt(head + ours[:6] + bytes(8)) for head in (b"\1\x82", b"\1\1", b"\1\2")]
    cryptogram = session.challenged(bytes(8) + theirs + aes(reader._keys[0], 1).encrypt(ours + theirs))
    chain = aes(reader._keys[2], 1).encrypt(aes(reader._keys[1], 1).encrypt(cryptogram))
    assert session.begin(chain)
    buffer = bytearray(message + bytes(4))
    session.sign(buffer, 0, len(message))
    mac = reader._mac(message, chain)
    assert bytes(buffer[-4:]) == mac[:4]
    answer = bytearray(message + reader._mac(message, mac)[:4])
    assert session.verify(answer, len(message))
