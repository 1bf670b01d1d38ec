"""A roll-out in waves, sans-io: which devices are to be offered the release now, and when it must stop.

Whoever carries it out tells it what is seen of each device, some times a second, and offers it to those that `look`
gives. A wave opens when all of the one before have ended, or were not there for `wait_ms`; and it ends all when more
than the share `stop_at` of the devices of the waves that were opened have failed. It is plain values, for JSON.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from math import ceil
from typing import Any

from lilong_protocol import frame
from lilong_protocol.pc.presence import ASLEEP, NEVER, OFFLINE
from lilong_protocol.pc.updates import CHUNK_MAX

# What has become of a device.
WAITING, OFFERED, FETCHING, INSTALLING = "waiting", "offered", "fetching", "installing"
UPDATED, AWAY = "updated", "away"
REFUSED, GAVE_UP, ROLLED_BACK, SILENT = "refused", "gave up", "rolled back", "silent"
FAILURES = frozenset((REFUSED, GAVE_UP, ROLLED_BACK, SILENT))
ENDED = FAILURES | {UPDATED, AWAY}
BUSY = frozenset((OFFERED, FETCHING, INSTALLING))

RUNNING, STOPPED, DONE = "running", "stopped", "done"
TRIES = 3  # (ours) offers to a device that gives up fetching: the backend may have been away
AGAIN_MS = 90_000  # (ours) without a request from who fetches: it gives up after 60 s
VERIFIED = 2  # a state that a device tells


@dataclass(frozen=True)
class Seen:
    """Of one device: its session; whether the offer has left for it; and its progress as it has told it itself."""

    session: str = NEVER
    sent: bool = False
    state: int | None = None
    have: int = 0
    code: int | None = None
    version: str | None = None


@dataclass
class Member:
    """A device of the roll-out. wave: from 1, 0 before its wave is opened. since_ms: of its last sign of progress."""

    device: str
    wave: int = 0
    state: str = WAITING
    since_ms: int = 0
    have: int = 0
    code: int | None = None
    version: str | None = None
    told: int | None = None
    whole: bool = False  # it has all of it
    tries: int = 0


@dataclass
class Rollout:
    """waves: how many devices have been offered it at the end of each, rising. at_once: devices that fetch at a time.

    Times are epoch ms.
    """

    members: list[Member]
    waves: list[int]
    stop_at: float
    wait_ms: int
    at_once: int
    size: int
    wave: int = 0  # that is open, from 1
    state: str = RUNNING
    why: str = ""
    opened_ms: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._by_id = {member.device: member for member in self.members}

    # ---- plain values

    def save(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def load(cls, saved: Mapping[str, Any]) -> "Rollout":
        values = dict(saved)
        values["members"] = [Member(**member) for member in values["members"]]
        return cls(**values)

    def resumed(self, now_ms: int, again: bool = False) -> None:
        """Nobody looked for a while: who is being updated is offered it anew. again: who has failed is, too."""
        for member in self.members:
            if member.state in (OFFERED, FETCHING, AWAY) or (again and member.state in FAILURES):
                member.state, member.tries, member.code, member.whole = WAITING, 0, None, False
            member.since_ms = now_ms
        self.state, self.why = RUNNING, ""

    # ---- in and out

    def look(self, now_ms: int, seen: Mapping[str, Seen]) -> list[str]:
        """What is seen now of the devices; those that are to be offered the release now."""
        for member in self.members:
            if member.wave and member.state != WAITING:
                self._follow(now_ms, member, seen.get(member.device, Seen()))
        if self.state != RUNNING:
            return []
        failed, opened = self.failures, self.opened
        if failed > self.stop_at * opened:
            self.state = STOPPED
            self.why = f"{failed} of {opened} devices have failed, and at most {self.stop_at:.3g} of them may"
            return []
        self._open(now_ms, seen)
        return self._next(now_ms, seen) if self.state == RUNNING else []

    def stop(self, why: str) -> None:
        self.state, self.why = STOPPED, why

    # ---- what is to be seen

    @property
    def opened(self) -> int:
        """Devices of the waves so far."""
        return sum(1 for member in self.members if member.wave)

    @property
    def failures(self) -> int:
        return sum(1 for member in self.members if member.state in FAILURES)

    def count(self, wave: int | None = None) -> dict[str, int]:
        """Devices by state, of a wave or of all."""
        counts: dict[str, int] = {}
        for member in self.members:
            if wave in (None, member.wave):
                counts[member.state] = counts.get(member.state, 0) + 1
        return counts

    def busy(self) -> list[str]:
        """Devices of which something is still to come."""
        return [member.device for member in self.members if member.state in BUSY or member.state == AWAY]

    # ---- inside

    def _follow(self, now_ms: int, member: Member, seen: Seen) -> None:
        if seen.code is not None:
            if member.code is None:
                self._ended(now_ms, member, seen)
            return
        if (seen.state, seen.have) != (member.told, member.have):
            member.told, member.have, member.since_ms = seen.state, seen.have, now_ms
            member.whole = member.whole or (seen.state or 0) >= VERIFIED
            member.state = INSTALLING if member.whole else FETCHING
        there = seen.session not in (NEVER, OFFLINE)
        if member.state == OFFERED and seen.session == ASLEEP:
            member.since_ms = now_ms  # it is offered when it wakes
        quiet_ms = now_ms - member.since_ms
        if member.state in BUSY and quiet_ms >= self.wait_ms:
            member.state = AWAY if member.state == OFFERED and not there else SILENT
        elif member.state == FETCHING and there and quiet_ms >= AGAIN_MS and member.tries < TRIES:
            member.state = WAITING  # it has restarted, and goes on with what it has

    def _ended(self, now_ms: int, member: Member, seen: Seen) -> None:
        whole = member.whole or (seen.state or 0) >= VERIFIED or seen.have + CHUNK_MAX >= self.size
        member.code, member.version, member.since_ms = seen.code, seen.version, now_ms
        member.have = max(seen.have, member.have)
        if seen.code == frame.OK:
            member.state, member.have = UPDATED, self.size
        elif seen.code != frame.EXPIRED:
            member.state = REFUSED
        elif whole:
            member.state = ROLLED_BACK
        elif member.tries < TRIES:
            member.state, member.code = WAITING, None
        else:
            member.state = GAVE_UP

    def _open(self, now_ms: int, seen: Mapping[str, Seen]) -> None:
        """The next wave, when all of this one have ended."""
        now_open = [member for member in self.members if member.wave]
        if any(member.state not in ENDED for member in now_open):
            return
        if self.wave and self.wave == len(self.waves):
            self.state = DONE
            return
        of_this = self.count(self.wave)
        if self.wave and not of_this.get(UPDATED):
            self.stop(f"no device of wave {self.wave} has taken it, so that nothing speaks for the next")
            return
        ahead = [member for member in self.members if not member.wave]
        ahead.sort(key=lambda member: seen.get(member.device, Seen()).session in (NEVER, OFFLINE))
        self.wave += 1
        self.opened_ms.append(now_ms)
        for member in ahead[: self.waves[self.wave - 1] - len(now_open)]:
            member.wave = self.wave

    def _next(self, now_ms: int, seen: Mapping[str, Seen]) -> list[str]:
        """Of the waves that are open, as many as may fetch at a time; who sleeps or is away takes no place."""
        there = {device for device, one in seen.items() if one.session not in (NEVER, OFFLINE, ASLEEP)}
        room = self.at_once - sum(1 for m in self.members if m.state in BUSY and (m.device in there or m.whole))
        chosen = []
        for member in self.members:
            if not member.wave or member.state != WAITING:
                continue
            if member.device in there:
                if room <= 0:
                    continue
                room -= 1
            member.state, member.since_ms, member.have, member.told = OFFERED, now_ms, 0, None
            member.tries += 1
            chosen.append(member.device)
        return chosen


def planned(
    devices: Iterable[str], shares: Sequence[float], stop_at: float, wait_ms: int, at_once: int, size: int, number: int
) -> Rollout:
    """A roll-out to all of `devices`. shares: of them, rising to 1, at the end of each wave.

    The order is drawn by the artifact's number, so that a wave is not one building.
    """
    order = sorted(set(devices), key=lambda device: sha256(f"{number}/{device}".encode()).digest())
    waves = [ceil(share * len(order) - 1e-9) for share in shares]
    return Rollout([Member(device) for device in order], sorted(set(waves)), stop_at, wait_ms, at_once, size)
