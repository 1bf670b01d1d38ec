"""A frame in words: whatever the registry can name has its name, values have their units.

A frame needs no key to be read, since a seal hides nothing; without one it is marked unverified.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from .. import frame, topics
from ..cbor import CborError, decode
from ..keys import frame_key
from ..registry import ALARM, COMMAND_BY_NUMBER, EVENT, KIND_BY_NUMBER, MESSAGE, QUANTITY, SETTING
from ..registry.messages import HEADER
from ..registry.tables import LEVEL, Field, Message
from ..seal import DOWN, UP, Seal, SealError
from .bodies import well_formed

_DIRECTION = {4: UP, 5: DOWN}
_START = b"\x84\x43\xa1\x01"
_HEAD_BYTES = 16  # array, protected and unprotected header
_FIELDS = tuple(name for name in HEADER if name not in ("version", "kind", "body"))

Root = Callable[[str, str], "bytes | None"]
"""(tenant, device) -> the device's 32-byte root key, or None."""

Epochs = Callable[[str, str], Iterable[int]]
"""(tenant, device) -> the key epochs to try."""


def _first_epoch(_tenant: str, _device: str) -> Iterable[int]:
    return (0,)


@dataclass
class Description:
    """What a frame says. `verified` None: there was no key to try; `problem`: the first thing that is wrong with it.

    header and body are by name; measured values are {quantity: (number, unit)}; level: of an alarm's raise.
    """

    data: bytes
    device: str | None = None
    direction: str | None = None
    cls: str | None = None
    verified: bool | None = None
    problem: str | None = None
    message: str | None = None
    level: int | None = None
    header: dict[str, Any] = field(default_factory=dict)
    body: dict[str, Any] = field(default_factory=dict)

    def complain(self, problem: str) -> None:
        self.problem = self.problem or problem


def describe(
    data: bytes, topic: str | None = None, root: Root | None = None, epochs: Epochs = _first_epoch
) -> Description:
    """Read a frame; `topic` is where it came, `root` finds keys. Never raises, whatever the bytes."""
    told = Description(data)
    payload = _unsealed(told)
    if payload is None:
        told.complain("not a sealed frame")
    if topic is not None:
        _judge_topic(told, topic, root, epochs)
    if payload is None:
        return told
    try:
        fields = decode(payload)
    except CborError as error:
        told.complain(f"payload: {error}")
        return told
    if isinstance(fields, dict):
        _read(told, fields)
    try:
        frame.unpack(payload)
    except frame.FrameError as error:
        told.complain(f"{error.code}: {error}")
    return told


def _unsealed(told: Description) -> bytes | None:
    """The payload of a COSE_Mac0, unverified; tells device and direction."""
    data = told.data
    if len(data) <= _HEAD_BYTES or data[:4] != _START or data[5:8] != b"\xa1\x04\x48" or data[4] not in _DIRECTION:
        return None
    told.direction, told.device = _DIRECTION[data[4]], data[8:_HEAD_BYTES].hex()
    first = data[_HEAD_BYTES]
    if 0x40 <= first < 0x58:
        start, size = _HEAD_BYTES + 1, first - 0x40
    elif first in (0x58, 0x59):
        start = _HEAD_BYTES + first - 0x56
        size = int.from_bytes(data[_HEAD_BYTES + 1 : start], "big")
    else:
        return None
    return data[start : start + size] if start + size < len(data) else None


def _judge_topic(told: Description, topic: str, root: Root | None, epochs: Epochs) -> None:
    parts = topics.parse(topic)
    if parts is None:
        told.complain(f"{topic!r} is no topic of version 1")
        return
    tenant, device, direction, told.cls = parts
    if told.device is not None and (told.device, told.direction) != (device, direction):
        told.complain(f"sealed for {told.device} {told.direction}")
    told.device, told.direction = device, direction
    key = None if root is None else root(tenant, device)
    if key is not None:
        tried = (_opens(told, tenant, key, epoch) for epoch in epochs(tenant, device))
        told.verified = told.problem is None and any(tried)
        if not told.verified:
            told.complain("the tag does not fit")


def _opens(told: Description, tenant: str, root: bytes, epoch: int) -> bool:
    assert told.device is not None
    assert told.direction is not None
    assert told.cls is not None
    key = frame_key(root, told.direction, epoch)
    try:
        Seal(key, tenant, told.device, told.direction, epoch).open(told.cls, told.data)
    except SealError:
        return False
    return True


def _read(told: Description, fields: dict[int, Any]) -> None:
    for name in _FIELDS:
        value = fields.get(HEADER[name][0])
        if value is not None:
            told.header[name] = value.hex() if isinstance(value, bytes) else value
    kind, body = fields.get(1), fields.get(7)
    known = MESSAGE.get(kind) if isinstance(kind, int) else None
    if known is None:
        told.message = f"kind {kind}"
        return
    told.message = known.name
    if told.cls is not None and told.cls != known.cls:
        told.complain(f"{known.name} does not travel on {told.direction}/{told.cls}")
    if isinstance(body, dict):
        if not well_formed(known.number, body):
            told.complain("the body has not the shape of its kind")
        if known.number == frame.RAISE:
            severity = body.get(1)
            told.level = LEVEL.get(severity) if isinstance(severity, int) else None
        told.body = _named(known, body)


# ---- names


def _named(message: Message, body: dict[int, Any]) -> dict[str, Any]:
    by_key = {one.key: one for one in message.body}
    named = {}
    for key, value in body.items():
        known = by_key.get(key)
        named[str(key) if known is None else known.name] = value if known is None else _value(known, value, body)
    return named


def _value(known: Field, value: Any, body: dict[int, Any]) -> Any:
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, dict):
        if known.names == "quantities":
            return dict(_quantity(number, one) for number, one in value.items())
        if known.names == "arguments":
            number = body.get(0)
            command = COMMAND_BY_NUMBER.get(number) if isinstance(number, int) else None
            places = {} if command is None else {n: argument.name for n, argument in enumerate(command.arguments)}
            return {places.get(number, str(number)): one for number, one in value.items()}
        return {_name(known.names, number): one for number, one in value.items()}
    if isinstance(value, list) and known.names:
        return [_name(known.names, number) for number in value]
    if isinstance(value, int) and not isinstance(value, bool):
        if known.names:
            return _name(known.names, value)
        return dict(known.meanings).get(value, value)
    return value


def _name(table: str, number: Any) -> str:
    rows: dict[str, dict[int, Any]] = {
        "kinds": KIND_BY_NUMBER, "quantities": QUANTITY, "events": EVENT, "alarms": ALARM,
        "commands": COMMAND_BY_NUMBER, "settings": SETTING,
    }  # fmt: skip
    row = rows.get(table, {}).get(number) if isinstance(number, int) else None
    return str(number) if row is None else row.name


def _quantity(number: Any, value: Any) -> tuple[str, Any]:
    known = QUANTITY.get(number) if isinstance(number, int) else None
    if known is None:
        return str(number), (value, "")
    if not isinstance(value, int):
        return known.name, (value, known.unit)
    for meant, name, _ in known.meanings:
        if meant == value:
            return known.name, (name, "")
    return known.name, (Decimal(value).scaleb(known.exponent), known.unit)
