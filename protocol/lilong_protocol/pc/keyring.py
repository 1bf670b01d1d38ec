"""The keys of one device in the epochs that count: the one in use, the one before, the one asked for."""

from .. import topics
from ..keys import frame_key
from ..seal import UP, Seal, SealError
from .downlink import Downlink


class Keyring:
    """Opens uplinks with the epoch in use, then the one before, then the one asked for (LIL-KEY-005).

    An epoch counts as in use as soon as a frame of the device was sealed in it; downlinks follow it from then on.
    An epoch that was given up on the connection that began in it is that of the connection's will still.
    """

    __slots__ = (
        "_before", "_seal", "_will", "asked", "before", "device", "downlink", "epoch", "root", "tenant", "used", "will",
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
        self._load(epoch, before, asked)

    def open(self, cls: str, data: bytes) -> bytes:
        """The payload of an uplink frame, whichever epoch it is of; SealError when none fits."""
        try:
            payload = self._seal.open(cls, data)
        except SealError as error:
            if not error.forged or (self._before is None and self.asked is None and self._will is None):
                raise
            return self._open_other(cls, data, error)
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
                f"key epoch {epoch} of {self.device}: it may still hold alarms of epoch {self.before}; ask again after "
                "a birth that reports an empty outbox"
            )
        self.asked = epoch

    def refused(self) -> None:
        """The device does not take the epoch that it was asked for."""
        self.asked = None

    @property
    def only_death(self) -> bool:
        """The frame opened last was sealed in an epoch of which nothing but the will counts."""
        return self.used == self.will

    def born(self, anew: bool, empty: bool) -> None:
        """The frame opened last was a birth. `anew`: of another connection, which has brought a will of its own.

        `empty`: the device holds nothing any more that was sealed earlier (LIL-KEY-006), the broker perhaps its will.
        """
        if self.used != self.epoch:
            return
        if anew:
            self.will = self._will = None
        if empty and self.before is not None:
            if not anew:
                self.will, self._will = self.before, self._before
            self.before = self._before = None

    def save(self) -> list[int | None]:
        return [self.epoch, self.before, self.asked, self.will]

    def restore(self, saved: list[int | None]) -> None:
        """Take back what `save` gave. An epoch that the keys ask for since is asked for."""
        given = self.asked
        epoch, before, asked = saved[0] or 0, saved[1], saved[2]
        self._load(epoch, before, given if asked is None and given is not None and given > epoch else asked)
        self.will = saved[3] if len(saved) > 3 else None  # rows of before have none
        self._will = None if self.will is None else self._seal_of(self.will)

    def _load(self, epoch: int, before: int | None, asked: int | None) -> None:
        self.before, self.asked = before, asked
        self._use(epoch)
        self.used = epoch  # that of the frame opened last
        self._before = None if before is None else self._seal_of(before)

    def _open_other(self, cls: str, data: bytes, refusal: SealError) -> bytes:
        earlier = [(self.before, self._before)]
        if cls == topics.STATE:
            earlier.append((self.will, self._will))
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
        return payload

    def _use(self, epoch: int) -> None:
        self.epoch = epoch
        self._seal = self._seal_of(epoch)
        self.downlink = Downlink(self.root, self.tenant, self.device, epoch)

    def _seal_of(self, epoch: int) -> Seal:
        return Seal(frame_key(self.root, UP, epoch), self.tenant, self.device, UP, epoch)
