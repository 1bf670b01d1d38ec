"""Rule 8: a backend declares a loss from silence, for as long as the device said it may be silent: never before, and
then at once. A last will is a hint: it proves nothing.
"""

from __future__ import annotations

from collections.abc import Callable

from lilong_protocol.frame import BIRTH, DEATH, Frame
from lilong_protocol.topics import STATE

SLACK_MS = 10_000  # (ours) from the end of the silence that proves it to the word
_OFFLINE_S = 4  # in the body of a birth

Violated = Callable[[float, str, str], None]


class _Silence:
    __slots__ = ("boot", "last", "lost", "offline_ms", "seen")

    def __init__(self, born: float) -> None:
        self.boot = 0
        self.last = born
        self.lost = False
        self.offline_ms = 0
        self.seen: dict[str, int] = {}  # by class, the last number of the present boot


class ProvedLoss:
    """All that arrives at a backend, and what it concludes. ms of the run's clock."""

    def __init__(self, violated: Violated) -> None:
        self.wills = 0
        self.losses = 0
        self._violated = violated
        self._of: dict[str, _Silence] = {}

    def arrived(self, at: float, device: str, cls: str, said: Frame) -> None:
        """A frame of a device; its will counts for nothing."""
        if said.kind == DEATH:
            self.wills += cls == STATE
            return
        known = self._of.get(device)
        if known is None:
            if said.kind != BIRTH:
                return
            known = self._of[device] = _Silence(at)
        if said.boot > known.boot:
            known.boot = said.boot
            known.seen.clear()
        if said.kind == BIRTH and said.boot == known.boot:
            known.offline_ms = said.body[_OFFLINE_S] * 1_000
        elif said.boot < known.boot or said.seq <= known.seen.get(cls, -1):
            return  # of a former life, or said again
        known.seen[cls] = said.seq
        self._look(at, device, known)
        known.last, known.lost = at, False

    def declared(self, at: float, device: str) -> None:
        """The backend says that it is lost."""
        self.losses += 1
        known = self._of.get(device)
        if known is None:
            return  # what was never heard
        known.lost = True
        if at - known.last < known.offline_ms:
            silent = f"{at - known.last:.0f} ms of silence, {known.offline_ms} prove it"
            self._violated(at, device, f"is declared lost after {silent}")

    def settle(self, now: float) -> None:
        """Who must have been declared lost by now?"""
        for device, known in self._of.items():
            self._look(now, device, known)

    def _look(self, now: float, device: str, known: _Silence) -> None:
        if not known.lost and now - known.last > known.offline_ms + SLACK_MS:
            known.lost = True
            self._violated(now, device, f"is silent since {known.last:.0f} ms, and nobody has declared it lost")
