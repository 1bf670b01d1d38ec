"""Gives each simulated device its identity: id, keys, cards, its own random stream."""

from collections.abc import Iterable
from hashlib import sha256

from lilong_firmware.device import NOTHING, Device, Identity
from lilong_firmware.draws import Draws
from lilong_firmware.kinds import rules
from lilong_firmware.store import RamStore
from lilong_protocol.keys import device_root, hkdf

from ..estate import Device as Placed
from ..estate import Estate

CARD_SALT = b"lilong/1 card pseudonyms"


def card_blob(numbers: Iterable[int]) -> bytes:
    """Card numbers as a door keeps them: sorted, 4 bytes big-endian each."""
    return b"".join(number.to_bytes(4, "big") for number in sorted(numbers))


class Provisioner:
    """Makes identities and devices of one estate; `seed` feeds the devices' own random draws."""

    def __init__(self, estate: Estate, estate_key: bytes, seed: int) -> None:
        self._estate = estate
        self._estate_key = estate_key
        self._seed = seed
        self._blobs: dict[tuple[int, ...], bytes] = {}  # doors with the same cards share one
        self._card_key = hkdf(estate_key, CARD_SALT, estate.id.encode())

    def identity(self, placed: Placed) -> Identity:
        return Identity(
            self._estate.id,
            placed.id,
            device_root(self._estate_key, self._estate.id, placed.id),
            placed.beat_s,
            placed.offline_s,
            self._data(placed),
        )

    def _data(self, placed: Placed) -> dict[str, bytes]:
        """What its kind reads of its identity."""
        if placed.kind == "door":
            return {"cards": self._cards(placed), "card_key": self._card_key}
        return NOTHING

    def _cards(self, door: Placed) -> bytes:
        numbers = self._estate.cards_of(door)
        if numbers not in self._blobs:
            self._blobs[numbers] = card_blob(numbers)
        return self._blobs[numbers]

    def draw_seed(self, placed: Placed) -> bytes:
        """The seed of a device's draws; adding a device changes no other's."""
        return sha256(f"{self._seed}/{placed.id}".encode()).digest()[:16]

    def device(self, placed: Placed, boot: int, polls: bool = False) -> Device:
        return Device(
            self.identity(placed), rules(placed.kind), RamStore(), Draws(self.draw_seed(placed)), polls, boot
        )
