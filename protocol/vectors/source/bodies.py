"""bodies.json: for each kind of message which bodies have its shape; from the least body, one fault at a time."""

from collections.abc import Iterator
from typing import Any

from lilong_protocol.registry import MESSAGES
from lilong_protocol.registry.tables import Field

from .base import MAX, U32, Case, diagnostic, encoded
from .messages import FULL, LEAST

ABOUT = (
    "sound true: the body has the shape of its kind. sound false: it has not; of an alarm or event the frame is stored "
    "and acknowledged and has no other effect, any other is refused."
)
_IDS = ["LIL-FRAME-001", "LIL-FRAME-005"]
_LETS = ["LIL-FRAME-004"]
_SAMPLES: dict[str, Any] = {
    "text": "text", "a number": 1, "a negative number": -1, "false": False, "null": None, "bytes": b"12345678",
    "an array": [], "an array of text": ["a"], "an array of arrays": [[]], "a map": {}, "a map with text": {0: "a"},
    "a map with null": {0: None},
}  # fmt: skip
# What each type of field takes of the samples; ranges and lengths are tried apart.
_TAKES = {
    "number": {"a number"}, "bool": {"false"}, "text": {"text"}, "bytes": {"bytes"}, "values": {"a map",
    "a map with null"},
    "numbers": {"a map"}, "list": {"an array"}, "columns": {"an array", "an array of arrays"}, "class": set(),
}  # fmt: skip


def _text(characters: int) -> str:
    return "x" * characters


def _beyond(field: Field) -> Iterator[tuple[str, Any]]:
    """Values outside the range or length of a field."""
    if field.type == "number":
        if field.low:
            yield f"{field.low - 1}", field.low - 1
        if field.high < MAX:
            yield f"{field.high + 1}", field.high + 1
    elif field.type in ("text", "bytes"):
        make = _text if field.type == "text" else bytes
        if field.low:
            yield f"of length {field.low - 1}", make(field.low - 1)
        if field.high < 256:
            yield f"of length {field.high + 1}", make(field.high + 1)
    elif field.type == "list":
        yield "with null", [None]
        yield "with -1", [-1]
    elif field.type == "columns":
        yield "with text inside", [["a"]]
    elif field.type == "class":
        yield "zz", "zz"
        yield "of the other direction", "cm"


def _at_the_edge(field: Field) -> Iterator[tuple[str, Any]]:
    """The ends of a range or length."""
    if field.type == "number":
        yield f"{field.low}", field.low
        yield f"{field.high}", field.high
    elif field.type in ("text", "bytes"):
        make = _text if field.type == "text" else bytes
        for length in sorted({field.low, field.high}):
            yield f"of length {length}", make(length)


def _case(kind: int, name: str, body: Any, sound: bool, ids: list[str]) -> Case:
    return {
        "name": name, "ids": ids, "kind": kind, "body": diagnostic(body), "body_hex": encoded(body).hex(),
        "sound": sound,
    }  # fmt: skip


def _telemetry() -> Iterator[Case]:
    for name, body, sound in (
        ("two rows of two columns with a hole", {0: [1, 4], 1: [60000, 0], 2: [[1, 2], [None, -4]]}, True),
        ("no rows", {0: [1], 1: [], 2: [[]]}, False),
        ("a column too few", {0: [1, 4], 1: [0], 2: [[1]]}, False),
        ("a column too many", {0: [1], 1: [0], 2: [[1], [2]]}, False),
        ("a column too short", {0: [1], 1: [0, 1], 2: [[1]]}, False),
        ("a column too long", {0: [1], 1: [0], 2: [[1, 2]]}, False),
        ("a quantity above 2^32 - 1", {0: [U32 + 1], 1: [0], 2: [[1]]}, False),
        ("a negative age", {0: [1], 1: [-1], 2: [[1]]}, False),
    ):
        yield _case(4, f"telemetry: {name}", body, sound, ["LIL-TELE-001"])


def _newer() -> Iterator[Case]:
    for kind, name, body in (
        (1, "birth of a kind of device from the future", {**LEAST[1][1], 0: 60000}),
        (1, "birth with an unknown reason", {**LEAST[1][1], 6: 99}),
        (1, "birth with an unknown quantity", {**LEAST[1][1], 7: {60000: 5}}),
        (4, "telemetry of an unknown quantity", {0: [60000], 1: [0], 2: [[5]]}),
        (5, "event with an unknown code", {0: 60000}),
        (5, "event with an unknown quantity", {0: 1, 4: {60000: -5}}),
        (6, "alarm raise with an unknown code", {**LEAST[6][1], 0: 60000}),
        (7, "alarm update to an unknown state", {**LEAST[7][1], 5: 99}),
        (8, "alarm clear for an unknown reason", {**LEAST[8][1], 6: 99}),
        (10, "crash of an unknown cause", {**LEAST[10][1], 0: 99}),
        (11, "response with an unknown code", {0: 599}),
        (12, "reported config with an unknown setting", {0: 1, 1: {60000: 1}}),
        (17, "unknown command with arguments", {0: 60000, 1: {0: 1, 1: 2}}),
        (18, "desired config with an unknown setting", {0: 1, 1: {60000: 1}}),
        (19, "update offer of an unknown sort of artifact", {**LEAST[19][1], 1: 99}),
        (22, "request for something unknown", {0: 99}),
    ):
        yield _case(kind, name, body, True, _LETS)
    for message in MESSAGES:
        least = LEAST[message.number][1]
        for what, extra in (
            ("unknown key 99", {99: "new"}), ("unknown key -1", {-1: [{0: b"new"}]}),
            ("unknown key 2^32", {1 << 32: None}),
        ):  # fmt: skip
            yield _case(message.number, f"{message.name}: {what}", {**least, **extra}, True, _LETS)


def _out_of_range() -> Iterator[Case]:
    """Values that no sensor should give, and numbers that nothing can have."""
    for kind, name, body in (
        (5, "event with a battery of 101 %", {0: 4, 4: {3: 101}}),
        (5, "event with a battery of -1 %", {0: 4, 4: {3: -1}}),
        (6, "alarm raise with an obscuration beyond its range", {**LEAST[6][1], 4: {1: 10_001}}),
        (4, "telemetry with a battery of 101 %", {0: [3], 1: [0], 2: [[101]]}),
        (1, "birth with a quantity -1", {**LEAST[1][1], 7: {-1: 5}}),
        (3, "heartbeat with a quantity 2^32", {**LEAST[3][1], 3: {U32 + 1: 5}}),
        (12, "reported config with a setting -1", {0: 1, 1: {-1: 1}}),
        (17, "command with an argument -1", {0: 1, 1: {-1: 1}}),
        (18, "desired config with a setting 2^32", {0: 1, 1: {U32 + 1: 1}}),
        (18, "desired config with a setting out of range", {0: 1, 1: {2: 301}}),
    ):
        yield _case(kind, name, body, True, ["LIL-FRAME-011"])


def cases() -> Iterator[Case]:
    for message in MESSAGES:
        number, least = message.number, LEAST[message.number][1]
        yield _case(number, f"{message.name}: least body", least, True, _IDS)
        yield _case(number, f"{message.name}: full body", FULL[number][1], True, _IDS)
        for field in message.body:
            title = f"{message.name}: {field.name} (key {field.key})"
            if field.required:
                without = {key: value for key, value in least.items() if key != field.key}
                yield _case(number, f"{title} missing", without, False, ["LIL-FRAME-001"])
            for what, sample in _SAMPLES.items():
                if what not in _TAKES[field.type]:
                    yield _case(number, f"{title} is {what}", {**least, field.key: sample}, False, _IDS)
            for what, value in _beyond(field):
                yield _case(number, f"{title} {what}", {**least, field.key: value}, False, _IDS)
            for what, value in _at_the_edge(field):
                yield _case(number, f"{title} {what} fits", {**least, field.key: value}, True, _IDS)
    yield from _telemetry()
    yield from _newer()
    yield from _out_of_range()
