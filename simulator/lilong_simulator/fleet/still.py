"""Devices of which nothing but beats is to be expected: told many at a time, when somebody asks or something comes.

Most of what an estate says are heartbeats and telemetry that follow from nothing but the time. One by one each would
find its device's memory cold and be a step of the calendar; what they say is the firmware's own: it makes one cycle of
beats, from one telemetry to the next, and as long as its device is still the others differ in number and time alone.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from lilong_firmware.effects import NEVER
from lilong_firmware.session import ONLINE, TIME_WANTED_AFTER_MS
from lilong_protocol.frame import Frame

from .spoken import said_of

if TYPE_CHECKING:
    from .virtual_member import Member

Told = Callable[[int, str, str, Frame, bytes | None], None]
"""Virtual time, device, class, content and bytes, where it has any, of a message that was sent."""
WORTH = 2  # beats


class Listener(Protocol):
    """The backend: it takes what a still device says without a word."""

    def rests(self, arrival: int, device: str) -> bool:
        """Whether it will, from a time of arrival on; it need not look after the device until that `stirs`."""

    def heard(self, arrival: int, device: str) -> None:
        """When the last of it arrived, or will have."""

    def stirs(self, device: str) -> None:
        """From now on it hears each message by itself again."""


class Cycle:
    """What is said at each beat of a cycle, and what a row of telemetry holds."""

    __slots__ = ("beats", "row", "whole")

    def __init__(self) -> None:
        self.beats: list[list[tuple[str, int, dict[int, Any]]]] = []
        self.row: dict[int, int] = {}
        self.whole = False


class Still:
    """The still devices of a fleet whose frames are `Spoken`."""

    def __init__(self, told: Told, backend: Listener) -> None:
        self._told = told
        self._backend = backend
        self._members: dict[str, tuple[Member, Cycle]] = {}

    def begin(self, member: "Member", due: int) -> int:
        """When the device must be called if it is still from now on; `due`, its next deadline, where it is not."""
        device = member.device
        session = device.session
        if (
            session.state != ONLINE or session._flying is not None or session._next_at < NEVER or session.later
            or session._timed_at is None or len(device.outbox) or device._late
            or member.flash is not None or member.fault is not None
        ):  # fmt: skip
            return due
        beat = session._beat_at
        wants_time = session._timed_at + TIME_WANTED_AFTER_MS
        until = min(device.sampling.deadline(), device.rules.deadline, wants_time)
        if until - beat < WORTH * session._beat_ms or not self._rests(beat, member):
            return due
        member.still = True
        if member.id not in self._members:
            self._members[member.id] = member, Cycle()
        return until + member.base

    def end(self, member: "Member", before: int) -> None:
        """Something is about to happen to the device at or after the virtual time `before`."""
        member.still = False
        self._tell(member, self._members.pop(member.id)[1], before)
        self._backend.stirs(member.id)
        device = member.device
        device.deadline = min(device.session.deadline(), device.sampling.deadline(), device.rules.deadline)

    def catch_up(self, before: int) -> None:
        """Tell what all have said before a virtual time. They stay still."""
        for member, cycle in self._members.values():
            self._tell(member, cycle, before)

    # ---- inside

    def _rests(self, beat: int, member: "Member") -> bool:
        return self._backend.rests(beat + member.base + member.delay, member.id)

    def _tell(self, member: "Member", cycle: Cycle, before: int) -> None:
        base = member.base
        session = member.device.session
        at = session._beat_at
        end = before - base
        if at >= end:
            return
        beat_ms, rows = session._beat_ms, session._telemetry_ms > 0
        uplink: Any = member.device.uplink  # a SpokenUplink
        while at < end:
            phase = len(session._rows) if rows else 0
            if cycle.whole and phase < len(cycle.beats):
                for cls, kind, body in cycle.beats[phase]:
                    said, data = uplink.say(at, kind, cls, body)
                    self._told(at + base, member.id, cls, said, data)
                if rows:
                    session._rows = [*session._rows, (at, cycle.row)] if phase + 1 < len(cycle.beats) else []
                session._beat_at = at + beat_ms
            else:
                self._learn(member, cycle, at, phase)
            at += beat_ms
        self._backend.heard(at - beat_ms + base + member.delay, member.id)

    def _learn(self, member: "Member", cycle: Cycle, at: int, phase: int) -> None:
        """The firmware's own beat; one that follows those of the cycle is of it."""
        device = member.device
        session = device.session
        session._beat(at)
        sent, device.out = device.out, []
        for effect in sent:
            self._told(at + member.base, member.id, effect[1], said_of(effect[2]), effect[2] or None)
        if not cycle.whole and phase == len(cycle.beats):
            cycle.beats.append([(effect[1], effect[2].said.kind, effect[2].said.body) for effect in sent])
            cycle.whole = not session._rows
            if session._rows:
                cycle.row = session._rows[-1][1]
