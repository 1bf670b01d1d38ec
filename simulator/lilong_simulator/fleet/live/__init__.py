"""Live: tens of thousands of real MQTT connections from one process, one lean protocol object a connection."""

from .dial import Login, Target
from .fleet import LiveFleet

__all__ = ["LiveFleet", "Login", "Target"]
