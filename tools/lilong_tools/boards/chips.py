"""What each chip and module can do with its pins: chips.toml, read once."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

TABLE = Path(__file__).with_name("chips.toml")
BUSES = {"i2c": ("sda", "scl"), "spi": ("sck", "mosi", "miso"), "uart": ("tx", "rx")}
"""The lines of each kind of bus."""


def ranges(text: str) -> frozenset[int]:
    """The GPIOs of "0-2 5": {0, 1, 2, 5}."""
    found: set[int] = set()
    for word in text.split():
        low, _, high = word.partition("-")
        found.update(range(int(low), int(high or low) + 1))
    return frozenset(found)


def listed(pins: frozenset[int]) -> str:
    """{0, 1, 2, 5} as "0-2, 5"; "none" for none."""
    parts: list[list[int]] = []
    for pin in sorted(pins):
        if parts and parts[-1][1] == pin - 1:
            parts[-1][1] = pin
        else:
            parts.append([pin, pin])
    return ", ".join(str(low) if low == high else f"{low}-{high}" for low, high in parts) or "none"


@dataclass(frozen=True)
class Chip:
    """A chip in a module: what its GPIOs can do. `taken` and `strapping` give the reason by GPIO."""

    id: str
    module: str
    name: str
    port: str
    source: str
    pins: frozenset[int]
    input_only: frozenset[int]
    taken: Mapping[int, str]
    strapping: Mapping[int, str]
    adc1: frozenset[int]
    adc2: frozenset[int]
    adc2_trap: str
    adc2_with_ppp: bool
    pull_down_trap: str
    wakes: frozenset[int]
    pwm: int
    buses: Mapping[str, Mapping[int, Mapping[str, frozenset[int]]]]
    """bus ("i2c") -> unit -> line ("sda") -> its GPIOs; a unit without lines has them on any pin."""

    @property
    def free(self) -> frozenset[int]:
        """GPIOs that a board can use without giving a reason."""
        return self.pins - self.taken.keys() - self.strapping.keys()

    def analogue(self, radio: str) -> frozenset[int]:
        """GPIOs whose voltage can be read while that radio runs."""
        both = self.adc1 | (self.adc2 if self.adc2_with_ppp and radio != "wifi" else frozenset())
        return both - self.taken.keys()


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(TABLE.read_text(encoding="utf-8"))


def chip_ids() -> list[str]:
    return sorted(name for name in _table() if name != "module")


def module_ids(chip: str) -> list[str]:
    """The modules with that chip."""
    return sorted(name for name, module in _table()["module"].items() if module["chip"] == chip)


@cache
def chip_of(chip: str, module: str) -> Chip:
    """The chip in one of its modules; KeyError for names that are not in the table."""
    there = _table()[chip]
    around = _table()["module"][module]
    taken = {
        pin: why for table in (there, around) for pins, why in table.get("taken", {}).items() for pin in ranges(pins)
    }
    return Chip(
        chip, module, there["name"], there["port"], there["source"], ranges(there["pins"]) - ranges(around["absent"]),
        ranges(there["input_only"]), taken, {int(pin): why for pin, why in there.get("strapping", {}).items()},
        ranges(there["adc1"]) - ranges(around["absent"]), ranges(there["adc2"]) - ranges(around["absent"]),
        there["adc2_trap"], there["adc2_with_ppp"], there.get("pull_down_trap", ""),
        ranges(there["wakes"]), there["pwm"],
        {
            bus: {int(unit): {line: ranges(pins) for line, pins in lines.items()} for unit, lines in
                  there.get(bus, {}).items()}
            for bus in BUSES
        },
    )  # fmt: skip
