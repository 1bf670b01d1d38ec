"""Frames that are right: of any kind of message, sealed as a device or a backend would."""

from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

from ... import topics
from ...cbor import MAX_FRAME, MAX_INT, encode
from ...frame import NONCE_BYTES, VERSION
from ...keys import device_root, frame_key
from ...registry import MESSAGE, MESSAGES
from ...registry.messages import HEADER
from ...registry.tables import U32, Message
from ...seal import DOWN, UP, Seal
from .values import bodies, integers

Payload = dict[int, Any]

_OVERHEAD = 53  # bytes that the seal of a downlink adds at most
_KINDS: dict[str, st.SearchStrategy[Any]] = {
    "number": integers(0, MAX_INT), "u32": integers(0, U32), "quality": st.integers(1, 3),
    "ref": st.lists(integers(0, U32), min_size=2, max_size=2),
    "nonce": st.binary(min_size=NONCE_BYTES, max_size=NONCE_BYTES),
}  # fmt: skip
_SEQ = integers(1, U32)  # they begin at 1


class Brief:
    """Shown by its repr in a failing example too, where Hypothesis would else spell out every field."""

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text("..." if cycle else repr(self))


@dataclass(frozen=True)
class Place(Brief):
    """One device of one estate, under the keys of one epoch."""

    tenant: str = "acme"
    device: str = "a4cf12fffe0b3c5d"
    estate_key: bytes = bytes(range(32))
    epoch: int = 0

    def seal(self, direction: str) -> Seal:
        root = device_root(self.estate_key, self.tenant, self.device)
        return Seal(frame_key(root, direction, self.epoch), self.tenant, self.device, direction, self.epoch)

    def topic(self, message: Message) -> str:
        return (topics.up if message.uplink else topics.down)(self.tenant, self.device, message.cls)


@dataclass(frozen=True)
class Sample(Brief):
    """A frame and all that is known of it. `payload`: what is inside, by key; `data`: the sealed bytes."""

    place: Place
    message: Message = field(repr=False)
    payload: Payload
    data: bytes

    @property
    def direction(self) -> str:
        return UP if self.message.uplink else DOWN

    @property
    def topic(self) -> str:
        return self.place.topic(self.message)


def _message(kind: int | None, uplink: bool | None = None) -> st.SearchStrategy[Message]:
    if kind is not None:
        return st.just(MESSAGE[kind])
    return st.sampled_from([message for message in MESSAGES if uplink in (None, message.uplink)])


@st.composite
def payloads(draw: st.DrawFn, message: Message, unknown: bool = True) -> Payload:
    """The payload of a kind of message; `unknown`: optional keys from the future too. It fits into a frame."""
    payload: Payload = {0: VERSION, 1: message.number}
    for name, (key, kind, _) in HEADER.items():
        if name in ("version", "kind"):
            continue
        if name == "body":
            payload[key] = draw(bodies(message, unknown))
        elif name in message.header or (kind in _KINDS and draw(st.integers(0, 3)) == 0):
            payload[key] = draw(_SEQ if name == "seq" else _KINDS[kind])
    if unknown and draw(st.booleans()):
        keys = st.integers(24, 255) | st.integers(-MAX_INT, -1)
        payload |= draw(st.dictionaries(keys, st.none() | integers() | st.binary(max_size=8), min_size=1, max_size=2))
    return payload


def fits(payload: Payload) -> bool:
    """Sealed in either direction it stays within a frame."""
    return len(encode(payload)) <= MAX_FRAME - _OVERHEAD


@st.composite
def frames(
    draw: st.DrawFn,
    kind: int | None = None,
    place: Place | None = None,
    uplink: bool | None = None,
    unknown: bool = True,
) -> Sample:
    """A sealed frame: of one kind or any, of one device or one whose key epoch is drawn, up, down or both."""
    message = draw(_message(kind, uplink))
    where = place or Place(epoch=draw(st.sampled_from([0, 0, 1, 2, U32])))
    payload = draw(payloads(message, unknown).filter(fits))
    sealer = where.seal(UP if message.uplink else DOWN)
    return Sample(where, message, payload, sealer.seal(message.cls, encode(payload)))
