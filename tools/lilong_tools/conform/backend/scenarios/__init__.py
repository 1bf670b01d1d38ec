"""What a backend is put through, a file for each theme; importing this enters all of it."""

from . import (
    alarms,
    config,
    dates,
    durability,
    episodes,
    epochs,
    events,
    hostile,
    incidents,
    operators,
    order,
    sessions,
)  # fmt: skip

__all__ = [
    "alarms", "config", "dates", "durability", "episodes", "epochs", "events", "hostile", "incidents", "operators",
    "order", "sessions",
]  # fmt: skip
