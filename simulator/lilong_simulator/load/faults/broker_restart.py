"""A broker restart: it ends, is away for a while, and is started again on its port; what it had in RAM is gone.

What models it: a mosquitto of the run's own is ended with SIGTERM and started again after `for` s; an external one is
restarted by the command given as --broker-restart, which is run when the fault begins and has `for` s. In virtual
time every link breaks, none can be had for `for` s, and no will is published.
"""

from __future__ import annotations

from collections.abc import Sequence

from ...estate import Device
from .base import CUT_OFF, Fault, Levers


class BrokerRestart(Fault):
    """Of all devices."""

    NAME = "broker_restart"
    SELECTS = ()
    HINDERS = CUT_OFF
    LINKS = True
    BROKER = "restart"

    def begin(self, levers: Levers, devices: Sequence[Device]) -> None:
        levers.broker(False)

    def end(self, levers: Levers, devices: Sequence[Device]) -> None:
        levers.broker(True)
