"""A feeder blackout with its reconnect storm: devices on the mains lose their power, and all get it back at once.

What models it: a device without power keeps its flash and nothing else; its connection breaks without a word, its
sensors change unseen, and it cannot raise. When power is back it boots anew, with the next boot, and connects without
waiting, as all the others on that feeder do: the storm. With `wait=60` each draws up to a minute for itself before it
connects, as devices do that were provisioned so (LIL-SESSION-023); an alarm waits for nothing. What has a battery of
its own goes on (flats' smoke detectors, covers, bands), and so does what has one that stands by: doors, panels, lanes,
fence zones and gateways, of which the last two say that their mains are away; unless `standby=0`, which kills them too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ...estate import Device
from ...incidents import Incident
from ...kinds import STANDBY
from ...truth import NO_LIMITS, Expect, limits, truth_row
from .base import UNPOWERED, Fault, Levers, Parameter
from .felt import Felt
from .low_battery import channels_of

if TYPE_CHECKING:
    from ...world import World

INGEST_MS = 10_000  # (ours) from the blackout to the centre
DIP_MS = 5_000  # (ours) what may be too short for a device to tell


class Blackout(Fault):
    """Without a selector: every feeder."""

    NAME = "blackout"
    PARAMETERS = (
        Parameter("standby", "", 0, 1, 1.0, "1: standby batteries hold, 0: they are flat"),
        Parameter("wait", "s", 0, 3_600, 0.0, "up to how long each waits before it connects, once power is back"),
    )
    HINDERS = UNPOWERED
    LINKS = True
    SIMULATED = True

    def touches(self, device: Device) -> bool:
        return device.mains

    def hinders(self, device: Device) -> bool:
        return not (device.kind in STANDBY and self.value("standby"))

    def begin(self, levers: Levers, devices: Sequence[Device]) -> None:
        for device in filter(self.hinders, devices):
            levers.power(device.id, False)

    def end(self, levers: Levers, devices: Sequence[Device]) -> None:
        for device in filter(self.hinders, devices):
            levers.power(device.id, True, round(self.value("wait") * 1000))

    def incident(self, devices: Sequence[Device]) -> Incident | None:
        standby = [one for one in devices if not self.hinders(one) and "mains" in channels_of(one.kind)]
        return MainsAway(self, standby) if standby else None


class MainsAway(Felt[Blackout]):
    """What devices with a standby battery see of it."""

    def __init__(self, fault: Blackout, devices: Sequence[Device]) -> None:
        super().__init__(fault, devices, "the mains are away", "they are back")

    def install(self, world: World) -> None:
        """Drives the channel `mains`; a row each where it lasts longer than a dip."""
        at, ends = self.fault.at_ms, self.ends_ms
        for device in self.devices:
            world.change(at, device, "mains", 0)
            world.change(ends, device, "mains", 1)
            expect: Expect = "must" if self.fault.for_ms > DIP_MS else "may"
            bounds = limits(None, INGEST_MS, None, None) if expect == "must" else NO_LIMITS
            world.expect(truth_row(device, "power.mains_loss", at, "a blackout", expect, self.whose, ends, bounds))
