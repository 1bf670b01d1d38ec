"""A device of a virtual fleet, and what surrounds it."""

from typing import Any

from lilong_firmware.device import Device
from lilong_firmware.effects import NEVER
from lilong_protocol import topics

from .plant import Plant
from .power import Fault
from .slots import Flash


class Member:
    """A device in the fleet; `due` is the time for which it stands in the calendar."""

    __slots__ = (
        "base", "burnt", "connection", "delay", "device", "due", "fault", "flash", "id", "online", "plant", "slots",
        "still", "topic", "will",
    )  # fmt: skip

    def __init__(self, tenant: str, device_id: str, device: Device, base: int, delay: int) -> None:
        self.id = device_id
        self.topic = topics.up(tenant, device_id, "")  # the class is to follow
        self.device: Any = device  # or one `Drifting` that stands for it
        self.base = base  # virtual time of its cold start
        self.delay = delay  # ms on the way, each way; constant, so that order is kept
        self.due = NEVER
        self.connection = 0  # counts links, so that what was under way on an old one is dropped
        self.online = False
        self.burnt = False
        self.will = b""  # of the present connection
        self.plant = Plant()
        self.slots = {channel[0]: i for i, channel in enumerate(device.rules.CHANNELS)}
        self.flash: Flash | None = None  # where it was offered firmware
        self.fault: Fault | None = None  # what a fault of the run does to it
        self.still = False  # its beats are told later
