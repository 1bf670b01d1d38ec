"""What devices say in place of sealed frames, where a backend has not adopted the protocol."""

from collections.abc import Iterable
from typing import Protocol

Told = tuple[bytes, bytes, bool]
"""Topic as the field of a PUBLISH, payload, whether it is retained."""


class Speech(Protocol):
    """Makes messages of sealed frames. Devices that have one subscribe to nothing: nobody speaks to them."""

    def message(self, device: str, sealed: bytes, boot: int, base: float, now: float) -> Told | None:
        """In place of a frame; None: nothing is said. Times on the run's clock: of uptime 0 of `boot`, of now."""

    def will(self, device: str, sealed: bytes, now: float) -> tuple[str, bytes, int, bool] | None:
        """In place of a death frame: topic, payload, QoS, retained; None: no will."""

    def retained(self, device: str) -> Iterable[str]:
        """The topics on which something of a device may be retained."""
