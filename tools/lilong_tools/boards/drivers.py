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

A channel is read by `read(channel)`, an output is driven by `drive(output, value)`. What occurs and is over is told by
`take()`: (channel, value), or None.
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
    parameters: Mapping[str, bool]
    """Of the constructor: whether each must be given."""

    @property
    def momentary(self) -> bool:
        """It has no `read`: it only tells what occurs."""
        return "read" not in self.methods


@cache
def known_drivers(folder: Path = FOLDER) -> dict[str, Driver]:
    """Every driver with a WIRING of the form, by the name of its module."""
    return _read_all(folder)[0]


@cache
def unusable(folder: Path = FOLDER) -> dict[str, str]:
    """What is wrong with a WIRING that is not of the form, by the name of its module."""
    return _read_all(folder)[1]


def _read_all(folder: Path) -> tuple[dict[str, Driver], dict[str, str]]:
    found, wrong = {}, {}
    for path in sorted(folder.glob("*.py")):
        try:
            driver = read(path)
        except (WiringError, SyntaxError) as error:
            wrong[path.stem] = str(error)
        else:
            if driver is not None:
                found[driver.name] = driver
    return found, wrong


def read(path: Path) -> Driver | None:
    """One module's, WiringError when it is not of the form; None when it has no WIRING (a base or a helper)."""
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
    methods = _methods(path, wiring["class"])
    return Driver(
        path.stem, wiring["class"], takes, optional, tuple(wiring["gives"]), tuple(wiring["drives"]),
        {name: needed for name, (needed, _) in methods.items()}, methods.get("__init__", (0, {}))[1],
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


def _methods(path: Path, name: str) -> dict[str, tuple[int, dict[str, bool]]]:
    """The methods of a class and of its bases, in this module and in those beside it.

    For each how many arguments it must be given, and of which of its parameters that holds.
    """
    module = ast.parse(path.read_text(encoding="utf-8"), str(path))
    classes = {node.name: node for node in module.body if isinstance(node, ast.ClassDef)}
    imports = [node for node in module.body if isinstance(node, ast.ImportFrom) and node.level == 1 and node.module]
    beside = {
        alias.asname or alias.name: path.with_name(f"{node.module}.py") for node in imports for alias in node.names
    }
    found: dict[str, tuple[int, dict[str, bool]]] = {}
    if name not in classes:
        return _methods(beside[name], name) if name in beside and beside[name].is_file() else found
    for base in classes[name].bases:
        if isinstance(base, ast.Name):
            found.update(_methods(path, base.id))
    for node in classes[name].body:
        if isinstance(node, ast.FunctionDef):
            names = [argument.arg for argument in node.args.args[1:]]
            needed = len(names) - len(node.args.defaults)
            found[node.name] = needed, {name: at < needed for at, name in enumerate(names)}
    return found
