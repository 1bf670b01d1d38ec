"""What a host tells of its devices while they run; a run measures and counts with it."""

from typing import Protocol


class Observer(Protocol):
    """Times in ms of the run's clock (virtual: integers; live: fractions)."""

    def output(self, at: float, device: str, name: str, value: int) -> None:
        """A local output changed."""

    def note(self, at: float, device: str, what: str, code: int, boot: int, seq: int) -> None:
        """Something happened to an alarm: raised, stored, acknowledged, restored, cleared."""

    def sent(self, at: float, device: str, cls: str, frame: bytes) -> None:
        """A frame was handed to the transport."""

    def lag(self, lag_ms: float) -> None:
        """How late the host called a device."""

    def link(self, at: float, device: str, up: bool) -> None:
        """The broker has accepted the device's session, or it has ended."""
