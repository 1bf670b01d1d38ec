"""Our own codec behind the line protocol of `lilong conform codec`; the same file on CPython and on MicroPython.

One JSON object a line in, one a line out, in order: tools/lilong_tools/conform/README.md. An example for other codecs.
"""

import gc
import json
import sys
from binascii import hexlify, unhexlify

if sys.implementation.name == "micropython":  # early: what is read and compiled now leaves no holes in a small heap
    gc.threshold(4_096)  # type: ignore[attr-defined]

from lilong_protocol import cbor, frame, seal, topics
from lilong_protocol.keys import MacKey, broker_password, device_root, frame_key

try:  # the shapes of bodies stand in the registry, which a board has not
    from lilong_protocol.pc.bodies import well_formed
    from lilong_protocol.registry import MESSAGE
except ImportError:
    well_formed = None  # type: ignore[assignment]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Answer = dict[str, Any]


class Refused(ValueError):
    """What is refused for a reason that has no error of its own."""


def text(data: bytes) -> str:
    return hexlify(data).decode()


def to_json(value: "Any") -> "Any":
    """A byte string as {"hex": ...}, the keys of a map as text."""
    if isinstance(value, bytes):
        return {"hex": text(value)}
    if isinstance(value, list):
        return [to_json(item) for item in value]
    if isinstance(value, dict):
        return {str(key): to_json(item) for key, item in value.items()}
    return value


def key_of(name: str) -> "int | str":
    """A decimal number as one, any other text as it is: the encoder shall refuse it."""
    digits = name[1:] if name[:1] == "-" else name
    return int(name) if digits.isdigit() else name


def from_json(value: "Any") -> "Any":
    if isinstance(value, list):
        return [from_json(item) for item in value]
    if isinstance(value, dict):
        if len(value) == 1 and "hex" in value:
            return unhexlify(value["hex"])
        return {key_of(name): from_json(item) for name, item in value.items()}
    return value


def encode(ask: "Answer") -> "Answer":
    return {"hex": text(cbor.encode(from_json(ask["value"])))}


def decode(ask: "Answer") -> "Answer":
    return {"value": to_json(cbor.decode(unhexlify(ask["hex"])))}


def derive(ask: "Answer") -> "Answer":
    estate_key = ask["estate_key"]
    root = unhexlify(ask["root"]) if estate_key is None else b""
    if estate_key is not None:
        root = device_root(unhexlify(estate_key), ask["tenant"], ask["device"])
    # A frame key never leaves MacKey, which holds its pads only: the inner one gives it back.
    pads = frame_key(root, ask["direction"], ask["epoch"])._inner
    return {"root": text(root), "key": text(bytes([byte ^ 0x36 for byte in pads[:32]]))}


def sealer(ask: "Answer") -> seal.Seal:
    return seal.Seal(MacKey(unhexlify(ask["key"])), ask["tenant"], ask["device"], ask["direction"], ask["epoch"])


def seal_(ask: "Answer") -> "Answer":
    return {"frame": text(sealer(ask).seal(ask["class"], unhexlify(ask["payload"])))}


def open_(ask: "Answer") -> "Answer":
    return {"payload": text(sealer(ask).open(ask["class"], unhexlify(ask["frame"])))}


# On a board the kinds of a class stand in the code that sends and takes them; here by the registry, or in short.
_KINDS = {
    "u/rs": (0, 11), "u/st": (1, 2), "u/hb": (3,), "u/tm": (4,), "u/ev": (5,), "u/al": (6, 7, 8), "u/lg": (9, 10),
    "u/cf": (12,), "u/ot": (13, 14, 15), "d/ak": (16, 20), "d/cm": (17, 21, 22, 24), "d/cf": (18,), "d/ot": (19, 23),
}  # fmt: skip


def read(ask: "Answer") -> "Answer":
    kind = frame.unpack(unhexlify(ask["payload"])).kind
    if kind not in _KINDS["%s/%s" % (ask["direction"], ask["class"])]:
        raise Refused("kind %d is not for this class" % kind)
    return {"kind": kind}


def body(ask: "Answer") -> "Answer":
    if well_formed is None or ask["kind"] not in MESSAGE:
        return {"unsupported": True}
    return {"sound": well_formed(ask["kind"], cbor.decode(unhexlify(ask["body"])))}


def topic(ask: "Answer") -> "Answer":
    parts = topics.parse(ask["topic"])
    if parts is None:
        raise Refused("not a topic")
    return {"tenant": parts[0], "device": parts[1], "direction": parts[2], "class": parts[3]}


def password(ask: "Answer") -> "Answer":
    return {"user": ask["device"], "password": broker_password(unhexlify(ask["root"]))}


OPERATIONS = {
    "encode": encode, "decode": decode, "derive": derive, "seal": seal_, "open": open_, "read": read, "body": body,
    "topic": topic, "password": password,
}  # fmt: skip


def answer(ask: "Answer") -> "Answer":
    """What the codec says to one question."""
    operation = OPERATIONS.get(ask["op"])
    if operation is None:
        return {"unsupported": True}
    try:
        return operation(ask)
    except frame.FrameError as error:
        return {"refused": str(error), "code": error.code}
    except (cbor.CborError, seal.SealError, Refused) as error:
        return {"refused": str(error)}


def main() -> None:
    while True:
        line = sys.stdin.readline()
        if not line:
            break
        ask = json.loads(line)
        line = ""  # it may be as long as the room that the next one needs
        print(json.dumps(answer(ask)))
        sys.stdout.flush()


if __name__ == "__main__":
    main()
