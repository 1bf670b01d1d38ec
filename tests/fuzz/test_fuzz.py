"""Mutated bytes: nothing stray comes out of frame, session and MQTT parser, and both interpreters judge alike."""

import pytest
from lilong_protocol import cbor, mqtt_packets
from lilong_protocol.pc import peer
from micropython import find_micropython

from tests.fuzz.compare import compare
from tests.fuzz.corpus import read_corpus
from tests.fuzz.mutate import Mutator
from tests.fuzz.run import batch
from tests.fuzz.targets import TARGETS

SHORT = {"frame": 80_000, "session": 6_000, "mqtt": 60_000}


@pytest.mark.parametrize("target", sorted(TARGETS))
def test_what_the_corpus_holds_raises_nothing(target: str) -> None:
    inputs = read_corpus(target)
    assert len(inputs) > 20
    assert sum(TARGETS[target](data) for data in inputs) > len(inputs) // 3


@pytest.mark.spec("LIL-CBOR-005", "LIL-CBOR-006", "LIL-SEAL-005", "LIL-SEC-004")
@pytest.mark.parametrize("target", sorted(TARGETS))
def test_mutated_bytes_raise_nothing_stray(target: str) -> None:
    tally = batch(target, "short", SHORT[target])
    assert not tally.find, f"{tally.find}\n{tally.why}"
    assert tally.inputs == SHORT[target]
    assert tally.inputs // 20 < tally.accepted < tally.inputs  # neither all alike nor all noise


@pytest.mark.spec("LIL-CBOR-006")
def test_both_interpreters_say_the_same_of_every_mutated_frame() -> None:
    found = compare(find_micropython(), 8_000, 0)
    assert found.differ == []
    assert found.accepted > 500


def test_the_same_seed_gives_the_same_bytes() -> None:
    one, same, other = (Mutator(read_corpus("frame"), seed) for seed in (1, 1, 2))
    first = [one.next() for _ in range(200)]
    assert first == [same.next() for _ in range(200)]
    assert first != [other.next() for _ in range(200)]


# ---- a fuzzer that finds nothing must be able to find something


def test_it_finds_a_decoder_that_lets_bad_text_through(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cbor, "is_utf8", lambda data: True)
    assert "UnicodeDecodeError" in batch("frame", "planted", 40_000).why


def test_it_finds_an_encoding_that_is_not_written_back(monkeypatch: pytest.MonkeyPatch) -> None:
    def argument(self, info):  # as it was, without the check for the shortest form
        size = 1 << (info - 24)
        if info > 27 or self.at + size > self.end:
            raise self.error("truncated head")
        self.at += size
        return int.from_bytes(self.data[self.at - size : self.at], "big")

    monkeypatch.setattr(cbor._Reader, "argument", argument)
    assert "written back as the same bytes" in batch("frame", "planted", 40_000).why


def test_it_finds_a_backend_that_takes_an_alarm_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peer.Peer, "tag", lambda self, cls, boot, seq: None)  # a memory that has just begun
    assert "takes effect once" in batch("session", "planted", 2_000).why


def test_it_finds_a_packet_parser_that_does_not_wait_for_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    right = mqtt_packets.PacketStream.packets

    def packets(self, data):
        yield from right(self, data)
        if self._left > 3:
            self._left -= 1  # takes a long packet for complete before its last byte

    monkeypatch.setattr(mqtt_packets.PacketStream, "packets", packets)
    assert batch("mqtt", "planted", 5_000).find
