"""The codec: a strict subset of deterministic CBOR, the same on both interpreters."""

import json
from pathlib import Path
from typing import Any

import cbor2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lilong_protocol import cbor

from tests.protocol.conftest import Ask

APPENDIX_A = json.loads((Path(__file__).parents[2] / "protocol/vectors/cbor_appendix_a.json").read_text())

integers = st.integers(-cbor.MAX_INT, cbor.MAX_INT)
scalars = st.one_of(st.none(), st.booleans(), integers, st.binary(max_size=40), st.text(max_size=30))
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=5) | st.dictionaries(integers, inner, max_size=5), max_leaves=12
)


def fits(value: Any, depth: int = 0) -> bool:
    if isinstance(value, list | dict):
        inner = value.values() if isinstance(value, dict) else value
        return depth < cbor.MAX_DEPTH and all(fits(item, depth + 1) for item in inner)
    return True


def in_the_subset(item: dict[str, Any]) -> bool:
    """What the subset says of an Appendix A case, judged from the case itself."""
    if not item["roundtrip"]:
        return False  # another encoding of the same value

    def allowed(value: Any) -> bool:
        if value is None or isinstance(value, bool | str | bytes):
            return True
        if isinstance(value, int):
            return abs(value) <= cbor.MAX_INT
        if isinstance(value, list):
            return all(map(allowed, value))
        return isinstance(value, dict) and all(isinstance(k, int) and allowed(v) for k, v in value.items())

    try:
        return allowed(cbor2.loads(bytes.fromhex(item["hex"])))
    except cbor2.CBORDecodeError:
        return False  # simple values below 32 in two bytes


@pytest.mark.parametrize("case", APPENDIX_A, ids=lambda case: case["hex"])
def test_appendix_a_is_accepted_or_refused_as_the_subset_says(case: dict[str, Any], board: Ask) -> None:
    data = bytes.fromhex(case["hex"])
    if in_the_subset(case):
        assert cbor.decode(data) == cbor2.loads(data)
        assert board("decode", data) == case["hex"]
    else:
        with pytest.raises(cbor.CborError) as refused:
            cbor.decode(data)
        assert board("decode", data) == f"!{refused.value}"


def test_appendix_a_has_cases_of_both_sorts() -> None:
    assert sum(map(in_the_subset, APPENDIX_A)) == 32


@given(values.filter(fits))
@settings(deadline=None)
def test_a_value_comes_back_and_a_stock_decoder_agrees(value: Any) -> None:
    data = cbor.encode(value)
    assert cbor.decode(data) == value
    assert cbor2.loads(data) == value


@given(values.filter(fits))
@settings(deadline=None)
def test_both_interpreters_write_the_same_bytes(board: Ask, value: Any) -> None:
    data = cbor.encode(value)
    assert board("decode", data) == data.hex()


@given(st.binary(max_size=64))
@settings(deadline=None, max_examples=500)
def test_any_bytes_are_refused_or_come_back_the_same_on_both_interpreters(board: Ask, data: bytes) -> None:
    try:
        expected = cbor.encode(cbor.decode(data)).hex()
    except cbor.CborError as error:
        expected = f"!{error}"
    else:
        assert expected == data.hex()
    assert board("decode", data) == expected


@given(values.filter(fits), st.data())
@settings(deadline=None, max_examples=300)
def test_almost_right_bytes_are_refused_or_canonical(board: Ask, value: Any, data: st.DataObject) -> None:
    good = bytearray(cbor.encode(value))
    at = data.draw(st.integers(0, len(good) - 1))
    good[at] = data.draw(st.integers(0, 255))
    bad = bytes(good)
    try:
        expected = cbor.encode(cbor.decode(bad)).hex()
        assert expected == bad.hex()
    except cbor.CborError as error:
        expected = f"!{error}"
    assert board("decode", bad) == expected


@pytest.mark.parametrize(
    ("data", "why"),
    [
        ("", "truncated"),
        ("0000", "trailing"),
        ("1817", "overlong"),
        ("190017", "overlong"),
        ("1a0000ffff", "overlong"),
        ("1b00000000ffffffff", "overlong"),
        ("1b0020000000000000", "2**53"),
        ("3b001fffffffffffff", "2**53"),
        ("a201000100", "out of order or repeated"),
        ("a202000100", "out of order or repeated"),
        ("a220000100", "out of order or repeated"),
        ("a1617800", "not an integer"),
        ("a1f400", "not an integer"),
        ("5b0000000100000000", "beyond the end"),
        ("9a00ffffff", "beyond the end"),
        ("ba7fffffff", "beyond the end"),
        ("81818181818100", "deeper"),
        ("c100", "tag"),
        ("f90000", "float"),
        ("5f4100ff", "indefinite"),
        ("62c0af", "UTF-8"),
        ("63eda080", "UTF-8"),
        ("64f4908080", "UTF-8"),
        ("61ff", "UTF-8"),
    ],
)
def test_malformed_bytes_are_refused_with_the_reason(data: str, why: str, board: Ask) -> None:
    with pytest.raises(cbor.CborError, match=why.replace("*", r"\*")) as refused:
        cbor.decode(bytes.fromhex(data))
    assert board("decode", bytes.fromhex(data)) == f"!{refused.value}"


def test_limits_hold_when_encoding_too() -> None:
    deep: Any = 0
    for _ in range(6):
        deep = [deep]
    for value in (
        cbor.MAX_INT + 1,
        -cbor.MAX_INT - 1,
        bytes(1100),
        "x" * 257,
        [0] * 300,
        deep,
        1.5,
        {"a": 1},
        {True: 1},
    ):
        with pytest.raises(cbor.CborError):
            cbor.encode(value)


def test_the_order_of_a_dict_does_not_matter() -> None:
    assert (
        cbor.encode({-2: 0, 5: 1, 1: 2, -1: 3})
        == cbor.encode({1: 2, 5: 1, -1: 3, -2: 0})
        == bytes.fromhex("a4010205012003 2100")
    )


@given(st.binary(max_size=12))
@settings(max_examples=1000)
def test_utf8_is_checked_as_rfc_3629_says(data: bytes) -> None:
    try:
        data.decode("utf-8")
        good = True
    except UnicodeDecodeError:
        good = False
    assert cbor.is_utf8(data) is good
