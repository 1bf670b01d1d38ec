"""Checks what each kind of device has at its channels and outputs: drivers, their parameters, and who uses what."""

from collections.abc import Iterator, Mapping
from typing import Any

from .chips import listed
from .complaints import Complaint
from .drivers import Driver, unusable
from .kinds import NEEDED, WAKES, channels, outputs
from .model import LINES, Board, Part, Wiring
from .pins import functions, pwm_clashes
from .tables import nearest


def check_kinds(board: Board, drivers: Mapping[str, Driver]) -> Iterator[Complaint]:
    """Everything about every kind of a board."""
    for wiring in board.kinds.values():
        key = f"kind.{wiring.kind}"
        if board.peripherals == LINES:
            if wiring.parts or wiring.shares or wiring.absent:
                yield Complaint(board.file, key, "the peripherals of this board are lines; leave the table empty")
            continue
        for name, says in (*_names(wiring), *_shares(wiring, drivers)):
            yield Complaint(board.file, f"{key}.{name}", says)
        for part in wiring.parts.values():
            driver = drivers.get(part.driver)
            if driver is None:
                says = unusable().get(part.driver) or f"unknown driver {part.driver!r}; {nearest(part.driver, drivers)}"
                yield Complaint(board.file, f"{part.key}.driver", says)
                continue
            if part.name not in driver.gives + driver.drives:
                there = ", ".join(driver.gives + driver.drives)
                says = f"{part.driver} has nothing for {part.name}; it has {there}"
                yield Complaint(board.file, f"{part.key}.driver", says)
            for parameter, says in _parameters(board, wiring, part, driver):
                yield Complaint(board.file, f"{part.key}.{parameter}", says)
        for where, says in _used_twice(board, wiring, drivers):
            yield Complaint(board.file, where, says)
        for where, says in _wakes(board, wiring, drivers):
            yield Complaint(board.file, where, says)
        pwm = [(part, name, wiring.pins[part.parameters[name]]) for part, name, role in _uses(wiring, drivers)
               if role == "pwm" and part.parameters[name] in wiring.pins]  # fmt: skip
        where_is = {pin.name: f"{part.key}.{name}" for part, name, pin in pwm}
        for pin, says in pwm_clashes(board.chip, [pin for _, _, pin in pwm]):
            yield Complaint(board.file, where_is[pin.name], says)


def _wakes(board: Board, wiring: Wiring, drivers: Mapping[str, Driver]) -> Iterator[tuple[str, str]]:
    """What must end deep sleep, and hangs on a pin that does not."""
    for part, name, role in _uses(wiring, drivers):
        pin = wiring.pins.get(part.parameters[name])
        if role == "in" and part.name in WAKES.get(wiring.kind, ()) and pin and pin.gpio not in board.chip.wakes:
            good = listed(board.chip.wakes & board.chip.free)
            says = f"GPIO {pin.gpio} ({pin.name}) does not end deep sleep, and {part.name} must; take one of {good}"
            yield f"{part.key}.{name}", says


def _names(wiring: Wiring) -> Iterator[tuple[str, str]]:
    kind = wiring.kind
    known = channels(kind) + outputs(kind)
    given = {*wiring.parts, *wiring.shares, *wiring.absent}
    for name in known:
        what = "a channel" if name in channels(kind) else "an output"
        if name not in given:
            yield name, f"is missing: {what} of {kind}; give a driver, `shares`, or say in `absent` why there is none"
    for name in given - set(known):
        yield name, f"is no channel or output of {kind}; {nearest(name, known)}"
    for name, why in wiring.absent.items():
        if name in NEEDED[kind]:
            yield f"{name}.absent", f"without {name} it is no {kind}; give a driver"
        elif not why.strip():
            yield f"{name}.absent", "say why this board goes without it"


def _shares(wiring: Wiring, drivers: Mapping[str, Driver]) -> Iterator[tuple[str, str]]:
    for name, with_name in wiring.shares.items():
        part = wiring.parts.get(with_name)
        if part is None:
            yield f"{name}.shares", f"there is no driver at {with_name!r}; {nearest(with_name, wiring.parts)}"
            continue
        driver = drivers.get(part.driver)
        if driver is not None and name not in driver.gives + driver.drives:
            there = ", ".join(driver.gives + driver.drives)
            yield f"{name}.shares", f"{part.driver} has nothing for {name}; it has {there}"


def _parameters(board: Board, wiring: Wiring, part: Part, driver: Driver) -> Iterator[tuple[str, str]]:
    for name in driver.takes.keys() - driver.optional - part.parameters.keys():
        yield name, f"is missing: {part.driver} takes it as {_said(driver.takes[name])}"
    for name, value in part.parameters.items():
        role = driver.takes.get(name)
        if role is None:
            yield name, f"{part.driver} takes no such parameter; {nearest(name, driver.takes)}"
        elif isinstance(role, tuple):
            if not isinstance(value, int) or isinstance(value, bool):
                yield name, f"{value!r} is not a whole number; give {_said(role)}"
            elif not role[0] <= value <= role[1]:
                yield name, f"{value} is out of range for {part.driver}; give {_said(role)}"
        elif role == "data":
            if not isinstance(value, str) or not value:
                yield name, f"{value!r} is no text; give the name under which the device is given it"
        else:
            says = _role(board, wiring, role, value)
            if says:
                yield name, says


def _role(board: Board, wiring: Wiring, role: str, value: Any) -> str:
    """What is wrong with a bus or pin in that role; empty when all is well."""
    if role in board.chip.buses:
        there = [bus.name for bus in wiring.buses.values() if bus.bus == role]
        if value not in there:
            return f"{value!r} is no {role} bus of this board; {nearest(str(value), there)}"
        if role == "uart" and board.modem is not None and value == board.modem.uart:
            return f"{value!r} is the modem's; take another"
        return ""
    analogue = role == "adc"
    there = functions(wiring, analogue)
    if value not in there:
        return f"{value!r} is no function in [{'adc' if analogue else 'pins'}]; {nearest(str(value), there)}"
    pin = wiring.pins[value]
    if role in ("out", "pwm") and pin.gpio in board.chip.input_only:
        free = board.chip.free - board.chip.input_only
        good = ", ".join(map(str, sorted(free - {pin.gpio for pin in wiring.pins.values()}))) or "none left"
        return f"GPIO {pin.gpio} ({value}) is an input only; free outputs: {good}"
    return ""


def _uses(wiring: Wiring, drivers: Mapping[str, Driver]) -> Iterator[tuple[Part, str, str]]:
    """(part, parameter, role) of everything that is not a number."""
    for part in wiring.parts.values():
        driver = drivers.get(part.driver)
        for name in part.parameters:
            role = driver.takes.get(name) if driver else None
            if isinstance(role, str) and role != "data" and isinstance(part.parameters[name], str):
                yield part, name, role


def _used_twice(board: Board, wiring: Wiring, drivers: Mapping[str, Driver]) -> Iterator[tuple[str, str]]:
    """Pins and serial lines with two users, addresses given twice on a bus, and a kind's own pins with no user."""
    users: dict[str, str] = {}

    def use(what: str, where: str) -> Iterator[tuple[str, str]]:
        first = users.setdefault(what, where)
        if first != where:
            yield where, f"{what} is used twice: by {first} already; give each its own"

    for bus in wiring.buses.values():
        for line, name in bus.lines.items():
            yield from use(name, f"{bus.key}.{line}")
    if board.modem is not None:
        for output, name in board.modem.outputs.items():
            yield from use(name, f"modem.{output}")
    for part, name, role in _uses(wiring, drivers):
        value = part.parameters[name]
        if role not in ("i2c", "spi"):
            yield from use(f"uart {value}" if role == "uart" else value, f"{part.key}.{name}")
        elif role == "i2c" and isinstance(part.parameters.get("address"), int):
            yield from use(f"address {part.parameters['address']:#x} on {value}", f"{part.key}.address")
    for pin in wiring.pins.values():
        if pin.name not in users and pin.key.startswith("kind."):
            yield pin.key, f"nothing of {wiring.kind} uses it; take it out"


def _said(role: str | tuple[int, int]) -> str:
    if isinstance(role, tuple):
        return f"a whole number from {role[0]} to {role[1]}"
    return {
        "in": "a pin that it reads",
        "out": "a pin that it drives",
        "adc": "an analogue input",
        "pwm": "a pin with PWM",
        "data": "the name of what the device is given",
    }.get(role, f"a bus ({role})")
