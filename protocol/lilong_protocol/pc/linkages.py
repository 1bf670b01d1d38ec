"""Linkage: which alarms, told by how many devices, let which others act. One table, for a centre and for gateways.

In the order of their rank: where two act on one device, it does what the first says.
"""

from dataclasses import dataclass
from typing import Literal

from lilong_protocol import codes


@dataclass(frozen=True)
class Act:
    """What devices of `kinds` do, by a command of the registry with its first argument; `end`: a command when it is
    over, None where a person has to see to that. Of cameras the first preset is where the fence is (ours)."""

    kinds: tuple[str, ...]
    command: str
    argument: int | None = None
    end: str | None = None


@dataclass(frozen=True)
class Linkage:
    """`devices` different ones with one of `alarms` within `within_ms`, counted in their `scope`.

    scope: a core with all that lies between it and the street; a flat; or each device by itself with what is near.
    """

    name: str
    number: int
    alarms: tuple[int, ...]
    devices: int
    within_ms: int
    scope: Literal["core", "flat", "near"]
    acts: tuple[Act, ...]


WITHIN_MS = 600_000  # (ours)
NEAR_M = 40.0  # (ours) as long as a fence zone may be

LINKAGES = (
    # Two independent detectors confirm a fire; the start signal follows within 3 s (GB 50166-2019). Doors on the way
    # out and barriers open (GB 50116 4.10.3), and stay so until somebody resets them.
    Linkage("fire", codes.LINKAGE_FIRE, (codes.ALARM_SMOKE_ALARM,), 2, WITHIN_MS, "core",
            (Act(("door", "cycle_gate", "vehicle_lane"), "fire_release"),)),
    # (ours) A detector shuts its own valve by itself; the others of its flat follow.
    Linkage("gas", codes.LINKAGE_GAS, (codes.ALARM_GAS_LEAK,), 1, WITHIN_MS, "flat", (Act(("gas",), "close_valve"),)),
    # (ours) Lamps at full level 2 s after the alarm, until it has been reset.
    Linkage("intruder", codes.LINKAGE_INTRUDER,
            (codes.ALARM_FENCE_CLIMB, codes.ALARM_FENCE_TOUCH, codes.ALARM_FENCE_SHORT, codes.ALARM_FENCE_CUT),
            1, WITHIN_MS, "near",
            (Act(("streetlight",), "set_level", 100, "automatic"), Act(("camera",), "look_at", 1, "automatic"))),
    # (ours) A hole in the ground is lit, until somebody has put the cover back. Covers hang on no gateway.
    Linkage("cover", codes.LINKAGE_COVER, (codes.ALARM_MANHOLE_MOVED,), 1, WITHIN_MS, "near",
            (Act(("streetlight",), "set_level", 100, "automatic"),)),
)  # fmt: skip
