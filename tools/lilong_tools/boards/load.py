"""Reads board.toml into a `Board`; what the file says is checked here, what it means in the other modules."""

import tomllib
from pathlib import Path
from typing import Any

from . import chips
from .complaints import BoardError, Complaint
from .kinds import kinds
from .model import LINES, Board, Bus, Flash, Modem, Part, Pin, Wiring
from .tables import Table

RADIOS = ("wifi", "ppp", "lines")
SETTINGS = {
    "i2c": {"hz": (10_000, 1_000_000)},
    "spi": {"hz": (100_000, 20_000_000), "polarity": (0, 1), "phase": (0, 1)},
    "uart": {"baud": (300, 921_600), "bits": (7, 8), "parity": (0, 1), "stop": (1, 2), "rxbuf": (32, 4096)},
}  # parity as MicroPython has it: 0 even, 1 odd, absent none
SPEED = {"i2c": "hz", "spi": "hz", "uart": "baud"}
MODEM_OUTPUTS = ("power_key", "reset", "dtr")
FILE = "board.toml"


def load(folder: Path) -> dict[str, Any]:
    """What the board.toml of a folder says; BoardError when it is not there or no TOML."""
    file = folder / FILE
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        says = f"cannot be read ({error.strerror}); a board is a folder with a {FILE}"
        raise BoardError([Complaint(file, "", says)]) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BoardError([Complaint(file, "", f"is not TOML: {error}")]) from None


def build(folder: Path, content: dict[str, Any]) -> tuple[Board | None, list[Complaint]]:
    """The board as far as it can be read (None without a known chip), and what is wrong with the file."""
    complaints: list[Complaint] = []
    top = Table(folder / FILE, "", content, complaints)
    board = _board(top, folder.resolve().name)
    top.done(("modem", "peripherals", "proved", "pins", "adc", "i2c", "spi", "uart"))
    return board, complaints


def _board(top: Table, name: str) -> Board | None:
    title = top.text("name") or name
    chip = top.text("chip", chips.chip_ids())
    module = top.text("module", chips.module_ids(chip)) if chip else top.text("module")
    radio = top.text("radio", RADIOS) or "wifi"
    peripherals = top.text("peripherals", ("pins", LINES), needed=False) or "pins"
    proved = top.texts("proved")
    power = _texts(top.table("power", needed=True))
    flash = _flash(top.table("flash", needed=peripherals != LINES), peripherals == LINES)
    pins = _pins(top)
    buses = _buses(top)
    modem = _modem(top.table("modem", needed=True)) if radio == "ppp" else None
    wirings = _wirings(top.table("kind", needed=peripherals != LINES), pins, buses)
    if peripherals == LINES:  # every kind, and no wiring
        wirings = {kind: Wiring(kind, pins, buses, {}, {}, {}) for kind in kinds()} | wirings
    if chip is None or module is None:
        return None
    chip_there = chips.chip_of(chip, module)
    return Board(
        name, top.file, title, chip_there, radio, power, flash, proved, pins, buses, wirings, modem, peripherals
    )


def _texts(table: Table) -> dict[str, str]:
    return {key: text for key in table.rest() if (text := table.text(key)) is not None}


def _flash(table: Table, lines: bool) -> Flash:
    mib = table.number("mib", 1, 128, needed=not lines) or 0
    partitions = table.text("partitions", needed=False)
    layout = table.table("layout")
    sizes = {key: kib for key in layout.rest() if (kib := layout.number(key, 0, 131_072)) is not None}
    table.done()
    return Flash(mib, partitions, sizes)


def _pins(table: Table) -> dict[str, Pin]:
    found = {}
    for section, analogue in (("pins", False), ("adc", True)):
        rows = table.table(section)
        for name in rows.rest():
            row = rows.table(name)
            gpio = row.number("gpio", 0, 63)
            printed = row.text("printed")
            pull = None if analogue else row.text("pull", ("up", "down"), needed=False)
            starts = 0 if analogue else row.number("starts", 0, 1, needed=False) or 0
            safe = row.text("safe", needed=False)
            row.done()
            if gpio is not None:
                if name in found:
                    rows.complain(name, "is in [pins] too; give each function one name")
                found[name] = Pin(name, row.key, gpio, printed or "", pull, starts, safe, analogue)
    return found


def _buses(table: Table) -> dict[str, Bus]:
    found = {}
    for bus, lines in chips.BUSES.items():
        rows = table.table(bus)
        for name in rows.rest():
            row = rows.table(name)
            unit = row.number("unit", 0, 9)
            on = {line: where for line in lines if (where := row.text(line)) is not None}
            settings = {
                key: value
                for key, (low, high) in SETTINGS[bus].items()
                if (value := row.number(key, low, high, needed=key == SPEED[bus])) is not None
            }
            row.done()
            if unit is not None:
                found[f"{bus}.{name}"] = Bus(bus, name, row.key, unit, on, settings)
    return found


def _modem(table: Table) -> Modem:
    uart = table.text("uart") or ""
    outputs = {name: pin for name in MODEM_OUTPUTS if (pin := table.text(name, needed=False)) is not None}
    table.done()
    return Modem(uart, outputs)


def _wirings(table: Table, pins: dict[str, Pin], buses: dict[str, Bus]) -> dict[str, Wiring]:
    found = {}
    known = kinds()
    for kind in table.rest():
        if kind not in known:
            continue  # `done` says so
        rows = table.table(kind)
        own_pins = _pins(rows)
        own_buses = _buses(rows)
        for name in own_pins.keys() & pins.keys():
            rows.complain(f"pins.{name}", "is a function of the board too; give it another name")
        for name in own_buses.keys() & buses.keys():
            rows.complain(name, "is a bus of the board too; give it another name")
        parts: dict[str, Part] = {}
        shares: dict[str, str] = {}
        absent: dict[str, str] = {}
        for name in rows.rest():
            row = rows.table(name)
            if "absent" in row.content:
                absent[name] = row.text("absent") or ""
            elif "shares" in row.content:
                shares[name] = row.text("shares") or ""
            else:
                driver = row.text("driver")
                parameters = {key: row.content[key] for key in row.rest()}
                row.taken.update(parameters)
                if driver is not None:
                    parts[name] = Part(name, row.key, driver, parameters)
            row.done()
        found[kind] = Wiring(kind, {**pins, **own_pins}, {**buses, **own_buses}, parts, shares, absent)
    table.done(known)
    return found
