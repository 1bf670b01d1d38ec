"""What a device has sent, opened, decoded and held against REFERENCE."""

from collections.abc import Sequence
from typing import Any

from lilong_protocol import frame
from lilong_protocol.pc.bodies import KINDS_OF_CLASS, well_formed
from lilong_protocol.seal import Seal, SealError

from .wire import Heard


class Seen:
    """A frame of the device as it came. `problem`: the first thing that is wrong with it, by the id that it breaks."""

    __slots__ = ("at", "cls", "data", "epoch", "frame", "problem", "qos", "retained")

    def __init__(self, heard: Heard) -> None:
        self.at, self.cls, self.data, self.qos, self.retained = heard
        self.epoch = 0
        self.frame = frame.Frame({1: -1})
        self.problem: tuple[str, str] | None = None

    @property
    def kind(self) -> int:
        return self.frame.kind

    @property
    def body(self) -> dict[int, Any]:
        return self.frame.body or {}

    @property
    def ref(self) -> tuple[int, int]:
        """Its name within its class: (boot, seq)."""
        return self.frame.boot, self.frame.seq

    @property
    def told(self) -> tuple[int, int]:
        """The (boot, seq) that it refers to."""
        boot, seq = self.frame.ref
        return boot, seq

    def open(self, seals: Sequence[Seal]) -> None:
        """Verify and decode it; `seals`: one for each key epoch that may be in use."""
        payload = None
        for epoch, seal in enumerate(seals):
            try:
                payload = seal.open(self.cls, self.data)
                self.epoch = epoch
                break
            except SealError:
                continue
        if payload is None:
            self.problem = ("LIL-SEAL-001", f"a frame on u/{self.cls} whose seal does not fit")
            return
        try:
            self.frame = frame.unpack(payload)
        except frame.FrameError as error:
            self.problem = ("LIL-CBOR-001" if str(error).startswith("payload:") else "LIL-FRAME-001", str(error))
            return
        if self.kind not in KINDS_OF_CLASS[self.cls]:
            self.problem = ("LIL-TOPIC-002", f"kind {self.kind} on u/{self.cls}")
        elif not well_formed(self.kind, self.body):
            self.problem = ("LIL-FRAME-001", f"kind {self.kind}: its body has not the shape of REFERENCE")
