"""The registry: every kind of device and all that may be said about it, in plain tables, one file a kind.

PC side only. What a board needs of it is generated into `lilong_protocol.codes` by `make codes`.
"""

from types import ModuleType

from . import (
    bin,
    camera,
    cycle_gate,
    door,
    ev_pile,
    fence_zone,
    gas,
    gateway,
    intercom,
    locker,
    manhole,
    shed_socket,
    smoke,
    streetlight,
    vehicle_lane,
    wristband,
)
from .alarms import ALARMS
from .commands import COMMANDS
from .events import EVENTS
from .messages import MESSAGES
from .quantities import QUANTITIES
from .settings import SETTINGS
from .tables import Alarm, Command, Event, Kind, Message, Quantity, Setting

__all__ = [
    "ALARM", "ALARMS", "COMMAND", "COMMANDS", "COMMAND_BY_NUMBER", "EVENT", "EVENTS", "KIND", "KINDS",
    "KIND_BY_NUMBER", "MESSAGE", "MESSAGES", "QUANTITIES", "QUANTITY", "SETTING", "SETTINGS",
]  # fmt: skip

_FILES: tuple[ModuleType, ...] = (
    smoke, gas, door, streetlight, manhole, wristband, vehicle_lane, cycle_gate, fence_zone, intercom, camera, ev_pile,
    shed_socket, locker, bin, gateway,
)  # fmt: skip

KINDS: tuple[Kind, ...] = tuple(file.KIND for file in _FILES)
KIND: dict[str, Kind] = {kind.name: kind for kind in KINDS}
KIND_BY_NUMBER: dict[int, Kind] = {kind.number: kind for kind in KINDS}
QUANTITY: dict[int, Quantity] = {row.number: row for row in QUANTITIES}
ALARM: dict[int, Alarm] = {row.number: row for row in ALARMS}
EVENT: dict[int, Event] = {row.number: row for row in EVENTS}
COMMAND: dict[str, Command] = {row.name: row for row in COMMANDS}
COMMAND_BY_NUMBER: dict[int, Command] = {row.number: row for row in COMMANDS}
SETTING: dict[int, Setting] = {row.number: row for row in SETTINGS}
MESSAGE: dict[int, Message] = {row.number: row for row in MESSAGES}
