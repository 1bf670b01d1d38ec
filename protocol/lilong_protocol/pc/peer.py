"""All that a backend keeps of one device to judge its messages: keys, session, numbers, order."""

from ..frame import Frame
from .downlink import Downlink
from .keyring import Keyring
from .message import Message
from .ordering import Order
from .quick import unpack
from .roots import Epochs
from .seen import Seen, Window
from .session import Session


def opened(now_ms: int, peer: "Peer", cls: str, payload: bytes) -> Frame:
    """What a frame of a device says, verified and decoded; SealError or FrameError."""
    return unpack(peer.keyring.open(now_ms, cls, payload))


class Peer:
    """All that is known of one device."""

    __slots__ = ("_seen", "device", "keyring", "order", "session", "windows")

    def __init__(self, tenant: str, device: str, root: bytes, epochs: Epochs | None = None) -> None:
        self.device = device
        self.keyring = Keyring(tenant, device, root, *(epochs or ()))
        self.session = Session()
        self._seen: dict[str, Seen] = {}  # by class; boots in one, for a device may begin new ones for ever
        self.windows: dict[str, tuple[int, Window]] = {}  # class: boot, window
        self.order: Order[Message] = Order()

    @property
    def downlink(self) -> Downlink:
        """Seals in the newest epoch that the device has used."""
        return self.keyring.downlink

    def window(self, cls: str, boot: int) -> Window:
        known = self.windows.get(cls)
        if known is None or known[0] != boot:
            known = self.windows[cls] = (boot, Window())
        return known[1]

    def tag(self, cls: str, boot: int, seq: int) -> bytes | None:
        """The tag of the alarm or event frame that came under this number, None when none has."""
        seen = self._seen.get(cls)
        return None if seen is None else seen.tag(boot << 32 | seq)

    def latest(self, cls: str) -> tuple[int, int]:
        """(boot, seq) of the alarm or event frame that the device has sealed last, of those that have arrived."""
        seen = self._seen.get(cls)
        return (-1, 0) if seen is None else (seen.high >> 32, seen.high & 0xFFFFFFFF)

    def remember(self, cls: str, boot: int, seq: int, tag: bytes) -> None:
        """An alarm or event frame under a number that was not there before."""
        seen = self._seen.get(cls)
        if seen is None:
            seen = self._seen[cls] = Seen()
        seen.add(boot << 32 | seq, tag)

    def forget(self, kept: int) -> None:
        """Remember no more than about the last `kept` alarm and event frames each: see `Seen.forget`."""
        for seen in self._seen.values():
            seen.forget(kept)
