"""What a device is put through, a file for each theme; importing this enters all of it."""

from . import (
    alarms,
    backfills,
    clock,
    commands,
    config,
    connections,
    epochs,
    events,
    logs,
    offers,
    orders,
    refusals,
    repeats,
    room,
    sessions,
    settings,
    shapes,
    signed,
    time,
    updates,
)  # fmt: skip

__all__ = [
    "alarms", "backfills", "clock", "commands", "config", "connections", "epochs", "events", "logs", "offers", "orders",
    "refusals", "repeats", "room", "sessions", "settings", "shapes", "signed", "time",
    "updates",
]  # fmt: skip
