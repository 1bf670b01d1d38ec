"""Checks pins and buses against what the chip can do with them."""

from collections.abc import Iterable, Iterator

from .chips import Chip, listed
from .complaints import Complaint
from .model import Board, Bus, Pin, Wiring

DRIVEN = {"sda", "scl", "sck", "mosi", "tx"}
"""Lines of a bus that the chip drives."""


def check_pins(board: Board) -> Iterator[Complaint]:
    """Each pin for itself: it is there, free, safe, and can do what the board wants of it."""
    every = {pin.key: pin for pins in (board.pins, *(wiring.pins for wiring in board.kinds.values()))
             for pin in pins.values()}  # fmt: skip
    for pin in every.values():
        for key, says in _pin(board, pin):
            yield Complaint(board.file, f"{pin.key}.{key}", says)


def check_twice(board: Board) -> Iterator[Complaint]:
    """No GPIO has two functions at once, and no two pins are printed alike: on the board, and with each kind on it."""
    for pins in (board.pins, *(wiring.pins for wiring in board.kinds.values())):
        by_gpio: dict[int, Pin] = {}
        by_print: dict[str, Pin] = {}
        for pin in pins.values():
            first = by_gpio.setdefault(pin.gpio, pin)
            if first is not pin:
                says = f"GPIO {pin.gpio} is used twice: it is {first.name} already ({first.key}); move one of them"
                yield Complaint(board.file, f"{pin.key}.gpio", says)
                continue
            first = by_print.setdefault(pin.printed, pin)
            if first is not pin and pin.printed:
                says = f"{pin.printed!r} is printed at GPIO {first.gpio} already ({first.key}); look which it is"
                yield Complaint(board.file, f"{pin.key}.printed", says)


def _pin(board: Board, pin: Pin) -> Iterator[tuple[str, str]]:
    chip = board.chip
    gpio = pin.gpio
    if gpio not in chip.pins:
        yield "gpio", f"{chip.name} in {chip.module} has no GPIO {gpio}; take one of {listed(chip.free)}"
        return
    if gpio in chip.taken:
        yield "gpio", f"GPIO {gpio} is taken by {chip.taken[gpio]}; take one of {listed(chip.free)}"
        return
    if gpio in chip.strapping and not pin.safe:
        why = chip.strapping[gpio]
        yield "gpio", f"GPIO {gpio} is a strapping pin ({why}); take another, or say in `safe` why it does no harm here"
    if gpio not in chip.strapping and pin.safe:
        yield "safe", f"GPIO {gpio} is no strapping pin of {chip.name}; take the reason out"
    if pin.pull and gpio in chip.input_only:
        yield "pull", f"GPIO {gpio} has no pull resistors; pull it {pin.pull} outside, and take this out"
    if pin.pull == "down" and chip.pull_down_trap:
        yield "pull", f"GPIO {gpio}: {chip.pull_down_trap}"
    if pin.analogue:
        good = chip.analogue(board.radio)
        if gpio in chip.adc2 and gpio not in good:
            yield "gpio", f"GPIO {gpio} is on ADC2: {chip.adc2_trap}; take one of {listed(good)}"
        elif gpio not in good:
            yield "gpio", f"GPIO {gpio} has no ADC; take one of {listed(good)}"


def check_buses(board: Board) -> Iterator[Complaint]:
    """The units exist and are had once, and each line is on a pin where the unit can be."""
    for pins, buses in ((board.pins, board.buses), *((wiring.pins, wiring.buses) for wiring in board.kinds.values())):
        units: dict[tuple[str, int], Bus] = {}
        for bus in buses.values():
            first = units.setdefault((bus.bus, bus.unit), bus)
            if first is not bus:
                says = f"{bus.bus} {bus.unit} is {first.name} already ({first.key}); take another unit"
                yield Complaint(board.file, f"{bus.key}.unit", says)
            there = board.chip.buses[bus.bus]
            if bus.unit not in there:
                known = listed(frozenset(there))
                says = f"{board.chip.name} has no {bus.bus} {bus.unit} to give; there are {known}"
                yield Complaint(board.file, f"{bus.key}.unit", says)
                continue
            for line, name in bus.lines.items():
                says = _line(board.chip, bus, line, pins.get(name), name)
                if says:
                    yield Complaint(board.file, f"{bus.key}.{line}", says)


def _line(chip: Chip, bus: Bus, line: str, pin: Pin | None, name: str) -> str:
    if pin is None or pin.analogue:
        return f"{name!r} is no function in [pins]; give it a pin there"
    on = chip.buses[bus.bus][bus.unit].get(line)
    if on is not None and pin.gpio not in on:
        good = listed(on - chip.taken.keys())
        return f"{line.upper()} of {bus.bus} {bus.unit} is not on GPIO {pin.gpio} ({name}); it is on one of {good}"
    if line in DRIVEN and pin.gpio in chip.input_only:
        return f"GPIO {pin.gpio} ({name}) is an input only, and {line.upper()} is driven; take another"
    return ""


def pwm_clashes(chip: Chip, pins: Iterable[Pin]) -> Iterator[tuple[Pin, str]]:
    """PWM outputs that are too many, or that must have one frequency (rp2: a slice serves two pins)."""
    slices: dict[int, Pin] = {}
    for count, pin in enumerate(pins, 1):
        if count > chip.pwm:
            yield pin, f"{chip.name} has {chip.pwm} PWM channels, this would be number {count}"
        if chip.port == "rp2":
            first = slices.setdefault(pin.gpio >> 1 & 7, pin)
            if first is not pin:
                says = f"GPIO {pin.gpio} is on PWM slice {pin.gpio >> 1 & 7} with GPIO {first.gpio} ({first.name})"
                yield pin, f"{says}, and a slice has one frequency; move one of them"


def functions(wiring: Wiring, analogue: bool) -> list[str]:
    """The names of a kind's pins, or of its analogue inputs."""
    return [name for name, pin in wiring.pins.items() if pin.analogue == analogue]
