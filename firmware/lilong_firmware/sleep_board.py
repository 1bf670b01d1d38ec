"""A board's side of deep sleep: the look at each waking, going to sleep, and what a started device takes up again.

Made before the device is: when all is calm it does not come back, the board sleeps on (`look`, `sentinel`). Where the
starter has looked already (`early`) it takes from there what was pressed. Whether a device may sleep says `sleep`.
"""

import sys
from time import ticks_diff, ticks_ms

from .look import Look
from .session import DOWN

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .device import Device
    from .link import Link
    from .look import Power
    from .rules import Rules

EARLY = "lilong_look"  # `early`, as the starter knows it
ASK_MS = 1_000
SERVICE_MS = 300_000  # (ours) after a cold start: a cable finds it awake
LEAVE_MS = 300  # (ours) the last bytes of a connection leave the radio
EVENTS = {"tilt": ("shock", 512), "sos": ("sos", 1)}  # what a pin tells that a later look cannot see any more


class Naps(Look):
    """drivers, sensors: as wired. awake_for: while it is True the board stays awake (firmware on trial).

    pressed: (channel, value) to be told to the device when it has started.
    """

    def __init__(
        self, power: "Power", kind: "type[Rules]", wired: "tuple[list[Any], dict[str, Any], dict[str, Any]]",
        awake_for: "Callable[[], bool]",
    ) -> None:  # fmt: skip
        Look.__init__(self, power, [(name, idle) for name, _, idle in kind.CHANNELS], wired[0], wired[1])
        self._awake_for = awake_for
        self._down_at = -1
        self._taken_up = False
        self._asked_at = 0
        self.pressed: list[tuple[str, int]] = []

    def look(self) -> None:
        """Sleep on if all is calm; else return."""
        names = self._power.pressed()
        early = sys.modules.pop(EARLY, None)
        if early is not None:  # it has looked
            names = names + early.seen_early()
        self.pressed = [EVENTS[name] for name in EVENTS if name in names]
        if early is None:
            self.sleep_on(lambda: self.pressed)

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
