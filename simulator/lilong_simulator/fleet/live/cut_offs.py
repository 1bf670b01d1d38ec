"""Who was let in, and is cut off by the other end again and again: by a broker, since somebody else connects as him.

A client of MQTT 3.1.1 is not told why (3.1.4-2: the server must disconnect the existing client); MQTT 5 has a reason
for it, 0x8E, session taken over.
"""

from __future__ import annotations

from collections import deque

TIMES, WITHIN_S = 3, 60.0  # (ours) a broker that is started anew cuts all off once


class CutOffs:
    """`again`: those of whom that is so by now."""

    def __init__(self) -> None:
        self.again: set[str] = set()
        self._last: dict[str, deque[float]] = {}

    def note(self, name: str, at_s: float) -> None:
        """Its connection, over which it was online, was ended by the other end."""
        last = self._last.setdefault(name, deque(maxlen=TIMES))
        last.append(at_s)
        if len(last) == TIMES and at_s - last[0] <= WITHIN_S:
            self.again.add(name)
