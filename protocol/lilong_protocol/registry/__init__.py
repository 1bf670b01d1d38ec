"""The registry: every kind of device and all that may be said about it, in plain tables, one file a kind.

PC side only. What a board needs of it is generated into `lilong_protocol.codes` by `make codes`.
"""

import importlib
import pkgutil
from typing import TypeVar

from . import alarms, commands, events, quantities, settings
from .messages import MESSAGES
from .tables import Alarm, Command, Event, Kind, Message, Quantity, Setting

__all__ = [
    "ALARM", "ALARMS", "COMMAND", "COMMANDS", "COMMAND_BY_NUMBER", "EVENT", "EVENTS", "KIND", "KINDS",
    "KIND_BY_NUMBER", "MESSAGE", "MESSAGES", "QUANTITIES", "QUANTITY", "SETTING", "SETTINGS",
]  # fmt: skip

# Each file with a KIND is a kind's, and may hold rows that are its alone beside those of the common tables.
_MODULES = [importlib.import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__)
            if found.name not in ("cddl", "frozen", "generate")]  # fmt: skip
_FILES = sorted((file for file in _MODULES if hasattr(file, "KIND")), key=lambda file: file.KIND.number)

Row = TypeVar("Row", Alarm, Command, Event, Quantity, Setting)


def _with_own(common: tuple[Row, ...], name: str) -> tuple[Row, ...]:
    """The rows of a table and those that the kinds have to themselves."""
    return common + tuple(row for file in _FILES for row in getattr(file, name, ()))


ALARMS = _with_own(alarms.ALARMS, "ALARMS")
COMMANDS = _with_own(commands.COMMANDS, "COMMANDS")
EVENTS = _with_own(events.EVENTS, "EVENTS")
QUANTITIES = _with_own(quantities.QUANTITIES, "QUANTITIES")
SETTINGS = _with_own(settings.SETTINGS, "SETTINGS")
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
