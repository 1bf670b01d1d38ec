"""What a device has sent, opened, decoded and held against REFERENCE."""

from collections.abc import Sequence

from lilong_protocol.pc.bodies import KINDS_OF_CLASS, well_formed
from lilong_protocol.seal import Seal

from ..opened import Opened
from .wire import Heard


class Seen(Opened):
    """A frame of the device as it came."""

    __slots__ = ("qos", "retained")

    def __init__(self, heard: Heard) -> None:
        super().__init__(heard.at, heard.cls, heard.data)
        self.qos, self.retained = heard.qos, heard.retained

    @property
    def ref(self) -> tuple[int, int]:
        """Its name within its class: (boot, seq)."""
        return self.frame.boot, self.frame.seq

    @property
    def told(self) -> tuple[int, int]:
        """The (boot, seq) that it refers to."""
        boot, seq = self.frame.ref
        return boot, seq

    def open(self, seals: Sequence[Seal], unsealed: str = "LIL-SEAL-001") -> None:
        super().open(seals, unsealed)
        if self.problem is not None:
            return
        if self.kind not in KINDS_OF_CLASS[self.cls]:
            self.problem = ("LIL-TOPIC-002", f"kind {self.kind} on u/{self.cls}")
        elif not well_formed(self.kind, self.body):
            self.problem = ("LIL-FRAME-001", f"kind {self.kind}: its body has not the shape of REFERENCE")
