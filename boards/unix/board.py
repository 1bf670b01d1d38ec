"""The unix port as a board: its pins are lines on stdin and stdout (README.md), its power is the process.

The uptime is real time since power-on, or with "stepped" in the configuration what `at` lines say (`step_clock`).
"""

import asyncio
import os
import socket
import sys
from time import sleep_ms, ticks_diff, ticks_ms, ticks_us

from lilong_firmware.kinds import rules
from lilong_firmware.link import Link
from lilong_firmware.uptime import Uptime
from lilong_firmware.waiting import Bell
from stimuli import Stimuli, tell

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from lilong_firmware.device import Device
    from lilong_firmware.rules import Rules
    from step_clock import StepClock

CONFIG = sys.argv[1]
LOOK_MS = 3_600_000  # well inside half a wrap of the tick counter


class Board:
    """Simulated peripherals. What stdin sets is at the pins at once, or with a stepped clock from the next `at`."""

    device: "Device"

    def __init__(self, settings: "dict[str, Any]") -> None:
        self._power_on_us = ticks_us()
        self._uptime = Uptime(ticks_ms, ticks_diff)
        self._wake = Bell()
        kind: type[Rules] = rules(settings["kind"])
        self._values: dict[str, int | None] = {channel[0]: channel[2] for channel in kind.CHANNELS}  # at the pins
        self._values.update(settings.get("values") or {})
        self._interrupts = [channel[0] for channel in kind.CHANNELS if not channel[1]]
        self._arrived: list[tuple[str, int | None]] = []  # set, and not yet looked at
        self._stepped = _step_clock() if settings.get("stepped") else None
        self.slots: Any = None
        if settings.get("slots"):
            from lilong_firmware.boot import Files  # noqa: PLC0415  of a board with slots
            from lilong_firmware.slots import Slots  # noqa: PLC0415

            self._folder = settings["slots"]
            self._maker = settings["maker"]
            self.slots = Slots(Files(self._folder))
            self.slots.running = settings["slot"]

    # ---- time

    def uptime_ms(self) -> int:
        return self._uptime() if self._stepped is None else self._stepped.now

    async def wait(self, deadline: int, link: Link) -> None:
        if self._stepped is not None:
            self._wake.rings = False
            self._arrived.extend(await self._stepped.wait(deadline, link, self._wake))
            return
        ms = deadline - self._uptime()
        if ms <= 0 or self._arrived:
            await asyncio.sleep_ms(0)
            return
        self._wake.rings = False
        await self._wake.wait(min(ms, LOOK_MS))

    def wake(self) -> None:
        self._wake.ring()

    # ---- peripherals

    def change(self) -> "tuple[str, int | None] | None":
        while self._arrived:
            name, value = self._arrived.pop(0)
            self._values[name] = value
            if name in self._interrupts:
                return name, value
        return None

    def read(self, channel: str) -> "int | None":
        return self._values[channel]

    def output(self, name: str, value: int) -> None:
        tell("out", name, value, ticks_us())

    def seed(self) -> bytes:
        return os.urandom(16)

    async def resolve(self, host: str, port: int) -> "Any":
        return socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM)[0]  # an address, which needs no look-up

    # ---- what the device tells

    async def run(self) -> None:
        tell("ready", self._power_on_us)
        await Stimuli(self).run()

    def note(self, what: str, code: int, boot: int, seq: int) -> None:
        tell("note", what, code, boot, seq, ticks_us())
        if what == "restart" and self.slots is not None:
            raise SystemExit  # its power is the process: whoever has started it starts another one

    def updating(self, device: "Device") -> "Any":
        """Firmware into the slot that does not run, or into the store of a board without slots."""
        store: Any = device.store
        if self.slots is None:
            from lilong_firmware.slot import OneSlot  # noqa: PLC0415  by need

            return OneSlot(store)
        from lilong_firmware.install import Maker, TwoSlots  # noqa: PLC0415  by need

        key, vendor, kind = [bytes.fromhex(self._maker[name]) for name in ("key", "vendor", "class")]
        return TwoSlots(store, self.slots, self._folder, Maker(key, vendor, kind))

    def online(self, connection: int) -> None:
        tell("online", connection)

    def offline(self, why: str) -> None:
        tell("offline", why)

    def sent(self, cls: str) -> None:
        tell("tx", cls, ticks_us())

    def handled(self, cls: str) -> None:
        tell("rx", cls)

    # ---- what stdin says

    def set(self, channel: str, value: "int | None") -> None:
        """The value at a channel from now on, None when there is none; ValueError for one that its kind lacks."""
        if channel not in self._values:
            raise ValueError("no channel %s: there are %s" % (channel, ", ".join(sorted(self._values))))
        if self._stepped is None:
            self._arrived.append((channel, value))
            self._wake.ring()
        else:
            self._stepped.held.append((channel, value))

    def obey(self, command: int, argument: "int | None") -> None:
        """A command of the building's gateway, as from its bus."""
        from lilong_firmware.local import obey  # noqa: PLC0415  by need

        now = self.uptime_ms()
        obey(self.device, now, command, argument)
        self.device.deadline = now  # what has come of it is done in the next round
        self._wake.ring()

    def stall(self, ms: int) -> None:
        """The loop stands still, as in a handshake of TLS on a small board; with a stepped clock, for that clock."""
        if self._stepped is None:
            sleep_ms(ms)
        else:
            self._stepped.now += ms

    def at(self, ms: int) -> None:
        """Run up to an uptime; ValueError without a stepped clock, or for a time that is past."""
        if self._stepped is None:
            raise ValueError('the clock is real: "stepped" in the configuration makes it wait for `at`')
        if ms < self._stepped.now:
            raise ValueError("%d is past: the uptime is %d" % (ms, self._stepped.now))
        self._stepped.target = ms
        self._wake.ring()


def _step_clock() -> "StepClock":
    from step_clock import StepClock  # noqa: PLC0415  it takes RAM

    return StepClock()
