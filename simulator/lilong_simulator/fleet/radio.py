"""A lossy link layer under a device's messages, a frame at a time, either way; seeded.

What is modelled is the hop of a device before TCP, as of a radio module that takes a frame and says nothing of its
fate: TCP itself loses nothing, and MQTT's own packets (CONNECT, SUBSCRIBE, PUBACK, PING) are not touched. A frame of
QoS 1 that is lost has no PUBACK, so the device's own timer ends the link after 20 s and it connects anew.
"""

from dataclasses import dataclass
from typing import NamedTuple

from ..random_streams import draw_below, draw_chance

UP, DOWN = 0, 1


class Conditions(NamedTuple):
    """loss, duplicate, reorder: shares of frames. delay_ms: of each; jitter_ms: and up to so much more, which changes
    no order. hold_ms: by which a frame is held back that others shall overtake."""

    loss: float = 0.0
    delay_ms: int = 0
    jitter_ms: int = 0
    duplicate: float = 0.0
    reorder: float = 0.0
    hold_ms: int = 500


@dataclass(slots=True)
class Tally:
    """What became of the frames of all devices under one fault."""

    frames: int = 0
    lost: int = 0
    duplicated: int = 0
    reordered: int = 0


class Radio:
    """The link of one device; `key` seeds its draws."""

    __slots__ = ("_conditions", "_count", "_key", "_last", "tally")

    def __init__(self, conditions: Conditions, key: tuple[int | str, ...], tally: Tally) -> None:
        self._conditions = conditions
        self._key = key
        self._count = 0
        self._last = [0, 0]
        self.tally = tally

    def fates(self, now: int, direction: int) -> list[int]:
        """When a frame that is given to it at `now` comes out: never, once or twice."""
        its, tally = self._conditions, self.tally
        seed, *key = self._key
        assert isinstance(seed, int)
        self._count += 1
        count = self._count
        tally.frames += 1
        if draw_chance(its.loss, seed, *key, count, "loss"):
            tally.lost += 1
            return []
        out = now + its.delay_ms
        if its.jitter_ms:
            out += draw_below(its.jitter_ms + 1, seed, *key, count, "jitter")
        out = max(out, self._last[direction])
        if draw_chance(its.reorder, seed, *key, count, "reorder"):
            tally.reordered += 1
            out += its.hold_ms
        else:
            self._last[direction] = out
        if draw_chance(its.duplicate, seed, *key, count, "duplicate"):
            tally.duplicated += 1
            return [out, out + 1]
        return [out]
