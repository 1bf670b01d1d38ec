"""The head of a firmware image: what is packed reads back, and whatever else stands there is a clear refusal."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lilong_firmware import suit
from lilong_protocol import cbor, frame

VENDOR, CLASS = bytes(range(16)), bytes(range(16, 32))
MANIFESTS = st.builds(
    suit.Manifest, st.integers(0, 2**32 - 1), st.binary(min_size=16, max_size=16), st.binary(min_size=16, max_size=16),
    st.integers(0, 1), st.integers(1, 2**32 - 1), st.binary(min_size=32, max_size=32), st.text(max_size=12),
)  # fmt: skip


def manifest(**changes):
    fields = {"sequence": 7, "vendor": VENDOR, "device_class": CLASS, "type_": suit.ROMFS, "size": 1_000,
              "digest": bytes(32), "version": "1.4.0"} | changes  # fmt: skip
    return suit.Manifest(*fields.values())


def fields(it):
    return [getattr(it, name) for name in suit.Manifest.__slots__]


@given(MANIFESTS)
def test_what_is_packed_reads_back(it):
    data = suit.head(it)
    assert suit.head_size(data[: suit.HEAD]) == len(data)
    assert fields(suit.parse(data)) == fields(it)


@given(MANIFESTS, st.data())
def test_a_damaged_head_is_refused_or_says_something_else_but_is_never_another_error(it, data):
    bad = bytearray(suit.head(it))
    bad[data.draw(st.integers(0, len(bad) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    try:
        read = suit.parse(bytes(bad))
    except ValueError:
        pass
    else:
        assert fields(read) != fields(it)


@given(st.binary(max_size=250))
def test_anything_else_is_refused(data):
    with pytest.raises(ValueError, match=r"\w"):
        suit.parse(data)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({0: 2}, "format 2"),
        ({1: -1}, "key 1"),
        ({1: True}, "key 1"),
        ({2: b"short"}, "key 2 is not 16 bytes"),
        ({5: 0}, "no bytes"),
        ({7: 3}, "key 7"),
        ({6: None}, "key 6"),
    ],
)
def test_a_manifest_that_lacks_something_says_what(changes, says):
    body = cbor.decode(suit.head(manifest())[suit.HEAD :]) | changes
    packed = cbor.encode({key: body[key] for key in sorted(body)})
    with pytest.raises(ValueError, match=says):
        suit.parse(suit.MAGIC + len(packed).to_bytes(2, "big") + packed)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, frame.OK),
        ({"vendor": CLASS}, frame.INVALID),
        ({"device_class": VENDOR}, frame.INVALID),
        ({"type_": suit.CHIP_IMAGE}, frame.INVALID),
        ({"size": 999}, frame.INVALID),
        ({"sequence": 6}, frame.CONFLICT),
        ({"sequence": 5}, frame.CONFLICT),
        ({"sequence": 2**32 - 1}, frame.OK),
    ],
)
def test_an_image_is_for_this_device_and_newer(changes, code):
    size = len(suit.head(manifest(**changes))) + 1_000
    assert suit.judge(manifest(**changes), size, VENDOR, CLASS, suit.ROMFS, 6) == code
