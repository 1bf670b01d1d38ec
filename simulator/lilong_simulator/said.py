"""All that one device said of some classes, and when it was made: what a backlog is judged by."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import inf

from lilong_protocol.frame import BIRTH, RAISE, FrameError
from lilong_protocol.frame import EVENT as KIND_EVENT
from lilong_protocol.frame import TELEMETRY as KIND_TELEMETRY
from lilong_protocol.topics import EVENT, HEARTBEAT, STATE, TELEMETRY

from .fleet.spoken import Spoken, said_of

KEPT = (EVENT, TELEMETRY)
ALIVE = (STATE, HEARTBEAT)


@dataclass(slots=True)
class Said:
    """`rows`: run's clock when a frame was handed over, class, boot, number, uptime when it was made; each the first
    time. `zeros`: the run's clock at uptime 0 of each boot, as the least delayed frame tells it. `unread`: classes of
    which there were frames that nobody here could read. `codes`: numbers of events, by boot and number of the frame.
    `raises`: by boot and number of an alarm, when it was said and said again. `born`: when a birth was, and of which
    boot. `alive`: when it said who or that it is there. `spoke`: by boot, when it first said anything else. `accepts`:
    when the backend's answer to a birth had come. `ages`: of the rows of telemetry, by boot and number of the frame.
    `until`: nobody asks what it says later, so that it is not kept."""

    rows: list[tuple[float, str, int, int, int]] = field(default_factory=list)
    zeros: dict[int, float] = field(default_factory=dict)
    unread: set[str] = field(default_factory=set)
    codes: dict[tuple[int, int], int] = field(default_factory=dict)
    raises: dict[tuple[int, int], list[float]] = field(default_factory=dict)
    born: list[tuple[float, int]] = field(default_factory=list)
    alive: list[float] = field(default_factory=list)
    spoke: dict[int, float] = field(default_factory=dict)
    accepts: list[float] = field(default_factory=list)
    ages: dict[tuple[int, int], list[int]] = field(default_factory=dict)
    until: float = inf
    _known: set[tuple[str, int, int]] = field(default_factory=set)

    def heard(self, at: float, cls: str, frame: bytes) -> None:
        """A frame was handed over; frames in their order."""
        if at > self.until:
            return
        if not frame and not isinstance(frame, Spoken):
            self.unread.add(cls)  # of a device in a process of its own: only that there was one
            return
        try:
            said = said_of(frame)
        except FrameError:
            return  # none at all
        if said.uptime is None or said.boot is None:
            return
        zero = at - said.uptime
        self.zeros[said.boot] = min(zero, self.zeros.get(said.boot, zero))
        if said.kind == BIRTH:
            self.born.append((at, said.boot))
        elif said.kind == RAISE:
            self.raises.setdefault((said.boot, said.seq), []).append(at)
        if cls in ALIVE:
            self.alive.append(at)
        if cls != STATE:
            self.spoke.setdefault(said.boot, at)
        key = (cls, said.boot, said.seq)
        if cls in KEPT and key not in self._known:
            self._known.add(key)
            if said.kind == KIND_EVENT:
                self.codes[said.boot, said.seq] = said.body[0]
            if said.kind == KIND_TELEMETRY:
                self.ages[said.boot, said.seq] = list(said.body[1])
            self.rows.append((at, cls, said.boot, said.seq, said.uptime))

    def of(self, cls: str) -> list[tuple[float, float, int, int]]:
        """Of a class: when it was handed over, when it was made, boot and number."""
        return [(at, self.zeros[boot] + uptime, boot, seq) for at, one, boot, seq, uptime in self.rows if one == cls]

    def sampled(self) -> list[tuple[float, float]]:
        """Of each row of telemetry when it was handed over, and when it was measured."""
        return [
            (at, made - age) for at, made, boot, seq in self.of(TELEMETRY) for age in self.ages.get((boot, seq), ())
        ]

    def noted(self, code: int) -> list[float]:
        """When events of a number were made."""
        return [made for _, made, boot, seq in self.of(EVENT) if self.codes.get((boot, seq)) == code]
