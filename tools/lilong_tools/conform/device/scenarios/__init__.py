"""What a device is put through, a file for each theme; importing this enters all of it."""

from . import alarms, commands, config, epochs, events, logs, refusals, repeats, room, sessions, time, updates

__all__ = [
    "alarms", "commands", "config", "epochs", "events", "logs", "refusals", "repeats", "room", "sessions", "time",
    "updates",
]  # fmt: skip
