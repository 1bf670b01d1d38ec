"""Low batteries: the battery of devices reads `level` for a while, and is full again at the end.

What models it: the world drives the channel `battery`, with a row of the truth for each device. A kind looks at its
battery now and then (smoke and cover once a day, band every 10 min): where `for` is at least that long battery.low
must be raised, else it may.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ...estate import Device
from ...incidents import Incident
from ...kinds import rules
from ...truth import NO_LIMITS, Expect, limits, truth_row
from .base import Fault, Parameter
from .felt import Felt

if TYPE_CHECKING:
    from ...world import World

FULL = 96
INGEST_MS = 10_000  # GB 26875.1 4.1.2, from the decision to the centre
EARLIER_MS = 1  # before the fault nothing of the world's own comes between


def battery_period_ms(kind: str) -> int | None:
    """How often a kind looks at its battery; None: it has none, and is on the mains."""
    return channels_of(kind).get("battery")


def channels_of(kind: str) -> dict[str, int]:
    """The sensor channels of a kind, and how often it looks at each, in ms; 0: when it changes."""
    return {name: period for name, period, _ in rules(kind).CHANNELS}


class LowBattery(Fault):
    """Of devices that have one."""

    NAME = "low_battery"
    PARAMETERS = (Parameter("level", "%", 0, 9, 5.0, "what the battery reads"),)

    def touches(self, device: Device) -> bool:
        return battery_period_ms(device.kind) is not None

    def incident(self, devices: Sequence[Device]) -> Incident | None:
        return Drained(self, devices) if devices else None


class Drained(Felt[LowBattery]):
    """What the world does."""

    def __init__(self, fault: LowBattery, devices: Sequence[Device]) -> None:
        super().__init__(fault, devices, "batteries are low", "they are full")

    def install(self, world: World) -> None:
        """Claims each battery; a row each."""
        at, ends = self.fault.at_ms, self.ends_ms
        for device in self.devices:
            world.claims.add(device.id, "battery", max(0, at - EARLIER_MS), ends)
            world.change(at, device, "battery", int(self.fault.value("level")))
            world.change(ends, device, "battery", FULL)
            period = battery_period_ms(device.kind) or 0
            expect: Expect = "must" if self.fault.for_ms >= period else "may"
            bounds = limits(None, period + INGEST_MS, None, None) if expect == "must" else NO_LIMITS
            world.expect(truth_row(device, "battery.low", at, "a low battery", expect, self.whose, ends, bounds))
