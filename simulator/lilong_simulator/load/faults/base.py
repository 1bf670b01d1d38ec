"""What every fault has: a name, parameters with units and bounds, devices, a beginning and an end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol

from ...estate import Device
from ...fleet.radio import Conditions, Tally
from ...incidents import Incident
from .asked import FaultAsked, FaultError, unknown
from .where import SELECTORS

UNPOWERED, STUCK, CUT_OFF = "unpowered", "stuck", "cut off"
"""Why a device cannot: raise (the first two), send (the first and the last)."""


class Levers(Protocol):
    """What a host lets be done to its devices and its broker; devices by id. Who has burnt is left alone."""

    def power(self, device: str, on: bool, wait: int = 0) -> None:
        """wait: ms up to which its first connect waits when power is back."""

    def link(self, device: str, whole: bool) -> None:
        """False: a link breaks, and none can be had."""

    def radio(self, device: str, conditions: Conditions | None, key: tuple[int | str, ...], tally: Tally) -> None: ...

    def tick(self, device: str, ppm: int, ahead_ms: int) -> None:
        """The counter jumps ahead at once, or stands still for as long (below 0), and from now on runs that fast."""

    def stick(self, device: str, channel: str | None, stuck: bool) -> None:
        """None: every channel."""

    def flash(self, device: str, full: bool) -> None:
        """True: nothing more can be written."""

    def broker(self, up: bool) -> None: ...

    def freeze(self, frozen: bool) -> None: ...


@dataclass(frozen=True, slots=True)
class Parameter:
    """A number that a fault takes. unit: "" for a share or a count."""

    name: str
    unit: str
    low: float
    high: float
    default: float | None
    what: str


@dataclass(frozen=True, slots=True)
class Text:
    """A name that a fault takes; "" is none."""

    name: str
    what: str


class Fault:
    """One fault on a timeline; a subclass is one kind of them, in a file of its own.

    number: its place among the faults of the run; seed: that of the run. Both together seed all its draws.
    """

    NAME: ClassVar[str]
    PARAMETERS: ClassVar[tuple[Parameter, ...]] = ()
    TEXTS: ClassVar[tuple[Text, ...]] = ()
    SELECTS: ClassVar[tuple[str, ...]] = SELECTORS
    LASTS: ClassVar[bool] = True  # it needs an end: `for`
    HINDERS: ClassVar[str | None] = None  # UNPOWERED, STUCK or CUT_OFF: of its devices
    LINKS: ClassVar[bool] = False  # it ends links, or can
    SIMULATED: ClassVar[bool] = False  # only a simulated device can suffer it, no real MicroPython process
    BROKER: ClassVar[str | None] = None  # "restart" or "freeze": what must be done to the broker itself

    def __init__(self, asked: FaultAsked, number: int, seed: int) -> None:
        self.asked = asked
        self.number = number
        self.seed = seed
        self.tally = Tally()

    @property
    def at_ms(self) -> int:
        return round(self.asked.at_s * 1000)

    @property
    def for_ms(self) -> int:
        return round(self.asked.for_s * 1000)

    def value(self, name: str) -> float:
        """The value of a parameter."""
        default = next(one.default for one in self.PARAMETERS if one.name == name)
        found = dict(self.asked.arguments).get(name, default)
        assert isinstance(found, float)
        return found

    def text(self, name: str) -> str:
        return str(dict(self.asked.arguments).get(name, ""))

    @classmethod
    def check(cls, asked: FaultAsked) -> None:
        """FaultError for arguments that it does not take; whether an estate has the places is not asked here."""
        numbers = {one.name: one for one in cls.PARAMETERS}
        texts = {one.name for one in cls.TEXTS}
        for name, value in asked.arguments:
            if name == "share" and name in cls.SELECTS:
                if not isinstance(value, float) or not 0 < value <= 1:
                    raise FaultError(f"share is {value!r}; give a part of the devices, above 0 and at most 1", name)
            elif name in numbers:
                one = numbers[name]
                if not isinstance(value, float) or not one.low <= value <= one.high:
                    unit = f" {one.unit}" if one.unit else ""
                    raise FaultError(f"{name} is {value!r}; give {one.low:g} to {one.high:g}{unit}: {one.what}", name)
            elif name not in texts and name not in cls.SELECTS:
                known = {*numbers, *texts, *cls.SELECTS}
                raise FaultError(f"no argument of {cls.NAME} {unknown(name, known)}", name)
        given = dict(asked.arguments)
        for one in cls.PARAMETERS:
            if one.default is None and one.name not in given:
                raise FaultError(f"{cls.NAME} has no {one.name}; give {one.what}", one.name)
        if cls.LASTS and not asked.for_s:
            raise FaultError(f"{cls.NAME} has no for_s; say how long it lasts, in s", "for_s")

    def touches(self, device: Device) -> bool:
        """Whether it can do anything to a device."""
        return True

    def hinders(self, device: Device) -> bool:
        """Whether it keeps a device that it touches from anything, where it HINDERS."""
        return True

    def begin(self, levers: Levers, devices: Sequence[Device]) -> None:
        """It begins, for those devices."""

    def end(self, levers: Levers, devices: Sequence[Device]) -> None:
        """It is over."""

    def incident(self, devices: Sequence[Device]) -> Incident | None:
        """What it does to the world of an estate, where it does; with truth."""
        return None
