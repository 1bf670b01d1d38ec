"""Channels and outputs of each kind of device, as its rules have them."""

import ast
from functools import cache
from pathlib import Path

import lilong_firmware
from lilong_firmware.kinds import rules
from lilong_firmware.rules import Rules
from lilong_protocol import registry
from lilong_simulator.kinds import KINDS

FIRMWARE = Path(lilong_firmware.__file__).parent
NEEDED = {kind.name: kind.needs for kind in registry.KINDS}
"""Without these it is no device of that kind; a board may go without the others, and says why."""

WAKES = {kind.name: kind.wakes for kind in registry.KINDS}
"""Channels of a kind that sleeps deeply which must wake it by their pin."""
EVERY_KIND = ("fault",)
"""Outputs of every kind: a local fault signal while nothing that was reported is stored (EN 54-21)."""
MOMENTARY = frozenset(("call", "callee", "cancel", "credential", "exit_button", "pin", "shock"))
"""Channels that have no present value: each value is an occurrence, which a driver's `take` tells."""


@cache
def kinds() -> tuple[str, ...]:
    """The kinds that the firmware has rules for, sorted."""
    return tuple(sorted(KINDS))


@cache
def channels(kind: str) -> tuple[str, ...]:
    found: type[Rules] = rules(kind)
    return tuple(channel[0] for channel in found.CHANNELS)


@cache
def outputs(kind: str) -> tuple[str, ...]:
    """The names that the rules of a kind, and the modules they are made of, give to `Device.output`; sorted."""
    found = set(EVERY_KIND)
    seen: set[Path] = set()
    todo = [FIRMWARE / "kinds" / f"{kind}.py"]
    while todo:
        path = todo.pop()
        if path not in seen and path.is_file():
            seen.add(path)
            modules, names = _said(path)
            todo += [FIRMWARE / f"{module}.py" for module in modules]
            found |= names
    return tuple(sorted(found))


@cache
def _said(path: Path) -> tuple[set[str], set[str]]:
    """The modules beside it that a module imports from, and the names that it gives to `Device.output`."""
    modules: set[str] = set()
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level and node.module:
            modules.add(node.module)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "output":
            names.update(
                arg.value for arg in node.args[:1] if isinstance(arg, ast.Constant) and isinstance(arg.value, str)
            )
    return modules, names
