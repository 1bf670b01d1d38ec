"""A recording replayed against a broker, at any speed, open loop: all is due at its time, whatever happens."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from math import inf
from typing import Any

from lilong_firmware.session import LINGER_MS
from lilong_protocol.registry import ALARM

from ..estate.parts import device_id
from ..feed import FeedEvent
from ..fleet.live import Target
from ..truth import TruthRow
from .fresh import Keys, Times, Voice, fields_of
from .lines import Said
from .recorded import Contents, Source
from .recording import LoadRecorder
from .refusals import Refusals
from .replay_link import OBSERVED, STORED_ACK
from .replayed import Replayed, ReplayedFleet
from .result import ShardResult

DRAIN_S = 10.0  # how long a backend may take to store the last alarm
SILENT_S = 2.0  # and one of which nothing has been heard at all
SLICE_S = 0.004
LOOK_S = 0.05
NO_FRAME = "what was recorded is no frame"

KeysOf = Callable[[str, str], Keys]


class ReplayRecorder(LoadRecorder):
    """As of a live run; events of one device may be in flight together, since nothing waits here."""

    def sent(self, at: float, device: str, cls: str, frame: bytes, due: float | None) -> None:
        super().sent(at, device, cls, frame, due)
        self._event_due.pop(device, None)


@dataclass(frozen=True)
class ReplaySettings:
    """What is replayed, and how. keys_of: of a tenant's device. copies: each a tenant of its own, the first as it was.

    boot: of every device at its first birth. accept: what tells that an alarm has been taken over, as of a scenario.
    """

    source: Source
    contents: Contents
    target: Target
    keys_of: KeysOf
    speed: float = 1.0
    copies: int = 1
    boot: int = field(default_factory=lambda: int(time.time()))
    accept: str = STORED_ACK


def place_of(tenant: str, device: str, copy: int) -> tuple[str, str]:
    """Tenant and id of a device in a copy, from 1; the first is what was recorded."""
    if copy == 1:
        return tenant, device
    there = f"{tenant}_{copy}"
    return there, device_id(there, device)


class ReplayRun:
    """One replay; `clock` is its time in ms, `epoch_zero` the Unix time in ms at its zero."""

    def __init__(self, settings: ReplaySettings, drain_s: float = DRAIN_S, silent_s: float = SILENT_S) -> None:
        self.settings = settings
        self._drain_s = drain_s
        self._silent_s = min(silent_s, drain_s)
        self._zero_ns = time.monotonic_ns()
        self.epoch_zero = time.time() * 1000
        self.recorder = ReplayRecorder(self.clock)
        self.recorder.boot = settings.boot
        contents = settings.contents
        self.recorder.quiet_classes -= contents.answered
        self._places = [
            place_of(tenant, device, copy)
            for copy in range(1, settings.copies + 1)
            for device, tenant in contents.devices.items()
        ]
        self.refusals = Refusals(self._crowds, self.recorder.linked, self.clock)
        self.cut: str | None = None  # where the recording ends before its end
        self.began: float | None = None  # the run's clock at the first row
        self.ended: float | None = None  # and when the last one was due and said
        self.lost = 0  # devices that should be connected at the end, and are not
        self.fleet: ReplayedFleet | None = None
        self._stopping = asyncio.Event()

    def clock(self) -> float:
        """Milliseconds since the run began."""
        return (time.monotonic_ns() - self._zero_ns) / 1e6

    @property
    def places(self) -> list[tuple[str, str]]:
        """Tenant and id of every device of every copy."""
        return self._places

    @property
    def stopped(self) -> bool:
        return self._stopping.is_set()

    @property
    def duration_s(self) -> float:
        """Of the replay, at its speed."""
        contents = self.settings.contents
        return (contents.last - contents.first) / 1000 / self.settings.speed

    @property
    def troubles(self) -> dict[str, int]:
        """Why links broke or could not be had, and what could not be said, and how often."""
        return {} if self.fleet is None else dict(self.fleet.troubles)

    def stop(self) -> None:
        """End early: what has been said is judged."""
        self._stopping.set()

    def observed(self, event: FeedEvent) -> None:
        """The backend's feed tells of an alarm."""
        member = None if self.fleet is None else self.fleet.members.get(event.device)
        if member is not None and event.event == "stored" and self.settings.accept == OBSERVED:
            member.taken(event.boot, event.seq)

    async def play(self) -> None:
        """Say everything at its time, then wait until what was raised is stored, or nothing more can be expected.

        NotOnline when the broker lets nobody in.
        """
        settings, contents = self.settings, self.settings.contents
        linger = round(LINGER_MS / min(1.0, settings.speed))
        fleet = self.fleet = ReplayedFleet(settings.target, self.recorder, self.clock, settings.boot, linger)
        fleet.answered = frozenset(contents.answered)
        fleet.accept = settings.accept
        times = Times(settings.speed, contents.first, contents.epoch_zero, time.time() * 1000)
        members: dict[str, list[Replayed]] = {}
        for copy in range(1, settings.copies + 1):
            for device, tenant in contents.devices.items():
                place = place_of(tenant, device, copy)
                voice = Voice(*place, settings.keys_of(*place), settings.boot, times)
                members.setdefault(device, []).append(fleet.add(voice))
        await self._say(settings.source.rows(), members)
        self.ended = self.clock()
        self.lost = sum(1 for member in fleet.members.values() if not member.stands)
        while not self.stopped and self._waiting(fleet):
            heard = self.recorder.accepted or self.recorder.stored_frames
            if self.clock() > self.ended + 1000 * (self._drain_s if heard else self._silent_s):
                break
            await self._pause(LOOK_S)
        self.cut = settings.source.cut

    async def close(self) -> None:
        """Leave in good order; what has no PUBACK by then is in flight."""
        self.recorder.over = True
        if self.fleet is None:
            return
        for member in self.fleet.members.values():
            for cls in member.in_flight():
                self.recorder.measures.counts_of(cls).in_flight += 1
        await self.fleet.close()

    def result(self) -> ShardResult:
        """What it came to: a row of truth for each alarm that the recording raises."""
        began, ended = self.began or 0.0, self.ended if self.ended is not None else self.clock()
        rows = [
            TruthRow(
                alarm.id, alarm.device, alarm.device, alarm.code,
                ALARM[alarm.code].name if alarm.code in ALARM else str(alarm.code), "must", int(alarm.decided),
                "recorded",
            )
            for alarm in self.recorder.alarms.values()
        ]  # fmt: skip
        return ShardResult(
            (0,), 1, self.recorder, rows, [], None if self.began is None else 0.0, self.epoch_zero, inf,
            round((ended - began) / 1000, 1), len(self._places), self.lost, None, self.troubles,
            self.refusals.counted,
        )  # fmt: skip

    # ---- inside

    def _crowds(self) -> list[ReplayedFleet]:
        return [] if self.fleet is None else [self.fleet]

    async def _say(self, rows: Iterator[Said], members: dict[str, list[Replayed]]) -> None:
        first, speed = self.settings.contents.first, self.settings.speed
        fleet = self.fleet
        assert fleet is not None
        zero = self.began = self.clock()
        slice_end = time.monotonic() + SLICE_S
        for at, _, device, cls, data, _ in rows:
            due = zero + (at - first) / speed
            while due > (now := self.clock()) and not self.stopped:
                await self._pause(min((due - now) / 1000, 0.5))
                self.refusals.look(len(self._places), len(self._places))
                slice_end = time.monotonic() + SLICE_S
            if time.monotonic() > slice_end:
                await asyncio.sleep(0)
                self.refusals.look(len(self._places), len(self._places))
                slice_end = time.monotonic() + SLICE_S
            if self.stopped:
                return
            fields: dict[int, Any] | None = None
            if cls:
                fields = fields_of(data)
                if fields is None:
                    fleet.trouble(device, NO_FRAME)
                    continue
            for member in members.get(device, ()):
                self.recorder.lag(self.clock() - due)
                if fields is None:
                    member.end()
                else:
                    member.say(due, cls, fields)

    def _waiting(self, fleet: ReplayedFleet) -> bool:
        return any(member.busy or member.unstored for member in fleet.members.values())

    async def _pause(self, seconds: float) -> None:
        """Sleep, or less when the run is stopped."""
        try:
            await asyncio.wait_for(self._stopping.wait(), max(seconds, 0.0))
        except TimeoutError:
            pass
