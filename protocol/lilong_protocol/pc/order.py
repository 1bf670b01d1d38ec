"""An order: a command, a person's acknowledgement of an alarm, or the offer of an update; and checking one."""

from dataclasses import asdict, dataclass, field
from typing import Any

from ..registry import COMMAND, KIND
from ..registry.tables import Command
from .downlink import OPERATOR_CHARACTERS
from .errors import RequestError

OPERATOR_ACK, OFFER = "operator_ack", "offer"
ACK_MS, OFFER_MS = 30_000, 30_000
# May wait for the next report of a device that sleeps: it ends only what is over, else the device refuses it (409).
WAITS = frozenset(("reset",))
AT_ONCE = frozenset(("fire_release",))  # waits for nothing but its device
CAUSE_CHARACTERS = 200  # (ours)
SILENT = 0  # the code of an order that was never answered


@dataclass
class Order:
    """`name`: a command of the registry, OPERATOR_ACK or OFFER; `arguments` by place.

    `counter` is its first, `code` the device's answer: None while it is open, SILENT when none came, STALE when it
    waited and the device has restarted: it was for the boot that had ended.
    """

    device: str
    counter: int
    name: str
    arguments: dict[int, int]
    operator: str | None
    cause: str
    issued_ms: int
    insists: bool  # is sent anew, and waits for a device that is not there
    ref: tuple[int, int] | None = None  # the alarm that an operator's acknowledgement is of
    told: tuple[int, int] | None = None  # the latest alarm frame, (boot, seq), that the operator knew of
    sent_ms: int | None = None  # None: waits for a session
    tries: int = 0
    code: int | None = None
    done_ms: int | None = None
    counters: list[int] = field(default_factory=list)
    asked: bool = False  # waits for the birth that was asked for
    boot: int | None = None  # for which alone it was given, where it does not insist; None: not known
    due_ms: int | None = None  # sent anew at the earliest then, where it insists

    @property
    def waits(self) -> bool:
        return self.name in WAITS

    @property
    def at_once(self) -> bool:
        return self.name in AT_ONCE

    @property
    def lasts_ms(self) -> int:
        """How long the device may still take it."""
        if self.name == OPERATOR_ACK:
            return ACK_MS
        return OFFER_MS if self.name == OFFER else COMMAND[self.name].deadline_ms

    def save(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        saved = asdict(self)
        saved["arguments"] = {str(place): value for place, value in self.arguments.items()}
        return saved

    @classmethod
    def load(cls, saved: dict[str, Any]) -> "Order":
        saved = dict(saved)
        saved["arguments"] = {int(place): value for place, value in saved["arguments"].items()}
        for name in ("ref", "told"):
            pair = saved.get(name)
            saved[name] = None if pair is None else (pair[0], pair[1])
        return cls(**saved)


def check_options(what: str, operator: object, cause: object, insists: object) -> None:
    """What an order tells beside its content; RequestError where anything is off. `what`: of what order."""
    for option, value, most in (("operator", operator, OPERATOR_CHARACTERS), ("cause", cause, CAUSE_CHARACTERS)):
        if option == "operator" and value is None:
            continue
        if not isinstance(value, str) or not 1 <= len(value) <= most:
            raise RequestError(f"{what}, {option}={value!r}: give a text of 1 to {most} characters")
    if not isinstance(insists, bool):
        raise RequestError(f"{what}, insists={insists!r}: give True or False")


def checked(name: str, kind: str | None, arguments: Any, device: str) -> tuple[Command, dict[int, int]]:
    """The command and its arguments by place; RequestError where anything is off. `kind` None: not known."""
    known = COMMAND.get(name)
    if known is None:
        raise RequestError(f"command {name!r}: unknown; use one of {', '.join(sorted(COMMAND))}")
    if kind in KIND and name not in KIND[kind].commands:
        raise RequestError(f"command {name!r}: {device} is a {kind}; it takes {', '.join(KIND[kind].commands)}")
    if not isinstance(arguments, dict):
        raise RequestError(f'command {name!r}, "args": not an object; give {{"name": integer}}')
    places = {argument.name: place for place, argument in enumerate(known.arguments)}
    if extra := sorted(set(arguments) - set(places)):
        raise RequestError(f"command {name!r}, argument {extra[0]!r}: unknown; it takes {sorted(places) or 'none'}")
    by_place = {}
    for argument in known.arguments:
        value = arguments.get(argument.name)
        if isinstance(value, bool) or not isinstance(value, int) or not argument.low <= value <= argument.high:
            raise RequestError(
                f"command {name!r}, argument {argument.name!r}: {value!r} for {device}; "
                f"give an integer from {argument.low} to {argument.high} {argument.unit}"
            )
        by_place[places[argument.name]] = value
    return known, by_place
