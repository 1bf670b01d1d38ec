"""Values of the CBOR subset, and bodies as the registry describes them."""

from typing import Any

from hypothesis import strategies as st

from ... import topics
from ...cbor import MAX_INT, MAX_TEXT
from ...registry.tables import U32, Field, Message

Body = dict[int, Any]

_SMALL = 6  # entries of a map or list: several of them must fit into a frame
_FIRST_UNKNOWN = 64  # keys of a body from here on are nobody's yet


def integers(low: int = -MAX_INT, high: int = MAX_INT) -> st.SearchStrategy[int]:
    """Whole numbers on the wire; the ends of the range often."""
    return st.integers(low, high) | st.sampled_from(sorted({low, high}))


def texts(low: int = 0, high: int = MAX_TEXT) -> st.SearchStrategy[str]:
    """`low` to `high` characters that have at most 256 bytes."""
    short = st.text(min_size=low, max_size=min(high, MAX_TEXT // 4))
    if high <= MAX_TEXT // 4:
        return short
    ascii_only = st.characters(min_codepoint=0x20, max_codepoint=0x7E)
    return short | st.text(ascii_only, min_size=low, max_size=min(high, MAX_TEXT))


def values() -> st.SearchStrategy[Any]:
    """Any value of the subset that may stand in a body: nested 3 deep at most, small enough for a frame."""
    scalars: st.SearchStrategy[Any] = st.one_of(
        st.none(), st.booleans(), integers(), st.binary(max_size=40), st.text(max_size=20)
    )
    inner = scalars
    for _ in range(2):
        inner = scalars | st.lists(inner, max_size=3) | st.dictionaries(integers(), inner, max_size=3)
    return inner


def fields(field: Field) -> st.SearchStrategy[Any]:
    """What may stand under one key of a body."""
    whole, quantities = integers(), integers(0, U32)
    match field.type:
        case "number":
            return integers(field.low, field.high) | st.sampled_from([n for n, _ in field.meanings] or [field.low])
        case "bool":
            return st.booleans()
        case "text":
            return texts(field.low, field.high)
        case "bytes":
            return st.binary(min_size=field.low, max_size=field.high)
        case "values":
            return st.dictionaries(quantities, st.none() | whole, max_size=_SMALL)
        case "numbers":
            return st.dictionaries(quantities, whole, max_size=_SMALL)
        case "list":
            return st.lists(quantities, min_size=1, max_size=_SMALL)
        case "columns":
            return st.lists(st.lists(st.none() | whole, max_size=_SMALL), max_size=_SMALL)
        case "class":
            return st.sampled_from(topics.UP_CLASSES)
        case unknown:
            raise ValueError(f"field {field.name}: type {unknown!r} has no strategy yet; add it here")


@st.composite
def _telemetry(draw: st.DrawFn, body: Body) -> Body:
    """Columns that are even: a value for every row of every quantity."""
    rows = draw(st.integers(1, _SMALL))
    column = st.lists(st.none() | integers(), min_size=rows, max_size=rows)
    ages = st.lists(integers(0), min_size=rows, max_size=rows)
    wide = len(body[0])
    return {**body, 1: draw(ages), 2: draw(st.lists(column, min_size=wide, max_size=wide))}


@st.composite
def bodies(draw: st.DrawFn, message: Message, unknown: bool = True) -> Body:
    """A body of one kind of message: all that it must have, some of what it may. `unknown`: keys of the future too."""
    body: Body = {}
    for field in message.body:
        if field.required or draw(st.booleans()):
            body[field.key] = draw(fields(field))
    if unknown and draw(st.booleans()):
        keys = st.integers(_FIRST_UNKNOWN, MAX_INT) | st.integers(-MAX_INT, -1)
        body |= draw(st.dictionaries(keys, st.none() | integers() | st.text(max_size=5), min_size=1, max_size=2))
    return draw(_telemetry(body)) if message.cls == topics.TELEMETRY else body
