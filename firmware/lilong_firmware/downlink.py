"""What reaches a device: opened, checked, and for commands fresh; nothing unauthenticated gets an answer."""

from lilong_protocol import frame
from lilong_protocol.keys import frame_key
from lilong_protocol.seal import DOWN, Seal, SealError

CLASSES = "akcmcfotakcmcmotcm"  # two letters for each of the kinds 16 to 24
RESPONSES_KEPT = 4  # a command that the broker repeats is answered again, not carried out again


class Downlink:
    """Opens frames and remembers the highest command counter of this boot."""

    __slots__ = ("_last", "_responses", "_seal", "rejected")

    def __init__(self, root: bytes, tenant: str, device: str) -> None:
        self._seal = Seal(frame_key(root, DOWN), tenant, device, DOWN)
        self._last = 0
        self._responses: list[tuple[int, bytes]] = []
        self.rejected = 0  # frames dropped without an answer; told in every heartbeat

    def open(self, cls: str, data: bytes) -> "frame.Frame | None":
        """The checked frame, or None when it must be dropped; FrameError when an authentic one is malformed."""
        try:
            payload = self._seal.open(cls, data)
        except SealError:
            self.rejected += 1
            return None
        message = frame.unpack(payload)
        at = 2 * message.kind - 32
        if 0 <= at < len(CLASSES) and CLASSES[at : at + 2] != cls:
            raise frame.FrameError(frame.UNSUPPORTED_KIND, "kind %d is not for d/%s" % (message.kind, cls))
        return message

    def refusal(self, now: int, message: "frame.Frame", boot: int, nonce: bytes) -> int:
        """0 when a command is fresh, else the error code that refuses it. A fresh one is used up."""
        if message.target != boot or message.nonce != nonce:
            return frame.STALE
        if message.counter <= self._last:
            return frame.CONFLICT
        self._last = message.counter
        return frame.EXPIRED if message.deadline is not None and now > message.deadline else 0

    def response(self, counter: int) -> "bytes | None":
        """The response already given to this counter."""
        for known, data in self._responses:
            if known == counter:
                return data
        return None

    def keep_response(self, counter: int, data: bytes) -> None:
        if len(self._responses) >= RESPONSES_KEPT:
            self._responses.pop(0)
        self._responses.append((counter, data))
