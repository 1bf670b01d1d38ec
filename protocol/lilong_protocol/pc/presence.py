"""Who is there: never, online, asleep or offline, of each device, by what it said and by its silence."""

from collections.abc import Callable
from typing import NamedTuple

from ..registry import KIND_BY_NUMBER
from .message import Message
from .peer import Peer
from .supervision import ASLEEP, NEVER, OFFLINE, ONLINE, Supervision

AWAY_MS = 60_000  # (ours) a backend that was away for less need not say so
UNKNOWN_OFFLINE_S = 180  # (ours) of a device that never said how long its silence may last


class Planned(NamedTuple):
    """What is known of a device before it has said anything: the silence that proves loss, and whether it sleeps."""

    offline_s: int
    always_on: bool


class Presence:
    """Supervision of every device that was heard of. Times are epoch ms."""

    def __init__(self, peer: Callable[[str], Peer], planned: Callable[[str], Planned | None]) -> None:
        self.supervision = Supervision()
        self._peer = peer
        self._planned = planned
        self._changed: dict[str, str] = {}
        self._lost: list[str] = []

    def state(self, device: str) -> str:
        return self.supervision.state(device)

    def alive(self, now_ms: int, message: Message) -> None:
        """A fresh frame in person is a sign of life, unless it is of an earlier boot."""
        peer = self._peer(message.device)
        if message.frame.boot == peer.session.boot and self.supervision.heard(now_ms, peer.device, *self._link(peer)):
            self._tell(peer.device)

    def presumed(self, now_ms: int, device: str) -> None:
        """Known from a retained birth: its silence counts from now."""
        self._presume(now_ms, device, 0, False)

    def restored(self, now_ms: int, devices: dict[str, tuple[int, bool]]) -> list[str]:
        """After a restart, with the `silence` of each: it goes on where it stood when any of them was heard last.

        The devices whose silence must be stored anew, since that was long ago.
        """
        until_ms = max((since_ms for since_ms, _ in devices.values()), default=0)
        for device, (since_ms, lost) in devices.items():
            self._presume(now_ms, device, until_ms - since_ms, lost)
        self._changed = {}
        return list(devices) if now_ms > until_ms + AWAY_MS else []

    def hinted(self, now_ms: int, device: str) -> None:
        """The broker says that its connection broke."""
        if self.supervision.state(device) == NEVER:
            self.presumed(now_ms, device)
        if self.supervision.hint(device):
            self._tell(device)

    def step(self, now_ms: int) -> None:
        """Silence that has lasted long enough."""
        for device in self.supervision.step(now_ms):
            self._tell(device)
            if self.supervision.lost(device):
                self._lost.append(device)

    def take_changed(self) -> dict[str, str]:
        """The states that changed since the last call."""
        if not self._changed:
            return {}
        changed, self._changed = self._changed, {}
        return changed

    def take_lost(self) -> list[str]:
        """The devices that silence has proved lost since the last call."""
        if not self._lost:
            return []
        lost, self._lost = self._lost, []
        return lost

    def _presume(self, now_ms: int, device: str, silent_ms: int, lost: bool) -> None:
        peer = self._peer(device)
        if self.supervision.presumed(now_ms, device, *self._link(peer), peer.session.alive, silent_ms, lost):
            self._tell(device)

    def _tell(self, device: str) -> None:
        self._changed[device] = self.supervision.state(device)

    def _link(self, peer: Peer) -> tuple[int, bool]:
        """Offline after ms, and whether it sleeps: as its birth says, else its kind, else as planned."""
        session = peer.session
        planned = self._planned(peer.device)
        if planned is None and session.kind in KIND_BY_NUMBER:
            link = KIND_BY_NUMBER[session.kind].link
            planned = Planned(link.offline_s, link.always_on)
        offline_s = session.offline_s or (UNKNOWN_OFFLINE_S if planned is None else planned.offline_s)
        always_on = session.always_on if session.kind is not None or planned is None else planned.always_on
        return offline_s * 1000, not always_on


__all__ = ["ASLEEP", "NEVER", "OFFLINE", "ONLINE", "Planned", "Presence"]
