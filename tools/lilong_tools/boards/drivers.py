"""What each driver takes, gives and drives: the literal WIRING of its module, read without importing it.

WIRING = {
    "class": "LIS3DH",
    "takes": {"i2c": "i2c", "address": (0x18, 0x19), "?int1": "in"},
    "gives": ("tilt", "shock"),
    "drives": (),
}

`takes`: the constructor's parameters by name, "?" before an optional one; a role ("i2c", "spi", "uart", "in", "out",
"adc", "pwm"), (low, high) for a whole number, or "data" for bytes that the device is given at provisioning.
`gives`: channels, `drives`: outputs.

A channel is read by `read()`, or by `read(channel)` of a driver that gives several. An output is driven by
`drive(value)`, or by `drive(output, value)` of a driver that drives several; without a `drive` by calling the driver
itself, with the value. What occurs and is over is told by `take()`: (channel, value), or None.
"""

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from .kinds import FIRMWARE

FOLDER = FIRMWARE / "drivers"
ROLES = ("i2c", "spi", "uart", "in", "out", "adc", "pwm", "data")
KEYS = {"class", "takes", "gives", "drives"}


class WiringError(ValueError):
    """A driver's WIRING is not of the form: which module, what is wrong, what to do."""


@dataclass(frozen=True)
class Driver:
    """`takes`: a role or (low, high) by parameter; `optional`: those that may be left out.

    `methods`: how many arguments each must be given.
    """

    name: str
    cls: str
    takes: Mapping[str, str | tuple[int, int]]
    optional: frozenset[str]
    gives: tuple[str, ...]
    drives: tuple[str, ...]
    methods: Mapping[str, int]
    written: bool = True
    """False: agreed on, and not in the tree yet (`agreed`)."""

    @property
    def momentary(self) -> bool:
        """It has no `read`: it only tells what occurs."""
        return self.written and "read" not in self.methods

    @property
    def drives_several(self) -> bool:
        """It is driven by `drive(output, value)`."""
        return self.methods.get("drive", 0) > 1

    @property
    def several(self) -> bool:
        """It is read by `read(channel)`."""
        return self.methods.get("read", 0) > 0


@cache
def drivers(folder: Path = FOLDER) -> dict[str, Driver]:
    """Every driver with a WIRING, by the name of its module; WiringError for one that is not of the form."""
    found = {}
    for path in sorted(folder.glob("*.py")):
        driver = read(path)
        if driver is not None:
            found[driver.name] = driver
    return found


def read(path: Path) -> Driver | None:
    """One module's; None when it has no WIRING (a base or a helper)."""
    module = ast.parse(path.read_text(encoding="utf-8"), str(path))
    literals = [node.value for node in module.body if isinstance(node, ast.Assign) and _name(node) == "WIRING"]
    if not literals:
        return None
    try:
        wiring = ast.literal_eval(literals[0])
    except ValueError:
        raise WiringError(f"{path}: WIRING is not a literal; write its numbers out, without names") from None
    _look(path, wiring, {node.name for node in module.body if isinstance(node, ast.ClassDef)})
    takes = {name.removeprefix("?"): role for name, role in wiring["takes"].items()}
    optional = frozenset(name[1:] for name in wiring["takes"] if name.startswith("?"))
    return Driver(
        path.stem, wiring["class"], takes, optional, tuple(wiring["gives"]), tuple(wiring["drives"]),
        _methods(path, wiring["class"]),
    )  # fmt: skip


def _name(node: ast.Assign) -> str:
    return node.targets[0].id if isinstance(node.targets[0], ast.Name) else ""


def _look(path: Path, wiring: Any, classes: set[str]) -> None:
    if not isinstance(wiring, dict) or set(wiring) != KEYS:
        raise WiringError(f"{path}: WIRING has not exactly the keys {', '.join(sorted(KEYS))}; give each of them")
    if wiring["class"] not in classes:
        raise WiringError(f"{path}: WIRING names {wiring['class']!r}, a class that the module does not have; name one")
    choices = f"one of {', '.join(ROLES)} or (low, high)"
    for name, role in wiring["takes"].items():
        number = isinstance(role, tuple) and len(role) == 2 and all(isinstance(end, int) for end in role)
        if not number and role not in ROLES:
            raise WiringError(f"{path}: WIRING takes {name!r} as {role!r}; give {choices}")


def _methods(path: Path, name: str) -> dict[str, int]:
    """The methods of a class and of its bases, in this module and in those beside it."""
    module = ast.parse(path.read_text(encoding="utf-8"), str(path))
    classes = {node.name: node for node in module.body if isinstance(node, ast.ClassDef)}
    imports = [node for node in module.body if isinstance(node, ast.ImportFrom) and node.level == 1 and node.module]
    beside = {
        alias.asname or alias.name: path.with_name(f"{node.module}.py") for node in imports for alias in node.names
    }
    found: dict[str, int] = {}
    if name not in classes:
        return _methods(beside[name], name) if name in beside and beside[name].is_file() else found
    for base in classes[name].bases:
        if isinstance(base, ast.Name):
            found.update(_methods(path, base.id))
    for node in classes[name].body:
        if isinstance(node, ast.FunctionDef):
            found[node.name] = len(node.args.args) - 1 - len(node.args.defaults)
    return found
