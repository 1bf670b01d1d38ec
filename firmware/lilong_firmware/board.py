"""A board with real pins, as `main` asks for one: drivers are polled, channels read and outputs driven.

What is on which pin says the module `wiring`, which `lilong boards` writes: its `wire` gives the drivers, which of them
reads each channel, and which drives each output. See `drivers/README.md` for what a driver has.
"""

import asyncio
import os
from time import ticks_diff, ticks_ms

from .uptime import Uptime
from .waiting import Bell

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .device import Device
    from .link import Link
    from .progress import Progress
    from .rules import Rules
    from .sleep_board import Naps

LOOK_MS = 1_000  # at least so often the rules show that they go on
FIRST_VALUE_MS = 5_000  # (ours) from power-on: the slowest driver has its first value after 2.6 s (drivers/README.md)
INTERRUPT_MS = 50  # (ours) from an interrupt to the look at its driver: no handler may touch asyncio's queues


class Board:
    """progress: who is told that the loops go on, and feeds the watchdog. resolver: looks names up without blocking.

    naps: of a board that sleeps deeply; it needs `device` too.
    """

    device: "Device"

    def __init__(
        self, kind: "type[Rules]", wired: "tuple[list[Any], dict[str, Any], dict[str, Any]]", progress: "Progress",
        resolver: "Any",
    ) -> None:  # fmt: skip
        self._uptime = Uptime(ticks_ms, ticks_diff)
        self._bell = Bell()
        self._drivers, self._sensors, self._outputs = wired
        self._idle = {channel[0]: channel[2] for channel in kind.CHANNELS}
        # Interrupt channels that a driver only reads: told when they are another value.
        self._levels: dict[str, Any] = {}
        for name, period, _ in kind.CHANNELS:
            if not period and name in self._sensors and not hasattr(self._sensors[name], "take"):
                self._levels[name] = self._idle[name]
        self._arrived: list[tuple[str, int | None]] = []
        self._progress = progress
        self.resolve = resolver
        self.naps: Naps | None = None
        self.link: Link | None = None  # once it runs
        self._driven: list[str] = []  # outputs that are on
        self._silent: list[str] = []  # channels that gave no value before the sleep
        now = self._uptime()
        self._due = []
        for driver in self._drivers:
            if hasattr(driver, "start"):
                driver.start(now)
            self._due.append(now)

    # ---- time

    def uptime_ms(self) -> int:
        return self._uptime()

    async def wait(self, deadline: int, link: "Link") -> None:
        now = self._uptime()
        self.link = link
        self._progress.rules(now, link.looked_at)
        if self.naps is not None and self.naps.step(self.device, now, link, bool(self._driven)):
            return
        ms = deadline - now
        if ms <= 0 or self._arrived:
            await asyncio.sleep_ms(0)
            return
        self._bell.rings = False
        await self._bell.wait(min(ms, LOOK_MS))

    def wake(self) -> None:
        self._bell.ring()

    # ---- what the drivers see and do

    def change(self) -> "tuple[str, int | None] | None":
        return self._arrived.pop(0) if self._arrived else None

    def read(self, channel: str) -> "int | None":
        value = self._value(channel)
        if channel in self._levels:
            self._levels[channel] = value
        return value

    def output(self, name: str, value: int) -> None:
        """What is not there is not driven: a detector without a buzzer for its faults has its lamp."""
        driver = self._outputs.get(name)
        if driver is not None:
            driver.drive(name, value)
            if self.naps is not None:
                self._driven = [other for other in self._driven if other != name]
                if value:
                    self._driven.append(name)

    async def run(self) -> None:
        """Look at the drivers for ever; what has been seen while the loop stood still, it takes up."""
        from .standstill import begin  # noqa: PLC0415  needed once

        stands = begin(self, self._drivers, self._outputs)
        while True:
            now = self._uptime()
            next_at = self.look(now)
            stands.turned(now)
            if stands.error:
                raise stands.error
            if self._arrived or stands.moved:
                stands.moved = False
                self._bell.ring()
            self._progress.drivers(now)
            await asyncio.sleep_ms(max(1, next_at - self._uptime()))

    def look(self, now: int) -> int:
        """Poll each driver at its period, and soon after an interrupt; hear what they have seen. When to look again."""
        next_at = now + INTERRUPT_MS
        for at, driver in enumerate(self._drivers):
            period = getattr(driver, "POLL_MS", 0)
            if getattr(driver, "irq_pending", False) or (period and self._due[at] <= now):
                driver.poll(now)
                self._due[at] = now + period
            if period:
                next_at = min(next_at, self._due[at])
        self._collect()
        return next_at

    def sleeps(self, naps: "Naps") -> None:
        """Look first, and sleep on if all is calm; what a pin has told is told to the device when it runs."""
        naps.look()
        self.naps = naps
        self._arrived.extend(naps.pressed)
        self._silent = naps.silent()

    def _collect(self) -> None:
        for driver in self._drivers:
            if hasattr(driver, "take"):
                event = driver.take()
                while event is not None:
                    self._arrived.append(event)
                    event = driver.take()
        for name in self._levels:
            value = self._value(name)
            if value != self._levels[name]:
                self._levels[name] = value
                self._arrived.append((name, value))

    def _value(self, channel: str) -> "int | None":
        """What its driver reads; before the first value there is that at rest, which is no fault yet."""
        driver = self._sensors.get(channel)
        value: int | None = None if driver is None else driver.read(channel)
        if value is None and (driver is None or (self._uptime() < FIRST_VALUE_MS and channel not in self._silent)):
            return self._idle[channel]
        return value

    def seed(self) -> bytes:
        return os.urandom(16)

    # ---- what the device tells

    def online(self, connection: int) -> None:
        self._progress.accepted(self._uptime())

    def note(self, what: str, code: int, boot: int, seq: int) -> None:
        """A board has nobody to tell."""

    def offline(self, why: str) -> None:
        """See `note`."""

    def sent(self, cls: str) -> None:
        """See `note`."""

    def handled(self, cls: str) -> None:
        """See `note`."""
