"""Updates: an offer is judged, and what is taken is fetched (`fetch`). Loaded with an offer, and forgotten after it.

An artifact goes into a sink. That for a list of cards is `card_list`; all others the host gives, which also knows
whether it wants signatures: `Updating`. The record "u" and what the artifact is says the digest of the one in effect.
"""

from lilong_protocol import frame, topics

from .session import UPDATE_COMES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Protocol

    from .device import Device

    class Sink(Protocol):
        """Where the bytes of one artifact go, in their order. Each method may raise OSError."""

        RESTARTS: bool  # what is put into effect takes a restart

        def begin(self, size: int, digest: bytes) -> int:
            """How many bytes of this very artifact an earlier life has left here, or -1 when `size` cannot be taken."""

        def read(self, offset: int, size: int) -> bytes:
            """Some of the bytes that are here, in their order; none, or OSError, when they are not what they were."""

        def write(self, offset: int, data: bytes) -> None:
            """The next bytes; those at 0 begin anew, whatever has been there."""

        def judge(self, have: int) -> "int | None":
            """Whether to go on, with so many bytes here: OK, None to be asked again, else the code of the result."""

        def finish(self, now: int) -> bool:
            """All bytes are there and their digest is right: put them into effect, or False."""

        def discard(self) -> None:
            """What is here is not what was offered: `begin` must not count it any more."""

    class Updating(Protocol):
        """What a host gives a device, so that it takes updates: `Device.updating` makes one for each offer."""

        ACCESS: bool  # its board can be told another way to the backend (`access`)

        def sink(self, what: int) -> "Sink | None":
            """Where an artifact goes; None for what this host does not take."""

        def verified(self, digest: bytes, signature: "bytes | None") -> bool:
            """Firmware is signed as this host wants it; what else comes is the estate's, sealed by its backend."""


FIRMWARE, CARD_LIST, ACCESS = 0, 1, 2
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
    session = device.session
    for source in session.later:
        if source.WHAT == UPDATE_COMES:
            running: Any = source
            return frame.OK if running.is_of(artifact, digest) else frame.CONFLICT
    if device.store.get("u%x" % what) == digest:
        _result(device, now, {0: artifact, 1: frame.OK, 2: version})
        return frame.OK
    updating = None if device.updating is None else device.updating(device)
    if updating is not None and what == FIRMWARE and not updating.verified(digest, signature):
        _result(device, now, {0: artifact, 1: frame.FORBIDDEN})
        return frame.OK
    if what == CARD_LIST and device.rules.HAS_LIST and device.store.LOGS:
        from .card_list import CardList  # noqa: PLC0415  most kinds have none

        sink: Sink | None = CardList(device)
    elif what == ACCESS and updating is not None and updating.ACCESS:
        from .access import Incoming  # noqa: PLC0415  it rarely changes

        log_store: Any = device.store
        sink = Incoming(log_store, device.identity.root)
    else:
        sink = None if updating is None else updating.sink(what)
    if sink is None:
        return frame.NOT_FOUND
    try:
        there = sink.begin(size, digest)
    except OSError:
        return frame.CONFLICT  # no room for it
    if there < 0:
        return frame.INVALID
    from .fetch import Fetch  # noqa: PLC0415  it stays when this has been forgotten

    session.later = [Fetch(device, now, sink, body, there)] + list(session.later)  # noqa: RUF005  MicroPython
    session.pump(now)
    return frame.OK


def _result(device: "Device", now: int, body: "dict[int, Any]") -> None:
    data = device.uplink.frame(now, frame.UPDATE_RESULT, topics.UPDATE, body)
    device.session.send(now, topics.UPDATE, data)
