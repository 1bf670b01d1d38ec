"""Devices of which nothing but beats is to be expected: told many at a time, when somebody asks or something comes.

Most of what an estate says are heartbeats and telemetry that follow from nothing but the time. One by one each would
find its device's memory cold and be a step of the calendar; what they say is the firmware's own: it makes one cycle of
beats, from one telemetry to the next, and as long as its device is still the others differ in number and time alone.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from lilong_firmware.device import Device
from lilong_firmware.effects import NEVER
from lilong_firmware.session import ONLINE, TIME_WANTED_AFTER_MS, Session
from lilong_protocol.frame import Frame

from .spoken import said_of

if TYPE_CHECKING:
    from .virtual_member import Member

Told = Callable[[int, int, int, str, str, Frame, bytes | list[bytes] | None], None]
"""Virtual time of the first, ms from one to the next, number, device, class, content of the first and bytes, where they
have any, of messages that were sent; they differ in time and number alone."""
WORTH = 2  # beats


class Listener(Protocol):
    """The backend: it takes what a still device says without a word."""

    def rests(self, arrival: int, device: str) -> bool:
        """Whether it will, from a time of arrival on; it need not look after the device until that `stirs`."""

    def heard(self, arrival: int, device: str) -> None:
        """When the last of it arrived, or will have."""

    def stirs(self, device: str) -> None:
        """From now on it hears each message by itself again."""


class Line:
    """What is said once in a cycle, at beat `phase` of it, or at every beat (-1)."""

    __slots__ = ("body", "cls", "kind", "phase")

    def __init__(self, phase: int, cls: str, kind: int, body: dict[int, Any]) -> None:
        self.phase, self.cls, self.kind, self.body = phase, cls, kind, body


class Cycle:
    """What is said at each beat of a cycle, and what a row of telemetry holds. `lines`: empty until it is whole."""

    __slots__ = ("beats", "lines", "row")

    def __init__(self) -> None:
        self.beats: list[list[tuple[str, int, dict[int, Any]]]] = []
        self.lines: list[Line] = []
        self.row: dict[int, int] = {}

    def end(self) -> None:
        """That was its last beat. Each class is said at one beat alone, or the same at every one; a cycle that is
        another way never becomes whole, and each of its beats is the firmware's own."""
        lines: list[Line] = []
        for cls in dict.fromkeys(said[0] for beat in self.beats for said in beat):
            all_said = [(phase, said) for phase, beat in enumerate(self.beats) for said in beat if said[0] == cls]
            phase, (_, kind, body) = all_said[0]
            if [at for at, _ in all_said] == list(range(len(self.beats))):
                phase = -1
            elif len(all_said) > 1:
                return
            if any(said[1:] != (kind, body) for _, said in all_said):
                return
            lines.append(Line(phase, cls, kind, body))
        self.lines = lines


class Still:
    """The still devices of a fleet whose frames are `Spoken`."""

    def __init__(self, told: Told, backend: Listener) -> None:
        self._told = told
        self._backend = backend
        self._members: dict[str, tuple[Member, Cycle]] = {}

    def begin(self, member: "Member", due: int) -> int:
        """When the device must be called if it is still from now on; `due`, its next deadline, where it is not."""
        device: Device = member.device
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
        device: Device = member.device
        device.deadline = min(device.session.deadline(), device.sampling.deadline(), device.rules.deadline)

    def catch_up(self, before: int) -> None:
        """Tell what all have said before a virtual time. They stay still."""
        for member, cycle in self._members.values():
            self._tell(member, cycle, before)

    # ---- inside

    def _rests(self, beat: int, member: "Member") -> bool:
        return self._backend.rests(beat + member.base + member.delay, member.id)

    def _tell(self, member: "Member", cycle: Cycle, before: int) -> None:
        session: Session = member.device.session
        at = session._beat_at
        end = before - member.base
        if at >= end:
            return
        while at < end:
            phase = len(session._rows) if session._telemetry_ms else 0
            if cycle.lines and phase < len(cycle.beats):
                count = (end - 1 - at) // session._beat_ms + 1
                self._repeat(member, cycle, at, phase, count)
            else:
                count = 1
                self._learn(member, cycle, at, phase)
            at += count * session._beat_ms
        self._backend.heard(at - session._beat_ms + member.base + member.delay, member.id)

    def _repeat(self, member: "Member", cycle: Cycle, at: int, phase: int, count: int) -> None:
        """The beats from `at` on, the first of them at a phase of the cycle."""
        session: Session = member.device.session
        beat_ms, period = session._beat_ms, len(cycle.beats)
        uplink: Any = member.device.uplink  # a SpokenUplink
        for line in cycle.lines:
            skipped = 0 if line.phase < 0 else (line.phase - phase) % period
            every = 1 if line.phase < 0 else period
            times = (count - skipped + every - 1) // every
            if times > 0:
                first, step = at + skipped * beat_ms, every * beat_ms
                said, data = uplink.say(first, step, times, line.kind, line.cls, line.body)
                self._told(first + member.base, step, times, member.id, line.cls, said, data)
        session._beat_at = at + count * beat_ms
        if session._telemetry_ms:
            rows = session._rows if phase + count < period else []
            fresh = (phase + count) % period - len(rows)
            session._rows = [*rows, *((session._beat_at - n * beat_ms, cycle.row) for n in range(fresh, 0, -1))]

    def _learn(self, member: "Member", cycle: Cycle, at: int, phase: int) -> None:
        """The firmware's own beat; one that follows those of the cycle is of it."""
        device: Device = member.device
        session = device.session
        session._beat(at)
        sent, device.out = device.out, []
        for effect in sent:
            said, data = said_of(effect[2]), effect[2] if len(effect[2]) else None
            self._told(at + member.base, 0, 1, member.id, effect[1], said, data)
        if not cycle.lines and phase == len(cycle.beats):
            cycle.beats.append([(effect[1], effect[2].said.kind, effect[2].said.body) for effect in sent])
            if session._rows:
                cycle.row = session._rows[-1][1]
            else:
                cycle.end()
