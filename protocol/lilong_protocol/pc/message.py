"""A message of a device that was let through: verified, decoded, dated; its numbers by their names."""

from typing import TYPE_CHECKING, Any, NamedTuple

from ..frame import BIRTH, CLEAR, CRASH, ERROR, EVENT, HEARTBEAT, LOG, RAISE, RESPONSE, TELEMETRY, UPDATE, Frame
from ..registry import ALARM, KIND_BY_NUMBER, MESSAGE
from ..registry import EVENT as EVENT_BY_NUMBER
from ..registry.tables import LEVEL, ORANGE
from .received import MALFORMED
from .values import Measured, measured, quantity_name

if TYPE_CHECKING:
    from .order import Order

_ALARMS = (RAISE, UPDATE, CLEAR)
_VALUES_KEY = {BIRTH: 7, HEARTBEAT: 3}
_TEXT_KEY = {LOG: 1, CRASH: 1, ERROR: 1}
_ALARM_VALUES = 4


class Key(NamedTuple):
    """The name of a message for ever: no other ever has it."""

    device: str
    boot: int
    cls: str
    seq: int


class Row(NamedTuple):
    """A row of telemetry: epoch ms, and the integers of the registry's quantities by name."""

    at_ms: int
    values: dict[str, int | None]


class Message:
    """What a device said. `frame` has its decoded payload, `data` the bytes that were verified.

    `at_ms`: epoch ms at which it was sealed, `since_ms` a lower bound of it (None: nobody can tell; equal: known),
    `received_ms`: when it arrived. `late`: an event whose place in the order had been passed: for the record, it
    moves nothing back. `order`: the order that this response ends. `retained`: kept by the broker, tells no time.
    `revived`: the first word in person of a session known from a retained birth only, or thought dead.
    """

    __slots__ = (
        "at_ms", "cls", "data", "device", "device_kind", "fate", "frame", "late", "order", "received_ms", "retained",
        "revived", "since_ms", "tenant",
    )  # fmt: skip

    def __init__(self, tenant: str, device: str, cls: str, message: Frame, data: bytes, retained: bool) -> None:
        self.tenant = tenant
        self.device = device
        self.cls = cls
        self.frame = message
        self.data = data
        self.retained = retained
        self.fate = ""
        self.revived = False
        self.late = False
        self.received_ms = 0
        self.at_ms = 0
        self.since_ms: int | None = None
        self.device_kind: int | None = None  # the registry's number, once a birth has told it
        self.order: Order | None = None

    def __repr__(self) -> str:
        return f"<{self.name} {self.code_name or ''} of {self.tenant}/{self.device} {self.boot}/{self.seq}>"

    # ---- who and when

    @property
    def kind(self) -> int:
        """The kind of message, as `frame.RAISE`."""
        return self.frame.kind

    @property
    def name(self) -> str:
        """The kind of message by name, as "alarm raise"."""
        return MESSAGE[self.frame.kind].name

    @property
    def device_kind_name(self) -> str | None:
        """The kind of device, as "smoke"; None until it is known, the number as text where the registry lacks it."""
        if self.device_kind is None:
            return None
        known = KIND_BY_NUMBER.get(self.device_kind)
        return str(self.device_kind) if known is None else known.name

    @property
    def boot(self) -> int:
        return self.frame.boot  # type: ignore[no-any-return]

    @property
    def seq(self) -> int:
        """Its number within boot and class; 0 for a death, which has none."""
        return self.frame.seq or 0

    @property
    def key(self) -> Key:
        return Key(self.device, self.boot, self.cls, self.seq)

    @property
    def malformed(self) -> bool:
        """Authentic, but nobody understands its body: to be kept, without effect."""
        return self.fate == MALFORMED

    # ---- what it says

    @property
    def body(self) -> dict[int, Any]:
        """The body by number, as it was on the wire."""
        return self.frame.body or {}

    @property
    def is_alarm(self) -> bool:
        return self.frame.kind in _ALARMS

    @property
    def alarm(self) -> Key | None:
        """The alarm that a raise begins, and that an update or clear is about; None for anything else."""
        if self.frame.kind == RAISE:
            return self.key
        return Key(self.device, self.frame.ref[0], self.cls, self.frame.ref[1]) if self.is_alarm else None

    @property
    def code(self) -> int | None:
        """The number of the alarm or event, of a response or an error; None for what has none."""
        if self.is_alarm or self.frame.kind in (EVENT, RESPONSE, ERROR):
            value = self.body.get(0)
            return value if isinstance(value, int) else None
        return None

    @property
    def code_name(self) -> str | None:
        """The code by the registry's name, as "smoke.alarm"; as text where it has none."""
        code = self.code
        if code is None:
            return None
        table: dict[int, Any] = ALARM if self.is_alarm else EVENT_BY_NUMBER if self.frame.kind == EVENT else {}
        known = table.get(code)
        return str(code) if known is None else known.name

    @property
    def level(self) -> int | None:
        """An alarm's warning level, 1 red to 4 blue: the device's own severity, else the registry's, else orange."""
        if not self.is_alarm:
            return None
        level = LEVEL.get(self.body.get(1, 0))
        if level is not None:
            return level
        known = ALARM.get(self.code or 0)
        return ORANGE if known is None else known.level

    @property
    def raw_values(self) -> dict[int, int | None]:
        """Integers by quantity number; of telemetry those of its newest row."""
        if self.frame.kind == TELEMETRY:
            quantities, ages, columns = self.body[0], self.body[1], self.body[2]
            newest = ages.index(min(ages))
            return {quantity: column[newest] for quantity, column in zip(quantities, columns, strict=True)}
        values = self.body.get(_VALUES_KEY.get(self.frame.kind, _ALARM_VALUES))
        return values if isinstance(values, dict) else {}

    @property
    def values(self) -> dict[str, int | None]:
        """Integers by the quantity's name; times 10**exponent they are in the registry's unit."""
        return {quantity_name(number): value for number, value in self.raw_values.items()}

    @property
    def scaled(self) -> dict[str, Measured]:
        """Values in their units, by the quantity's name."""
        return {quantity_name(number): measured(number, value) for number, value in self.raw_values.items()}

    @property
    def rows(self) -> list[Row]:
        """Every row of telemetry, oldest first; none for anything else."""
        if self.frame.kind != TELEMETRY:
            return []
        names = [quantity_name(number) for number in self.body[0]]
        rows = [
            Row(self.at_ms - age, {name: column[at] for name, column in zip(names, self.body[2], strict=True)})
            for at, age in enumerate(self.body[1])
        ]
        return sorted(rows, key=lambda row: row.at_ms)

    @property
    def text(self) -> str | None:
        """The line of a log, crash or error."""
        value = self.body.get(_TEXT_KEY.get(self.frame.kind, -1))
        return value if isinstance(value, str) else None
