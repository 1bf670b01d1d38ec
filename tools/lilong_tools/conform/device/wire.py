"""What a bench needs of its surroundings: a broker with one device on it, in virtual time or live."""

from collections.abc import Callable
from typing import NamedTuple, Protocol


class Heard(NamedTuple):
    """What came on u/{cls}, at `at` in ms of the wire's clock; retained: the broker had kept it."""

    at: int
    cls: str
    data: bytes
    qos: int
    retained: bool


class Wire(Protocol):
    """Raises NotTriedError for what it cannot do, with what that would need.

    wiped: `power` gives a device that remembers nothing of the scenario before. longest_ms: nobody waits for longer.
    virtual: time costs nothing, and what is sent at one time comes at one time.
    """

    wiped: bool
    virtual: bool
    longest_ms: int

    def now(self) -> int:
        """Ms of a clock that never goes back."""

    def epoch(self) -> int:
        """Epoch ms."""

    def listen(self, take: Callable[[Heard], None]) -> None:
        """Hand everything that the device publishes to `take`, and its will when the broker does."""

    def publish(self, cls: str, data: bytes, retained: bool = False) -> None:
        """Publish on d/{cls}, at QoS 1."""

    async def wait(self, until: Callable[[], bool], at_most_ms: int) -> bool:
        """Let time pass until that is true; False when it has not come true by then."""

    async def power(self) -> None:
        """Begin with a device in its idle state, as far as this can be had."""

    async def restart(self) -> None:
        """A cold start at once: what the device has stored is what it has."""

    async def hold(self) -> None:
        """Break the device's link and let it have none."""

    async def release(self) -> None:
        """End `hold`: the device may connect again."""

    async def kept(self, cls: str) -> bytes | None:
        """What the broker keeps for u/{cls}."""

    def withhold_pubacks(self, withhold: bool) -> None:
        """The broker takes messages without acknowledging them, or does again."""

    def deafen(self, deaf: bool) -> None:
        """The broker answers no CONNECT, or does again."""

    def attempts(self) -> list[int]:
        """When the device has sent CONNECT, in ms of this clock."""

    async def stimulate(self, channel: str, value: int) -> None:
        """A sensor channel reads this from now on."""

    async def fill_flash(self, full: bool) -> None:
        """The device's flash takes nothing more, or does again."""

    async def say(self, level: int) -> None:
        """Its program has a line of that level for its log."""

    async def crash(self) -> None:
        """Its program comes to a fault; it is there again after that."""
