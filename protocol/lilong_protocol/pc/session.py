"""What a backend knows of the session of one device: which boot, which connection, alive or not, since when."""

from typing import Any

from ..frame import Frame
from .clock import BootClock

# What a birth was.
NEW, AGAIN, STALE, ROLLBACK = "new", "again", "stale", "rollback"


class Session:
    """The latest boot and connection of a device.

    A birth with a lower boot is refused, a death counts only against the very connection that it names, and
    both may come late or twice. A retained birth tells who was there, not when: it sets no clock.
    """

    __slots__ = (
        "alive", "always_on", "beat_s", "birth_seq", "boot", "clock", "connection", "earlier", "firmware", "kind",
        "last_ms", "live", "nonce", "offline_s",
    )  # fmt: skip

    def __init__(self) -> None:
        self.boot = -1  # none heard of
        self.connection = 0
        self.birth_seq: int | None = None  # of the last birth of this connection; None: not known
        self.nonce: bytes | None = None  # of this boot; None until a birth or a heartbeat told it
        self.kind: int | None = None
        self.firmware: str | None = None
        self.beat_s: int | None = None
        self.offline_s: int | None = None
        self.always_on = True
        self.alive = False  # no death of this connection: a hint, since only silence proves loss
        self.live = False  # heard in person in this boot, not from a retained birth alone
        self.clock: BootClock | None = None
        self.earlier: tuple[int, int] | None = None  # (boot, epoch ms of its start) of the boot before
        self.last_ms: int | None = None  # epoch ms of the last frame heard in person

    def birth(self, frame: Frame, retained: bool) -> str:
        """Take a checked birth; NEW, AGAIN (no effect), STALE or ROLLBACK (refused)."""
        body = frame.body
        connection = body[1]
        if frame.boot < self.boot:
            return ROLLBACK
        if frame.boot == self.boot:
            if connection < self.connection:
                return STALE
            if connection == self.connection:
                # Told again: as it was asked to, or in a new key epoch. Its number says that it is no replay.
                later = self.birth_seq is not None and frame.seq > self.birth_seq
                if retained or (not later and (self.live or not self.alive)):
                    return AGAIN
        self._enter(frame.boot)
        self.connection = connection
        self.birth_seq = frame.seq
        self.nonce = frame.nonce
        self.kind, self.firmware = body[0], body.get(2)
        self.beat_s, self.offline_s = body.get(3), body.get(4)
        self.always_on = body.get(5) is not False
        self.alive = True
        return NEW

    def death(self, frame: Frame) -> bool:
        """Take a checked death (the broker's will); True when it was this connection's and is news."""
        boot, connection = frame.boot, frame.body[0]
        if boot > self.boot or (boot == self.boot and connection > self.connection):
            self._enter(boot)  # the birth is unknown to us: it died before we were there
            self.connection = connection
            self.birth_seq = None  # that birth may still come, and would be of a connection that has ended
            self.alive = False
            return True
        if boot != self.boot or connection != self.connection or not self.alive:
            return False
        self.alive = False
        return True

    def heard(self, now_ms: int, frame: Frame) -> bool:
        """A fresh frame arrived in person; False when it is of an earlier boot and tells nothing of this one."""
        if frame.boot < self.boot:
            return False
        self._enter(frame.boot)
        if frame.nonce is not None:
            self.nonce = frame.nonce
        if self.clock is None:
            self.clock = BootClock(now_ms - frame.uptime, now_ms)
        else:
            self.clock.heard(now_ms, frame.uptime)
        self.alive = self.live = True
        self.last_ms = now_ms
        return True

    def when(self, now_ms: int, frame: Frame) -> tuple[int | None, int]:
        """Epoch ms (earliest, latest) at which `frame` was sealed; earliest None when nobody can tell.

        Uptime and the boot's start where the boot is known, else the device's own clock, else an interval.
        """
        boot: int = frame.boot
        start = None
        if boot == self.boot and self.clock is not None:
            start = self.clock.boot_ms
        elif self.earlier is not None and boot == self.earlier[0]:
            start = self.earlier[1]
        if start is not None:
            at = min(now_ms, start + frame.uptime)
        elif frame.epoch is not None and frame.quality is not None:
            at = min(now_ms, frame.epoch)
        else:
            latest = now_ms
            if boot < self.boot and self.clock is not None:
                latest = min(now_ms, self.clock.boot_ms)
            return None, latest
        return at, at

    def _enter(self, boot: int) -> None:
        """A later boot than the one known begins."""
        if boot <= self.boot:
            return
        if self.clock is not None:
            self.earlier = (self.boot, self.clock.boot_ms)
        self.boot = boot
        self.connection = 0
        self.birth_seq = None
        self.nonce = None
        self.clock = None
        self.live = False
        self.alive = True

    def save(self) -> dict[str, Any]:
        """All of it as plain values, by name."""
        clock = self.clock
        return {
            "boot": self.boot, "connection": self.connection, "birth_seq": self.birth_seq,
            "nonce": self.nonce, "kind": self.kind, "firmware": self.firmware,
            "beat_s": self.beat_s, "offline_s": self.offline_s, "always_on": self.always_on,
            "alive": self.alive, "live": self.live, "last_ms": self.last_ms,
            "boot_ms": clock.boot_ms if clock else None, "clock_at": clock.at_ms if clock else None,
            "earlier_boot": self.earlier[0] if self.earlier else None,
            "earlier_ms": self.earlier[1] if self.earlier else None,
        }  # fmt: skip

    def load(self, saved: dict[str, Any]) -> None:
        """Take back what `save` gave."""
        for name in (
            "boot", "connection", "nonce", "kind", "firmware", "beat_s", "offline_s", "last_ms",
        ):  # fmt: skip
            setattr(self, name, saved[name])
        self.birth_seq = saved.get("birth_seq")  # rows of before have none
        for name in ("always_on", "alive", "live"):
            setattr(self, name, bool(saved[name]))
        if saved["boot_ms"] is not None:
            self.clock = BootClock(saved["boot_ms"], saved["clock_at"])
        if saved["earlier_boot"] is not None:
            self.earlier = (saved["earlier_boot"], saved["earlier_ms"])
