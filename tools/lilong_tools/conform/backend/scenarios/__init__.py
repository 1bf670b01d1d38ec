"""What a backend is put through, a file for each theme; importing this enters all of it."""

from . import (
    alarms,
    asking,
    births,
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
    shapes,
    updates,
)  # fmt: skip

__all__ = [
    "alarms", "asking", "births", "config", "dates", "durability", "episodes", "epochs", "events", "hostile",
    "incidents", "operators", "order", "sessions", "shapes", "updates",
]  # fmt: skip
