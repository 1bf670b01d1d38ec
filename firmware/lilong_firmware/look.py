"""The look at each waking from deep sleep: the few channels that matter, as quickly as their drivers can.

Calm: the board sleeps on, and this does not come back (`sentinel`). A driver that has `glance` is asked for a first
value by it, at once or within GLANCE_MS; only what is not calm by that is read as an awake device reads it. `Power` is
what a port has for deep sleep: see `sleep_esp32`.
"""

from time import sleep_ms, ticks_diff, ticks_ms

from .rtc import Kept, pack_record, unpack_record
from .sentinel import calm, sane

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any, Protocol

    class Power(Protocol):
        """What a port has for deep sleep."""

        boot_ms: int  # from the end of a sleep to the making of this object
        woken: bool  # from deep sleep; False after any other reset

        def read(self) -> bytes:
            """What RTC memory holds."""

        def write(self, record: bytes) -> None: ...
        def clock_ms(self) -> int:
            """Goes on in sleep."""

        def pressed(self) -> list[str]:
            """The channels whose pins have ended this sleep."""

        def sleep(self, ms: int) -> None:
            """Deep sleep, for so long or until a pin ends it: does not return."""


LOOK_MS = 2_300  # (ours) the slowest level that a sleeping kind looks at, a charger's, settles in 2 s
GLANCE_MS = 150  # (ours) a gas module answers in 30, a pulse sensor's first samples come in 50
POLL_MS = 10


class Look:
    """channels: (name, its value at rest) by number. drivers: all that sleep. sensors: the driver of each name.

    kept: over the sleep that has just ended, None when there is no sound record of one.
    """

    def __init__(
        self, power: "Power", channels: "Sequence[tuple[str, int]]", drivers: "list[Any]", sensors: "dict[str, Any]"
    ) -> None:
        self._power = power
        self._channels = channels
        self._drivers = drivers
        self._sensors = sensors
        self._since = ticks_ms()
        self._started: list[Any] = []
        self._pressed: Callable[[], object] = list
        self.kept: Kept | None = unpack_record(power.read()) if power.woken else None
        if self.kept is not None and not sane(self.kept, power.clock_ms()):
            self.kept = None

    def sleep_on(self, pressed: "Callable[[], object]") -> None:
        """Return when something is not calm, or was pressed, before the look or while it went on."""
        kept = self.kept
        self._pressed = pressed
        if kept is None or pressed():
            return
        now = self._power.clock_ms()
        if calm(kept, now, self._read) and not pressed():
            kept.count(now, self._power.boot_ms + ticks_diff(ticks_ms(), self._since))
            self._sleep(kept)

    def _sleep(self, kept: Kept) -> None:
        power = self._power
        power.write(pack_record(kept))
        for driver in self._drivers:
            if hasattr(driver, "sleep"):
                driver.sleep()
        power.sleep(max(1, kept.next_at() - power.clock_ms()))

    def _read(self, channel: int) -> "int | None":
        """One value, waited for as long as a sensor may take; a channel that the board lacks is at rest."""
        name, idle = self._channels[channel][:2]
        driver = self._sensors.get(name)
        if driver is None:
            return idle
        kept = self.kept
        if hasattr(driver, "glance") and kept is not None:
            value = self._glance(driver, name)
            for watch in kept.watched:
                if watch.channel == channel and watch.calm(value):
                    return value
        now = ticks_diff(ticks_ms(), self._since)
        if driver not in self._started:
            self._started.append(driver)
            if hasattr(driver, "start"):
                driver.start(now)
        until = now + LOOK_MS
        due = now
        period = getattr(driver, "POLL_MS", 0)
        while True:
            if now >= due:
                due = now + min(period, LOOK_MS)
                if period:
                    driver.poll(now)
            value = driver.read(name)
            if value is not None or now > until:
                return value
            now = self._wait()

    def _glance(self, driver: "Any", name: str) -> "int | None":
        began = ticks_diff(ticks_ms(), self._since)
        now = began
        while True:
            value: int | None = driver.glance(name, now)
            if value is not None or now - began >= GLANCE_MS:
                return value
            now = self._wait()

    def _wait(self) -> int:
        """A button is polled meanwhile: so often that a spark is none. Time since the beginning, in ms."""
        sleep_ms(POLL_MS)
        self._pressed()
        return ticks_diff(ticks_ms(), self._since)
