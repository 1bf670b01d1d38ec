"""A frame made in this process, and beside its bytes what it says, so that nobody here has to open it."""

from lilong_protocol.frame import Frame
from lilong_protocol.pc.quick import unpack
from lilong_protocol.pc.sealed import payload_of


class Spoken(bytes):
    """A frame, empty where it was not sealed. `said`: what whoever opens it finds."""

    said: Frame

    def __bool__(self) -> bool:
        """There is one, sealed or not: a device asks so whether it has one in flight."""
        return True


def said_of(frame: bytes) -> Frame:
    """What a frame says, whoever made it; its seal is not verified."""
    return frame.said if isinstance(frame, Spoken) else unpack(payload_of(frame))
