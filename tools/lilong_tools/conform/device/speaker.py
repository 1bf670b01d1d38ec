"""What a backend can say to one device, honest or not, in the session that it has heard of."""

from typing import Any

from lilong_protocol import frame
from lilong_protocol.keys import frame_key
from lilong_protocol.seal import DOWN, Seal, frame_tag

from ..trace import Trace
from .seen import Seen
from .wire import Wire

DEADLINE_MS = 60_000


class Speaker:
    """`boot`, `nonce`, `epoch` of its keys: as the device has told them last."""

    def __init__(self, wire: Wire, tenant: str, device: str, root: bytes, counter: int) -> None:
        self.wire = wire
        self.tenant = tenant
        self.device = device
        self.root = root
        self.boot: int | None = None
        self.nonce = b""
        self.epoch = 0
        self._counter = counter
        self._started: int | None = None  # ms of the wire's clock at the device's cold start, an upper bound
        self._trace = Trace(tenant, {device: root}, wire.now)

    def uptime(self) -> int:
        """The device's uptime in ms, never more than the true one."""
        return 0 if self._started is None else max(0, self.wire.now() - self._started)

    def counter(self) -> int:
        """One that has never been used."""
        self._counter += 1
        return self._counter

    def sealed(self, cls: str, payload: bytes, as_class: str | None = None, epoch: int | None = None) -> bytes:
        """A frame for d/{cls}, authentic for `as_class`."""
        epoch = self.epoch if epoch is None else epoch
        key = frame_key(self.root, DOWN, epoch)
        return Seal(key, self.tenant, self.device, DOWN, epoch).seal(as_class or cls, payload)

    def say(self, cls: str, payload: bytes, retained: bool = False) -> bytes:
        """Send an authentic frame; its bytes."""
        return self.publish(cls, self.sealed(cls, payload), retained)

    def publish(self, cls: str, data: bytes, retained: bool = False) -> bytes:
        """Send bytes, whatever they are."""
        self._trace.down(self.device, cls, data)
        self.wire.publish(cls, data, retained)
        return data

    def order(self, number: int, arguments: dict[int, Any] | None = None, **changes: Any) -> bytes:
        """The payload of a command; `changes` of counter, target, nonce, deadline, ref, kind or body."""
        fields: dict[str, Any] = {
            "kind": frame.COMMAND, "body": {0: number, 1: arguments or {}}, "counter": None, "target": self.boot,
            "nonce": self.nonce, "deadline": self.uptime() + DEADLINE_MS, **changes,
        }  # fmt: skip
        if fields["counter"] is None:
            fields["counter"] = self.counter()
        return frame.pack(**fields)

    def stored(self, one: Seen, **changes: Any) -> bytes:
        """The payload of its stored-ack; `changes`: tag, ref."""
        return frame.pack(
            frame.STORED_ACK, {0: changes.get("tag", frame_tag(one.data))}, ref=changes.get("ref", one.ref)
        )

    def time(self, asked: Seen, **changes: Any) -> bytes:
        """The payload that answers a question for the time; `changes`: epoch, body, target, nonce."""
        fields: dict[str, Any] = {
            "body": {0: asked.frame.uptime}, "epoch": self.wire.epoch(), "target": asked.frame.boot,
            "nonce": asked.frame.nonce, **changes,
        }  # fmt: skip
        return frame.pack(frame.TIME, **fields)
