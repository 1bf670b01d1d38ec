"""A board's side of deep sleep: the look at each waking, going to sleep, and what a started device takes up again.

Made before the device is: when all is calm it does not come back, the board sleeps on (`sentinel`). Whether a device
may sleep says `sleep`. `Power` is what a port has for it: see `sleep_esp32`.
"""

from time import sleep_ms, ticks_diff, ticks_ms

from .rtc import Kept, pack_record, unpack_record
from .sentinel import calm, sane
from .session import DOWN

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Protocol

    from .device import Device
    from .link import Link
    from .rules import Rules

    class Power(Protocol):
        """What a port has for deep sleep."""

        boot_ms: int  # from the end of a sleep to the first line of the firmware
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


LOOK_MS = 1_500  # (ours) the slowest sensor that a sleeping kind looks at, a gas module, tells once a second
POLL_MS = 10
ASK_MS = 1_000
SERVICE_MS = 300_000  # (ours) after a cold start: a cable finds it awake
LEAVE_MS = 300  # (ours) the last bytes of a connection leave the radio
EVENTS = {"tilt": ("shock", 512), "sos": ("sos", 1)}  # what a pin tells that a later look cannot see any more


class Naps:
    """drivers, sensors: as wired. awake_for: while it is True the board stays awake (firmware on trial).

    pressed: (channel, value) to be told to the device when it has started.
    """

    def __init__(
        self, power: "Power", kind: "type[Rules]", wired: "tuple[list[Any], dict[str, Any], dict[str, Any]]",
        awake_for: "Callable[[], bool]", boot_ms: "int | None" = None,
    ) -> None:  # fmt: skip
        self._power = power
        self._channels = kind.CHANNELS
        self._drivers, self._sensors, _ = wired
        self._awake_for = awake_for
        self._since = ticks_ms()
        self._down_at = -1
        self._taken_up = False
        self._asked_at = 0
        self.pressed: list[tuple[str, int]] = []
        self.kept: Kept | None = unpack_record(power.read()) if power.woken else None
        if self.kept is not None and not sane(self.kept, power.clock_ms()):
            self.kept = None

    def look(self) -> None:
        """Sleep on if all is calm; else return."""
        kept = self.kept
        if kept is None:
            return
        power = self._power
        self.pressed = [EVENTS[name] for name in power.pressed() if name in EVENTS]
        now = power.clock_ms()
        if self.pressed or not calm(kept, now, self._read):
            return
        kept.count(now, power.boot_ms + ticks_diff(ticks_ms(), self._since))
        self._sleep(kept)

    def silent(self) -> "list[str]":
        """The channels of which the device knew before the sleep that their sensors are silent."""
        if self.kept is None:
            return []
        return [self._channels[watch.channel][0] for watch in self.kept.watched if watch.faulty]

    def step(self, device: "Device", now: int, link: "Link", driven: bool) -> bool:
        """In the device's loop: take up what was kept, then sleep when it may. True: the device wants a step."""
        if not self._taken_up:
            self._taken_up = True
            if self.kept is not None:
                from .sleep import take_up  # noqa: PLC0415  by need

                take_up(device, now, self._power.clock_ms(), self.kept)
                return True
        if device.session.state != DOWN or link.busy or device.deadline <= now:
            self._down_at = -1
            return False
        if self._down_at < 0:
            self._down_at = self._asked_at = now
        if now - self._down_at < LEAVE_MS or now - self._asked_at < ASK_MS or driven or self._awake_for():
            return False
        if self.kept is None and now < SERVICE_MS:
            return False
        self._asked_at = now
        from .sleep import keep, may_sleep  # noqa: PLC0415  by need

        if may_sleep(device, now, driven):
            since_boot = ticks_diff(ticks_ms(), self._since) - now  # what came before the uptime
            self._sleep(keep(device, now, self._power.clock_ms(), self.kept, self._power.boot_ms + max(0, since_boot)))
        return False

    # ---- inside

    def _sleep(self, kept: Kept) -> None:
        power = self._power
        power.write(pack_record(kept))
        for driver in self._drivers:
            if hasattr(driver, "sleep"):
                driver.sleep()
        power.sleep(max(1, kept.next_at() - power.clock_ms()))

    def _read(self, channel: int) -> "int | None":
        """One value, waited for as long as a sensor may take; a channel that the board lacks is at rest."""
        name, _, idle = self._channels[channel]
        driver = self._sensors.get(name)
        if driver is None:
            return idle
        value: int | None = driver.glance(name) if hasattr(driver, "glance") else None
        if value is not None:
            return value
        since = ticks_ms()
        while True:
            now = ticks_diff(ticks_ms(), self._since)
            driver.poll(now)
            value = driver.read(name)
            if value is not None or ticks_diff(ticks_ms(), since) > LOOK_MS:
                return value
            sleep_ms(POLL_MS)
