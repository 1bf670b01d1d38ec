"""The shapes of the registry's rows."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Label:
    en: str
    zh: str


@dataclass(frozen=True)
class Quantity:
    """A measured value: on the wire an integer n that means n * 10**exponent `unit` (RFC 8428 unit symbols)."""

    number: int
    name: str
    unit: str
    exponent: int
    low: int
    high: int
    label: Label
    object_id: int | None = None  # LwM2M/IPSO object where one exists
    meanings: tuple[tuple[int, str, Label], ...] = ()  # of an enumeration: number, name, label


RED, ORANGE, YELLOW, BLUE = 1, 2, 3, 4  # warning levels
EXTREME, SEVERE, MODERATE, MINOR = 4, 3, 2, 1  # CAP 1.2 severity
SEVERITY = {RED: EXTREME, ORANGE: SEVERE, YELLOW: MODERATE, BLUE: MINOR}
LEVEL = {severity: level for level, severity in SEVERITY.items()}

# Retry schedules of the outbox: seconds to wait after the 1st, 2nd ... sending; the last one repeats.
DEFAULT_RETRY = (1, 2, 4, 8, 16, 32, 60)
MANHOLE_RETRY = (60, 120, 240, 480)  # a radio under an iron lid: domain practice is 1, 2, 4, 8 min
SOS_RETRY = (10,)


@dataclass(frozen=True)
class Alarm:
    """An alarm and the default level that goes with it; `latches`: it ends only by an operator's reset."""

    number: int
    name: str
    level: int
    latches: bool
    label: Label
    urgency: int = 4  # CAP: 4 immediate, 3 expected, 2 future
    certainty: int = 4  # CAP: 4 observed, 3 likely, 2 possible
    retry_s: tuple[int, ...] = DEFAULT_RETRY
    talq: str | None = None  # TALQ event type where one exists


@dataclass(frozen=True)
class Event:
    number: int
    name: str
    label: Label


@dataclass(frozen=True)
class Argument:
    """An integer argument of a command; the key on the wire is its place in the command's tuple."""

    name: str
    unit: str
    low: int
    high: int


@dataclass(frozen=True)
class Command:
    """A command; the device refuses it `deadline_ms` after the backend sealed it."""

    number: int
    name: str
    label: Label
    arguments: tuple[Argument, ...] = ()
    deadline_ms: int = 30_000


@dataclass(frozen=True)
class Setting:
    """A number that a backend may set by desired configuration; `unit` as a quantity's, scaled by `exponent`."""

    number: int
    name: str
    unit: str
    exponent: int
    low: int
    high: int
    default: int
    label: Label


@dataclass(frozen=True)
class Link:
    """How a kind is connected, in seconds. Silence of `offline_s` is what proves loss."""

    always_on: bool
    keepalive_s: int
    beat_s: int
    offline_s: int
    telemetry_s: int  # 0: values travel with the beat only


@dataclass(frozen=True)
class Kind:
    """A kind of device and what it may say; names refer to the other tables.

    Of its hardware: `needs`, the channels and outputs without which it is none of this kind; `wakes`, the channels
    that must end its deep sleep by their pin.
    """

    number: int
    name: str
    label: Label
    category: str  # one of the seven spatial categories of the source documents
    link: Link
    quantities: tuple[str, ...]
    alarms: tuple[str, ...]
    events: tuple[str, ...]
    commands: tuple[str, ...]
    outputs: tuple[str, ...]
    settings: tuple[str, ...] = ()
    object_id: int | None = None
    needs: tuple[str, ...] = ()
    wakes: tuple[str, ...] = ()


MAX = (1 << 53) - 1  # the largest integer on the wire
U32 = (1 << 32) - 1


@dataclass(frozen=True)
class Field:
    """One key of a body. `type` is one of TYPES; `low`, `high`: range of a number, length of a text or byte string."""

    key: int
    name: str
    type: str
    doc: str
    required: bool = True
    low: int = 0
    high: int = MAX
    meanings: tuple[tuple[int, str], ...] = ()
    names: str = ""  # the table that gives its numbers their names: kinds, quantities, events, alarms ...


# What a field may be; `values` is {quantity: integer or null}, `numbers` {setting, argument place ...: integer}.
TYPES = ("number", "bool", "text", "bytes", "values", "numbers", "list", "columns", "class")


@dataclass(frozen=True)
class Message:
    """A kind of message. `header`: names of the payload keys beside version and kind that it must carry."""

    number: int
    name: str
    cls: str
    uplink: bool
    qos: int
    retained: bool
    header: tuple[str, ...]
    body: tuple[Field, ...]
    label: Label
    doc: str
