"""seals.json: frames that open on their own topic, and frames that fail there, with what is wrong about them."""

from collections.abc import Iterator

import cbor2

from .base import ALGORITHM, DEVICE, OTHER_DEVICE, Case, aad, encoded, frame_key, mac0, place, sealed
from .messages import LEAST, payload

ABOUT = (
    "A frame as it arrived on a topic, with the key of that direction and epoch: payload_hex when it opens, else "
    "refused, for reason forged (right layout, wrong tag) or malformed. Without a frame: a payload that must not be "
    "sealed."
)
_LAYOUT, _ALG, _AAD, _FIRST, _FAILS = (f"LIL-SEAL-00{n}" for n in range(1, 6))
_SEC = "LIL-SEC-005"
_UP = encoded(payload(3, LEAST[3]))
_DOWN = encoded(payload(17, LEAST[17]))
_CLASS = {"u": "hb", "d": "cm"}
_PAYLOAD = {"u": _UP, "d": _DOWN}
_HEAD = (
    "array head", "protected head", "protected map", "label 1", "algorithm", "unprotected map", "label 4",
    "device head",
)  # fmt: skip
_BOMB = bytes.fromhex("9b7fffffffffffffff")


def _open(
    name: str, rules: tuple[str, ...], frame: bytes, direction: str = "u", reason: str = "malformed", cls: str = "",
    epoch: int = 0,
) -> Case:  # fmt: skip
    """A frame that is refused on this topic."""
    return {
        "name": name, "ids": sorted({*rules, _FAILS}), **place(direction, cls or _CLASS[direction], epoch),
        "frame": frame.hex(), "refused": {"reason": reason},
    }  # fmt: skip


def _good(name: str, rule: str, data: bytes, direction: str, cls: str, epoch: int = 0) -> Case:
    return {
        "name": name, "ids": [rule], **place(direction, cls, epoch), "frame": sealed(data, direction, cls, epoch).hex(),
        "payload_hex": data.hex(),
    }  # fmt: skip


def _parts(direction: str, epoch: int = 0) -> list[bytes]:
    """The encoded protected header, unprotected header, payload and tag of a good frame."""
    cls = _CLASS[direction]
    key = frame_key(direction, epoch)
    parts = mac0(_PAYLOAD[direction], key, aad(direction, cls, epoch), ALGORITHM[direction])
    return [cbor2.dumps(part) for part in parts]


def _made(
    direction: str, *, algorithm: int | None = None, device: str = DEVICE, key: bytes | None = None,
    external_aad: bytes | None = None,
) -> list[bytes]:  # fmt: skip
    """As `_parts`, with something else than what is right, tagged accordingly."""
    parts = mac0(
        _PAYLOAD[direction], frame_key(direction) if key is None else key,
        aad(direction, _CLASS[direction]) if external_aad is None else external_aad,
        ALGORITHM[direction] if algorithm is None else algorithm, device,
    )  # fmt: skip
    return [cbor2.dumps(part) for part in parts]


def _frame(parts: list[bytes], head: bytes = b"\x84") -> bytes:
    return head + b"".join(parts)


def _flips() -> Iterator[Case]:
    up = _frame(_parts("u"))
    payload_at, tag_at = 16, len(up) - 9
    for at in range(len(up)):
        bad = bytearray(up)
        bad[at] ^= 1
        if at < payload_at:
            where = _HEAD[at] if at < len(_HEAD) else f"device byte {at - 8}"
            reason = "malformed"
        elif at < payload_at + 2:
            where, reason = f"payload head {at - payload_at}", "malformed"
        elif at < tag_at:
            where, reason = f"payload byte {at - payload_at - 2}", "forged"
        elif at == tag_at:
            where, reason = "tag head", "malformed"
        else:
            where, reason = f"tag byte {at - tag_at - 1}", "forged"
        rule = _LAYOUT if reason == "malformed" else _ALG
        yield _open(f"a flipped bit: {where}", (rule,), bytes(bad), "u", reason)
    for bit in range(1, 8):
        bad = bytearray(up)
        bad[-1] ^= 1 << bit
        yield _open(f"a flipped bit: bit {bit} of the last byte", (_ALG,), bytes(bad), "u", "forged")
    down = _frame(_parts("d"))
    for where, at in (("algorithm", 4), ("device", 8), ("payload", 30), ("tag byte 0", -32), ("tag byte 7", -25),
                      ("tag byte 8", -24), ("tag byte 31", -1)):  # fmt: skip
        bad = bytearray(down)
        bad[at] ^= 0x80
        reason = "malformed" if where in ("algorithm", "device") else "forged"
        yield _open(f"a flipped bit, down: {where}", (_ALG,), bytes(bad), "d", reason)


def _tags() -> Iterator[Case]:
    for direction, whole in (("u", 8), ("d", 32)):
        head, unprotected, body, tag = _parts(direction)
        raw = cbor2.loads(tag)
        for size in (0, 1, 4, 7, 16, 24, 31):
            if size < whole:
                short = cbor2.dumps(raw[:size])
                name = f"{direction}: tag cut to {size} bytes"
                yield _open(name, (_ALG,), _frame([head, unprotected, body, short]), direction)
        yield _open(f"{direction}: tag of zeros", (_ALG,), _frame([head, unprotected, body, cbor2.dumps(bytes(whole))]),
                    direction, "forged")  # fmt: skip
        yield _open(f"{direction}: tag with a byte more", (_ALG,),
                    _frame([head, unprotected, body, cbor2.dumps(raw + b"\x00")]), direction)  # fmt: skip
        yield _open(f"{direction}: no tag", (_LAYOUT,), _frame([head, unprotected, body], b"\x83"), direction)
        yield _open(f"{direction}: tag null", (_LAYOUT,), _frame([head, unprotected, body, b"\xf6"]), direction)
    for direction, algorithm in (("u", 5), ("d", 4), ("u", 6), ("d", 6), ("d", 7)):
        name = f"{direction}: algorithm {algorithm}, tagged accordingly"
        yield _open(name, (_ALG,), _frame(_made(direction, algorithm=algorithm)), direction)
    up = _parts("u")
    yield _open("the first 8 bytes of the right HMAC under a head that says 5", (_ALG,),
                _frame([bytes.fromhex("43a10105"), *up[1:]]))  # fmt: skip


def _topics() -> Iterator[Case]:
    up, down = _frame(_parts("u")), _frame(_parts("d"))
    for cls in ("st", "tm", "ev", "al", "rs", "cf", "ot", "lg"):
        yield _open(f"a heartbeat's frame on u/{cls}", (_AAD, _SEC), up, "u", "forged", cls)
    for cls in ("ak", "cf", "ot"):
        yield _open(f"a command's frame on d/{cls}", (_AAD, _SEC), down, "d", "forged", cls)
    yield _open("an uplink reflected to the device", (_AAD, _SEC), up, "d")
    yield _open("a downlink reflected to the backend", (_AAD, _SEC), down, "u")
    crossed = _frame(_made("u", key=frame_key("d")))
    yield _open("an uplink sealed with the key of downlinks", (_SEC,), crossed, "u", "forged")
    crossed = _frame(_made("d", key=frame_key("u")))
    yield _open("a downlink sealed with the key of uplinks", (_SEC,), crossed, "d", "forged")
    crossed = _frame(_made("u", external_aad=aad("d", "hb")))
    yield _open("an uplink for the topic of a downlink", (_AAD, _SEC), crossed, "u", "forged")
    for name, text in (
        ("of another tenant", aad("u", "hb", tenant="acme2")), ("of another device", aad("u",
        "hb", device=OTHER_DEVICE)),
        ("of version 2", b"2" + aad("u", "hb")[1:]), ("with the epoch 0 named", aad("u", "hb") + b"/0"),
        ("with the whole topic", b"lilong/" + aad("u", "hb")), ("empty", b""), ("without the class", aad("u", "")),
        ("without its last slash and class", aad("u", "")[:-1]),
    ):  # fmt: skip
        yield _open(f"external_aad {name}", (_AAD,), _frame(_made("u", external_aad=text)), "u", "forged")


def _epochs() -> Iterator[Case]:
    for name, sealed_in, opened_in in (("0 in 1", 0, 1), ("1 in 0", 1, 0), ("1 in 2", 1, 2), ("2 in 1", 2, 1)):
        for direction in "ud":
            frame = _frame(_parts(direction, sealed_in))
            title = f"{direction}: a frame of epoch {name}"
            yield _open(title, (_AAD, _SEC), frame, direction, "forged", "", opened_in)
    frame = _frame(_made("u", key=frame_key("u", 1)))
    yield _open("epoch 1: external_aad without the epoch", (_AAD,), frame, "u", "forged", "", 1)
    frame = _frame(_made("u", external_aad=aad("u", "hb", 1)))
    yield _open("epoch 1: the key of epoch 0", (_SEC,), frame, "u", "forged", "", 1)


def _layouts() -> Iterator[Case]:
    head, device, body, tag = up = _parts("u")
    good = _frame(up)
    other = _frame(_made("u", device=OTHER_DEVICE))
    raw = cbor2.loads(body)
    assert isinstance(raw, bytes)
    kid = device[3:]
    for name, frame in (
        ("the device id of another, tagged rightly", other),
        ("tagged as COSE_Mac0 (17)", b"\xd1" + good), ("tagged as COSE_Mac (97)", b"\xd8\x61" + good),
        ("inside a byte string", cbor2.dumps(good)), ("a byte before", b"\x00" + good),
        ("a byte after", good + b"\x00"),
        ("twice", good + good), ("nothing", b""), ("one byte", b"\x84"), ("only the head", good[:16]),
        ("cut before the tag", good[:-9]), ("cut by one byte", good[:-1]), ("zeros", bytes(len(good))),
        ("an array of 5", _frame([*up, b"\x40"], b"\x85")), ("an array of 3", _frame(up[:3], b"\x83")),
        ("an overlong array head", _frame(up, b"\x98\x04")), ("an indefinite array", _frame([*up, b"\xff"], b"\x9f")),
        ("protected header as a map", _frame([bytes.fromhex("a10104"), *up[1:]])),
        ("protected header empty", _frame([b"\x40", *up[1:]])),
        ("protected header with an overlong algorithm", _frame([bytes.fromhex("44a1011804"), *up[1:]])),
        ("algorithm in the unprotected header", _frame([b"\x40", b"\xa2\x01\x04" + device[1:], body, tag])),
        ("no device id", _frame([head, b"\xa0", body, tag])),
        ("device id as text", _frame([head, b"\xa1\x04\x70" + b"a4cf12fffe0b3c5d", body, tag])),
        ("device id of 7 bytes", _frame([head, b"\xa1\x04\x47" + kid[:7], body, tag])),
        ("device id under an overlong head", _frame([head, b"\xa1\x04\x58\x08" + kid, body, tag])),
        ("device id protected", _frame([b"\x4d\xa2\x01\x04\x04\x48" + kid, b"\xa0", body, tag])),
        ("another unprotected header beside it", _frame([head, b"\xa2" + device[1:] + b"\x05\x41\x00", body, tag])),
        ("payload null, detached", _frame([head, device, b"\xf6", tag])),
        ("payload not in a byte string", _frame([head, device, raw, tag])),
        ("payload as text", _frame([head, device, b"\x78" + body[1:], tag])),
        ("payload under an overlong head", _frame([head, device, b"\x59\x00" + body[1:], tag])),
        ("payload under a head of 5 bytes", _frame([head, device, b"\x5a\x00\x00\x00" + body[1:], tag])),
        ("payload in chunks", _frame([head, device, b"\x5f" + body + b"\xff", tag])),
        ("payload that claims a byte more", _frame([head, device, bytes([0x58, len(raw) + 1]) + raw, tag])),
        ("payload that claims a byte less", _frame([head, device, bytes([0x58, len(raw) - 1]) + raw, tag])),
        ("payload that claims 65,535 bytes", _frame([head, device, b"\x59\xff\xff" + raw, tag])),
        ("payload that claims 2^64 - 1 bytes", _frame([head, device, b"\x5b" + b"\xff" * 8 + raw, tag])),
        ("tag under an overlong head", _frame([head, device, body, b"\x58\x08" + tag[1:]])),
    ):  # fmt: skip
        yield _open(f"layout: {name}", (_LAYOUT,), frame)
    text = aad("u", "hb")
    for name, big in (("1,025 bytes, tagged rightly", 997), ("4,096 bytes, tagged rightly", 4068)):
        parts = mac0(bytes(big), frame_key("u"), text, 4)
        yield _open(f"layout: {name}", ("LIL-CBOR-004",), cbor2.dumps(parts))
    for name, inner in (("a length bomb", _BOMB), ("a depth bomb", b"\x81" * 900), ("no CBOR at all", b"\xff" * 40)):
        whole = sealed(inner, "u", "hb")
        yield _open(f"{name} under a forged tag", (_FIRST, "LIL-SEC-004"), whole[:-8] + bytes(8), "u", "forged")
        yield _good(f"{name} under a right tag opens: the payload is judged after the seal", _FIRST, inner, "u", "hb")


def cases() -> Iterator[Case]:
    for direction, cls in (("u", "hb"), ("u", "al"), ("d", "cm"), ("d", "ak")):
        for size in (1, 23, 24, 255, 256, 700):
            data = bytes(n * 7 & 255 for n in range(size))
            yield _good(f"{direction}/{cls}: a payload of {size} bytes", _LAYOUT, data, direction, cls)
    for direction, most in (("u", 996), ("d", 971)):
        data = bytes(n * 5 & 255 for n in range(most + 1))
        cls = _CLASS[direction]
        yield _good(f"{direction}: a frame of 1,024 bytes", "LIL-CBOR-004", data[:most], direction, cls)
        yield {
            "name": f"{direction}: a payload of {most + 1} bytes does not fit", "ids": ["LIL-CBOR-004"],
            **place(direction, cls), "payload_hex": data.hex(), "refused": {"reason": "size"},
        }  # fmt: skip
    yield from _flips()
    yield from _tags()
    yield from _topics()
    yield from _epochs()
    yield from _layouts()
