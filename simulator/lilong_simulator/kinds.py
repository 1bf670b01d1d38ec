"""The kinds of device that a simulator plays, in the order of their numbers, and the rules of each."""

from functools import cache
from importlib import import_module
from pathlib import Path

import lilong_firmware.kinds
from lilong_firmware.rules import Rules
from lilong_protocol import registry

_FIRMWARE = Path(lilong_firmware.kinds.__file__).parent
_SIMULATED = Path(__file__).parent / "simulated"

KINDS = tuple(kind.name for kind in registry.KINDS if (_FIRMWARE / f"{kind.name}.py").is_file())
"""Those that the firmware has rules for: of these there may be boards."""

SIMULATED = tuple(
    kind.name for kind in registry.KINDS if kind.name not in KINDS and (_SIMULATED / f"{kind.name}.py").is_file()
)
"""Those that are played without firmware, from `simulated/`: of these there is never a board."""

EVERY = tuple(kind.name for kind in registry.KINDS if kind.name in (*KINDS, *SIMULATED))


@cache
def rules(kind: str) -> type[Rules]:
    """The rules class of a kind by its registry name."""
    if kind in SIMULATED:
        found: type[Rules] = import_module(f"lilong_simulator.simulated.{kind}").RULES
        return found
    return lilong_firmware.kinds.rules(kind)


STANDBY = frozenset(("door", "fence_zone", "gateway", "intercom", "vehicle_lane"))
"""Those on the mains that have a battery which stands by: so many hours of a blackout change nothing for them."""


def on_mains(kind: str) -> bool:
    """Whether a device of a kind has its power from a feeder: it has no battery, or one that stands by."""
    known = registry.KIND.get(kind)
    return known is None or "battery" not in known.quantities or "mains" in known.quantities
