"""What a device is put through, a file for each theme; importing this enters all of it."""

from . import alarms, commands, events, refusals, repeats, sessions, time

__all__ = ["alarms", "commands", "events", "refusals", "repeats", "sessions", "time"]
