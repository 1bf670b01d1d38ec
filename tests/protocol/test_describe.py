"""A frame in words: with a key it is judged, without one it is read and marked; nothing makes it raise."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lilong_protocol import cbor, frame, topics
from lilong_protocol.keys import device_root, frame_key
from lilong_protocol.pc.describe import Description, describe
from lilong_protocol.registry import ALARM, MESSAGE, MESSAGES
from lilong_protocol.registry.tables import Message
from lilong_protocol.seal import DOWN, UP, Seal

TENANT, DEVICE, OTHER = "acme", "a4cf12fffe0b3c5d", "a4cf12fffe0b3c5e"
ESTATE_KEY = bytes(range(32))
ROOT = device_root(ESTATE_KEY, TENANT, DEVICE)
RAISE = {0: 1, 1: 4, 2: 4, 3: 4, 4: {1: 182, 3: 87}}


def root(tenant: str, device: str) -> bytes:
    return device_root(ESTATE_KEY, tenant, device)


def sealed(cls: str, payload: bytes, direction: str = UP, epoch: int = 0) -> bytes:
    return Seal(frame_key(ROOT, direction, epoch), TENANT, DEVICE, direction, epoch).seal(cls, payload)


def raised(body: "dict[int, Any] | None" = None) -> bytes:
    return sealed("al", frame.pack(frame.RAISE, RAISE if body is None else body, 7, 1, 26_600))


def test_an_alarm_has_names_units_and_its_level() -> None:
    told = describe(raised(), topics.up(TENANT, DEVICE, "al"), root)
    assert (told.verified, told.problem, told.message, told.level) == (True, None, "alarm raise", 1)
    assert told.header == {"boot": 7, "seq": 1, "uptime": 26_600}
    assert told.body["code"] == "smoke.alarm"
    assert told.body["values"] == {"obscuration": (Decimal("0.182"), "dB/m"), "battery": (Decimal(87), "%EL")}


def test_a_pasted_frame_is_read_without_a_key_and_marked() -> None:
    told = describe(raised())
    assert (told.verified, told.problem, told.device, told.direction) == (None, None, DEVICE, UP)
    assert told.body["code"] == "smoke.alarm"


@pytest.mark.parametrize(
    ("topic", "verified", "problem"),
    [
        (topics.up(TENANT, DEVICE, "al"), True, None),
        (topics.up(TENANT, DEVICE, "ev"), False, "the tag does not fit"),
        (topics.up("other", DEVICE, "al"), False, "the tag does not fit"),
        (topics.up(TENANT, OTHER, "al"), False, f"sealed for {DEVICE} u"),
        (topics.down(TENANT, DEVICE, "ak"), False, f"sealed for {DEVICE} u"),
        ("somewhere/else", None, "'somewhere/else' is no topic of version 1"),
    ],
)
def test_what_a_key_says_of_a_frame(topic: str, verified: "bool | None", problem: "str | None") -> None:
    told = describe(raised(), topic, root)
    assert (told.verified, told.problem) == (verified, problem)


def test_epochs_are_tried_in_turn() -> None:
    data = sealed("al", frame.pack(frame.RAISE, RAISE, 7, 1, 0), epoch=2)
    topic = topics.up(TENANT, DEVICE, "al")
    assert describe(data, topic, root).verified is False
    assert describe(data, topic, root, epochs=lambda tenant, device: (3, 2)).verified is True


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "not a sealed frame"),
        (b"\x00\xff", "not a sealed frame"),
        (raised()[:40], "not a sealed frame"),
        (sealed("al", b"\xff"), "payload: "),
        (sealed("al", b"\x80"), "400: payload is not a map"),
        (sealed("al", cbor.encode({0: 2, 1: 6})), "501: version 2"),
        (sealed("al", cbor.encode({0: 1, 1: 99, 2: 1})), "415: kind 99"),
        (sealed("al", cbor.encode({0: 1, 1: 6, 7: {}})), "the body has not the shape"),
        (sealed("ev", frame.pack(frame.RAISE, RAISE, 7, 1, 0)), "alarm raise does not travel on u/ev"),
    ],
)
def test_what_is_wrong_is_told(data: bytes, problem: str) -> None:
    topic = topics.up(TENANT, DEVICE, "ev" if "travel" in problem else "al")
    told = describe(data, topic)
    assert told.problem is not None
    assert told.problem.startswith(problem)


def test_what_the_registry_does_not_know_goes_by_its_number() -> None:
    told = describe(raised({**RAISE, 0: 4_000, 4: {9_000: 5}, 77: "new"}))
    assert told.problem is None
    assert told.body["code"] == "4000"
    assert told.body["values"] == {"9000": (5, "")}
    assert told.body["77"] == "new"


def test_a_command_names_its_arguments_and_an_enumeration_its_meaning() -> None:
    payload = frame.pack(frame.COMMAND, {0: 4, 1: {0: 60}}, counter=9, target=1, nonce=bytes(8), deadline=5)
    assert describe(sealed("cm", payload, DOWN)).body == {"command": "set_level", "arguments": {"level": 60}}
    event = sealed("ev", frame.pack(frame.EVENT, {0: 2, 4: {31: 2}}, 1, 1, 1))
    assert describe(event).body == {"code": "door.denied", "values": {"denial": ("revoked", "")}}


FILLED: dict[str, Any] = {
    "number": 1, "bool": True, "text": "text", "values": {1: 5, 9_999: None}, "numbers": {1: 5}, "list": [1],
    "columns": [[5]], "class": "ev",
}  # fmt: skip


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: message.name)
def test_every_kind_of_message_has_every_field_by_name(message: Message) -> None:
    body = {f.key: bytes(f.low) if f.type == "bytes" else max(1, f.low) if f.type == "number" else FILLED[f.type]
            for f in message.body}  # fmt: skip
    keys = {"boot": 1, "seq": 1, "uptime": 1, "epoch": 1, "counter": 1, "ref": (1, 1), "target": 1, "nonce": bytes(8),
            "deadline": 1}  # fmt: skip
    header = {name: keys[name] for name in message.header if name != "body"}
    payload = frame.pack(message.number, body, **header)
    told = describe(sealed(message.cls, payload, UP if message.uplink else DOWN))
    assert (told.message, told.problem) == (message.name, None)
    assert set(told.body) == {f.name for f in message.body}
    assert set(told.header) == set(header)


@given(st.binary(max_size=120), st.none() | st.text(max_size=60) | st.just(topics.up(TENANT, DEVICE, "al")))
def test_no_bytes_make_it_raise(data: bytes, topic: "str | None") -> None:
    assert isinstance(describe(data, topic, root), Description)


items = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.binary(max_size=4) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.integers(-3, 60), inner, max_size=3),
    max_leaves=6,
)


@given(st.sampled_from(sorted(MESSAGE)), st.dictionaries(st.integers(-2, 30), items, max_size=6), items)
def test_no_authentic_payload_makes_it_raise(kind: int, fields: "dict[int, Any]", body: Any) -> None:
    fields |= {0: 1, 1: kind, 7: body}
    told = describe(sealed("al", cbor.encode(fields)), topics.up(TENANT, DEVICE, "al"), root)
    assert told.verified is True
    assert told.message == MESSAGE[kind].name


def test_arguments_of_a_command_that_is_no_number_are_told_by_their_places() -> None:
    payload = cbor.encode({0: 1, 1: frame.COMMAND, 7: {0: [1], 1: {0: 5}}})
    assert describe(sealed("cm", payload, DOWN)).body["arguments"] == {"0": 5}


def test_every_alarm_has_its_level_in_its_severity() -> None:
    for alarm in ALARM.values():
        told = describe(raised({0: alarm.number, 1: 5 - alarm.level, 2: 1, 3: 1}))
        assert (told.body["code"], told.level) == (alarm.name, alarm.level)
