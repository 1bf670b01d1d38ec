"""One artifact on its way: asked for piece by piece, checked, and handed over. Loaded while an update runs."""

from hashlib import sha256

from lilong_protocol import cbor, frame, topics

from .effects import NEVER, RESTART
from .session import ONLINE, UPDATE_COMES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .device import Device
    from .update import Sink

DOWNLOADING, VERIFIED, INSTALLING = 1, 2, 3
CHUNK_BYTES = 256  # (ours) of the 768 that may be asked for: a heap has room for these, torn as it may be
PENDING = "upd"  # a record: [artifact, version, digest] of what takes effect with a restart
ANSWER_MS = 10_000
TRIES = 6


class Fetch:
    """A source of `Session.later`.

    body: of the offer. there: bytes that an earlier life has left in the sink; they are hashed piece by piece between
    two looks at the sensors, before the first byte is asked for.
    """

    WHAT = UPDATE_COMES

    __slots__ = ("_body", "_device", "_hash", "_have", "_judging", "_request", "_sink", "_there", "_tries", "deadline")

    def __init__(self, device: "Device", now: int, sink: "Sink", body: "dict[int, Any]", there: int) -> None:
        self._device = device
        self._sink = sink
        self._body = body
        self._hash = sha256()
        self._have = 0  # bytes that are hashed
        self._there = there
        self._request: bytes | None = None
        self._judging = False  # the sink has not made up its mind
        self._tell(now, DOWNLOADING)
        self._next(now)

    def is_of(self, artifact: int, digest: bytes) -> bool:
        return (self._body[0], self._body[4]) == (artifact, digest)

    def first(self, now: int) -> "tuple[str, bytes, int] | None":
        return None if self._request is None else (topics.UPDATE, self._request, 0)

    def sent(self, now: int, data: bytes) -> bool:
        if data is not self._request:
            return False
        self._request = None
        self.deadline = now + ANSWER_MS
        return True

    def step(self, now: int) -> None:
        """A piece that is here is hashed; or no answer in time: ask again. What the link has lost does not count."""
        if self._judging:
            self._next(now)
            return
        if self._have < self._there:
            try:
                data = self._sink.read(self._have, min(CHUNK_BYTES, self._there - self._have))
            except OSError:
                data = b""
            if data:
                self._hash.update(data)
                self._have += len(data)
            else:  # it is not what it was: all of it once more
                self._hash = sha256()
                self._have = self._there = 0
            self._next(now)
            return
        if self._device.session.state == ONLINE:
            self._tries += 1
            if self._tries >= TRIES:
                self._end(now, frame.EXPIRED)
                return
        self._renew(now)

    def take(self, now: int, message: "frame.Frame") -> None:
        """The piece that was asked for, at its offset; another one changes nothing."""
        body = message.body
        uplink = self._device.uplink
        data = body.get(2)
        if message.target != uplink.boot or message.nonce != uplink.nonce or self._judging or self._have < self._there:
            return
        if body.get(0) != self._body[0] or body.get(1) != self._have or not isinstance(data, bytes):
            return
        if not data or len(data) > min(CHUNK_BYTES, self._body[3] - self._have):
            return
        try:
            self._sink.write(self._have, data)
        except OSError:
            self._end(now, frame.CONFLICT)
            return
        self._hash.update(data)
        self._have += len(data)
        if self._have < self._body[3]:
            self._next(now)
        else:  # put into effect when nothing of this message is in the heap any more
            self._judging = True
            self.deadline = now + 1

    # ---- inside

    def _next(self, now: int) -> None:
        """Hash what is here, then ask for what is not; when all is there it is checked, and handed over."""
        code = self._sink.judge(self._have)
        self._judging = code is None
        if code is None:
            self.deadline = now + 1
        elif code != frame.OK:
            self._end(now, code)
        elif self._have < self._there:
            self.deadline = now + 1
        elif self._have < self._body[3]:
            self._tries = 0
            self._renew(now)
        elif self._hash.digest() != self._body[4]:
            try:
                self._sink.discard()
            except OSError:
                pass  # the same once more, when it is offered again
            self._end(now, frame.INVALID)
        else:
            self._tell(now, VERIFIED)
            self._install(now)

    def _install(self, now: int) -> None:
        self._tell(now, INSTALLING)
        device = self._device
        body = self._body
        try:
            if self._sink.RESTARTS:
                name = "%s%x" % (PENDING, body[1]) if body[1] else PENDING
                device.store.put(name, cbor.encode([body[0], body[2], body[4]]))
            if not self._sink.finish(now):
                code = frame.INVALID
            elif self._sink.RESTARTS:  # `trial` tells how it ends
                device.session.later.remove(self)
                device.out.append((RESTART,))
                return
            else:
                device.store.put("u%x" % body[1], body[4])
                code = frame.OK
        except OSError:
            code = frame.CONFLICT
        self._end(now, code)

    def _renew(self, now: int) -> None:
        """Another request for the piece that is wanted."""
        body = {0: self._body[0], 1: self._have, 2: min(CHUNK_BYTES, self._body[3] - self._have)}
        self._request = self._device.uplink.frame(now, frame.CHUNK_REQUEST, topics.UPDATE, body)
        self.deadline = NEVER
        self._device.session.pump(now)

    def _tell(self, now: int, state: int) -> None:
        body = {0: self._body[0], 1: state, 2: max(self._have, self._there)}
        data = self._device.uplink.frame(now, frame.UPDATE_PROGRESS, topics.UPDATE, body)
        self._device.session.send(now, topics.UPDATE, data)

    def _end(self, now: int, code: int) -> None:
        body = {0: self._body[0], 1: code}
        if code == frame.OK:
            body[2] = self._body[2]
        device = self._device
        device.session.later.remove(self)
        device.session.send(now, topics.UPDATE, device.uplink.frame(now, frame.UPDATE_RESULT, topics.UPDATE, body))
