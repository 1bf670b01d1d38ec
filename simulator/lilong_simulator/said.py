"""All that one device said of some classes, and when it was made: what a backlog is judged by."""

from __future__ import annotations

from dataclasses import dataclass, field

from lilong_protocol.topics import EVENT, TELEMETRY

from .fleet.spoken import Spoken, said_of

KEPT = (EVENT, TELEMETRY)


@dataclass(slots=True)
class Said:
    """`rows`: run's clock when a frame was handed over, class, boot, number, uptime when it was made; each the first
    time. `zeros`: the run's clock at uptime 0 of each boot, as the least delayed frame tells it."""

    rows: list[tuple[float, str, int, int, int]] = field(default_factory=list)
    zeros: dict[int, float] = field(default_factory=dict)
    _known: set[tuple[str, int, int]] = field(default_factory=set)

    def heard(self, at: float, cls: str, frame: bytes) -> None:
        """A frame was handed over; frames in their order."""
        if not frame and not isinstance(frame, Spoken):
            return  # of a device in a process of its own: only that there was one
        said = said_of(frame)
        if said.uptime is None or said.boot is None:
            return
        zero = at - said.uptime
        self.zeros[said.boot] = min(zero, self.zeros.get(said.boot, zero))
        key = (cls, said.boot, said.seq)
        if cls in KEPT and key not in self._known:
            self._known.add(key)
            self.rows.append((at, cls, said.boot, said.seq, said.uptime))

    def of(self, cls: str) -> list[tuple[float, float, int, int]]:
        """Of a class: when it was handed over, when it was made, boot and number."""
        return [(at, self.zeros[boot] + uptime, boot, seq) for at, one, boot, seq, uptime in self.rows if one == cls]
