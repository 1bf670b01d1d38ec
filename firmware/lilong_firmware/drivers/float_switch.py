"""A float switch as a level sensor of two values: below it, or not. The cheapest proof that a shaft fills."""

from .settled import Settled

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

DATA_SHEET = {
    "chip": ("any float switch", "", ""),
    "measures": {"water": ("mm below rim", 0, 20_000, "one of two values: the float's height, or the depth")},
    "bus": "one input with a pull-up",
    "timing_ms": {"settle": (2_000, "(ours) waves")},
    "limits": {"supervision": "a cut wire looks like the level of an open contact: wire it so that this is an alarm"},
}
WIRING = {
    "class": "FloatSwitch",
    "takes": {"pin": "in", "mounted_mm": (0, 20_000), "?dry_mm": (1, 20_000), "?wet": (0, 1)},
    "gives": ("water",),
    "drives": (),
}


class Calmed(Settled):
    """Waves last longer than a bounce."""

    SETTLE_MS = 2_000


class FloatSwitch:
    """`mounted_mm`: the float below the rim. `wet`: the level when it floats; 1 is a contact that opens."""

    POLL_MS = 200

    def __init__(self, pin: "Any", mounted_mm: int, dry_mm: int = 20_000, wet: int = 1) -> None:
        if not 0 <= mounted_mm < dry_mm:
            raise ValueError("float switch: mounted %d mm below the rim in a shaft of %d mm" % (mounted_mm, dry_mm))
        self._pin = pin
        self._mounted = mounted_mm
        self._dry = dry_mm
        self._wet = wet
        self._settled = Calmed()

    def poll(self, now: int) -> None:
        self._settled.see(now, 1 if self._pin() == self._wet else 0)

    def read(self, channel: str) -> "int | None":
        value = self._settled.value
        if value is None:
            return None
        return self._mounted if value else self._dry
