"""Codecs that are wrong in one way each, behind the line protocol: python faulty_codec.py NAME."""

import sys
from binascii import unhexlify
from collections.abc import Callable
from typing import Any

import cbor2
from lilong_protocol import cbor, frame, keys, seal, topics
from lilong_protocol.cbor import CborError
from lilong_tools.conform import adapter

Ask = dict[str, Any]


def _reader(name: str) -> Callable[[Any], None]:
    """Puts a function in the place of a method of the decoder."""

    def place(function: Any) -> None:
        setattr(cbor._Reader, name, function)

    return place


def accepts_overlong() -> None:
    """Heads longer than they need be."""

    @_reader("argument")
    def argument(self: Any, info: int) -> int:
        if info < 24:
            return info
        if info > 27:
            raise self.error("indefinite")
        size = 1 << (info - 24)
        if self.at + size > self.end:
            raise self.error("truncated head")
        self.at += size
        return int.from_bytes(self.data[self.at - size : self.at], "big")


def _any_order(self: Any, n: int, depth: int, repeated: bool) -> Any:
    if 2 * n > self.end - self.at:
        raise self.error("length beyond the end")
    result: dict[Any, Any] = {}
    for _ in range(n):
        if self.at < self.end and self.data[self.at] >= 0x40:
            raise self.error("map key is not an integer")
        key = self.item(depth + 1)
        if key in result and not repeated:
            raise self.error("repeated")
        result[key] = self.item(depth + 1)
    return result


def accepts_unsorted() -> None:
    """Keys in any order, each once."""
    _reader("map")(lambda self, n, depth: _any_order(self, n, depth, False))


def accepts_repeated() -> None:
    """Keys in order or not, the last of a key counts."""
    _reader("map")(lambda self, n, depth: _any_order(self, n, depth, True))


def writes_unsorted() -> None:
    """Writes keys in the order in which it was given them."""
    cbor.sorted = lambda items, key=None: list(items)  # type: ignore[attr-defined]


def accepts_what_a_stock_decoder_does() -> None:
    """Floats, tags, indefinite lengths, bignums: a general CBOR library without a check."""

    def decode(ask: Ask) -> Ask:
        try:
            value = cbor2.loads(unhexlify(ask["hex"]))
        except Exception:
            raise CborError("not CBOR") from None
        try:
            return {"value": adapter.to_json(value)}
        except TypeError:
            return {"value": "something else"}

    adapter.OPERATIONS["decode"] = decode


def accepts_floats() -> None:
    """A float becomes a whole number."""
    right = cbor._Reader.item

    @_reader("item")
    def item(self: Any, depth: int) -> Any:
        at = self.at
        if at + 3 <= self.end and self.data[at] == 0xF9:
            self.at += 3
            return 0
        return right(self, depth)


def accepts_trailing_bytes() -> None:
    """Stops at the end of the first item."""
    cbor.decode = lambda data: cbor._Reader(data).item(0)


def accepts_any_text() -> None:
    """Text that is not UTF-8."""
    cbor.is_utf8 = lambda data: True

    def decode(ask: Ask) -> Ask:
        cbor.str = lambda raw, _: bytes(raw).decode(errors="replace")  # type: ignore[attr-defined]
        return {"value": adapter.to_json(cbor.decode(unhexlify(ask["hex"])))}

    adapter.OPERATIONS["decode"] = decode


def knows_no_limits() -> None:
    """Depth, items and texts of any size."""
    cbor.MAX_DEPTH = cbor.MAX_ITEMS = cbor.MAX_TEXT = 1 << 20


def dies_of_a_length_bomb() -> None:
    """Allocates what a length says: the process is gone."""
    right = adapter.OPERATIONS["decode"]

    def decode(ask: Ask) -> Ask:
        if ask["hex"][:2] in ("5b", "7b", "9b"):
            sys.exit(137)
        return right(ask)

    adapter.OPERATIONS["decode"] = decode


def wrong_aad() -> None:
    """The class is not in the external_aad."""
    right = seal.Seal._tag
    seal.Seal._tag = lambda self, cls, item: right(self, "", item)  # type: ignore[method-assign]


def epoch_not_in_the_aad() -> None:
    """A key of its own for each epoch, and no more."""
    right = seal.Seal.__init__

    def init(self: Any, key: Any, tenant: str, device: str, direction: str, *_: int) -> None:
        right(self, key, tenant, device, direction)

    seal.Seal.__init__ = init  # type: ignore[method-assign]


def short_tags() -> None:
    """Downlinks with a tag of 8 bytes."""
    seal._TAG["d"] = 8
    seal._TAG_HEAD["d"] = b"\x48"


def accepts_short_tags() -> None:
    """As many bytes of the tag as there are."""
    right = seal.Seal.open

    def open_(self: Any, cls: str, data: bytes) -> bytes:
        size = self._size
        for short in (0, 4, 7):
            if len(data) > short and data[-short - 1] == 0x40 | short:
                item = data[16 : -short - 1]
                tag = self._tag(cls, item)
                if tag[:short] == data[len(data) - short :] and item[:1] == b"\x58":
                    return item[2:]
        assert size
        return right(self, cls, data)

    seal.Seal.open = open_  # type: ignore[method-assign]


def ignores_the_device_id() -> None:
    """The header's device id is whoever's."""
    right = seal.Seal.open
    seal.Seal.open = lambda self, cls, data: right(  # type: ignore[method-assign]
        self, cls, self._head + data[len(self._head) :] if len(data) > 30 and data[:4] == self._head[:4] else data
    )


def never_verifies() -> None:
    """Any tag will do."""
    seal.equal = lambda a, b: True


def wrong_salt() -> None:
    """Roots under another salt."""
    keys.ROOT_SALT = b"lilong/1 device"


def one_key_for_all_epochs() -> None:
    """The epoch is not in the info of a frame key."""
    right = keys.frame_key
    adapter.frame_key = lambda root, direction, epoch=0: right(root, direction)


def ignores_critical_keys() -> None:
    """16 to 23 are let through."""
    right = frame.decode

    def decode(data: bytes) -> Any:
        value = right(data)
        return {k: v for k, v in value.items() if not 16 <= k <= 23} if isinstance(value, dict) else value

    frame.decode = decode


def refuses_what_it_does_not_know() -> None:
    """Optional extensions are refused."""
    right = adapter.OPERATIONS["read"]

    def read(ask: Ask) -> Ask:
        value = cbor.decode(unhexlify(ask["payload"]))
        if isinstance(value, dict) and any(key > 23 or key < 0 for key in value):
            raise frame.FrameError(frame.BAD, "unknown key")
        return right(ask)

    adapter.OPERATIONS["read"] = read


def speaks_every_version() -> None:
    """The version is not looked at."""
    right = frame.decode

    def decode(data: bytes) -> Any:
        value = right(data)
        if isinstance(value, dict) and type(value.get(0)) is int and value[0] >= 0:
            value[0] = 1
        return value

    frame.decode = decode


def takes_every_kind_everywhere() -> None:
    """Any kind on any class."""
    adapter._KINDS = dict.fromkeys(adapter._KINDS, tuple(range(24)))


def strict_about_bodies() -> None:
    """Bodies with unknown keys are not sound."""
    right = adapter.OPERATIONS["body"]

    def body(ask: Ask) -> Ask:
        value = cbor.decode(unhexlify(ask["body"]))
        return {"sound": False} if 99 in value else right(ask)

    adapter.OPERATIONS["body"] = body


def uppercase_devices() -> None:
    """Device ids in any case."""
    right = topics.parse
    topics.parse = lambda topic: right(topic.lower())


def one_password_for_all() -> None:
    """The password of a root of zeros."""
    right = keys.broker_password
    adapter.broker_password = lambda _: right(bytes(32))


def answers_in_prose() -> None:
    """Lines that are not JSON."""

    def topic(_: Ask) -> Any:
        return "yes"

    adapter.OPERATIONS["topic"] = topic


def keeps_silent() -> None:
    """No answer to one of the questions."""
    right = adapter.OPERATIONS["derive"]

    def derive(ask: Ask) -> Ask:
        if ask["epoch"] == 2:
            sys.stdin.read()
        return right(ask)

    adapter.OPERATIONS["derive"] = derive


def has_only_half() -> None:
    """No operation `open`."""
    del adapter.OPERATIONS["open"]


if __name__ == "__main__":
    globals()[sys.argv[1]]()
    adapter.main()
