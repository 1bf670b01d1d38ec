"""Updates: an offered artifact is fetched piece by piece, checked, and handed over. Loaded with the first offer.

An artifact goes into a sink. That for a door's card list is `card_list`; all others the host gives, which also knows
whether it wants signatures: `Updating`, as `Device.updating`. The record "u" and what the artifact is says the digest
of the one in effect.
"""

from hashlib import sha256

from lilong_protocol import codes, frame, topics

from .effects import NEVER
from .session import ONLINE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Protocol

    from .device import Device

    class Sink(Protocol):
        """Where the bytes of one artifact go, in their order. Each method may raise OSError."""

        def begin(self, size: int) -> bool:
            """False when so many bytes cannot be taken."""

        def write(self, offset: int, data: bytes) -> None: ...

        def finish(self, now: int) -> bool:
            """All bytes are there and their digest is right: put them into effect, or False."""

    class Updating(Protocol):
        """What a host gives a device, so that it takes updates."""

        def sink(self, what: int) -> "Sink | None":
            """Where an artifact goes; None for what this host does not take."""

        def verified(self, digest: bytes, signature: "bytes | None") -> bool:
            """The artifact is signed as this host wants it."""


FIRMWARE, CARD_LIST = 0, 1
DOWNLOADING, VERIFIED, INSTALLING = 1, 2, 3
CHUNK_BYTES = 512  # (ours) of the 768 that may be asked for: a heap has room for these
ANSWER_MS = 10_000
TRIES = 6
U32 = 0xFFFFFFFF


def offered(device: "Device", now: int, body: "dict[int, Any]") -> int:
    """A fresh offer; a response code."""
    wanted: Any = [body.get(key) for key in range(6)]
    artifact, what, version, size, digest, signature = wanted
    for number in (artifact, what, size):
        if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number <= U32:
            return frame.INVALID
    if not isinstance(version, str) or not isinstance(digest, bytes) or len(digest) != 32 or not size:
        return frame.INVALID
    if signature is not None and not isinstance(signature, bytes):
        return frame.INVALID
    running = _running(device)
    if running is not None:
        return frame.OK if running.is_of(artifact, digest) else frame.CONFLICT
    if dict(device.store.items()).get("u%x" % what) == digest:
        _result(device, now, {0: artifact, 1: frame.OK, 2: version})
        return frame.OK
    if device.updating is not None and not device.updating.verified(digest, signature):
        _result(device, now, {0: artifact, 1: frame.FORBIDDEN})
        return frame.OK
    sink = _sink(device, what)
    if sink is None:
        return frame.NOT_FOUND
    try:
        if not sink.begin(size):
            return frame.INVALID
    except OSError:
        return frame.CONFLICT  # no room for it
    session = device.session
    update = Update(device, now, sink, body)
    session.later = [update] + list(session.later)  # noqa: RUF005  MicroPython unpacks into no list
    session.pump()
    return frame.OK


def take_chunk(device: "Device", now: int, message: "frame.Frame") -> None:
    """A piece of an artifact; one that was not asked for changes nothing."""
    running = _running(device)
    fresh = message.target == device.uplink.boot and message.nonce == device.uplink.nonce
    if running is not None and fresh:
        running.take(now, message.body)


class Update:
    """One artifact on its way; a source of `Session.later`."""

    __slots__ = ("_body", "_device", "_hash", "_have", "_request", "_sink", "_tries", "deadline")

    def __init__(self, device: "Device", now: int, sink: "Sink", body: "dict[int, Any]") -> None:
        self._device = device
        self._sink = sink
        self._body = body
        self._hash = sha256()
        self._have = 0
        self._request: bytes | None = None
        self._tell(now, DOWNLOADING)
        self._ask(now)

    def is_of(self, artifact: int, digest: bytes) -> bool:
        return (self._body[0], self._body[4]) == (artifact, digest)

    def first(self) -> "tuple[str, bytes, int] | None":
        return None if self._request is None else (topics.UPDATE, self._request, 0)

    def sent(self, now: int, data: bytes) -> bool:
        if data is not self._request:
            return False
        self._request = None
        self.deadline = now + ANSWER_MS
        return True

    def step(self, now: int) -> None:
        """No answer in time: ask again. What the link has lost meanwhile does not count."""
        if self._device.session.state == ONLINE:
            self._tries += 1
            if self._tries >= TRIES:
                self._end(now, frame.EXPIRED)
                return
        self._renew(now)

    def take(self, now: int, body: "dict[int, Any]") -> None:
        """The piece that was asked for, at its offset; after the last one the artifact is checked and handed over."""
        data = body.get(2)
        size = self._body[3]
        if body.get(0) != self._body[0] or body.get(1) != self._have or not isinstance(data, bytes):
            return
        if not data or len(data) > min(CHUNK_BYTES, size - self._have):
            return
        try:
            self._sink.write(self._have, data)
        except OSError:
            self._end(now, frame.CONFLICT)
            return
        self._hash.update(data)
        self._have += len(data)
        if self._have < size:
            self._ask(now)
        elif self._hash.digest() != self._body[4]:
            self._end(now, frame.INVALID)
        else:
            self._tell(now, VERIFIED)
            self._install(now)

    # ---- inside

    def _install(self, now: int) -> None:
        self._tell(now, INSTALLING)
        try:
            code = frame.OK if self._sink.finish(now) else frame.INVALID
            if code == frame.OK:
                self._device.store.put("u%x" % self._body[1], self._body[4])
        except OSError:
            code = frame.CONFLICT
        self._end(now, code)

    def _ask(self, now: int) -> None:
        self._tries = 0
        self._renew(now)

    def _renew(self, now: int) -> None:
        """Another request for the piece that is wanted."""
        body = {0: self._body[0], 1: self._have, 2: min(CHUNK_BYTES, self._body[3] - self._have)}
        self._request = self._device.uplink.frame(now, frame.CHUNK_REQUEST, topics.UPDATE, body)
        self.deadline = NEVER
        self._device.session.pump()

    def _tell(self, now: int, state: int) -> None:
        body = {0: self._body[0], 1: state, 2: self._have}
        data = self._device.uplink.frame(now, frame.UPDATE_PROGRESS, topics.UPDATE, body)
        self._device.session.send(now, topics.UPDATE, data)

    def _end(self, now: int, code: int) -> None:
        body = {0: self._body[0], 1: code}
        if code == frame.OK:
            body[2] = self._body[2]
        self._device.session.later.remove(self)
        _result(self._device, now, body)


def _running(device: "Device") -> "Update | None":
    for source in device.session.later:
        if isinstance(source, Update):
            return source
    return None


def _sink(device: "Device", what: int) -> "Sink | None":
    if what == CARD_LIST and device.rules.KIND == codes.KIND_DOOR and device.store.LOGS:
        from .card_list import CardList  # noqa: PLC0415

        return CardList(device)
    return None if device.updating is None else device.updating.sink(what)


def _result(device: "Device", now: int, body: "dict[int, Any]") -> None:
    data = device.uplink.frame(now, frame.UPDATE_RESULT, topics.UPDATE, body)
    device.session.send(now, topics.UPDATE, data)
