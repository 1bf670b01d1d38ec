"""What a bench of devices needs of its surroundings: a broker with one backend on it, in virtual time or live."""

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

Row = dict[str, Any]
"""A row of the observed feed: at, event, alarm, device, code, boot, seq."""


class Heard(NamedTuple):
    """What came on d/{cls} of a device, at `at` in ms of the wire's clock."""

    at: int
    device: str
    cls: str
    data: bytes


class Wire(Protocol):
    """Raises NotTriedError for what it cannot do, with what that would need.

    epochs: of the keys that devices use since they were told to, else 0. longest_ms: nobody waits longer.
    generations: the top byte of the boots of devices, as far as it has risen.
    """

    epochs: dict[str, int]
    generations: dict[str, int]
    longest_ms: int

    def now(self) -> int:
        """Ms of a clock that never goes back."""

    def epoch(self) -> int:
        """Epoch ms."""

    def listen(self, take: Callable[[Heard], None]) -> None:
        """Hand everything that is published on d/ of the devices played to `take`."""

    def publish(self, device: str, cls: str, data: bytes) -> None:
        """Publish on u/{cls} as a device does."""

    def publish_stranger(self, device: str, cls: str, data: bytes) -> None:
        """Publish as a device that the backend does not know."""

    def publish_kept(self, device: str, cls: str, data: bytes) -> None:
        """Let the backend have it as a message that its broker had retained."""

    async def wait(self, until: Callable[[], bool], at_most_ms: int) -> bool:
        """Let time pass until that is true; False when it has not come true by then."""

    def observed(self) -> list[Row] | None:
        """The observed feed so far; None where there is none."""

    async def kept(self, device: str, cls: str) -> bytes | None:
        """What the broker keeps for d/{cls} of a device."""

    async def kill(self) -> None:
        """End the backend as a power cut does, now, and have it started again."""

    async def command(self, device: str) -> None:
        """Have the backend command the device, whatever it is."""

    async def acknowledge(self, device: str, boot: int, seq: int) -> None:
        """Have a person acknowledge the alarm of that raise."""

    async def configure(self, device: str) -> None:
        """Have the backend desire another configuration than before."""

    async def offer(self, device: str) -> None:
        """Have somebody offer an update to the device."""

    def generation(self, device: str) -> int:
        """The device is provisioned anew: its next generation, which holds from now on."""

    async def rotate(self, device: str, epoch: int) -> None:
        """Have somebody wish that the device use the keys of an epoch; the backend may refuse that."""
