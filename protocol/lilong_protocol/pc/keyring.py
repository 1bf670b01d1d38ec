"""The keys of one device in the epochs that count: the one in use, the one before, the one asked for."""

from typing import Any

from .. import frame, topics
from ..keys import frame_key
from ..seal import UP, Seal, SealError
from .downlink import Downlink

LATE_MS = 3_600_000  # (ours) a device that has connected empties its queue in this time


class Keyring:
    """Opens uplinks with the epoch in use, then the one before, then the one asked for (LIL-KEY-005).

    An epoch counts as in use as soon as a frame of the device was sealed in it; downlinks follow it from then on.
    The one before is given up when a birth in the one in use has reported an empty outbox and no event is missing
    (LIL-KEY-006). From then on it opens but two things: the will of the connection that began in it; and events, which
    wait behind the birth, until one of the epoch in use has had its turn, or an hour after the last birth.
    """

    __slots__ = (
        "_before", "_late", "_seal", "_will", "asked", "before", "device", "downlink", "emptied", "epoch", "followed",
        "late", "late_ms", "root", "tenant", "used", "will",
    )  # fmt: skip

    def __init__(
        self, tenant: str, device: str, root: bytes, epoch: int = 0, before: int | None = None, asked: int | None = None
    ) -> None:
        self.tenant = tenant
        self.device = device
        self.root = root
        self.before: int | None = None  # still opened
        self._before: Seal | None = None
        self.asked: int | None = None
        self.will: int | None = None  # of which a death is opened still
        self._will: Seal | None = None
        self.late: int | None = None  # of which events are opened still
        self._late: Seal | None = None
        self.late_ms = 0  # epoch ms of the last birth in the epoch in use
        self.emptied = False  # that birth told of an empty outbox
        self.followed = False  # an event of the epoch in use has come
        self._load(epoch, before, asked)

    def open(self, now_ms: int, cls: str, data: bytes) -> bytes:
        """The payload of an uplink frame that came at epoch ms `now_ms`, whichever epoch it is of.

        SealError when none fits. What the payload is decides whether it `lets` it count.
        """
        try:
            payload = self._seal.open(cls, data)
        except SealError as error:
            if not error.forged:
                raise
            return self._open_other(now_ms, cls, data, error)
        self.used = self.epoch
        return payload

    def ask(self, epoch: int) -> None:
        """The device is going to be told to use `epoch`; ValueError when frames of it could not be opened then."""
        if epoch <= self.epoch:
            raise ValueError(f"key epoch {epoch} of {self.device}: it uses {self.epoch} already; give a higher one")
        if self.asked not in (None, epoch):  # which it may use by now, unheard
            raise ValueError(
                f"key epoch {epoch} of {self.device}: it was asked to use {self.asked}; ask again when it has answered"
            )
        if self.before is not None:
            raise ValueError(
                f"key epoch {epoch} of {self.device}: it may still hold events and alarms of epoch {self.before}; ask "
                "again after a birth that reports an empty outbox, when no event is missing"
            )
        self.asked = epoch

    def refused(self) -> None:
        """The device does not take the epoch that it was asked for."""
        self.asked = None

    def lets(self, kind: int) -> bool:
        """A message of this kind counts, in the epoch in which the frame opened last was sealed."""
        if self.used in (self.epoch, self.before):
            return True
        return (kind == frame.DEATH and self.used == self.will) or (kind == frame.EVENT and self.used == self.late)

    def born(self, now_ms: int, anew: bool, empty: bool) -> None:
        """The frame opened last was a birth. `anew`: of another connection, which has brought a will of its own.

        `empty`: its outbox holds no alarm frame that was sealed earlier; events may wait behind it all the same.
        """
        if self.used != self.epoch:
            return
        if anew:
            self.will = self._will = None
        elif self.before is not None:
            self.will, self._will = self.before, self._before
        self.emptied, self.late_ms = empty, now_ms

    def settle(self, gap: bool) -> None:
        """After a birth or an event: give up what nothing can be of any more. `gap`: events are being waited for."""
        if gap:
            return
        if self.before is not None and self.emptied:
            self.late, self._late = self.before, self._before
            self.before = self._before = None
        if self.followed and self.before is None:
            self.late = self._late = None

    def save(self) -> list[Any]:
        return [
            self.epoch, self.before, self.asked, self.will, self.late, self.late_ms, self.emptied, self.followed,
        ]  # fmt: skip

    def restore(self, saved: list[Any]) -> None:
        """Take back what `save` gave. An epoch that the keys ask for since is asked for."""
        given = self.asked
        saved = [*saved, *(None, None, 0, False, False)[len(saved) - 3 :]]  # rows of before have fewer
        epoch, before, asked = saved[0] or 0, saved[1], saved[2]
        self._load(epoch, before, given if asked is None and given is not None and given > epoch else asked)
        self.will, self.late, self.late_ms, self.emptied, self.followed = saved[3:]
        self._will = None if self.will is None else self._seal_of(self.will)
        self._late = None if self.late is None else self._seal_of(self.late)

    def _load(self, epoch: int, before: int | None, asked: int | None) -> None:
        self.before, self.asked = before, asked
        self._use(epoch)
        self.used = epoch  # that of the frame opened last
        self._before = None if before is None else self._seal_of(before)

    def _open_other(self, now_ms: int, cls: str, data: bytes, refusal: SealError) -> bytes:
        earlier = [(self.before, self._before)]
        if cls == topics.STATE:
            earlier.append((self.will, self._will))
        elif cls == topics.EVENT and now_ms < self.late_ms + LATE_MS:
            earlier.append((self.late, self._late))
        for epoch, seal in earlier:
            if epoch is not None and seal is not None:
                try:
                    payload = seal.open(cls, data)
                except SealError:
                    continue
                self.used = epoch
                return payload
        if self.asked is None:
            raise refusal
        payload = self._seal_of(self.asked).open(cls, data)
        self.before, self._before = self.epoch, self._seal
        self._use(self.asked)
        self.used, self.asked = self.epoch, None
        self.emptied = self.followed = False
        return payload

    def _use(self, epoch: int) -> None:
        self.epoch = epoch
        self._seal = self._seal_of(epoch)
        self.downlink = Downlink(self.root, self.tenant, self.device, epoch)

    def _seal_of(self, epoch: int) -> Seal:
        return Seal(frame_key(self.root, UP, epoch), self.tenant, self.device, UP, epoch)
