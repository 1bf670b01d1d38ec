"""The watchdog's hand: it is fed only while everything that must go on goes on. Sans-io; times are uptimes in ms.

Three tasks are watched, each by what it does anyway: the rules look at their deadlines, the drivers are polled, the
link looks at its connection. A device that cannot reach its broker is not broken; one whose link has stopped trying is.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

FEED_MS = 1_000
RULES_MS = 5_000  # (ours) a handshake of TLS takes a small board up to 3 s
DRIVERS_MS = 5_000
LINK_MS = 150_000  # the link looks at least every 60 s, and gives an attempt up after some 25 s
HEALTHY_MS = 600_000  # (ours) a boot that has gone on for so long has not fallen, whether a backend is there or not


class Progress:
    """feed: the watchdog. healthy: called once in a boot, when it has proved itself (`Slots.healthy`)."""

    __slots__ = ("_drivers_at", "_fed_at", "_feed", "_healthy", "_link_at", "_rules_at")

    def __init__(self, feed: "Callable[[], object]", healthy: "Callable[[], object] | None" = None) -> None:
        self._feed = feed
        self._healthy = healthy
        self._rules_at = self._drivers_at = self._link_at = self._fed_at = 0

    def rules(self, now: int, link_looked_at: int) -> None:
        self._rules_at = now
        self._link_at = link_looked_at
        self._look(now)

    def drivers(self, now: int) -> None:
        self._drivers_at = now
        self._look(now)

    def accepted(self, now: int) -> None:
        """The broker has accepted the device."""
        self._proved()

    def stuck(self, now: int) -> str:
        """What does not go on any more; "" when all does."""
        if now - self._rules_at > RULES_MS:
            return "rules"
        if now - self._drivers_at > DRIVERS_MS:
            return "drivers"
        return "link" if now - self._link_at > LINK_MS else ""

    def _look(self, now: int) -> None:
        if now - self._fed_at < FEED_MS or self.stuck(now):
            return
        self._fed_at = now
        self._feed()
        if now >= HEALTHY_MS:
            self._proved()

    def _proved(self) -> None:
        if self._healthy is not None:
            self._healthy()
            self._healthy = None
