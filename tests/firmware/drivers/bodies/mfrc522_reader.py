"""MFRC522: each card that is shown is read once, whole or not at all; a chip that was reset works again."""

from binascii import crc32, unhexlify

from chips.buses import SPI
from chips.clock import Clock
from chips.mfrc522 import MFRC522 as Chip
from chips.mfrc522 import Card
from chips.pins import Pin
from lilong_firmware.drivers.mfrc522 import MFRC522

FOUR = unhexlify("a1b2c3d4")
SEVEN = unhexlify("04112233445566")


class Bench:
    def __init__(self, version=0x92):
        self.clock = Clock()
        self.spi = SPI(self.clock)
        cs = Pin(self.clock, Pin.OUT, value=0)
        self.chip = Chip(self.clock, version)
        self.spi.attach(self.chip, cs)
        self.driver = MFRC522(self.spi, cs)
        assert cs.level == 1

    def run(self, ms):
        taken = []
        for _ in range(ms // 10):
            self.driver.poll(self.clock.us // 1000)
            event = self.driver.take()
            if event:
                taken.append(event[1])
                assert event[0] == "credential"
            self.clock.pass_ms(10)
        return taken

    def online(self):
        return self.driver.read("reader")


def started(**kwargs):
    bench = Bench(**kwargs)
    bench.run(100)
    assert bench.online() == 1
    return bench


def number(uid):
    return int.from_bytes(uid, "big")


def test_both_versions_are_taken_and_nothing_else():
    for version in (0x91, 0x92):
        assert started(version=version).online() == 1
    for version in (0x00, 0xFF, 0x90, 0x12):
        bench = Bench(version)
        bench.run(5_000)
        assert bench.online() == 0


def test_a_chip_that_is_not_there_is_found_when_it_comes():
    bench = Bench()
    bench.chip.alive = False
    assert bench.run(5_000) == []
    assert bench.online() == 0
    bench.chip.alive = True
    bench.chip.field = [Card(FOUR)]
    assert bench.run(2_000) == [number(FOUR)]


def test_a_card_of_4_bytes_is_its_number_within_200_ms():
    bench = started()
    bench.run(70)
    bench.chip.field = [Card(FOUR)]
    assert bench.run(200) == [0xA1B2C3D4]


def test_a_card_of_7_bytes_is_its_crc():
    bench = started()
    bench.chip.field = [Card(SEVEN)]
    assert bench.run(250) == [crc32(SEVEN)]


def test_ten_times_a_second_it_looks():
    bench = started()
    before = len(bench.chip.sent)
    assert bench.run(10_000) == []
    assert 90 <= len(bench.chip.sent) - before <= 100


def test_a_card_that_stays_is_one_read_and_shown_again_another():
    for halts in (True, False):
        bench = started()
        card = Card(FOUR, halts)
        bench.chip.field = [card]
        assert bench.run(5_000) == [number(FOUR)]
        bench.chip.field = []
        card.power_off()
        assert bench.run(1_000) == []
        bench.chip.field = [card]
        assert bench.run(5_000) == [number(FOUR)]


def test_two_cards_are_told_apart_wherever_they_differ():
    for bit in range(32):
        for first in (0, 1):
            other = number(FOUR) ^ 1 << bit
            cards = [Card(FOUR), Card(other.to_bytes(4, "big"))]
            bench = started()
            bench.chip.field = cards if first else cards[::-1]
            assert sorted(bench.run(1_000)) == sorted([number(FOUR), other]), bit
            assert bench.driver.refused == 0


def test_two_cards_of_7_bytes_that_differ_in_the_second_half():
    other = SEVEN[:5] + b"\x99\x66"
    bench = started()
    bench.chip.field = [Card(SEVEN), Card(other)]
    assert sorted(bench.run(1_000)) == sorted([crc32(SEVEN), crc32(other)])


def test_a_card_of_4_and_one_of_7_bytes():
    bench = started()
    bench.chip.field = [Card(SEVEN), Card(FOUR)]
    assert sorted(bench.run(1_000)) == sorted([crc32(SEVEN), number(FOUR)])


def test_three_cards_give_nothing_that_is_none_of_them():
    for uids in (("00000001", "00000002", "00000003"), ("11111111", "81111111", "91111111", "a1111111")):
        cards = [unhexlify(uid) for uid in uids]
        bench = started()
        bench.chip.field = [Card(uid) for uid in cards]
        for found in bench.run(3_000):
            assert found in [number(uid) for uid in cards]
        bench.chip.field = [Card(FOUR)]
        assert bench.run(500) == [number(FOUR)]


def test_three_cards_of_which_one_stands_alone_are_all_read():
    for uids in (("10203040", "90203040", "11203040"), ("10203040", "91203040", "11203040")):
        cards = [unhexlify(uid) for uid in uids]
        bench = started()
        bench.chip.field = [Card(uid) for uid in cards]
        assert sorted(bench.run(2_000)) == sorted([number(uid) for uid in cards])


def test_a_card_that_leaves_at_any_moment_is_read_whole_or_not():
    for uid, value in ((FOUR, number(FOUR)), (SEVEN, crc32(SEVEN))):
        for frames in range(1, 8):
            bench = started()
            left = [frames]

            def leave(_, bench=bench, left=left):
                left[0] -= 1
                if left[0] <= 0:
                    bench.chip.field = []

            bench.chip.field = [Card(uid)]
            bench.chip.on_air = leave
            assert bench.run(500) in ([], [value]), frames
            bench.chip.on_air = lambda bits: None
            bench.chip.field = [Card(b"\x11\x22\x33\x44")]
            assert bench.run(500) == [0x11223344]


def test_another_card_in_the_midst_of_a_read_is_no_mixture():
    other = unhexlify("04112233aabbcc")
    for frames in range(1, 8):
        bench = started()
        left = [frames]

        def swap(_, bench=bench, left=left):
            left[0] -= 1
            if left[0] == 0:
                bench.chip.field = [Card(other)]

        bench.chip.field = [Card(SEVEN)]
        bench.chip.on_air = swap
        for found in bench.run(1_000):
            assert found in (crc32(SEVEN), crc32(other)), frames


def test_a_wrong_crc_is_no_card():
    bench = started()
    card = Card(FOUR)
    card.wrong_crc = True
    bench.chip.field = [card]
    assert bench.run(1_000) == []
    card.wrong_crc = False
    card.power_off()
    assert bench.run(500) == [number(FOUR)]


def test_random_numbers_and_those_of_10_bytes_are_refused():
    for uid in ("08123456", "04112233445566778899"):
        bench = started()
        bench.chip.field = [Card(unhexlify(uid))]
        assert bench.run(500) == []
        assert bench.driver.refused > 0


def test_a_chip_that_lost_its_power_is_set_up_again():
    bench = started()
    bench.chip.power_cycle()
    bench.chip.field = [Card(FOUR)]
    assert bench.run(500) == [number(FOUR)]
    assert bench.driver.resets == 1
    assert bench.online() == 1


def test_a_reset_at_any_moment_of_a_read_is_survived():
    for frames in range(1, 6):
        bench = started()
        left = [frames]

        def reset(_, bench=bench, left=left):
            left[0] -= 1
            if left[0] == 0:
                bench.chip.power_cycle()

        bench.chip.field = [Card(FOUR)]
        bench.chip.on_air = reset
        assert number(FOUR) in bench.run(1_000), frames
        assert bench.online() == 1


def test_an_antenna_that_was_switched_off_comes_back():
    bench = started()
    bench.chip.registers[0x14] = 0x80
    bench.run(300)
    assert bench.chip.registers[0x14] & 3 == 3
    bench.chip.field = [Card(FOUR)]
    assert bench.run(300) == [number(FOUR)]


def test_a_chip_that_hangs_is_reset():
    bench = started()
    bench.chip.frozen = True
    bench.run(1_000)
    assert bench.driver.resets > 0
    bench.chip.frozen = False
    bench.run(300)
    bench.chip.field = [Card(FOUR)]
    assert bench.run(300) == [number(FOUR)]


def test_a_bus_that_dies_and_one_that_raises_are_no_reader():
    bench = started()
    bench.chip.alive = False
    assert bench.run(1_000) == []
    assert bench.online() == 0
    bench.chip.alive = True
    bench.run(2_000)
    assert bench.online() == 1
    swap = bench.spi.write_readinto

    def broken(*_):
        raise OSError(5)

    bench.spi.write_readinto = broken
    bench.run(1_000)
    assert bench.online() == 0
    bench.spi.write_readinto = swap
    bench.run(2_000)
    assert bench.online() == 1


def test_a_bit_that_is_read_wrong_gives_no_other_card():
    for uid, value in ((FOUR, number(FOUR)), (SEVEN, crc32(SEVEN))):
        for after in range(220):
            bench = started()
            bench.chip.field = [Card(uid)]
            bench.spi.flip = (after, 1 << after % 8)
            assert bench.run(400) in ([], [value]), after
            bench.spi.flip = (after, 0x04)
            bench.chip.field = [Card(uid)]
            assert bench.run(400) in ([], [value]), after


def test_no_poll_takes_long():
    bench = started()
    bench.chip.field = [Card(SEVEN), Card(FOUR)]
    slowest = 0
    for _ in range(100):
        before = bench.clock.us
        bench.driver.poll(before // 1000)
        slowest = max(slowest, bench.clock.us - before)
        bench.clock.pass_ms(10)
    assert slowest < 1_000
