"""The seal: COSE_Mac0 that stock libraries verify, bound to topic, direction and device."""

import hmac
import json
from pathlib import Path

import cbor2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lilong_protocol.keys import MacKey, _equal, device_root, equal, frame_key, hkdf
from lilong_protocol.seal import DOWN, UP, Seal, SealError, device_bytes, frame_tag
from pycose.headers import KID, Algorithm
from pycose.keys import SymmetricKey
from pycose.messages import Mac0Message

from tests.protocol.conftest import Ask

GOLDEN = json.loads((Path(__file__).parents[2] / "protocol/vectors/golden.json").read_text())
KEY = bytes(range(32))
DEVICE = "a4cf12fffe0b3c5d"


def test_the_golden_frame_is_reproduced_on_both_interpreters(board: Ask) -> None:
    seal = Seal(MacKey(bytes.fromhex(GOLDEN["key"])), GOLDEN["tenant"], GOLDEN["device"], GOLDEN["direction"])
    payload = bytes.fromhex(GOLDEN["payload"])
    assert seal.seal(GOLDEN["class"], payload).hex() == GOLDEN["frame"]
    assert seal.open(GOLDEN["class"], bytes.fromhex(GOLDEN["frame"])) == payload
    assert board("sealu", payload) == GOLDEN["frame"]
    assert board("openu", bytes.fromhex(GOLDEN["frame"])) == GOLDEN["payload"]


@pytest.mark.parametrize("direction", [UP, DOWN])
@given(payload=st.binary(max_size=300))
@settings(deadline=None)
def test_pycose_verifies_ours(direction: str, payload: bytes) -> None:
    frame = Seal(MacKey(KEY), "acme", DEVICE, direction).seal("al", payload)
    message = Mac0Message.from_cose_obj(cbor2.loads(frame), allow_unknown_attributes=False)
    message.external_aad = f"1/acme/{DEVICE}/{direction}/al".encode()
    message.key = SymmetricKey(KEY)
    assert message.verify_tag()
    assert message.payload == payload
    assert message.get_attr(KID) == bytes.fromhex(DEVICE)


@pytest.mark.parametrize(("direction", "algorithm"), [(UP, "HS256/64"), (DOWN, "HS256")])
@given(payload=st.binary(max_size=300))
@settings(deadline=None)
def test_we_verify_pycose(direction: str, algorithm: str, payload: bytes) -> None:
    message = Mac0Message(
        phdr={Algorithm: {"HS256/64": 4, "HS256": 5}[algorithm]}, uhdr={KID: bytes.fromhex(DEVICE)}, payload=payload
    )
    message.external_aad = f"1/acme/{DEVICE}/{direction}/ev".encode()
    message.key = SymmetricKey(KEY)
    frame = message.encode(tag=False)
    assert Seal(MacKey(KEY), "acme", DEVICE, direction).open("ev", frame) == payload


@given(payload=st.binary(max_size=200))
@settings(deadline=None)
def test_both_interpreters_seal_the_same(board: Ask, payload: bytes) -> None:
    for direction in (UP, DOWN):
        assert (
            board(f"seal{direction}", payload) == Seal(MacKey(KEY), "acme", DEVICE, direction).seal("al", payload).hex()
        )


@given(st.binary(max_size=80), st.data())
@settings(deadline=None)
def test_a_frame_with_any_byte_changed_is_refused_on_both_interpreters(
    board: Ask, payload: bytes, data: st.DataObject
) -> None:
    seal = Seal(MacKey(KEY), "acme", DEVICE, UP)
    frame = bytearray(seal.seal("al", payload))
    frame[data.draw(st.integers(0, len(frame) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(SealError) as refused:
        seal.open("al", bytes(frame))
    assert board("openu", bytes(frame)) == f"!{refused.value}"


@given(st.binary(max_size=120))
@settings(deadline=None)
def test_any_other_bytes_are_refused_and_nothing_else_is_raised(board: Ask, data: bytes) -> None:
    with pytest.raises(SealError):
        Seal(MacKey(KEY), "acme", DEVICE, UP).open("al", data)
    assert board("openu", data).startswith("!")


@pytest.mark.parametrize(
    ("tenant", "device", "direction", "cls"),
    [
        ("other", DEVICE, UP, "al"),
        ("acme", "a4cf12fffe0b3c5e", UP, "al"),
        ("acme", DEVICE, DOWN, "al"),
        ("acme", DEVICE, UP, "ev"),
    ],
)
def test_a_frame_is_good_on_its_own_topic_only(tenant: str, device: str, direction: str, cls: str) -> None:
    frame = Seal(MacKey(KEY), "acme", DEVICE, UP).seal("al", b"payload")
    with pytest.raises(SealError):
        Seal(MacKey(KEY), tenant, device, direction).open(cls, frame)


def test_a_forged_frame_is_told_from_a_malformed_one() -> None:
    seal = Seal(MacKey(KEY), "acme", DEVICE, UP)
    frame = seal.seal("al", b"payload")
    with pytest.raises(SealError) as forged:
        seal.open("al", frame[:-1] + bytes([frame[-1] ^ 1]))
    with pytest.raises(SealError) as malformed:
        seal.open("al", frame[:-1])
    assert forged.value.forged
    assert not malformed.value.forged


def test_the_tag_of_a_frame_is_its_last_eight_bytes() -> None:
    assert frame_tag(bytes.fromhex(GOLDEN["frame"])).hex() == GOLDEN["frame"][-16:]


def test_a_payload_that_does_not_fit_is_refused() -> None:
    with pytest.raises(SealError, match="at most 1024"):
        Seal(MacKey(KEY), "acme", DEVICE, UP).seal("al", bytes(1000))


@pytest.mark.parametrize("device", ["", "a4cf12fffe0b3c5", "A4CF12FFFE0B3C5D", "a4cf12fffe0b3c5g", "a4cf12fffe0b3c5d0"])
def test_a_device_id_has_sixteen_lowercase_hex_digits(device: str) -> None:
    with pytest.raises(ValueError, match="device id"):
        device_bytes(device)


@given(key=st.binary(max_size=100), message=st.binary(max_size=200))
def test_the_mac_is_hmac_sha256(key: bytes, message: bytes) -> None:
    assert MacKey(key).mac(message) == hmac.digest(key, message, "sha256")


@pytest.mark.spec("LIL-KEY-001", "LIL-KEY-002")
def test_hkdf_gives_the_first_vector_of_rfc_5869() -> None:
    okm = hkdf(bytes([0x0B]) * 22, bytes(range(13)), bytes(range(0xF0, 0xFA)))
    assert okm.hex() == "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf"


@pytest.mark.spec("LIL-KEY-001", "LIL-KEY-002")
def test_every_device_direction_and_epoch_has_a_key_of_its_own() -> None:
    root = device_root(KEY, "acme", DEVICE)
    macs = {frame_key(root, direction, epoch).mac(b"") for direction in (UP, DOWN) for epoch in (0, 1)}
    macs.add(frame_key(device_root(KEY, "acme", "a4cf12fffe0b3c5e"), UP).mac(b""))
    macs.add(frame_key(device_root(KEY, "acme2", DEVICE), UP).mac(b""))
    assert len(macs) == 6


@given(st.binary(max_size=9), st.binary(max_size=9))
def test_comparison_is_right_on_both_interpreters(a: bytes, b: bytes) -> None:
    for compare in (equal, _equal):
        assert compare(a, a)
        assert bool(compare(a, b)) == (a == b)
