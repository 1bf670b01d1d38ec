"""OSDP on a line: what a reader says reaches the door, whatever the line does; with a key, nothing else does."""

from chips.aes import aes
from chips.buses import UART
from chips.clock import Clock
from chips.noise import Noise
from chips.osdp_reader import OsdpReader, closed
from lilong_firmware.drivers.osdp import Osdp

KEY = bytes(range(100, 116))


class Line:
    """A panel, a line and a reader; `run` passes time and polls each 10 ms."""

    def __init__(self, key=None, reader_key=None, bits=26, install=0, address=0, baud=9_600, clear=0):
        self.clock = Clock()
        self.uart = UART(self.clock, baud)
        self.reader = OsdpReader(self.clock, self.uart, reader_key, address)
        self._random = Noise(7)
        self.panel = Osdp(self.uart, key, address, bits, baud, install, clear, aes=aes, random=self._draw)
        self.panel.poll(0)

    def _draw(self, count):
        return bytes([self._random.below(256) for _ in range(count)])

    def run(self, ms):
        taken = []
        for _ in range(ms // 10):
            self.clock.pass_ms(10)
            self.panel.poll(self.clock.us // 1000)
            event = self.panel.take()
            if event:
                taken.append(event)
        return taken

    def said(self, code):
        return [data for command, data in self.reader.commands if command == code]

    def online(self):
        return self.panel.read("reader")


def clear():
    line = Line(clear=1)
    line.run(500)
    return line


def secured(**kwargs):
    line = Line(KEY, KEY, **kwargs)
    line.run(700)
    return line


def test_a_reader_without_a_key_is_online_within_half_a_second():
    line = clear()
    assert line.online() == 1
    assert line.panel.read("tamper") == 0
    assert line.panel.identity == b"\x11\x22\x33\x01\x02\x04\x03\x02\x01\x01\x00\x07"
    assert len(line.panel.identity) == 12


def test_a_secure_session_is_up_within_a_second():
    line = secured()
    assert line.online() == 1
    assert line.reader.sessions == 1
    assert line.panel.refused == 0


def test_it_polls_each_50_ms():
    for line in (clear(), secured()):
        before = len(line.said(0x60))
        line.run(10_000)
        assert 160 <= len(line.said(0x60)) - before <= 200
    line = secured(baud=115_200)
    before = len(line.said(0x60))
    line.run(10_000)
    assert 195 <= len(line.said(0x60)) - before <= 200


def test_cards_come_through():
    for line in (clear(), secured()):
        line.reader.card(0xABCDEF, 26)
        line.reader.card(0x000001, 26)
        assert line.run(300) == [("credential", 0xABCDEF), ("credential", 1)]
    line = secured(bits=34)
    line.reader.card(0xFEDCBA98, 34)
    assert line.run(300) == [("credential", 0xFEDCBA98)]


def test_cards_of_another_length_or_parity_are_refused():
    line = secured()
    for text in ("0" * 26, "10" * 13, "1" * 37, "10" * 17, "1", ""):
        line.reader.raw(text)
    line.reader._events.append((0x50, b"\0\0\x1a\0\x12"))
    line.reader._events.append((0x50, b"\0"))
    assert line.run(1_000) == []
    assert (line.panel.refused_parity, line.panel.refused_length) == (2, 5)
    assert line.online() == 1


def test_keys_make_a_pin():
    for line in (clear(), secured()):
        line.reader.keys("00")
        line.reader.keys("42#")
        line.reader.keys("12*")
        line.reader.keys("98765432")
        line.reader.keys("#")
        assert line.run(700) == [("pin", 10_042), ("pin", 198_765_432)]


def test_a_pad_that_says_its_signs_in_ascii_is_understood():
    line = clear()
    line.reader._events.append((0x53, b"\0\x06#0042#"))
    line.reader._events.append((0x53, b"\0\x071*1234#"))
    assert line.run(300) == [("pin", 10_042), ("pin", 11_234)]


def test_data_with_a_wrong_padding_is_no_card_and_ends_the_session():
    for padding in (b"\x00", b"\x01"):
        line = secured()
        line.reader.padding = padding
        line.reader.card(5, 26)
        assert line.run(300) == []
        line.reader.padding = b"\x80"
        line.run(2_000)
        assert line.reader.sessions == 2
        line.reader.card(6, 26)
        assert line.run(300) == [("credential", 6)]


def test_tamper_and_power_are_told():
    for line in (clear(), secured()):
        line.reader.power_failed = 1
        line.reader.tamper(1)
        line.run(200)
        assert line.panel.read("tamper") == 1
        assert line.panel.power_failed == 1
        line.reader.tamper(0)
        line.run(200)
        assert line.panel.read("tamper") == 0


def test_a_tamper_of_before_the_session_is_known():
    line = Line(KEY, KEY)
    line.reader.tampered = 1
    line.run(700)
    assert line.panel.read("tamper") == 1


def test_led_and_buzzer_are_driven_and_driven_again_after_a_loss():
    for line in (clear(), secured()):
        line.panel.drive("led", 1)
        line.panel.drive("buzzer", 1)
        line.run(300)
        assert (line.reader.led, line.reader.buzzer) == (2, 2)
        line.reader.power_on()
        line.reader.led = line.reader.buzzer = None
        line.run(3_000)
        assert (line.reader.led, line.reader.buzzer) == (2, 2)
        line.panel.drive("led", 0)
        line.panel.drive("buzzer", 0)
        line.run(300)
        assert (line.reader.led, line.reader.buzzer) == (1, 1)


def test_an_output_that_is_driven_again_and_again_is_said_once():
    line = secured()
    before = len(line.said(0x6A))
    for _ in range(50):
        line.panel.drive("buzzer", 1)
        line.run(20)
    assert len(line.said(0x6A)) - before == 1


def test_an_output_that_the_reader_does_not_have_hurts_nothing():
    line = secured()
    line.reader._obey = lambda code, data: (0x41, b"\x03") if code == 0x6A else (0x40, b"")
    line.panel.drive("buzzer", 1)
    line.run(300)
    assert line.online() == 1


def test_a_reader_that_is_cut_off_is_no_longer_there_within_300_ms():
    for line in (clear(), secured()):
        line.reader.silent = 1_000_000
        line.run(310)
        assert line.online() == 0
        assert line.panel.read("tamper") is None
        line.run(60_000)
        line.reader.silent = 0
        line.run(1_500)
        assert line.online() == 1


def test_a_reply_that_is_lost_costs_no_card_and_gives_none_twice():
    for line in (clear(), secured()):
        got = []
        for number in range(1, 40):
            line.reader.card(number, 26)
            line.uart.lose = number % 3
            got += line.run(700)
        assert got == [("credential", number) for number in range(1, 40)]
        assert line.panel.timeouts > 10
        assert line.reader.sessions <= 1


def test_bit_errors_are_found_and_cost_nothing():
    noise = Noise(3)
    for line in (clear(), secured()):
        got = []
        for number in range(1, 60):
            line.reader.card(number, 26)
            line.uart.flip = 1 << noise.below(8)
            got += line.run(700)
        assert got == [("credential", number) for number in range(1, 60)]


def test_commands_that_the_reader_does_not_hear_are_said_again():
    line = secured()
    got = []
    for number in range(1, 8):
        line.reader.card(number, 26)
        line.reader.silent = number % 4
        got += line.run(1_500)
    assert got == [("credential", number) for number in range(1, 8)]
    assert line.reader.sessions == 1


def test_a_reply_that_comes_late_is_taken_once():
    for late_us in (190_000, 230_000, 260_000, 300_000):
        for line in (clear(), secured()):
            line.reader.card(8, 26)
            line.reader.card(9, 26)
            line.reader.reply_us = late_us
            line.run(100)
            line.reader.reply_us = 3_000
            taken = line.run(3_000)
            assert taken in ([("credential", 8), ("credential", 9)], [("credential", 9)]), late_us
            line.reader.card(10, 26)
            assert line.run(300) == [("credential", 10)]


def test_an_output_that_a_busy_reader_is_told_is_not_lost():
    line = secured()
    line.reader.busy = 2
    line.panel.drive("led", 1)
    line.run(1_000)
    assert line.reader.led == 2


def test_a_reader_that_is_busy_for_8_s_is_begun_with_anew():
    line = clear()
    said = []

    def tap(frame):
        said.append(frame[4] & 3)
        return frame

    line.reader.hear = tap
    line.reader.busy = 1_000_000
    line.run(7_900)
    assert 0 not in said
    line.run(300)
    assert 0 in said


def test_a_busy_reader_is_asked_again():
    for line in (clear(), secured()):
        line.reader.card(5, 26)
        line.reader.busy = 20
        assert line.run(3_000) == [("credential", 5)]
        assert line.online() == 1
        assert line.reader.sessions <= 1


def test_a_reader_that_is_busy_for_ever_is_not_there():
    line = secured()
    line.reader.busy = 1_000_000
    line.run(1_000)
    assert line.online() == 0
    line.run(20_000)
    assert line.online() == 0
    line.reader.busy = 0
    line.run(2_000)
    assert line.online() == 1


def test_a_reader_that_lost_its_power_gets_a_new_session():
    line = secured()
    for count in (2, 3, 4):
        line.reader.power_on()
        line.run(600)
        assert line.online() == 1
        assert line.reader.sessions == count
        line.reader.card(count, 26)
        assert line.run(200) == [("credential", count)]


def test_a_board_that_was_busy_for_seconds_goes_on():
    for ms in (3_000, 20_000):
        line = secured()
        line.reader.card(9, 26)
        line.run(20)
        line.clock.pass_ms(ms)
        assert line.run(3_000) == [("credential", 9)]
        assert line.online() == 1


def test_a_reader_that_only_knows_checksums_is_spoken_to_in_them():
    line = Line(clear=1)
    line.reader.crc_known = False
    line.run(3_000)
    assert line.online() == 1
    line.reader.card(77, 26)
    assert line.run(200) == [("credential", 77)]


def test_another_key_is_no_reader():
    line = Line(KEY, bytes(range(16)))
    line.run(20_000)
    assert line.online() == 0
    assert line.panel.refused > 10
    assert line.reader.sessions == 0
    assert line.said(0x60) == []


def test_a_reader_with_everybodys_key_is_no_reader_unless_it_is_being_installed():
    line = Line(KEY, None)
    line.run(20_000)
    assert line.online() == 0
    assert line.reader.sessions == 0
    assert line.said(0x75) == []


def test_a_new_reader_is_given_its_key_once():
    line = Line(KEY, None, install=1)
    line.run(5_000)
    assert line.online() == 1
    assert line.reader.key == KEY
    assert len(line.said(0x75)) == 1
    # Another one put in its place is not given the key: the installation is over.
    line.reader.key = None
    line.reader.power_on()
    line.run(20_000)
    assert line.online() == 0
    assert line.reader.key is None


def test_a_reader_that_ends_the_session_for_its_new_key_is_online_at_once():
    line = Line(KEY, None, install=1)

    def plain(frame):
        if line.reader.commands[-1][0] == 0x75:
            line.reader._up = False
            return closed(bytes([0x53, 0x80, frame[4] & 3 | 4, 0x40]))
        return frame

    line.reader.say = plain
    line.run(3_000)
    assert line.online() == 1
    assert line.reader.key == KEY
    assert len(line.said(0x76)) == 3  # ours, everybody's, ours


def test_a_reader_that_has_the_key_already_may_be_installed():
    line = Line(KEY, KEY, install=1)
    line.run(2_000)
    assert line.online() == 1
    assert line.said(0x75) == []


def test_without_a_key_nothing_counts_unless_clear_text_is_wanted():
    line = Line()
    line.reader.card(5, 26)
    assert line.run(20_000) == []
    assert line.online() == 0
    assert line.said(0x60) == []


def test_clear_text_is_not_for_a_reader_with_a_key():
    line = Line(KEY, None, clear=1)
    line.reader.card(5, 26)
    assert line.run(20_000) == []
    assert line.online() == 0


def test_a_reader_without_the_secure_channel_is_none_where_a_key_is_set():
    line = Line(KEY, None)
    line.reader.secure = False
    line.reader.card(5, 26)
    assert line.run(20_000) == []
    assert line.online() == 0


def test_nobody_can_talk_the_panel_down_to_clear_text():
    # It says that the reader has no secure channel, and answers everything itself, with a card in it.
    line = Line(KEY, KEY)
    card = bytes([0x50, 0, 1, 26, 0, 0x80, 0x80, 0x00, 0x80])

    def instead(frame):
        body = frame[5 + frame[5] :] if frame[4] & 8 else frame[5:]
        if body[0] == 0x46:
            return closed(frame[:2] + frame[4:5] + bytes([0x46, 9, 0, 0]))
        if body[0] == 0x45:
            return frame
        return closed(bytes([0x53, 0x80, frame[4] & 3 | 4]) + card)

    line.reader.say = instead
    assert line.run(10_000) == []
    assert line.online() == 0
    line.reader.say = lambda frame: frame
    line.run(3_000)
    assert line.online() == 1


def test_clear_text_in_a_session_is_refused():
    line = secured()
    card = bytes([0x50, 0, 1, 26, 0, 0x80, 0x80, 0x00, 0x80])
    line.reader.say = lambda frame: closed(bytes([0x53, 0x80, frame[4] & 3 | 4]) + card)
    assert line.run(1_000) == []
    assert line.online() == 0
    assert line.panel.refused > 0


def test_a_forged_mac_is_refused_and_does_not_end_the_session():
    line = secured()

    def forged(frame):
        body = bytearray(frame[:2] + frame[4:-2])
        body[-1] ^= 1
        return closed(bytes(body))

    line.reader.say = forged
    line.run(100)
    line.reader.say = lambda frame: frame
    line.reader.card(6, 26)
    assert line.run(1_000) == [("credential", 6)]
    assert line.panel.refused > 0
    assert line.reader.sessions == 1


def test_replies_of_before_are_refused():
    line = secured()
    line.reader.card(6, 26)
    assert line.run(300) == [("credential", 6)]
    old = [frame for frame in line.reader.frames if frame[6] == 0x18 and frame[7] == 0x50]
    assert len(old) == 1

    def again(frame):
        for sequence in range(4):
            if frame[4] & 3 == old[0][4] & 3:
                return old[0]
            if frame[4] & 3 == sequence:
                return closed(bytes([0x53, 0x80, sequence | 12]) + old[0][5:-2])
        return None

    line.reader.say = again
    assert line.run(2_000) == []
    assert line.panel.refused > 0
    assert line.online() == 0
    # Nor are those of an earlier session good in a later one.
    line.reader.say = lambda frame: frame
    line.run(3_000)
    assert line.online() == 1
    line.reader.say = again
    assert line.run(2_000) == []


def test_a_whole_session_that_was_recorded_is_no_reader():
    line = secured()
    line.reader.card(6, 26)
    line.run(300)
    recorded = line.reader.frames
    other = Line(KEY, KEY)
    other._random = Noise(8)  # no panel draws the same twice
    other.panel._begin(0)
    other.reader.hear = lambda frame: None
    at = 0
    for _ in range(400):
        if other.panel._waiting and not other.uart.any() and at < len(recorded):
            other.uart.arrive(recorded[at])
            at += 1
        assert other.run(50) == []
        assert other.online() == 0
    assert at == len(recorded)


def test_replies_in_clear_text_are_taken_once():
    line = clear()
    line.reader.card(6, 26)
    assert line.run(200) == [("credential", 6)]
    card = next(frame for frame in line.reader.frames if frame[5] == 0x50)
    line.uart.arrive(card)
    line.run(15)
    assert line.run(300) in ([], [("credential", 6)])  # in clear text a forgery in time cannot be told: set a key


def test_what_another_address_says_is_not_heard():
    line = Line(address=5, clear=1)
    line.run(500)
    assert line.online() == 1
    line.reader.say = lambda frame: closed(bytes([0x53, 0x86]) + frame[4:-2])
    line.reader.card(1, 26)
    assert line.run(1_000) == []
    assert line.online() == 0


def test_a_transceiver_that_hears_itself_does_no_harm():
    for line in (clear(), secured()):

        def echo(frame, line=line):
            line.uart.arrive(frame)
            return frame

        line.reader.hear = echo
        line.reader.card(8, 26)
        assert line.run(1_000) == [("credential", 8)]
        assert line.online() == 1


def test_a_babbling_line_is_no_reader_and_ends():
    line = secured()
    noise = Noise(11)
    line.reader.silent = 1_000_000
    for _ in range(300):
        line.uart.arrive(bytes([noise.below(256) for _ in range(20)]))
        assert line.run(20) == []
    assert line.online() == 0
    line.reader.silent = 0
    line.run(3_000)
    assert line.online() == 1


def test_messages_longer_than_128_bytes_are_refused():
    line = clear()
    line.reader.say = lambda frame: closed(bytes([0x53, 0x80]) + frame[4:5] + b"\x80" + bytes(200))
    assert line.run(1_000) == []
    assert line.panel.receiver.bad > 0
    line.reader.say = lambda frame: frame
    line.run(1_000)
    assert line.online() == 1


def test_short_and_senseless_replies_hurt_nothing():
    for content in (b"", b"\x48", b"\x48\x01", b"\x50", b"\x53", b"\x53\x00", b"\x45", b"\x99\x01\x02", b"\x41"):
        for line in (clear(), secured()):
            line.reader._events.append((content[0], content[1:]) if content else (0x40, b""))
            assert line.run(300) == []
            line.reader.card(3, 26)
            assert line.run(2_000) == [("credential", 3)], content
    for block in (b"\x00", b"\x01\x16", b"\x02\x16", b"\xff\x18", b"\x03\x14\x01\x78"):
        for line in (clear(), secured()):
            line.reader.say = lambda frame, block=block: closed(bytes([0x53, 0x80, frame[4] & 3 | 12]) + block)
            assert line.run(300) == []
            line.reader.say = lambda frame: frame
            line.run(3_000)
            assert line.online() == 1, block


def test_keys_that_are_none_are_refused():
    for key in (b"", bytes(15), bytes(range(0x30, 0x40))):
        said = ""
        try:
            Line(key)
        except ValueError as error:
            said = str(error)
        assert "scbk" in said


def test_the_key_is_not_said_in_clear():
    line = Line(KEY, None, install=1)
    heard = []

    def tap(frame):
        heard.append(frame)
        return frame

    line.reader.hear = tap
    line.run(5_000)
    assert line.reader.key == KEY
    assert not [frame for frame in heard if KEY[:8] in frame]
