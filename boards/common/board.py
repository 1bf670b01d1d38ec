"""The board of a device with real pins: wiring, watchdog, slots and Wi-Fi, where `lilong_firmware.main` looks for them.

What it prints is for who has a cable: `lilong flash` waits for the line that says it is online.
"""

import asyncio

import machine
import network
from built import BUILT_S
from lilong_boot import BOOTED
from lilong_firmware.board import Board as Pins
from lilong_firmware.boot import Files
from lilong_firmware.config import content
from lilong_firmware.dns import Resolver
from lilong_firmware.kinds import rules
from lilong_firmware.progress import Progress
from lilong_firmware.slots import Slots
from lilong_firmware.tls import start_clock
from wiring import wire

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

CONFIG = "/lilong/device.json"
WATCHDOG_MS = 8_000  # the watchdog of rp2 ends at 8,388
JOIN_MS = 30_000  # (ours) between two tries to join the network


class Board(Pins):
    """Reads a key more of the configuration: "wifi", an object of "ssid" and "password"."""

    def __init__(self, settings: "dict[str, Any]") -> None:
        start_clock(BUILT_S, machine.RTC())
        self.slots = Slots(Files())
        self.slots.running, self.slots.safe = BOOTED
        self._wifi: dict[str, str] = settings.get("wifi") or {}
        self._radio = network.WLAN(network.WLAN.IF_STA)
        data = {name: content(path) for name, path in settings["data"].items()}
        wired = wire(data)
        dog = machine.WDT(timeout=WATCHDOG_MS)
        super().__init__(
            rules(settings["kind"]), wired, Progress(dog.feed, self.slots.healthy), Resolver(self._name_server)
        )

    async def run(self) -> None:
        asyncio.create_task(self._join())  # noqa: RUF006  MicroPython's loop keeps it
        await super().run()

    def online(self, connection: int) -> None:
        super().online(connection)
        print("lilong: online, connection %d" % connection)

    def offline(self, why: str) -> None:
        print("lilong: offline: %s" % (why or "left by itself"))

    def note(self, what: str, code: int, boot: int, seq: int) -> None:
        if what == "restart":
            machine.reset()

    def _name_server(self) -> str:
        return str(self._radio.ifconfig()[3])

    async def _join(self) -> None:
        """Look after the network for ever: what has been lost is joined again."""
        self._radio.active(True)
        while self._wifi:
            if not self._radio.isconnected():
                try:
                    self._radio.connect(self._wifi["ssid"], self._wifi.get("password"))
                except OSError as error:
                    print("lilong: no Wi-Fi: %s" % error)
            await asyncio.sleep_ms(JOIN_MS)
