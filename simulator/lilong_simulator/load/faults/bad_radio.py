"""A bad radio: frames of a device, either way, are lost, late, doubled, or overtaken by the next ones.

What models it: a link layer that loses, before TCP, which can not (`fleet/radio.py`). A lost frame of QoS 0 is gone;
one of QoS 1 has no PUBACK, and the device ends the link after 20 s. A doubled one goes to the broker twice.
"""

from __future__ import annotations

from collections.abc import Sequence

from ...estate import Device
from ...fleet.radio import Conditions
from .base import Fault, Levers, Parameter


class BadRadio(Fault):
    """Nothing is excused by it: what the protocol repeats has to come in time."""

    NAME = "bad_radio"
    LINKS = True
    SIMULATED = True
    PARAMETERS = (
        Parameter("loss", "", 0, 0.9, 0.0, "the share of frames that are lost"),
        Parameter("delay_ms", "ms", 0, 60_000, 0.0, "how long every frame takes"),
        Parameter("jitter_ms", "ms", 0, 60_000, 0.0, "up to how much longer"),
        Parameter("duplicate", "", 0, 1, 0.0, "the share of frames that come twice"),
        Parameter("reorder", "", 0, 1, 0.0, "the share of frames that are held back"),
        Parameter("hold_ms", "ms", 1, 60_000, 500.0, "for how long those are held back"),
    )

    def begin(self, levers: Levers, devices: Sequence[Device]) -> None:
        conditions = Conditions(
            self.value("loss"), int(self.value("delay_ms")), int(self.value("jitter_ms")), self.value("duplicate"),
            self.value("reorder"), int(self.value("hold_ms")),
        )  # fmt: skip
        for device in devices:
            levers.radio(device.id, conditions, (self.seed, "fault", self.number, "radio", device.id), self.tally)

    def end(self, levers: Levers, devices: Sequence[Device]) -> None:
        for device in devices:
            levers.radio(device.id, None, (), self.tally)
