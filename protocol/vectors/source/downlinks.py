"""downlinks.json: what a device answers to a downlink whose seal was good, after those that came before it."""

from collections.abc import Iterator
from typing import Any

from .base import DEVICE, TENANT, U32, Case, diagnostic, encoded, frame_key
from .messages import payload

ABOUT = (
    "A connected device of `device_kind` in `boot` with `nonce` takes the downlinks of `before` and then this one, all "
    "at `uptime` ms. answer: the kind of message that follows, with one of `codes` and the counter, or for a birth its "
    "reason, or for a reported configuration its body; null: nothing."
)
BOOT, NONCE, UPTIME = 0x01000007, bytes.fromhex("c0ffee0123456789"), 60_000
SMOKE, DOOR, LAMP = 1, 3, 4
_TEST, _UNLOCK, _LEVEL = 1, 3, 4
_FRESH = {10: BOOT, 11: NONCE}
_LATE = {12: UPTIME - 1}
_CLASS = {17: "cm", 18: "cf", 19: "ot", 20: "ak", 21: "cm", 22: "cm", 23: "ot"}
Down = tuple[str, dict[int, Any]]  # class, payload
Answer = dict[str, Any] | None


def _order(kind: int, body: dict[int, Any], counter: int = 31, **changes: Any) -> Down:
    """What has a counter; `changes`: payload keys as k10, None takes one away. A request carries no deadline."""
    header: dict[int, Any] = {8: counter, **_FRESH}
    if kind != 22:
        header[12] = UPTIME + 5_000
    header.update({int(name[1:]): value for name, value in changes.items()})
    return _CLASS[kind], payload(kind, ({key: one for key, one in header.items() if one is not None}, body))


def _command(number: int, arguments: dict[int, Any] | None = None, counter: int = 31, **changes: Any) -> Down:
    return _order(17, {0: number} if arguments is None else {0: number, 1: arguments}, counter, **changes)


def _request(body: dict[int, Any], counter: int = 31, **changes: Any) -> Down:
    return _order(22, body, counter, **changes)


def _answered(*codes: int, counter: int = 31) -> Answer:
    return {"kind": 11, "codes": list(codes), "counter": counter}


def _error(*codes: int) -> Answer:
    return {"kind": 0, "codes": list(codes)}


def _reported(version: int, settings: dict[int, int], refused: dict[int, int] | None = None) -> Answer:
    body: dict[int, Any] = {0: version, 1: settings}
    return {"kind": 12, "body": diagnostic(body if refused is None else {**body, 2: refused})}


_BIRTH: Answer = {"kind": 1, "reason": 2}
_REBIRTH = {0: 0}
_BACKFILL = {0: 1, 1: "ev", 2: BOOT, 3: 1, 4: 9}
_OFFER = {0: 9, 1: 0, 2: "1.2.0", 3: 40_960, 4: bytes(range(100, 132))}
_ORDER, _REQUEST, _ARGUMENT, _MALFORMED = "LIL-CMD-009", "LIL-CMD-011", "LIL-CMD-013", "LIL-FRAME-010"
Row = tuple[str, tuple[str, ...], int, tuple[Down, ...], Down, Answer]


def _requests() -> Iterator[Row]:
    for name, change in (("boot", {"k10": BOOT - 1}), ("boot", {"k10": BOOT + 1}), ("nonce", {"k11": bytes(8)})):
        for what, body in (("rebirth", _REBIRTH), ("backfill", _BACKFILL)):
            title = f"a request for a {what} with another {name}" + (
                " that is higher" if BOOT + 1 in change.values() else ""
            )
            yield title, (_REQUEST, _ORDER), DOOR, (), _request(body, **change), _answered(412)
    yield "a rebirth", ("LIL-SESSION-010",), SMOKE, (), _request(_REBIRTH), _BIRTH
    again = _request(_REBIRTH, 32)
    yield "a rebirth right after another", ("LIL-SESSION-010",), SMOKE, (_request(_REBIRTH),), again, None
    same = _request(_REBIRTH)
    yield "a rebirth that comes twice", ("LIL-CMD-002",), SMOKE, (same,), same, _answered(409)
    yield (
        "a rebirth after its deadline",
        ("LIL-CMD-012",),
        SMOKE,
        (),
        _request(_REBIRTH, **{"k12": UPTIME - 1}),
        _answered(408),
    )
    yield "a request for something unknown", ("LIL-CMD-012",), SMOKE, (), _request({0: 99}), _answered(404)
    for name, body in (("nothing", {}), ("text", {0: "rebirth"}), ("false", {0: False}), ("null", {0: None})):
        yield f"a request for {name}", (_MALFORMED,), SMOKE, (), _request(body), _answered(400, 422)
    yield "a backfill of what is not there", ("LIL-EVENT-006",), DOOR, (), _request(_BACKFILL), _answered(404)
    for cls in ("al", "hb", "rs"):
        yield f"a backfill of {cls}", ("LIL-EVENT-008",), DOOR, (), _request({**_BACKFILL, 1: cls}), _answered(404)
    for key, name in ((2, "boot"), (3, "first"), (4, "last")):
        without = {k: one for k, one in _BACKFILL.items() if k != key}
        yield f"a backfill without {name}", ("LIL-EVENT-008",), DOOR, (), _request(without), _answered(422)
        wrong = {**_BACKFILL, key: "1"}
        yield f"a backfill whose {name} is text", ("LIL-EVENT-008",), DOOR, (), _request(wrong), _answered(422)


def _arguments() -> Iterator[Row]:
    for level in (0, 50, 100):
        yield f"a level of {level}", (_ARGUMENT,), LAMP, (), _command(_LEVEL, {0: level}), _answered(200)
    for level in (-1, 101, 1 << 40):
        yield f"a level of {level}", ("LIL-CMD-004",), LAMP, (), _command(_LEVEL, {0: level}), _answered(422)
    for what, value in (("text", "50"), ("true", True), ("null", None)):
        yield f"a level that is {what}", ("LIL-CMD-004",), LAMP, (), _command(_LEVEL, {0: value}), _answered(422)
    yield "a level that is missing", (_ARGUMENT,), LAMP, (), _command(_LEVEL, {}), _answered(422)
    yield "arguments that are missing", (_ARGUMENT,), LAMP, (), _command(_LEVEL), _answered(422)
    more = _command(_LEVEL, {0: 50, 1: 7, 99: -7})
    yield "an argument more than the registry gives", (_ARGUMENT,), LAMP, (), more, _answered(200)
    more = _command(_TEST, {0: 1})
    yield "an argument to a command that has none", (_ARGUMENT,), SMOKE, (), more, _answered(200)
    more = _command(_TEST, {7: "1"})
    yield "an argument more, which is text", ("LIL-CMD-004",), SMOKE, (), more, _answered(422)
    yield "an epoch that is missing", (_ARGUMENT,), SMOKE, (), _command(12, {}), _answered(422)
    yield "an unknown command", ("LIL-CMD-004",), SMOKE, (), _command(60_000), _answered(404)
    yield "a command of another kind of device", ("LIL-CMD-004",), SMOKE, (), _command(_UNLOCK), _answered(404)
    for name, body in (
        ("no body of a command", {}), ("a command that is text", {0: "unlock"}), ("a command that is true", {0: True}),
        ("arguments in an array", {0: _TEST, 1: [1]}),
    ):  # fmt: skip
        yield name, (_MALFORMED,), DOOR, (), _order(17, body), _answered(400, 422)


def _order_of_checks() -> Iterator[Row]:
    nonce = {"k11": bytes(8)}
    late = {"k12": UPTIME - 1}
    before = (_command(_TEST, counter=40),)
    test = _command(_TEST)
    for kind, body, ref in ((17, {0: _TEST}, {}), (19, _OFFER, {}), (20, {0: "Wang"}, {"k9": [BOOT, 1]})):
        for name, change, code in (
            ("nonce", nonce, 412),
            ("boot", {"k10": 1}, 412),
            ("deadline in the past", late, 408),
        ):
            title = f"kind {kind} with " + (name if code == 408 else f"another {name}").replace(
                "deadline", "a deadline"
            )
            yield title, (_ORDER,), SMOKE, (), _order(kind, body, **ref, **change), _answered(code)
    for name, change, code in (
        ("another nonce, an old counter, too late", {**nonce, **late}, 412), ("an old counter, too late", late, 409),
        ("an old counter", {}, 409), ("an old counter and a missing argument", {}, 409),
    ):  # fmt: skip
        down = _command(_LEVEL if "argument" in name else _TEST, {}, **change)
        yield name, (_ORDER,), LAMP, before, down, _answered(code)
    yield "too late, and unknown", (_ORDER,), SMOKE, (), _command(60_000, **late), _answered(408)
    yield "at its deadline", (_ORDER,), SMOKE, (), _command(_TEST, **{"k12": UPTIME}), _answered(200)
    yield "a counter of 0", ("LIL-CMD-010",), SMOKE, (), _command(_TEST, counter=0), _answered(409, counter=0)
    yield "a first counter of 1", ("LIL-CMD-010",), SMOKE, (), _command(_TEST, counter=1), _answered(200, counter=1)
    most = _command(_TEST, counter=U32)
    yield "the last counter", ("LIL-CMD-010",), SMOKE, (), most, _answered(200, counter=U32)
    passed = _request(_REBIRTH, 30)
    yield "a request below a command", ("LIL-CMD-010",), SMOKE, (test,), passed, _answered(409, counter=30)
    yield "a command that comes twice", ("LIL-CMD-002",), SMOKE, (test,), test, _answered(200)
    again = _command(_TEST, **nonce)
    yield "a counter that was answered, with another nonce", (_ORDER,), SMOKE, (test,), again, _answered(412)
    stale = _command(_TEST, **nonce)
    yield "a counter that was refused with 412 is unused", (_ORDER,), SMOKE, (stale,), test, _answered(200)
    expired = _command(_TEST, **late)
    yield "a counter that was refused with 408 is used up", (_ORDER,), SMOKE, (expired,), test, _answered(408)
    unknown = _command(60_000)
    yield "a counter that was refused with 404 is used up", (_ORDER,), SMOKE, (unknown,), test, _answered(404)
    ack = _order(20, {0: "Wang"}, k9=[BOOT, 99])
    yield "an operator-ack of an alarm that is not open", ("LIL-CMD-009",), SMOKE, (), ack, _answered(404)


def _configurations() -> Iterator[Row]:
    def desired(body: dict[int, Any]) -> Down:
        return "cf", payload(18, ({}, body))

    own, other = "LIL-CONF-004", "LIL-CONF-007"
    yield "a setting of its kind", (own,), SMOKE, (), desired({0: 4, 1: {2: 200}}), _reported(4, {2: 200})
    foreign = desired({0: 4, 1: {2: 200, 5: 9_000}})
    yield "a setting of another kind", (other,), SMOKE, (), foreign, _reported(4, {2: 200}, {5: 404})
    unknown = desired({0: 4, 1: {60_000: 1, -1: 1}})
    yield "settings that nobody knows", (own,), SMOKE, (), unknown, _reported(4, {}, {-1: 404, 60_000: 404})
    ranges = desired({0: 4, 1: {2: 301}})
    yield "a setting out of range", (own,), SMOKE, (), ranges, _reported(4, {}, {2: 422})
    default = desired({0: 4, 1: {1: 0, 2: 230}})
    yield "settings at their defaults", (other,), SMOKE, (), default, _reported(4, {})
    yield "a version of before", ("LIL-CONF-002",), SMOKE, (default,), desired({0: 4, 1: {2: 200}}), None
    for name, body in (("no version", {1: {}}), ("version 0", {0: 0, 1: {}}), ("no settings", {0: 4})):
        yield f"a configuration with {name}", (_MALFORMED,), SMOKE, (), desired(body), _error(400)


def _offers() -> Iterator[Row]:
    takes_none = "LIL-UPD-007"
    yield "firmware to a device that takes no updates", (takes_none,), SMOKE, (), _order(19, _OFFER), _answered(404)
    cards = _order(19, {**_OFFER, 1: 1})
    yield "a card list to a smoke detector", (takes_none,), SMOKE, (), cards, _answered(404)
    sort = _order(19, {**_OFFER, 1: 99})
    yield "an unknown sort of artifact", (takes_none,), SMOKE, (), sort, _answered(404)
    for name, body in (("no digest", {k: v for k, v in _OFFER.items() if k != 4}), ("no size", {**_OFFER, 3: 0})):
        yield f"an offer with {name}", (_MALFORMED,), SMOKE, (), _order(19, body), _answered(400, 422)


def _faults() -> Iterator[Row]:
    several, no_code = "LIL-FRAME-008", "LIL-FRAME-008"
    plain = _command(_TEST)[1]
    for name, content, codes in (
        ("without its nonce", {k: v for k, v in plain.items() if k != 11}, (400,)),
        ("with a reserved key", {**plain, 13: 0}, (400,)),
        ("with a critical key", {**plain, 16: 0}, (402,)),
        ("of version 2", {**plain, 0: 2}, (501,)),
    ):
        yield f"a command {name}", (no_code, "LIL-FRAME-006"), SMOKE, (), ("cm", content), _error(*codes)
    for name, content, codes in (
        ("version 2 and a critical key", {**plain, 0: 2, 16: 0}, (501, 402)),
        ("a critical key and a reserved one", {**plain, 16: 0, 13: 0}, (402, 400)),
        ("an unknown kind and a critical key", {**plain, 1: 200, 16: 0}, (415, 402)),
        ("version 2, no counter", {k: v for k, v in {**plain, 0: 2}.items() if k != 8}, (501, 400)),
    ):
        yield f"several faults: {name}", (several,), SMOKE, (), ("cm", content), _error(*codes)
    yield (
        "a message that only devices send",
        ("LIL-TOPIC-002",),
        SMOKE,
        (),
        ("cm", payload(5, ({2: 1, 3: 1, 4: 1}, {0: 1}))),
        _error(415),
    )
    for kind, cls, header, body in (
        (16, "ak", {9: [BOOT, 1]}, {}),
        (21, "cm", {5: 1, **_FRESH}, {}),
        (23, "ot", _FRESH, {}),
    ):
        yield f"kind {kind} with no body", (_MALFORMED,), SMOKE, (), (cls, payload(kind, (header, body))), None


def _down(down: Down) -> Case:
    cls, content = down
    return {"class": cls, "payload": diagnostic(content), "payload_hex": encoded(content).hex()}


def cases() -> Iterator[Case]:
    for rows in (_requests, _arguments, _order_of_checks, _configurations, _offers, _faults):
        for name, ids, kind, before, down, answer in rows():
            yield {
                "name": name, "ids": list(ids), "tenant": TENANT, "device": DEVICE, "device_kind": kind, "boot": BOOT,
                "nonce": NONCE.hex(), "uptime": UPTIME, "key": frame_key("d").hex(),
                "before": [_down(one) for one in before], **_down(down), "answer": answer,
            }  # fmt: skip
