"""What went over the wire last, decoded, for the report of a claim that has failed."""

from collections import deque
from collections.abc import Callable

from lilong_protocol import topics
from lilong_protocol.pc.describe import describe

from ..watch.lines import line

LATEST = 10
EPOCHS = 6


class Trace:
    """The latest frames of both directions; `now` in ms."""

    def __init__(self, tenant: str, roots: dict[str, bytes], now: Callable[[], int]) -> None:
        self._tenant, self._roots, self._now = tenant, roots, now
        self._began = now()
        self._latest: deque[tuple[int, str, bytes]] = deque(maxlen=LATEST)

    def up(self, device: str, cls: str, data: bytes) -> None:
        """A frame of a device."""
        self._latest.append((self._now(), topics.up(self._tenant, device, cls), data))

    def down(self, device: str, cls: str, data: bytes) -> None:
        """A frame to a device."""
        self._latest.append((self._now(), topics.down(self._tenant, device, cls), data))

    def lines(self) -> tuple[str, ...]:
        """One a frame: seconds since the scenario began, ok or BAD (its seal), device, direction and class, content."""
        return tuple(self.line((at - self._began) / 1000, topic, data) for at, topic, data in self._latest)

    def line(self, at_s: float, topic: str, data: bytes) -> str:
        """One frame in words."""
        told = describe(data, topic, lambda _, device: self._roots.get(device), lambda _, __: range(EPOCHS))
        return " ".join(line(f"{at_s:8.3f} s", told, None).plain.split())
