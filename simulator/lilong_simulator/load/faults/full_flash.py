"""A full flash: nothing more can be written, what is there can be read.

What models it: each write of a device fails with ENOSPC. It goes on from RAM: it sounds, tells and repeats as ever, so
nothing is excused. What it had in RAM alone is lost with its power.
"""

from __future__ import annotations

from collections.abc import Sequence

from ...estate import Device
from .base import Fault, Levers


class FullFlash(Fault):
    """Without a selector: every device."""

    NAME = "full_flash"
    SIMULATED = True

    def begin(self, levers: Levers, devices: Sequence[Device]) -> None:
        for device in devices:
            levers.flash(device.id, True)

    def end(self, levers: Levers, devices: Sequence[Device]) -> None:
        for device in devices:
            levers.flash(device.id, False)
