"""What comes out of a receiver: messages that were let through, gaps, incidents."""

from typing import NamedTuple

from .. import frame

# What a message that was let through is.
FRESH = "fresh"  # the first time: it has its effect
REPEAT = "repeat"  # byte for byte one that was there: an alarm is acknowledged again, nothing else happens
MALFORMED = "malformed"  # an authentic alarm or event whose body nobody understands: kept, without effect


class Received:
    """A message that was let through. `at_ms` is when it was sealed, `since_ms` its lower bound (None: unknown).

    `revived`: the first word in person of a session that was known from a retained birth only, or thought dead.
    """

    __slots__ = (
        "at_ms", "cls", "data", "device", "fate", "frame", "late", "received_ms", "retained", "revived", "since_ms",
    )  # fmt: skip

    def __init__(self, device: str, cls: str, message: frame.Frame, data: bytes, fate: str, retained: bool) -> None:
        self.device = device
        self.cls = cls
        self.frame = message
        self.data = data
        self.fate = fate
        self.retained = retained
        self.revived = False
        self.late = False  # an event whose place in the order had been passed
        self.received_ms = 0
        self.at_ms = 0
        self.since_ms: int | None = None


class Gap(NamedTuple):
    """Events that never came."""

    device: str
    boot: int
    first: int
    last: int


class Incident(NamedTuple):
    """A refusal that somebody should look at."""

    at_ms: int
    reason: str
    topic: str
    data: bytes
