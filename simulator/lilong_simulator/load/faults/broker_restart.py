"""A broker restart: it ends, is away for a while, and is started again on its port; what it had in RAM is gone.

What models it: a mosquitto of the run's own is ended with SIGTERM and started again after `for` s; an external one is
restarted by the command given as --broker-restart, which is run when the fault begins and has `for` s. In virtual
time every link breaks, none can be had for `for` s, and no will is published.
"""

from __future__ import annotations

from .base import Levers
from .of_broker import BrokerFault


class BrokerRestart(BrokerFault):
    """Of all devices."""

    NAME = "broker_restart"
    BROKER = "restart"

    def pull(self, levers: Levers, well: bool) -> None:
        levers.broker(well)
