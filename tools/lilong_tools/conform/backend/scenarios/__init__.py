"""What a backend is put through, a file for each theme; importing this enters all of it."""

from . import alarms, durability, episodes, events, hostile, operators, sessions

__all__ = ["alarms", "durability", "episodes", "events", "hostile", "operators", "sessions"]
