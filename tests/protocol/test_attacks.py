"""Every attack that a device must withstand: what comes of it, what is counted, what it costs."""

import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

sys.path.append(str(Path(__file__).parents[1] / "firmware"))

import attack_costs
import attacks
from bad_payloads import BAD_PAYLOADS, NO_TEXTS
from lilong_protocol import frame, topics
from lilong_protocol.mqtt import Client
from lilong_protocol.mqtt_packets import DEFAULT_LIMIT, MqttError
from lilong_protocol.registry import MESSAGE

LOCKED, FREE = 0, 1
DROPPED = (LOCKED, 0, 0, True, 1)  # the lock, answers, alarms, online, counted
ANSWERED = (LOCKED, 1, 0, True, 0)
TOO_LONG = f"PUBLISH is longer than the limit of {DEFAULT_LIMIT} bytes"


def values(story: Callable[[], list[tuple[str, Any]]]) -> set[Any]:
    return {value for _, value in story()}


@pytest.mark.spec("LIL-SEC-004")
def test_a_packet_that_says_it_is_too_long_is_given_up_at_its_header():
    assert values(attacks.oversize) == {(TOO_LONG, True, 0)}


@pytest.mark.spec("LIL-SEC-004")
def test_a_packet_that_never_ends_holds_no_more_than_a_packet_may_have():
    [(_, most)] = attacks.longest_packet()
    assert most <= DEFAULT_LIMIT + 3  # with its first byte and its length


def test_a_topic_in_bad_utf8_ends_the_connection_with_the_codecs_own_error():
    assert values(attacks.topics_in_bad_utf8) == {"PUBLISH topic is not UTF-8"}


@pytest.mark.spec("LIL-CBOR-001", "LIL-CBOR-002", "LIL-CBOR-003", "LIL-CBOR-004")
def test_bombs_and_malformed_items_are_refused_with_the_codecs_own_error():
    facts = dict(attacks.bad_payloads())
    assert len(facts) == sum(map(len, BAD_PAYLOADS))
    assert "taken" not in facts.values()
    for name, said in {
        "arrays in arrays": "nested deeper than 5",
        "an array of 2**63 items": "length beyond the end",
        "300 items": "more than 256 items",
        "a text of 300": "text longer than 256 bytes",
        "a key twice": "map keys out of order or repeated",
        "keys out of order": "map keys out of order or repeated",
        "a text for a key": "map key is not an integer",
        "an overlong integer": "overlong head",
        "an indefinite map": "indefinite or reserved length",
        "a byte behind the end": "trailing bytes",
        "a float": "float or simple value",
        "a tag": "tag",
        "2**53": "integer above",
        "-2**64": "integer below",
    }.items():
        assert facts[name].startswith(said), name
    assert all("is not UTF-8" in facts[name] for name in NO_TEXTS)


@pytest.mark.spec("LIL-SEC-004", "LIL-SEAL-005")
def test_without_the_key_they_are_dropped_counted_and_not_answered():
    assert values(attacks.bad_payloads_without_a_key) == {DROPPED}


@pytest.mark.spec("LIL-FRAME-006")
def test_with_the_key_they_are_answered_with_one_error_each_and_the_session_goes_on():
    *facts, codes, short = attacks.bad_payloads_with_the_key()
    assert {value for _, value in facts} == {ANSWERED}
    assert codes[1] == [frame.BAD]
    assert short[1] is True


def test_numbers_at_the_ends_of_their_fields_neither_wrap_nor_end_anything():
    facts = attacks.overflowing_fields()
    assert facts[:3] == [
        ("the last deadline", [200]), ("the last counter", [200, 200]), ("a boot of 2**32 - 1", [200, 200, 412])
    ]  # fmt: skip
    assert facts[6] == ("counter", [frame.BAD] * 4)
    assert facts[-1] == ("online", True)


@pytest.mark.spec("LIL-SEAL-001", "LIL-SEAL-004", "LIL-SEAL-005", "LIL-SEC-004")
def test_a_forged_unlock_opens_nothing_and_gets_no_answer():
    *forged, real = attacks.forged_unlocks()
    assert len(forged) > 150
    assert {value for _, value in forged} == {DROPPED}
    assert real[1] == (FREE, frame.OK)


@pytest.mark.spec("LIL-SEC-006", "LIL-CMD-001", "LIL-CMD-002", "LIL-CMD-003")
def test_a_replayed_unlock_opens_nothing_ever_again():
    assert attacks.replayed_unlocks() == [
        ("opened by the real ones", 15),  # locked at first, then seven times free and locked
        ("the last", frame.OK),
        ("the last opens again", 0),
        ("the first", frame.CONFLICT),
        ("the first opens again", 0),
        ("the last is answered with the same bytes", True),
        ("too late", frame.EXPIRED),
        ("after a restart", [frame.STALE] * 7),
        ("opens after a restart", 0),
    ]


@pytest.mark.spec("LIL-SEC-005", "LIL-SEAL-003", "LIL-SEAL-005")
def test_a_frame_reflected_or_of_elsewhere_fails_its_seal():
    facts = attacks.frames_of_elsewhere()
    assert len(facts) == 8
    assert {value for _, value in facts} == {DROPPED}


@pytest.mark.spec("LIL-TOPIC-002")
def test_a_kind_on_a_class_that_is_not_its_own_is_refused():
    facts = dict(attacks.kinds_on_other_classes())
    own = {(number, message.cls) for number, message in MESSAGE.items() if not message.uplink}
    assert {place for place, (refused, _) in facts.items() if not refused} == own
    acknowledged = (frame.STORED_ACK, topics.ACK)
    assert facts[acknowledged] == (0, 0), "the alarm waits until the right class has its stored-ack"


@pytest.mark.spec("LIL-ALARM-004")
def test_a_forged_stored_ack_ends_no_alarm():
    *forged, real = attacks.forged_stored_acks()
    assert {waits for _, waits in forged} == {1}
    assert real == ("the real one", 0)


@pytest.mark.spec("LIL-TOPIC-003")
def test_a_retained_command_is_dropped_and_counted():
    assert values(attacks.retained_commands) == {DROPPED}


@pytest.mark.spec("LIL-TIME-002")
def test_a_forged_or_late_time_sets_no_clock():
    *forged, real = attacks.forged_times()
    assert {has_time for _, has_time in forged} == {False}
    assert real == ("the real one", True)


def test_a_poison_message_has_no_loop_no_unbounded_queue_and_no_end_of_the_session():
    facts = attacks.poison()
    assert len(facts) == 5
    assert {value for _, value in facts} == {(True, True, True, 1, frame.OK)}


@pytest.mark.spec("LIL-SEC-008", "LIL-ALARM-003")
def test_what_a_broker_suppresses_it_cannot_hide_and_no_way_out_waits_for_it():
    facts = dict(attacks.suppression())
    for broker in ("no link", "no answer"):
        assert facts[f"{broker}: sounder"] == (4_000, 1), "with the second sample"
        assert facts[f"{broker}: local first"]
        assert facts[f"{broker}: still waits"] == 1
        assert facts[f"{broker}: way out"] == (FREE, 0)
    assert facts["no answer: one alarm"] == 1
    assert facts["no answer: repeated"]


# ---- what refusing costs


def calls(function: Callable[[bytes], None], argument: bytes) -> int:
    """How many calls it makes: time without a clock."""
    count = 0

    def step(_frame: Any, event: str, _argument: Any) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(step)
    try:
        function(argument)
    finally:
        sys.setprofile(None)
    return count


def peak(function: Callable[[bytes], None], argument: bytes) -> int:
    """Bytes of heap at the worst moment."""
    function(argument)
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        function(argument)
        return tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()


@pytest.mark.spec("LIL-CBOR-005", "LIL-SEC-004")
@pytest.mark.parametrize("group", BAD_PAYLOADS, ids=["bombs", "malformed", "overflows", "bad UTF-8"])
def test_refusing_a_payload_costs_no_more_than_its_bytes(group):
    for name, payload in group.items():
        assert calls(attack_costs.refuse, payload) <= 20 + 5 * len(payload), name
        assert peak(attack_costs.refuse, payload) <= 2_000 + 40 * len(payload), name


@pytest.mark.spec("LIL-SEC-004")
def test_refusing_a_forged_frame_costs_no_more_than_its_bytes():
    for size in (0, 1, 100, 1_024, 60_000, 1_000_000):
        assert calls(attack_costs.open_forged, bytes(size)) <= 40
        assert peak(attack_costs.open_forged, bytes(size)) <= 8_000


@pytest.mark.spec("LIL-SEC-004")
def test_a_longer_packet_costs_no_more_than_the_longest():
    def feed(chunk: bytes) -> None:
        client = Client()
        client.connect(0, attacks.DEVICE, 60)
        client.feed(b"\x20\x02\x00\x00", 0)
        with pytest.raises(MqttError):
            client.feed(b"\x30\xff\xff\xff\x7f" + chunk, 0)

    some, many = (calls(feed, bytes(size)) for size in (100, 100_000))
    assert many == some


@pytest.mark.spec("LIL-SEAL-004")
def test_a_seal_is_opened_before_anything_is_decoded(monkeypatch):
    def never(*_: object) -> None:
        raise AssertionError("decoded")

    host = attacks.door()
    monkeypatch.setattr(frame, "decode", never)
    attacks.give(host, attacks.seal(key=bytes(32)).seal(topics.COMMAND, b"\xa0"))
    with pytest.raises(AssertionError, match="decoded"):
        attacks.give(host, attacks.seal().seal(topics.COMMAND, b"\xa0"))
