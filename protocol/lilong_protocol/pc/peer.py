"""All that a backend keeps of one device to judge its messages: keys, session, numbers, order."""

from ..keys import frame_key
from ..seal import UP, Seal
from .downlink import Downlink
from .ordering import Order
from .received import Received
from .seen import Seen, Window
from .session import Session


class Peer:
    """All that is known of one device."""

    __slots__ = ("device", "downlink", "order", "seal", "seen", "session", "windows")

    def __init__(self, tenant: str, device: str, root: bytes) -> None:
        self.device = device
        self.seal = Seal(frame_key(root, UP), tenant, device, UP)
        self.downlink = Downlink(root, tenant, device)
        self.session = Session()
        self.seen: dict[tuple[str, int], Seen] = {}
        self.windows: dict[str, tuple[int, Window]] = {}  # class: boot, window
        self.order: Order[Received] = Order()

    def window(self, cls: str, boot: int) -> Window:
        known = self.windows.get(cls)
        if known is None or known[0] != boot:
            known = self.windows[cls] = (boot, Window())
        return known[1]

    def seen_in(self, cls: str, boot: int) -> Seen:
        seen = self.seen.get((cls, boot))
        if seen is None:
            seen = self.seen[(cls, boot)] = Seen()
        return seen
