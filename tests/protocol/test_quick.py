"""A backend's quick way through payloads takes and refuses what `frame.unpack` does, alike."""

from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from lilong_protocol import cbor, frame
from lilong_protocol.pc import quick, strategies
from lilong_protocol.pc.strategies import Broken, Sample

from tests.protocol.bad_payloads import BOMBS, MALFORMED

ANY = settings(
    deadline=None, max_examples=300, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def outcome(unpack: Any, payload: bytes) -> Any:
    """Every field, with its type: True is no 1 here; or the refusal in full."""
    try:
        message = unpack(payload)
    except frame.FrameError as error:
        return error.code, str(error)
    return repr([(name, getattr(message, name)) for name in frame.Frame.__slots__])


def payload_of(sample: Sample) -> bytes:
    return sample.place.seal(sample.direction).open(sample.message.cls, sample.data)


@given(sample=strategies.frames())
@ANY
@pytest.mark.spec("LIL-CBOR-001", "LIL-FRAME-001", "LIL-FRAME-002")
def test_every_message_is_understood_alike(sample: Sample) -> None:
    payload = payload_of(sample)
    assert outcome(quick.unpack, payload) == outcome(frame.unpack, payload)


@given(broken=strategies.almost_valid_payloads())
@ANY
@pytest.mark.spec("LIL-CBOR-002", "LIL-CBOR-003", "LIL-FRAME-002", "LIL-FRAME-003")
def test_every_broken_message_is_refused_alike(broken: Broken) -> None:
    assert outcome(quick.unpack, broken.data) == outcome(frame.unpack, broken.data)


@given(sample=strategies.frames(), data=st.data())
@ANY
@pytest.mark.spec("LIL-CBOR-003")
def test_a_message_with_any_byte_changed_put_in_or_left_out_is_judged_alike(
    sample: Sample, data: st.DataObject
) -> None:
    payload = payload_of(sample)
    at = data.draw(st.integers(0, len(payload)))
    changed = payload[:at] + data.draw(st.binary(max_size=2)) + payload[at + data.draw(st.integers(0, 2)) :]
    assert outcome(quick.unpack, changed) == outcome(frame.unpack, changed)


ARGUMENTS = (
    "", "00", "17", "18", "ff", "0017", "0100", "ffff", "0000ffff", "00010000", "ffffffff", "00000000ffffffff",
    "0000000100000000", "001ffffffffffffe", "001fffffffffffff", "0020000000000000",
)  # fmt: skip


@pytest.mark.parametrize("first", range(256))
@pytest.mark.spec("LIL-CBOR-001", "LIL-CBOR-003", "LIL-CBOR-005")
def test_every_first_byte_with_every_edge_of_an_argument_is_judged_alike(first: int) -> None:
    for argument in ARGUMENTS:
        item = bytes([first]) + bytes.fromhex(argument)
        value = bytes.fromhex("a400010102020107a100") + item
        key = bytes.fromhex("a400010102020107a1") + item + b"\0"
        length = value + bytes(300)
        for payload in (item, value, key, length):
            assert outcome(quick.unpack, payload) == outcome(frame.unpack, payload)


@pytest.mark.parametrize("name", [*BOMBS, *MALFORMED])
@pytest.mark.spec("LIL-CBOR-004", "LIL-CBOR-005")
def test_bombs_and_malformed_bytes_are_refused_alike(name: str) -> None:
    payload = {**BOMBS, **MALFORMED}[name]
    assert outcome(quick.unpack, payload) == outcome(frame.unpack, payload)


@given(depth=st.integers(1, 8), leaf=st.sampled_from([0, {}, [], {0: 0}]))
@example(depth=cbor.MAX_DEPTH - 1, leaf=0)
@pytest.mark.spec("LIL-CBOR-004")
def test_depth_is_judged_alike(depth: int, leaf: Any) -> None:
    inner = cbor.encode(leaf)
    for _ in range(depth - 2):
        inner = b"\xa1\x00" + inner
    payload = bytes.fromhex("a400010102020107a100") + inner
    assert outcome(quick.unpack, payload) == outcome(frame.unpack, payload)


@given(fields=st.dictionaries(st.integers(-3, 30), st.one_of(
    st.none(), st.booleans(), st.integers(-2, 25), st.sampled_from([2**32 - 1, 2**32, cbor.MAX_INT]),
    st.just(b"12345678"), st.just([1, 2]), st.just([1, -2]), st.just({0: 1}), st.just("x"),
)))  # fmt: skip
@ANY
@pytest.mark.spec("LIL-FRAME-001", "LIL-FRAME-002", "LIL-FRAME-003")
def test_any_fields_are_judged_alike(fields: dict[int, Any]) -> None:
    payload = cbor.encode({0: 1, 1: 6, 2: 1, 3: 1, 4: 1, 7: {0: 1}} | fields)
    assert outcome(quick.unpack, payload) == outcome(frame.unpack, payload)


def test_what_devices_say_takes_the_quick_way(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(payload: bytes) -> frame.Frame:
        raise AssertionError(f"the slow way for {payload.hex()}")

    monkeypatch.setattr(quick, "unpack_slowly", never)
    values = {1: -5, 2: 300, 26: 70_000, 30: -70_000, 31: None}
    for body in ({0: 1, 4: values}, {0: [1, 2], 1: [0], 2: [[5], [None]]}, {0: 1, 2: "0.1.0", 5: True, 7: values}):
        payload = frame.pack(6, body, 412, 17, 8_640_123, 1_790_000_000_123, 2, nonce=bytes(8), ref=(1, 2))
        assert quick.unpack(payload).body == body
