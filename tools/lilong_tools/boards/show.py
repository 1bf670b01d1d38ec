"""Boards as tables for a terminal and, from the same rows, for a README."""

from collections.abc import Iterator, Mapping
from typing import Any

from .drivers import Driver
from .kinds import channels, outputs
from .model import LINES, Board, Part, Wiring

PULLS = {"up": "pulled up", "down": "pulled down", None: ""}


def summary(board: Board) -> tuple[str, str, str, str, str, str]:
    """Board, chip, flash, radio, kinds, proved on hardware."""
    flash = f"{board.flash.mib} MiB" if board.flash.mib else "-"
    proved = "; ".join(board.proved) or "none"
    return board.id, board.chip.name, flash, board.radio, ", ".join(sorted(board.kinds)), proved


def pin_rows(board: Board, wiring: Wiring, drivers: Mapping[str, Driver]) -> list[tuple[str, str, str, str]]:
    """(printed, GPIO, function, what is on it) of each pin that a kind uses, in the order of the GPIOs."""
    rows = []
    for name, pin in sorted(wiring.pins.items(), key=lambda item: item[1].gpio):
        on = [*_on_buses(wiring, name), *_on_parts(board, wiring, name, drivers)]
        if on:
            notes = [*on, PULLS[pin.pull], f"strapping pin: {pin.safe}" if pin.safe else ""]
            rows.append((pin.printed, str(pin.gpio), name, "; ".join(note for note in notes if note)))
    return rows


def part_rows(wiring: Wiring) -> Iterator[tuple[str, str, str]]:
    """(channel or output, driver, how it is wired) in the order of the kind."""
    for name in (*channels(wiring.kind), *outputs(wiring.kind)):
        if name in wiring.parts:
            part = wiring.parts[name]
            yield name, part.driver, ", ".join(f"{key} {_said(key, value)}" for key, value in part.parameters.items())
        elif name in wiring.shares:
            yield name, wiring.parts[wiring.shares[name]].driver, f"with {wiring.shares[name]}"
        elif name in wiring.absent:
            yield name, "-", wiring.absent[name]


def bus_rows(wiring: Wiring) -> Iterator[tuple[str, str, str]]:
    """(bus, unit and settings, lines) of each bus that something is on."""
    used = {value for part in wiring.parts.values() for value in part.parameters.values() if isinstance(value, str)}
    for bus in wiring.buses.values():
        if bus.name in used:
            settings = ", ".join(f"{value:,} {key}" for key, value in bus.settings.items())
            lines = ", ".join(f"{line} {wiring.pins[name].printed}" for line, name in bus.lines.items())
            yield f"{bus.bus} {bus.name}", f"unit {bus.unit}, {settings}", lines


def in_full(board: Board, drivers: Mapping[str, Driver]) -> Iterator[str]:
    """A board for a terminal: pins and wiring by kind."""
    chip = board.chip
    _, _, flash, radio, _, proved = summary(board)
    yield f"{board.id}: {board.name}"
    yield f"chip {chip.name}, flash {flash}, radio {radio}, proved on hardware: {proved}"
    yield from (f"{key}: {text}" for key, text in board.power.items())
    if board.peripherals == LINES:
        yield f"kinds: {', '.join(board.kinds)}; the peripherals are lines on stdin and stdout"
        return
    if board.modem is not None:
        pins = ", ".join(f"{use} {board.pins[name].printed}" for use, name in board.modem.outputs.items())
        yield f"modem: uart {board.modem.uart}, {pins}"
    for wiring in board.kinds.values():
        yield ""
        yield f"{wiring.kind}"
        yield from _columns([("printed", "GPIO", "function", "what is on it"), *pin_rows(board, wiring, drivers)])
        yield ""
        yield from _columns([("channel or output", "driver", "wired"), *part_rows(wiring)])


def markdown(board: Board, drivers: Mapping[str, Driver]) -> str:
    """The wiring of every kind, for the board's README."""
    out = []
    for wiring in board.kinds.values():
        out += [f"### {wiring.kind}", ""]
        out += _markdown(("printed", "GPIO", "function", "what is on it"), pin_rows(board, wiring, drivers))
        out += _markdown(("channel or output", "driver", "wired"), list(part_rows(wiring)))
        buses = list(bus_rows(wiring))
        if buses:
            out += _markdown(("bus", "how", "printed"), buses)
    return "\n".join(out)


def _on_buses(wiring: Wiring, name: str) -> Iterator[str]:
    used = {row[0] for row in bus_rows(wiring)}
    for bus in wiring.buses.values():
        for line, where in bus.lines.items():
            if where == name and f"{bus.bus} {bus.name}" in used:
                yield f"{line.upper()} of {bus.bus} {bus.name}"


def _on_parts(board: Board, wiring: Wiring, name: str, drivers: Mapping[str, Driver]) -> Iterator[str]:
    for part in wiring.parts.values():
        yield from (f"{key} of {part.name} ({part.driver})" for key in _keys(part, name, drivers))
    if board.modem is not None:
        yield from (f"{use} of the modem" for use, where in board.modem.outputs.items() if where == name)
        lines = wiring.buses[f"uart.{board.modem.uart}"].lines
        yield from (f"{line.upper()} of the modem" for line, where in lines.items() if where == name)


def _keys(part: Part, name: str, drivers: Mapping[str, Driver]) -> Iterator[str]:
    takes = drivers[part.driver].takes
    roles = ("in", "out", "adc", "pwm")
    return (key for key, value in part.parameters.items() if value == name and takes[key] in roles)


def _said(key: str, value: Any) -> str:
    return f"{value:#x}" if key == "address" else f"{value:,}" if isinstance(value, int) else str(value)


def _columns(rows: list[Any]) -> Iterator[str]:
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]) - 1)]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
        yield "  " + "  ".join([*cells, row[-1]]).rstrip()


def table(rows: list[Any]) -> str:
    """Columns for a terminal; the first row is the heading."""
    return "\n".join(line[2:] for line in _columns(rows))


def _markdown(head: tuple[str, ...], rows: list[Any]) -> list[str]:
    return [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}", *(f"| {' | '.join(row)} |" for row in rows), ""]
