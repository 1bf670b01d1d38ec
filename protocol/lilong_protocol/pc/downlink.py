"""Sealing what a backend says to one device."""

from .. import frame, topics
from ..keys import frame_key
from ..seal import DOWN, Seal

OPERATOR_CHARACTERS = 64
REBIRTH, BACKFILL = 0, 1  # what a request wants

Sealed = tuple[str, bytes]  # topic class and frame


class Downlink:
    """Seals the frames to one device.

    `boot` and `nonce` are those of its present session, `deadline_ms` is an uptime of the device, `counter` must be
    above every earlier one of the boot.
    """

    __slots__ = ("_seal",)

    def __init__(self, root: bytes, tenant: str, device: str, epoch: int = 0) -> None:
        self._seal = Seal(frame_key(root, DOWN, epoch), tenant, device, DOWN, epoch)

    def _sealed(self, cls: str, payload: bytes) -> Sealed:
        return cls, self._seal.seal(cls, payload)

    def stored_ack(self, boot: int, seq: int, tag: bytes) -> Sealed:
        """The frame (boot, seq) with this 8-byte tag is durable. To be sent only when that is true."""
        return self._sealed(topics.ACK, frame.pack(frame.STORED_ACK, {0: tag}, ref=(boot, seq)))

    def operator_ack(
        self, ref: tuple[int, int], operator: str, counter: int, boot: int, nonce: bytes, deadline_ms: int
    ) -> Sealed:
        """A person has taken notice of the alarm whose raise was `ref`."""
        payload = frame.pack(
            frame.OPERATOR_ACK, {0: operator[:OPERATOR_CHARACTERS]}, counter=counter, ref=ref, target=boot,
            nonce=nonce, deadline=deadline_ms,
        )  # fmt: skip
        return self._sealed(topics.ACK, payload)

    def command(
        self, number: int, arguments: dict[int, int], counter: int, boot: int, nonce: bytes, deadline_ms: int
    ) -> Sealed:
        """A command by its registry number; arguments by their place in the registry."""
        payload = frame.pack(
            frame.COMMAND, {0: number, 1: arguments}, counter=counter, target=boot, nonce=nonce, deadline=deadline_ms
        )
        return self._sealed(topics.COMMAND, payload)

    def time(self, epoch_ms: int, asked_uptime_ms: int, boot: int, nonce: bytes) -> Sealed:
        """The answer to a birth or heartbeat that was sealed at `asked_uptime_ms`."""
        payload = frame.pack(frame.TIME, {0: asked_uptime_ms}, epoch=epoch_ms, target=boot, nonce=nonce)
        return self._sealed(topics.COMMAND, payload)

    def answer(self, boot: int, seq: int, elsewhere: bool, nonce: bytes) -> Sealed:
        """The answer to the event (boot, seq) with which a door has asked whether a card is elsewhere."""
        payload = frame.pack(frame.ANSWER, {0: elsewhere}, ref=(boot, seq), nonce=nonce)
        return self._sealed(topics.COMMAND, payload)

    def rebirth(self, counter: int, boot: int, nonce: bytes) -> Sealed:
        """Tell your birth again."""
        payload = frame.pack(frame.REQUEST, {0: REBIRTH}, counter=counter, target=boot, nonce=nonce)
        return self._sealed(topics.COMMAND, payload)

    def backfill(self, cls: str, missing: tuple[int, int, int], counter: int, boot: int, nonce: bytes) -> Sealed:
        """Send the frames of an uplink class again that are missing: their boot, first and last number."""
        body = {0: BACKFILL, 1: cls, 2: missing[0], 3: missing[1], 4: missing[2]}
        payload = frame.pack(frame.REQUEST, body, counter=counter, target=boot, nonce=nonce)
        return self._sealed(topics.COMMAND, payload)

    def configuration(self, version: int, settings: dict[int, int]) -> Sealed:
        """Desired configuration, to be retained: every setting that shall differ from its default."""
        return self._sealed(topics.CONFIG, frame.pack(frame.DESIRED_CONFIG, {0: version, 1: settings}))

    def offer(self, body: dict[int, object], counter: int, boot: int, nonce: bytes, deadline_ms: int) -> Sealed:
        """An artifact that the device shall fetch; `body` as the registry has it."""
        payload = frame.pack(frame.UPDATE_OFFER, body, counter=counter, target=boot, nonce=nonce, deadline=deadline_ms)
        return self._sealed(topics.UPDATE, payload)

    def chunk(self, artifact: int, offset: int, data: bytes, boot: int, nonce: bytes) -> Sealed:
        """A piece of an artifact, at most 768 bytes."""
        payload = frame.pack(frame.CHUNK, {0: artifact, 1: offset, 2: data}, target=boot, nonce=nonce)
        return self._sealed(topics.UPDATE, payload)
