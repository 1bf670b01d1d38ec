"""A device writes its frames straight into a buffer: byte for byte those of `frame.pack` and `Seal.seal`."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lilong_firmware.clock import Clock
from lilong_firmware.uplink import Uplink
from lilong_protocol import cbor, frame, topics
from lilong_protocol.cbor import MAX_INT
from lilong_protocol.keys import frame_key
from lilong_protocol.pc import strategies
from lilong_protocol.pc.strategies import Sample
from lilong_protocol.seal import UP, Seal

ROOT, TENANT, DEVICE, NONCE = bytes(range(32)), "acme", "a4cf12fffe0b3c5d", b"01234567"
SEAL = Seal(frame_key(ROOT, UP), TENANT, DEVICE, UP)
U32 = st.integers(0, 0xFFFFFFFF)
UPTIMES = st.one_of(
    st.integers(0, 1 << 20), st.integers(0, 1 << 52), st.sampled_from([1 << 24, (1 << 30) - 1, 1 << 30])
)


@given(
    sample=strategies.frames(uplink=True), boot=U32, seq=U32, now=UPTIMES,
    epoch=st.none() | UPTIMES | st.integers(1 << 40, 1 << 42),
    ref=st.none() | st.tuples(U32, U32), counter=st.none() | U32,
)  # fmt: skip
@settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@pytest.mark.spec("LIL-CBOR-001", "LIL-CBOR-002", "LIL-SEAL-001", "LIL-SEAL-002", "LIL-FRAME-001")
def test_any_message_is_the_one_of_pack_and_seal(
    sample: Sample, boot: int, seq: int, now: int, epoch: int | None, ref: Any, counter: int | None
) -> None:
    kind, cls, body = sample.message.number, sample.message.cls, sample.payload.get(7, {})
    if kind == frame.RAISE:  # a device's own always has these
        body = {0: body[0]} | {key: body.get(key, 0) for key in (1, 2, 3)} | {4: body.get(4, {})}
    uplink = Uplink(ROOT, TENANT, DEVICE, boot, NONCE)
    uplink._seqs = [seq - 1] * len(topics.UP_CLASSES)
    told = epoch is not None and uplink.clock.set(now, now, epoch)
    nonce = NONCE if kind in (frame.BIRTH, frame.HEARTBEAT) else None
    time = (epoch, frame.CLOCK_50_MS) if told else (None, None)
    payload = frame.pack(kind, body, boot, seq, now, *time, counter, ref, None, nonce)
    if len(payload) < 900:
        assert uplink.frame(now, kind, cls, body, ref, counter) == SEAL.seal(cls, payload)


@given(body=st.dictionaries(st.integers(-MAX_INT, MAX_INT), strategies.values(), max_size=6))
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@pytest.mark.spec("LIL-CBOR-002")
def test_keys_of_any_size_and_sign_stand_in_their_order(body: dict[int, Any]) -> None:
    data = cbor.encode(body)
    assert cbor.decode(data) == body
    assert cbor.encode(dict(reversed(body.items()))) == data


@given(st.lists(st.binary(max_size=400), max_size=4))
def test_a_buffer_that_grows_loses_nothing(strings: list[bytes]) -> None:
    writer = cbor.Writer(frame.START)
    for data in strings:
        writer.value(data)
    assert bytes(writer.buf[frame.START : writer.at]) == b"".join(map(cbor.encode, strings))


@pytest.mark.spec("LIL-TIME-003", "LIL-TIME-006")
@given(now=UPTIMES, offset=st.integers(0, MAX_INT >> 2), later=st.integers(0, 1 << 30) | st.integers(0, 1 << 40))
def test_an_epoch_written_from_its_halves_is_uptime_and_offset(now: int, offset: int, later: int) -> None:
    clock = Clock()
    assert clock.set(now, now, now + offset)
    writer = cbor.Writer(frame.START)
    frame.begin(writer, frame.EVENT)
    clock.stamp(writer, now + later)
    fields = cbor.decode(bytes(writer.buf[frame.START : writer.at]))
    good = [quality for quality, error_ms in ((3, 50), (2, 1_000), (1, 60_000)) if later <= error_ms * 8_640]
    assert (fields.get(5), fields.get(6)) == ((now + later + offset, good[0]) if good else (None, None))


def test_a_time_from_before_the_epoch_sets_no_clock() -> None:
    clock = Clock()
    assert not clock.set(10_000, 10_000, 9_999)
    assert clock.epoch(10_000) is None
