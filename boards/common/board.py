"""The board of a device with real pins: wiring, watchdog, slots and radio, where `lilong_firmware.main` looks for them.

What it prints is for who has a cable: `lilong flash` waits for the line that says it is online.
"""

import asyncio

import machine
from built import BUILT_S
from lilong_boot import BOOTED, Files, Slots
from lilong_firmware.board import Board as Pins
from lilong_firmware.flash import FileStore
from lilong_firmware.kinds import rules
from lilong_firmware.mirror import Mirror
from lilong_firmware.progress import Progress
from lilong_firmware.slots import NONE
from radio import new_radio
from wiring import WAKES, wire

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from lilong_firmware.device import Device
    from lilong_firmware.install import TwoSlots

CONFIG = "/lilong/device.json"
FOLDER = "/lilong"
STORE = "/lilong/store"
WATCHDOG_MS = 8_000  # the watchdog of rp2 ends at 8,388
TRIAL_MS = 3_600_000  # (ours)


class Board(Pins):
    """Reads two keys more of the configuration.

    "networks": of Wi-Fi, each an object of "ssid" and "password", the preferred one first; or "modem", an object of
    "apn" and, where they are wanted, "user", "password" and "pin". "maker" says whose firmware it takes: an object of
    "key" (Ed25519), "vendor" and "class" (UUIDs), all hex. Without it there are no updates.
    """

    device: "Device"

    def __init__(self, settings: "dict[str, Any]") -> None:
        from lilong_firmware.config import content  # noqa: PLC0415  these are needed once
        from lilong_firmware.tls import start_clock  # noqa: PLC0415

        start_clock(BUILT_S, machine.RTC())
        self.slots = Slots(Files())
        self.slots.running, self.slots.safe = BOOTED
        self._maker: dict[str, str] | None = settings.get("maker")
        data = {name: content(path) for name, path in settings["data"].items()}
        wired = wire(data)
        dog = machine.WDT(timeout=WATCHDOG_MS)
        self._known: dict[str, str] = {}  # the address of the broker's name
        super().__init__(rules(settings["kind"]), wired, Progress(dog.feed, self.slots.healthy), self._look_up)
        self._radio = new_radio(self, settings)
        if WAKES is not None:
            from lilong_firmware.sleep_board import Naps  # noqa: PLC0415  only who sleeps
            from lilong_firmware.sleep_esp32 import Esp32  # noqa: PLC0415

            wired[0].append(self._radio)  # it sleeps with the drivers
            self.sleeps(Naps(Esp32(WAKES), rules(settings["kind"]), wired, self._awake))

    async def run(self) -> None:
        asyncio.create_task(self._radio.run())  # noqa: RUF006  MicroPython's loop keeps it
        await super().run()

    def join(self, ways: "dict[str, Any]") -> None:
        """Another way to the backend (`access`)."""
        self._radio.use(ways)

    def online(self, connection: int) -> None:
        super().online(connection)
        self._radio.heard(True)
        print("lilong: online, connection %d" % connection)

    def offline(self, why: str) -> None:
        print("lilong: offline: %s" % (why or "left by itself"))
        if why:
            self._radio.heard(False)

    def note(self, what: str, code: int, boot: int, seq: int) -> None:
        if what == "restart":
            machine.reset()

    def store(self, folder: "str | None") -> "Any":
        """Alarms in two volumes where the flash has them, all else in files."""
        from volumes import volumes  # noqa: PLC0415  needed once

        files = FileStore(folder or STORE)
        both = volumes()
        kept: Any = Mirror(both, files) if both else files
        if self.slots.safe:
            from lilong_firmware.safe import SafeStore  # noqa: PLC0415  rarely

            return SafeStore(kept)
        return kept

    def updating(self, device: "Device") -> "TwoSlots | None":
        if self._maker is None:
            return None
        from lilong_firmware.install import Maker, TwoSlots  # noqa: PLC0415  by need

        key, vendor, kind = [bytes.fromhex(self._maker[name]) for name in ("key", "vendor", "class")]
        store: Any = device.store
        return TwoSlots(store, self.slots, FOLDER, Maker(key, vendor, kind))

    def _awake(self) -> bool:
        """New firmware stays awake for an hour, and then has the wakings that it is given (`slots`)."""
        return (self.slots.trial != NONE and self.uptime_ms() < TRIAL_MS) or self._radio.awake()

    async def _look_up(self, host: str, port: int) -> "Any":
        """For each connection anew: between two of them it takes no RAM."""
        from lilong_firmware.dns import Resolver  # noqa: PLC0415

        self._radio.name_server()  # a modem without a link says why
        return await Resolver(self._radio.name_server, known=self._known)(host, port)

    def quiet(self) -> bool:
        """Nothing waits to be told: a network may be left for a better one."""
        return not len(self.device.outbox) and not self.device.episodes.codes()
