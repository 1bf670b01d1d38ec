"""OSDP's checks and cryptography against the examples of the specification's annex E."""

from binascii import unhexlify

from chips.aes import aes
from chips.buses import UART
from chips.clock import Clock
from lilong_firmware.drivers.osdp_frame import LONGEST, Receiver, close, crc16
from lilong_firmware.drivers.osdp_secure import SCBK_D, Session

ANNEX_E = {
    "panel_random": "b0b1b2b3b4b5b6b7",
    "reader_random": "a0a1a2a3a4a5a6a7",
    "enc": "bf8dc2a8329acb8c67c6d0cd9a451682",
    "mac1": "5e86c676603bdee2d8beafe178637332",
    "panel_cryptogram": "26d3356e07762d262801fc8e6665a891",
    "reader_cryptogram": "fde5d2f428ec16312471ea3c02bd7796",
    "rmac_i": "b2a30057eb98ba2229ec1f875662b524",
}


def test_crc_of_the_examples():
    for message, crc in (("537f0d00046e0080250000", 0x386E), ("53000900046100", 0x66C0)):
        message = unhexlify(message)
        assert crc16(bytearray(message), 0, len(message)) == crc
        buffer = bytearray(message + bytes(2))
        assert close(buffer, 0, len(message)) == len(message) + 2
        assert buffer[-2] | buffer[-1] << 8 == crc


def test_checksum_of_the_examples():
    for message, check in (("537f0c00006e0080250000", 0x0F), ("53000800006100", 0x44)):
        message = unhexlify(message)
        buffer = bytearray(message + bytes(1))
        assert close(buffer, 0, len(message)) == len(message) + 1
        assert buffer[-1] == check


def session():
    it = Session(aes, SCBK_D, unhexlify(ANNEX_E["panel_random"]))
    answer = bytes(8) + unhexlify(ANNEX_E["reader_random"]) + unhexlify(ANNEX_E["reader_cryptogram"])
    return it, it.challenged(answer)


def test_session_keys_and_cryptograms_of_the_example():
    it, cryptogram = session()
    assert it._enc == unhexlify(ANNEX_E["enc"])
    assert it._mac1 == unhexlify(ANNEX_E["mac1"])
    assert cryptogram == unhexlify(ANNEX_E["panel_cryptogram"])
    assert not it.begin(bytes(16))
    assert not it.begin(b"")
    assert it.begin(unhexlify(ANNEX_E["rmac_i"]))


def test_a_wrong_cryptogram_ends_the_handshake():
    it = Session(aes, SCBK_D, unhexlify(ANNEX_E["panel_random"]))
    for at in range(16):
        wrong = bytearray(unhexlify(ANNEX_E["reader_cryptogram"]))
        wrong[at] ^= 1
        assert it.challenged(bytes(8) + unhexlify(ANNEX_E["reader_random"]) + bytes(wrong)) == b""
    assert it.challenged(b"") == b""


def test_data_is_padded_to_blocks_and_comes_back():
    it, _ = session()
    it.begin(unhexlify(ANNEX_E["rmac_i"]))
    for length in (1, 14, 15, 16, 18, 31, 32):
        data = bytes(range(length - 1)) + b"\0"
        sealed = it.encrypt(data)
        assert len(sealed) == (length // 16 + 1) * 16
        it._command_mac[:] = it._reply_mac  # so that the same vector opens it
        assert it.decrypt(sealed) == data
    assert it.decrypt(b"") is None
    assert it.decrypt(bytes(15)) is None
    assert it.decrypt(bytes(16)) is None


def test_a_refused_mac_does_not_move_the_chain():
    it, _ = session()
    it.begin(unhexlify(ANNEX_E["rmac_i"]))
    command = bytearray(unhexlify("53000e000e021560") + bytes(6))
    it.sign(command, 0, 8)
    before = bytes(it._reply_mac)
    assert not it.verify(bytearray(12), 8)
    assert bytes(it._reply_mac) == before


def test_lengths_that_no_message_has_are_passed_over():
    for length in (0, 1, 4, 5, 6, LONGEST + 1, 255, 0x5353, 0xFFFF):
        clock = Clock()
        uart = UART(clock, 115_200, rxbuf=1_024)
        receiver = Receiver(uart)
        uart.arrive(bytes([0x53, 0x80, length & 0xFF, length >> 8, 4]) + bytes(300))
        clock.pass_ms(100)
        assert not receiver.take()
        assert not receiver.take()
        assert receiver.bad == 1
        uart.arrive(unhexlify("53000900046100c066"))
        clock.pass_ms(100)
        assert receiver.take()
        assert receiver.end == 7
