"""A frame that has come, opened and decoded."""

from collections.abc import Sequence
from typing import Any

from lilong_protocol import frame
from lilong_protocol.seal import Seal, SealError


class Opened:
    """`at`: ms of the wire's clock; `epoch` of the key; `problem`: what is wrong with it, by the id that it breaks."""

    __slots__ = ("at", "cls", "data", "epoch", "frame", "problem")

    def __init__(self, at: int, cls: str, data: bytes) -> None:
        self.at, self.cls, self.data = at, cls, data
        self.epoch = 0
        self.frame = frame.Frame({1: -1})
        self.problem: tuple[str, str] | None = None

    @property
    def kind(self) -> int:
        return self.frame.kind

    @property
    def body(self) -> dict[int, Any]:
        return self.frame.body or {}

    def open(self, seals: Sequence[Seal], unsealed: str) -> None:
        """Verify and decode; `seals`: one for each key epoch that may be in use, `unsealed`: the id when none fits."""
        for epoch, seal in enumerate(seals):
            try:
                self.frame = frame.unpack(seal.open(self.cls, self.data))
                self.epoch, self.problem = epoch, None
                return
            except SealError as error:
                self.problem = self.problem or (unsealed, f"a frame on {self.cls} whose seal does not fit: {error}")
            except frame.FrameError as error:
                self.problem = ("LIL-CBOR-001" if str(error).startswith("payload:") else "LIL-FRAME-001", str(error))
                return
