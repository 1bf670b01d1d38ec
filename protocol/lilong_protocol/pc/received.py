"""What comes out of a receiver beside messages: what has become of each, gaps, incidents."""

from typing import NamedTuple

# What a message that was let through is.
FRESH = "fresh"  # the first time: it has its effect
REPEAT = "repeat"  # byte for byte one that was there: an alarm is acknowledged again, nothing else happens
MALFORMED = "malformed"  # an authentic alarm or event whose body nobody understands: kept, without effect


class Gap(NamedTuple):
    """Events that never came, or do not come for long."""

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
