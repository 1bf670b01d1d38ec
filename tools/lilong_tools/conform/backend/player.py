"""A device that is played: makes whatever frame is asked for, honest or not, under its own keys."""

from collections.abc import Callable
from typing import Any

from lilong_protocol import cbor, codes, frame, topics
from lilong_protocol.keys import frame_key
from lilong_protocol.seal import UP, Seal

BEAT_S, OFFLINE_S = 60, 600
LIVED_MS = 5_000  # since the cold start, when a player begins


class Player:
    """Publishes by `publish(device, cls, frame)`; `now` is the wire's clock. `raised`: every raise that it has sent."""

    def __init__(
        self, tenant: str, device: str, root: bytes, boot: int, kind: int, now: Callable[[], int],
        publish: Callable[[str, str, bytes], None], epoch: int = 0,
    ) -> None:  # fmt: skip
        self.tenant, self.device, self.root, self.kind = tenant, device, root, kind
        self.epoch = epoch  # of its keys
        self.configured = 0  # version in effect
        self.connection = 0
        self.raised: list[bytes] = []
        self._now, self._publish = now, publish
        self.start(boot)

    def start(self, boot: int, lived_ms: int = LIVED_MS) -> None:
        """A cold start, that long ago: boot, numbers, nonce and uptime are new."""
        self.boot = boot
        self.nonce = boot.to_bytes(8, "big")
        self.connection = 0
        self._born = self._now() - lived_ms
        self._seqs: dict[str, int] = {}

    def uptime(self) -> int:
        """Ms since the cold start."""
        return self._now() - self._born

    # ---- frames

    def number(self, cls: str) -> int:
        """The next number of a class."""
        self._seqs[cls] = self._seqs.get(cls, 0) + 1
        return self._seqs[cls]

    def payload(self, kind: int, cls: str, body: dict[int, Any], **fields: Any) -> bytes:
        """A payload of this boot; `fields` are those of `frame.pack`, or change what is usual."""
        told: dict[str, Any] = {"boot": self.boot, "uptime": self.uptime(), **fields}
        if "seq" not in told:
            told["seq"] = self.number(cls)
        return frame.pack(kind, body, **told)

    def sealed(self, cls: str, payload: bytes, epoch: int | None = None, root: bytes | None = None,
               device: str | None = None, as_class: str | None = None) -> bytes:  # fmt: skip
        """Its frame, or one that only looks like it."""
        epoch = self.epoch if epoch is None else epoch
        key = frame_key(root or self.root, UP, epoch)
        return Seal(key, self.tenant, device or self.device, UP, epoch).seal(as_class or cls, payload)

    def frame(self, kind: int, cls: str, body: dict[int, Any], **fields: Any) -> bytes:
        """A sealed frame."""
        return self.sealed(cls, self.payload(kind, cls, body, **fields))

    def with_keys(self, payload: bytes, keys: dict[int, Any]) -> bytes:
        """A payload with further or other keys; None takes one away."""
        fields = cbor.decode(payload)
        assert isinstance(fields, dict)
        fields.update(keys)
        return cbor.encode({key: value for key, value in fields.items() if value is not None})

    def raising(self, code: int = codes.ALARM_TAMPER, key_epoch: int | None = None, **fields: Any) -> bytes:
        """The frame of a raise, not sent."""
        severity, urgency, certainty = codes.cap(code) if code in _CODES else (3, 4, 4)
        body = {0: code, 1: severity, 2: urgency, 3: certainty, 4: {}}
        return self.sealed(topics.ALARM, self.payload(frame.RAISE, topics.ALARM, body, **fields), key_epoch)

    def updating(self, ref: tuple[int, int], state: int, code: int = codes.ALARM_TAMPER) -> bytes:
        """The frame of an update, not sent."""
        return self.frame(frame.UPDATE, topics.ALARM, {0: code, 4: {}, 5: state}, ref=ref)

    def clearing(self, ref: tuple[int, int], code: int = codes.ALARM_TAMPER, **fields: Any) -> bytes:
        """The frame of a clear, not sent."""
        return self.frame(frame.CLEAR, topics.ALARM, {0: code, 6: 1}, ref=ref, **fields)

    def eventing(self, seq: int | None = None, key_epoch: int | None = None) -> bytes:
        """The frame of an event, not sent."""
        fields = {} if seq is None else {"seq": seq}
        payload = self.payload(frame.EVENT, topics.EVENT, {0: codes.EVENT_TESTED, 4: {}}, **fields)
        return self.sealed(topics.EVENT, payload, key_epoch)

    def death(self, connection: int | None = None, boot: int | None = None) -> bytes:
        """The frame of a will."""
        body = {0: self.connection if connection is None else connection}
        return self.sealed(topics.STATE, frame.pack(frame.DEATH, body, boot=self.boot if boot is None else boot))

    # ---- sent

    def send(self, cls: str, data: bytes) -> bytes:
        """Publish a frame."""
        self._publish(self.device, cls, data)
        return data

    def birth(self, connection: int | None = None, outbox: int = 0) -> bytes:
        """Connect: a birth."""
        self.connection = self.connection + 1 if connection is None else connection
        return self.send(topics.STATE, self.bearing(self.connection, outbox=outbox))

    def bearing(self, connection: int, boot: int | None = None, nonce: bytes | None = None, outbox: int = 0) -> bytes:
        """The frame of a birth, not sent."""
        told = {
            0: self.kind, 1: connection, 2: "conform", 3: BEAT_S, 4: OFFLINE_S, 5: True, 6: 0, 7: {}, 8: outbox,
            9: self.epoch, 10: self.configured,
        }  # fmt: skip
        fields = {} if boot is None else {"boot": boot}
        return self.frame(frame.BIRTH, topics.STATE, told, nonce=nonce or self.nonce, **fields)

    def heartbeat(self, asks: bool = False, seq: int | None = None) -> bytes:
        """A heartbeat; it may ask for the time."""
        body: dict[int, Any] = {0: 0, 1: 0, 2: 0}
        if asks:
            body[4] = True
        fields = {} if seq is None else {"seq": seq}
        data = self.frame(frame.HEARTBEAT, topics.HEARTBEAT, body, nonce=self.nonce, **fields)
        return self.send(topics.HEARTBEAT, data)

    def alarm(self, code: int = codes.ALARM_TAMPER, **fields: Any) -> bytes:
        """Raise an alarm."""
        data = self.raising(code, **fields)
        self.raised.append(data)
        return self.send(topics.ALARM, data)


_CODES = range(1, 56)
