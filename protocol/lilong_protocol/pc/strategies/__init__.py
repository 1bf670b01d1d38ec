"""Hypothesis strategies for whoever tests a device or a backend: frames, almost frames, sessions. From the registry.

Needs hypothesis: pip install 'lilong[strategies]'.
"""

try:
    import hypothesis  # noqa: F401
except ImportError:
    raise ImportError("lilong_protocol.pc.strategies needs hypothesis: pip install 'lilong[strategies]'") from None

from .almost import Broken, almost_valid_bodies, almost_valid_frames, almost_valid_payloads
from .frames import Place, Sample, frames, payloads
from .sessions import Delivery, Said, Story, sessions
from .values import bodies, fields, values

__all__ = [
    "Broken", "Delivery", "Place", "Said", "Sample", "Story", "almost_valid_bodies", "almost_valid_frames",
    "almost_valid_payloads", "bodies", "fields", "frames", "payloads", "sessions", "values",
]  # fmt: skip
