"""A frozen broker: its process is stopped and goes on later; it answers nothing meanwhile, and no socket ends.

What models it: SIGSTOP and SIGCONT of a mosquitto of the run's own; of an external one the commands given as
--broker-freeze and --broker-thaw. Nobody tells a device: its PUBACK timer or its ping ends the link after 20 s. In
virtual time frames either way wait until it goes on, and a frame of QoS 1 without its PUBACK ends the link after 20
s.
"""

from __future__ import annotations

from .base import Levers
from .of_broker import BrokerFault


class FrozenBroker(BrokerFault):
    """Of all devices."""

    NAME = "frozen_broker"
    BROKER = "freeze"

    def pull(self, levers: Levers, well: bool) -> None:
        levers.freeze(not well)
