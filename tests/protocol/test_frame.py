"""Payloads: what a frame may say, and which error answers what it may not."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lilong_protocol import cbor, frame, registry, topics
from lilong_protocol.registry.messages import HEADER

from tests.protocol.conftest import Ask

u32 = st.integers(0, 0xFFFFFFFF)
ms = st.integers(0, cbor.MAX_INT)
bodies = st.dictionaries(st.integers(0, 30), st.integers(-1000, 10_000_000), max_size=6)
headers = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(sorted(registry.MESSAGE)),
        "body": bodies,
        "boot": u32,
        "seq": u32,
        "uptime": ms,
        "epoch": st.none() | ms,
        "quality": st.none() | st.integers(1, 3),
        "counter": st.none() | u32,
        "ref": st.none() | st.tuples(u32, u32),
        "target": st.none() | u32,
        "nonce": st.none() | st.binary(min_size=8, max_size=8),
        "deadline": st.none() | ms,
    }
)


ARGUMENTS = (
    "kind", "body", "boot", "seq", "uptime", "epoch", "quality", "counter", "ref", "target", "nonce", "deadline",
)  # fmt: skip


def complete(header: dict[str, Any]) -> dict[str, Any]:
    """The header with everything that its kind must carry."""
    defaults = {"counter": 1, "ref": (1, 2), "target": 1, "nonce": bytes(8), "deadline": 5, "epoch": 6}
    return {key: defaults.get(key) if value is None and key != "quality" else value for key, value in header.items()}


@given(headers)
@settings(deadline=None)
def test_a_payload_comes_back_and_is_deterministic_on_both_interpreters(board: Ask, header: dict[str, Any]) -> None:
    header = complete(header)
    payload = frame.pack(**header)
    message = frame.unpack(payload)
    for name, value in header.items():
        assert getattr(message, name) == (list(value) if name == "ref" else value)
    assert cbor.encode(cbor.decode(payload)) == payload
    assert board("pack", cbor.encode([header[name] for name in ARGUMENTS])) == payload.hex()


@given(st.dictionaries(st.integers(0, 30), st.integers(0, 30) | st.binary(max_size=9) | bodies, max_size=10))
@settings(deadline=None)
def test_both_interpreters_judge_any_map_alike(board: Ask, fields: dict[int, Any]) -> None:
    payload = cbor.encode({0: 1, **fields})
    try:
        m = frame.unpack(payload)
        expected = cbor.encode([m.kind, m.boot, m.seq, m.uptime, m.body, m.ref]).hex()
    except frame.FrameError as error:
        expected = f"!{error}"
    assert board("unpack", payload) == expected


def heartbeat(**changes: Any) -> dict[int, Any]:
    fields: dict[int, Any] = {0: 1, 1: frame.HEARTBEAT, 2: 1, 3: 1, 4: 1000, 7: {}, 11: bytes(8)}
    for key, value in changes.items():
        fields[int(key[1:])] = value
    return fields


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        (heartbeat(k0=2), frame.UNSUPPORTED_VERSION),
        (heartbeat(k1=99), frame.UNSUPPORTED_KIND),
        (heartbeat(k16=0), frame.UNKNOWN_CRITICAL),
        (heartbeat(k23=b""), frame.UNKNOWN_CRITICAL),
        (heartbeat(k13=0), frame.BAD),
        (heartbeat(k15=0), frame.BAD),
        (heartbeat(k2=-1), frame.BAD),
        (heartbeat(k3=1 << 32), frame.BAD),
        (heartbeat(k6=4), frame.BAD),
        (heartbeat(k7=[]), frame.BAD),
        (heartbeat(k11=bytes(7)), frame.BAD),
        (heartbeat(k9=[1]), frame.BAD),
        (heartbeat(k1=True), frame.BAD),
        ({0: 1, 1: frame.HEARTBEAT}, frame.BAD),
        ({1: frame.HEARTBEAT}, frame.BAD),
        ([1, 2], frame.BAD),
    ],
)
def test_what_a_payload_may_not_say_has_its_error_code(fields: Any, code: int) -> None:
    with pytest.raises(frame.FrameError) as refused:
        frame.unpack(cbor.encode(fields))
    assert refused.value.code == code


@pytest.mark.parametrize("key", [24, 255, 1000, -1])
def test_unknown_optional_keys_are_ignored(key: int) -> None:
    assert frame.unpack(cbor.encode({**heartbeat(), key: 7})).kind == frame.HEARTBEAT


@pytest.mark.parametrize("kind", sorted(registry.MESSAGE))
def test_each_kind_is_refused_without_any_key_it_must_carry(kind: int) -> None:
    whole = {0: 1, 1: kind, 2: 1, 3: 1, 4: 1, 5: 1, 7: {}, 8: 1, 9: [1, 1], 10: 1, 11: bytes(8), 12: 1}
    assert frame.unpack(cbor.encode(whole)).kind == kind
    for key in [HEADER[name][0] for name in registry.MESSAGE[kind].header]:
        with pytest.raises(frame.FrameError, match="missing"):
            frame.unpack(cbor.encode({k: v for k, v in whole.items() if k != key}))


@given(st.binary(max_size=60))
def test_any_bytes_raise_nothing_but_a_frame_error(data: bytes) -> None:
    code = None
    try:
        frame.unpack(data)
    except frame.FrameError as error:
        code = error.code
    assert code in (None, frame.BAD, frame.UNKNOWN_CRITICAL, frame.UNSUPPORTED_KIND, frame.UNSUPPORTED_VERSION)


@pytest.mark.parametrize("cls", topics.UP_CLASSES)
def test_a_topic_says_who_which_way_and_what(cls: str) -> None:
    topic = topics.up("acme", "a4cf12fffe0b3c5d", cls)
    assert topics.parse(topic) == ("acme", "a4cf12fffe0b3c5d", "u", cls)


@pytest.mark.parametrize(
    "topic",
    [
        "", "lilong", "lilong/2/acme/a4cf12fffe0b3c5d/u/al", "lilong/1//a4cf12fffe0b3c5d/u/al",
        "lilong/1/acme/A4CF12FFFE0B3C5D/u/al", "lilong/1/acme/a4cf/u/al", "lilong/1/acme/a4cf12fffe0b3c5d/x/al",
        "lilong/1/acme/a4cf12fffe0b3c5d/u/ak", "lilong/1/acme/a4cf12fffe0b3c5d/d/al",
        "lilong/1/acme/a4cf12fffe0b3c5d/u/al/more",
        "lilong/1/acme/a4cf12fffe0b3c5d/u/l", "lilong/1/acme/a4cf12fffe0b3c5d/d/l",  # reserved
    ],
)  # fmt: skip
@pytest.mark.spec("LIL-TOPIC-001", "LIL-TOPIC-005")
def test_other_topics_are_not_ours(topic: str) -> None:
    assert topics.parse(topic) is None
