"""Frames that are wrong in one way: each with the layer that must refuse it and, where one is told, the error code."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from hypothesis import assume
from hypothesis import strategies as st

from ... import frame
from ...cbor import MAX_FRAME, MAX_INT, encode
from ...registry import MESSAGES
from ...registry.messages import HEADER
from ...registry.tables import U32, Field, Message
from .frames import Brief, Payload, Place, Sample, fits, frames, payloads
from .values import Body, bodies

SEAL, PAYLOAD, BODY = "seal", "payload", "body"  # layers that refuse


@dataclass(frozen=True)
class Broken(Brief):
    """Bytes with one fault. `layer` refuses them; `code`: the error code of a payload, else None."""

    why: str
    layer: str
    code: int | None
    message: Message = field(repr=False)
    data: bytes
    place: Place

    @property
    def topic(self) -> str:
        """Where they arrive."""
        return self.place.topic(self.message)


# ---- bodies

_WRONG: tuple[Any, ...] = (None, True, -1, 1, "text", b"bytes", [], ["a"], {0: "a"})


def _out_of_range(field: Field) -> list[Any]:
    match field.type:
        case "number":
            return [field.low - 1, field.high + 1] if field.high < MAX_INT else [field.low - 1]
        case "text":
            return ([""] if field.low else []) + (["x" * (field.high + 1)] if field.high < 256 else [])
        case "bytes":
            return [bytes(field.low - 1)] if field.low else []
        case _:
            return []


_RIGHT: dict[str, Callable[[Any], bool]] = {
    "number": lambda v: type(v) is int and v >= 0, "bool": lambda v: v is True, "text": lambda v: v == "text",
    "bytes": lambda v: v == b"bytes", "values": lambda _: False, "numbers": lambda _: False, "list": lambda v: v == [],
    "columns": lambda v: v == [], "class": lambda _: False,
}  # fmt: skip


@st.composite
def almost_valid_bodies(draw: st.DrawFn, message: Message) -> Body:
    """A body with one field missing, of another type or out of its range."""
    body = draw(bodies(message))
    chosen = draw(st.sampled_from(message.body))
    wrong = [value for value in _WRONG if not _RIGHT[chosen.type](value)] + _out_of_range(chosen)
    if chosen.required and draw(st.booleans()):
        del body[chosen.key]
    else:
        body[chosen.key] = draw(st.sampled_from(wrong))
    return body


# ---- payloads

Fault = Callable[[st.DrawFn, Message, Payload], tuple[str, int, bytes]]
_TYPES: dict[str, tuple[Any, ...]] = {
    "number": (None, True, -1, "1", b"1", [1]), "u32": (None, True, -1, U32 + 1, "1", [1]),
    "quality": (0, 4, None, True),
    "ref": ([], [1], [1, 2, 3], [1, -1], [U32 + 1, 1], None, 1), "nonce": (b"", bytes(7), bytes(9), "12345678", None),
    "map": (None, [], 1, "body"),
}  # fmt: skip


def _encoded(why: str, code: int, payload: Payload) -> tuple[str, int, bytes]:
    return why, code, encode(payload)


def _missing(draw: st.DrawFn, message: Message, payload: Payload) -> tuple[str, int, bytes]:
    name = draw(st.sampled_from(message.header))
    del payload[HEADER[name][0]]
    return _encoded(f"{name} missing", frame.BAD, payload)


def _wrong_type(draw: st.DrawFn, _: Message, payload: Payload) -> tuple[str, int, bytes]:
    names = [name for name, (key, kind, _) in HEADER.items() if name not in ("version", "kind") and kind in _TYPES]
    name = draw(st.sampled_from(names))
    payload[HEADER[name][0]] = draw(st.sampled_from(_TYPES[HEADER[name][1]]))
    return _encoded(f"{name} of a wrong type", frame.BAD, payload)


def _reserved(draw: st.DrawFn, _: Message, payload: Payload) -> tuple[str, int, bytes]:
    return _encoded("reserved key", frame.BAD, {**payload, draw(st.integers(13, 15)): 0})


def _critical(draw: st.DrawFn, _: Message, payload: Payload) -> tuple[str, int, bytes]:
    return _encoded("critical key", frame.UNKNOWN_CRITICAL, {**payload, draw(st.integers(16, 23)): 0})


def _version(draw: st.DrawFn, _: Message, payload: Payload) -> tuple[str, int, bytes]:
    version = draw(st.just(0) | st.integers(2, U32))
    return _encoded("another version", frame.UNSUPPORTED_VERSION, {**payload, 0: version})


def _unknown_kind(draw: st.DrawFn, _: Message, payload: Payload) -> tuple[str, int, bytes]:
    known = {one.number for one in MESSAGES}
    kind = draw(st.integers(0, U32).filter(lambda number: number not in known))
    return _encoded("an unknown kind", frame.UNSUPPORTED_KIND, {**payload, 1: kind})


def _bytes(draw: st.DrawFn, _: Message, payload: Payload) -> tuple[str, int, bytes]:
    """A map that is right but for its encoding: head, key 0 and the version are its first three bytes."""
    good = encode(payload)
    head, rest = good[:1], good[3:]
    why, data = draw(st.sampled_from([
        ("trailing byte", good + b"\x00"), ("truncated", good[:-1]), ("overlong key", head + b"\x18\x00\x01" + rest),
        ("overlong version", head + b"\x00\x18\x01" + rest), ("version as a float", head + b"\x00\xf9\x3c\x00" + rest),
        ("version under a tag", head + b"\x00\xc1\x01" + rest), ("indefinite map", b"\xbf" + good[1:] + b"\xff"),
        ("tagged", b"\xd9\xd9\xf7" + good), ("a key twice", bytes([good[0] + 1]) + b"\x00\x01" + good[1:]),
        ("keys out of order", head + rest + b"\x00\x01"),
    ]))  # fmt: skip
    return why, frame.BAD, data


_FAULTS: tuple[Fault, ...] = (_missing, _wrong_type, _reserved, _critical, _version, _unknown_kind, _bytes)


@st.composite
def almost_valid_payloads(draw: st.DrawFn, message: Message | None = None) -> Broken:
    """A payload with one fault, to be refused with `code`; `data` is not sealed."""
    kind = message or draw(st.sampled_from(MESSAGES))
    payload = draw(payloads(kind, unknown=False).filter(fits))
    why, code, data = draw(st.sampled_from(_FAULTS))(draw, kind, dict(payload))
    return Broken(why, PAYLOAD, code, kind, data, Place())


# ---- frames


def _flip(draw: st.DrawFn, sample: Sample) -> tuple[str, bytes]:
    data = bytearray(sample.data)
    data[draw(st.integers(0, len(data) - 1))] ^= 1 << draw(st.integers(0, 7))
    return "a flipped bit", bytes(data)


def _cut(draw: st.DrawFn, sample: Sample) -> tuple[str, bytes]:
    return "cut short", sample.data[: draw(st.integers(0, len(sample.data) - 1))]


def _longer(draw: st.DrawFn, sample: Sample) -> tuple[str, bytes]:
    return "bytes behind it", sample.data + draw(st.binary(min_size=1, max_size=9))


def _elsewhere(draw: st.DrawFn, sample: Sample) -> tuple[str, bytes]:
    place = sample.place
    other = draw(st.sampled_from([
        replace(place, tenant=place.tenant + "2"), replace(place, device=place.device[::-1]),
        replace(place, estate_key=bytes(32)), replace(place, epoch=place.epoch ^ 1),
    ]))  # fmt: skip
    assume(other != place)
    return "sealed for somebody else", other.seal(sample.direction).seal(sample.message.cls, encode(sample.payload))


def _other_class(draw: st.DrawFn, sample: Sample) -> tuple[str, bytes]:
    classes = sorted({one.cls for one in MESSAGES if one.cls != sample.message.cls})
    cls = draw(st.sampled_from(classes))
    return "sealed for another class", sample.place.seal(sample.direction).seal(cls, encode(sample.payload))


def _reflected(_: st.DrawFn, sample: Sample) -> tuple[str, bytes]:
    way = "d" if sample.direction == "u" else "u"
    return "reflected", sample.place.seal(way).seal(sample.message.cls, encode(sample.payload))


_SEAL_FAULTS = (_flip, _cut, _longer, _elsewhere, _other_class, _reflected)


@st.composite
def almost_valid_frames(draw: st.DrawFn, place: Place | None = None, uplink: bool | None = None) -> Broken:
    """A frame with one fault, of its seal, its payload or its body. `layer` says which, and what must refuse it."""
    sample = draw(frames(place=place, uplink=uplink, unknown=False))
    message, where = sample.message, sample.place
    layer = draw(st.sampled_from([SEAL, SEAL, PAYLOAD, BODY]))
    if layer == SEAL:
        why, data = draw(st.sampled_from(_SEAL_FAULTS))(draw, sample)
        return Broken(why, SEAL, None, message, data, where)
    if layer == PAYLOAD:
        inside = draw(almost_valid_payloads(message))
        why, code, payload = inside.why, inside.code, inside.data
    else:
        why, code = "a body of another shape", None
        payload = encode({**sample.payload, 7: draw(almost_valid_bodies(message))})
    assume(len(payload) <= MAX_FRAME - 53)
    return Broken(why, layer, code, message, where.seal(sample.direction).seal(message.cls, payload), where)
