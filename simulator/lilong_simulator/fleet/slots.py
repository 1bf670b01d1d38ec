"""Firmware of simulated devices: two slots in memory, the verdicts of a board, and firmware that fails.

A device is given slots when it is offered firmware for the first time; most never are.
"""

from collections.abc import Callable, Generator
from functools import cache
from hashlib import sha256
from typing import TYPE_CHECKING, cast

from lilong_firmware import trial
from lilong_firmware.device import Device
from lilong_firmware.effects import NEVER
from lilong_firmware.install import STEPS, Incoming, Maker, TwoSlots
from lilong_firmware.restart import said
from lilong_firmware.session import ONLINE
from lilong_firmware.slot import FIRMWARE, Slot
from lilong_firmware.slots import Slots
from lilong_protocol.pc.maker import SIMULATED, SIMULATION, maker_data
from lilong_protocol.registry import KIND_BY_NUMBER

if TYPE_CHECKING:
    from lilong_firmware.store import LogStore

try:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
except ImportError:  # an extra: then as boards do it, some 20 ms for each device
    VERIFIES_FAST = False
else:
    VERIFIES_FAST = True

FACTORY = b"firmware of the factory"
HANGS = b"lilong simulation: percent of devices that never reach their backend with this: "
"""In an image, followed by a byte. Which devices these are follows from their ids and the image."""
RESET_MS = 20_000  # (ours) after so long the watchdog resets a device whose firmware hangs

# The public half of `simulation_release_key`.
SIMULATION_KEY = bytes.fromhex("3056ae47064d4f53d00990264e8408d57d8da3588df3eea32cabde34b47afaa2")


@cache
def simulated_maker(kind: int) -> Maker:
    """Whose firmware a simulated device of a kind, by its number, takes."""
    data = maker_data(SIMULATION_KEY, SIMULATION, SIMULATED, KIND_BY_NUMBER[kind].name)
    return Maker(data[:32], data[32:48], data[48:])


class Memory:
    """The `Place` of slots. What many devices have in common is one object in memory."""

    __slots__ = ("bundles", "records")

    def __init__(self, factory: bytes) -> None:
        self.records = [b"", b""]
        self.bundles: list[bytes | bytearray] = [factory, b""]

    def record(self, at: int) -> bytes:
        return self.records[at]

    def keep(self, at: int, data: bytes) -> None:
        self.records[at] = data

    def read(self, slot: int, offset: int, size: int) -> bytes:
        return bytes(self.bundles[slot][offset : offset + size])


class Flash:
    """What a simulated device has of firmware, over its restarts. `reset_at`: when a watchdog ends what hangs, ms of
    the host's clock."""

    __slots__ = ("_maker", "_memory", "reset_at", "restarts", "slots", "trial")

    def __init__(self, maker: Maker) -> None:
        self._maker = maker
        self._memory = Memory(FACTORY)
        self.slots = Slots(self._memory)
        self.slots.active = 1
        self.slots.stage(1, len(FACTORY), sha256(FACTORY).digest())
        self.slots.boot(False)
        self.slots.confirm()
        self.slots.newest = 0  # any release is newer than the factory's
        self.restarts = False  # new firmware is staged
        self.reset_at = NEVER
        self.trial: trial.Trial | None = None

    def updating(self, device: Device) -> "Simulated":
        return Simulated(cast("LogStore", device.store), self.slots, self._memory, self._maker)

    def ready(self, device: Device) -> bool:
        """Other firmware waits, and no alarm or last word has to be looked after first: as `main.Host` has it.

        To be asked after whatever has happened to the device.
        """
        if self.trial is not None:
            return self.trial.step(0, device)
        if not self.restarts or len(device.outbox) or device.in_danger():
            return False
        return device.session.state != ONLINE or said(device)

    def restart(self, now: int, device: Device) -> Device:
        """A reset: the device as it starts again, to be started by its host unless `reset_at` says that it hangs."""
        self.slots = Slots(self._memory)
        slot = self.slots.boot(False)
        self.trial = trial.Trial(self.slots) if slot == self.slots.trial else None
        self.restarts = False
        self.reset_at = now + RESET_MS if _hangs(self._memory.bundles[slot], device.identity.device) else NEVER
        fresh = Device(
            device.identity, type(device.rules), device.store, device.draws, device.sampling.polls,
            device.uplink.boot + 1,
        )  # fmt: skip
        fresh.updating = device.updating
        for channel, value in enumerate(device.sampling.values):
            fresh.sense(0, channel, value)
        return fresh

    def accepted(self, now: int, device: Device) -> None:
        """The backend has accepted a session. now: uptime, ms."""
        self.slots.healthy()
        self.restarts = self.restarts or trial.settle(device, now, self.slots) is not None
        self.trial = None


class Simulated(TwoSlots):
    """The `Updating` of a simulated device."""

    __slots__ = ("_memory",)

    def __init__(self, store: "LogStore", slots: Slots, memory: Memory, maker: Maker) -> None:
        super().__init__(store, slots, "", maker)
        self._memory = memory

    def sink(self, what: int) -> Incoming | None:
        if what != FIRMWARE:
            return None
        return InMemory(self._store, self._slots, self._memory, self._maker, self._signature)


class InMemory(Incoming):
    """The sink of a board, into memory, its signature verified by OpenSSL where that is there."""

    __slots__ = ("_memory",)

    def __init__(self, store: "LogStore", slots: Slots, memory: Memory, maker: Maker, signature: bytes) -> None:
        super().__init__(store, slots, "", maker, signature)
        Slot.__init__(self, _Spare(store, memory, slots.spare()))
        self._memory = memory

    def begin(self, size: int, digest: bytes) -> int:
        there = super().begin(size, digest)
        if there >= 0 and VERIFIES_FAST:
            self._verifying = verification(self._maker.key, digest, self._signature)
        return there

    def finish(self, now: int) -> bool:
        done = super().finish(now)
        spare = self._slots.trial
        self._memory.bundles[spare] = _shared(bytes(self._memory.bundles[spare]))
        return done


class _Spare:
    """A store whose one file of the log is the spare bundle."""

    LOGS = True

    def __init__(self, store: "LogStore", memory: Memory, slot: int) -> None:
        self.items: Callable[[], list[tuple[str, bytes]]] = store.items
        self.put = store.put
        self.drop = store.drop
        self.get = store.get
        self._memory = memory
        self._slot = slot

    def write(self, name: str, at: int, data: bytes) -> None:
        bundles = self._memory.bundles
        bundle = bundles[self._slot]
        if not at or not isinstance(bundle, bytearray):
            bundle = bundles[self._slot] = bytearray(bundle[:at])
        bundle[at:] = data

    def read(self, name: str, at: int, size: int) -> bytes:
        return self._memory.read(self._slot, at, size)


def verification(public: bytes, message: bytes, signature: bytes) -> Generator[bool | None, None, None]:
    """As `ed25519.verification`: not at the first look, since the answer to the offer goes before its result."""
    for _ in range(STEPS):
        yield None
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        yield False
    else:
        yield True


@cache
def _shared(bundle: bytes) -> bytes:
    """The same bytes for all that have them."""
    return bundle


def _hangs(bundle: bytes | bytearray, device: str) -> bool:
    at = bundle.find(HANGS)
    if at < 0:
        return False
    drawn = int.from_bytes(sha256(bytes(bundle[at:]) + device.encode()).digest()[:4], "big")
    return drawn % 100 < bundle[at + len(HANGS)]


def simulation_image(hanging_percent: int = 0, size: int = 2_048) -> bytes:
    """What stands for a bundle in a simulation: devices fetch it, and so many of a hundred do not come back with it."""
    body = b"\xd2\xcd\x31" + HANGS + bytes((hanging_percent,))
    return body + bytes(range(256)) * (size // 256)
