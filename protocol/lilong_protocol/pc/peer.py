"""All that a backend keeps of one device to judge its messages: keys, session, numbers, order."""

from .downlink import Downlink
from .keyring import Keyring
from .message import Message
from .ordering import Order
from .roots import Epochs
from .seen import Seen, Window
from .session import Session


class Peer:
    """All that is known of one device."""

    __slots__ = ("device", "keyring", "order", "seen", "session", "windows")

    def __init__(self, tenant: str, device: str, root: bytes, epochs: Epochs | None = None) -> None:
        self.device = device
        self.keyring = Keyring(tenant, device, root, *(epochs or ()))
        self.session = Session()
        self.seen: dict[tuple[str, int], Seen] = {}
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

    def was_there(self, cls: str, boot: int, seq: int) -> bool:
        """An alarm or event frame under this number has come."""
        seen = self.seen.get((cls, boot))
        return seen is not None and seen.tag(seq) is not None

    def seen_in(self, cls: str, boot: int) -> Seen:
        seen = self.seen.get((cls, boot))
        if seen is None:
            seen = self.seen[(cls, boot)] = Seen()
        return seen
