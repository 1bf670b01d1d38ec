"""Gap: events of a device are lost before they are sent, as with a part of its store: their numbers never come."""

from math import inf

from lilong_protocol.frame import EVENT as EVENT_FRAME
from lilong_protocol.frame import Frame
from lilong_protocol.topics import EVENT, UP_CLASSES

from .base import DataFault, Hands

MOST = 5  # events


class Gap(DataFault):
    """It can be found by the next event, which has a number too high."""

    NAME = "gap"
    ONCE = True
    # Kinds that have an event or more a day.
    KINDS = frozenset(("door", "cycle_gate", "vehicle_lane", "intercom", "streetlight", "wristband"))

    @property
    def for_ms(self) -> float:
        return inf  # until the next event

    def begin(self, hands: Hands) -> bool:
        uplink = hands.firmware(self.device.id).uplink
        numbers, at = uplink._seqs, UP_CLASSES.index(EVENT)
        if not numbers[at]:
            return False  # who has never seen an event misses none
        numbers[at] += 1 + self.stream.below(MOST)
        self._last = (uplink.boot, numbers[at])
        return True

    def shows(self, at: int, frame: Frame) -> bool:
        return frame.kind == EVENT_FRAME and (frame.boot, frame.seq) > self._last
