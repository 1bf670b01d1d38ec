"""Ed25519 verified on both interpreters: the RFC's vectors, what `cryptography` signs, and all that is nearly right."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st
from lilong_firmware.ed25519 import verification
from micropython import run_micropython

L = (1 << 252) + 27742317777372353535851937790883648493
P = (1 << 255) - 19
RFC_8032 = {  # 7.1: (public, message, signature)
    "TEST 1": (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
        "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    "TEST 2": (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    "TEST 3": (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
        "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
}


def verified(public: bytes, message: bytes, signature: bytes) -> bool:
    *working, outcome = verification(public, message, signature)
    assert set(working) <= {None}
    return outcome


@pytest.mark.parametrize("name", RFC_8032)
def test_the_vectors_of_the_rfc(name):
    assert verified(*map(bytes.fromhex, RFC_8032[name]))


@settings(max_examples=40, deadline=None)
@given(secret=st.binary(min_size=32, max_size=32), message=st.binary(min_size=32, max_size=32), data=st.data())
def test_what_is_signed_is_good_and_what_is_nearly_so_is_not(secret, message, data):
    key = Ed25519PrivateKey.from_private_bytes(secret)
    given_ = [key.public_key().public_bytes_raw(), message, key.sign(message)]
    assert verified(*given_)
    part = data.draw(st.integers(0, 2))
    wrong = bytearray(given_[part])
    wrong[data.draw(st.integers(0, len(wrong) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    given_[part] = bytes(wrong)
    assert not verified(*given_)


@settings(max_examples=40, deadline=None)
@given(
    public=st.binary(max_size=40), message=st.binary(max_size=47),
    signature=st.one_of(st.binary(max_size=70), st.binary(min_size=64, max_size=64)),
)  # fmt: skip
def test_anything_else_is_false_and_never_an_error(public, message, signature):
    assert not verified(public, message, signature)


def test_a_scalar_that_is_too_large_is_refused_though_it_would_verify():
    public, message, signature = map(bytes.fromhex, RFC_8032["TEST 2"])
    malleated = (int.from_bytes(signature[32:], "little") + L).to_bytes(32, "little")
    assert not verified(public, message, signature[:32] + malleated)


@pytest.mark.parametrize("number", [P, P + 1, (1 << 255) - 1, 1 | 1 << 255, 2])
def test_a_key_that_is_no_point_or_not_in_its_one_form_is_refused(number):
    _, message, signature = map(bytes.fromhex, RFC_8032["TEST 2"])
    assert not verified(number.to_bytes(32, "little"), message, signature)


ON_A_BOARD = """
import sys
from binascii import unhexlify
from lilong_firmware.ed25519 import verification
for line in sys.argv[1:]:
    steps = 0
    for outcome in verification(*[unhexlify(part) for part in line.split(",")]):
        steps += 1
    print(outcome, steps)
"""


def test_micropython_says_the_same_and_yields_hundreds_of_times():
    given_ = [",".join(vector) for vector in RFC_8032.values()]
    public, message, signature = RFC_8032["TEST 3"]
    given_ += [f"{public},{message}00,{signature}", f"{public},{message},{signature[:-2]}01", f"{public[:-2]}7f,,"]
    said = [line.split() for line in run_micropython(ON_A_BOARD, *given_, heap="64k").splitlines()]
    assert [outcome for outcome, _ in said] == ["True", "True", "True", "False", "False", "False"]
    assert all(int(steps) > 400 for _, steps in said[:5])
