"""Gives each simulated device its identity: id, keys, cards, PINs, its own random stream."""

from collections.abc import Iterable
from functools import cached_property
from hashlib import sha256

from lilong_firmware.device import NOTHING, Device, Identity
from lilong_firmware.draws import Draws
from lilong_firmware.store import RamStore
from lilong_protocol.codes import link
from lilong_protocol.keys import device_root, hkdf
from lilong_protocol.registry import KIND

from ..estate import Device as Placed
from ..estate import Estate
from ..estate.households import Household
from ..estate.vehicles import bicycles, cars, cycles, leads_out, plates, tags
from ..kinds import rules
from ..wiring import Wiring, wirings
from ..world.daylight import calendar
from .pins import pins

SHORTEST_MS = 10  # (ours) a hundred messages a second of one device
FENCES = {"pulse": b"\x01", "tension": b"\x02", "both": b"\x03"}  # as its kind has it
CARD_SALT = b"lilong/1 card pseudonyms"


def card_blob(numbers: Iterable[int]) -> bytes:
    """Numbers of cards or PINs as a door keeps them: sorted, 4 bytes big-endian each."""
    return b"".join(number.to_bytes(4, "big") for number in sorted(numbers))


class Provisioner:
    """Makes identities and devices of one estate; `seed` feeds the devices' own random draws.

    rate: the periods of heartbeats and telemetry are divided by it, down to SHORTEST_MS; nothing else is. What a birth
    tells of them is at least a second.
    made: the class of the devices. accepts: the run accepts what they say, since the backend has no words for that.
    ahead_ms: so far the world's time is ahead of the devices' clocks. Nothing that they date is changed by that; what
    they do by the time of day, they do by the world's.
    """

    def __init__(
        self, estate: Estate, estate_key: bytes, seed: int, rate: float = 1.0, made: type[Device] = Device,
        accepts: bool = False, ahead_ms: float = 0.0,
    ) -> None:  # fmt: skip
        self._rate = rate
        self._pile = {"accepted": b"\x01"} if accepts else NOTHING
        self._made = made
        self._estate = estate
        self._estate_key = estate_key
        self._seed = seed
        self._blobs: dict[tuple[int, ...], bytes] = {}  # doors with the same cards share one
        self._pins: dict[int, dict[str, int]] = {}  # by core
        self._lamp = {"calendar": calendar(estate.latitude, estate.longitude, ahead_ms)}  # the same for all
        self._card_key = hkdf(estate_key, CARD_SALT, estate.id.encode())

    def identity(self, placed: Placed) -> Identity:
        return Identity(
            self._estate.id,
            placed.id,
            device_root(self._estate_key, self._estate.id, placed.id),
            *self._periods(placed),
            self._data(placed),
        )

    def _periods(self, placed: Placed) -> tuple[int | None, int | None]:
        """Its heartbeat, and the silence after which it counts as offline, in s."""
        if self._rate == 1.0:
            return placed.beat_s, placed.offline_s
        _, _, beat_s, offline_s, _ = link(KIND[placed.kind].number)
        beat = max(1, round((placed.beat_s or beat_s) / self._rate))
        return beat, max(2 * beat, round((placed.offline_s or offline_s) / self._rate))

    def _data(self, placed: Placed) -> dict[str, bytes]:
        """What its kind reads of its identity."""
        if placed.kind == "streetlight":
            return self._lamp
        if placed.kind == "gateway":
            wiring = self._wirings.get(placed.id)
            return NOTHING if wiring is None else wiring.data()
        if placed.kind == "vehicle_lane":
            return self._lane(placed)
        if placed.kind == "cycle_gate":
            return self._cycle_gate(placed)
        if placed.kind == "ev_pile":
            return self._pile
        if placed.kind == "fence_zone":
            return NOTHING if placed.fence is None else {"fence": FENCES[placed.fence]}
        if placed.kind not in ("door", "intercom"):
            return NOTHING
        gate = placed.kind == "door" and placed.core is None and placed not in self._estate.staff_doors
        given = {
            "cards": self._blob(self._estate.own_cards_of(placed)),
            "visitors": self._blob(self._estate.visitor_cards_of(placed)),
            "pins": b"" if placed.core is None else self._blob(tuple(self.pins_of(placed.core).values())),
            "card_key": self._card_key,
            "two_way": b"\x01" if gate else b"",
            "asks": b"\x01" if placed.kind == "door" and self._estate.doors_ask else b"",
            "unnamed": self._unnamed,
            "discreet": self._discreet(placed) if placed.kind == "intercom" else b"",
        }
        return {name: value for name, value in given.items() if value}

    @cached_property
    def _flats(self) -> tuple[str, ...]:
        return tuple(flat.key for flat in self._estate.flats)

    @cached_property
    def _nameless(self) -> frozenset[str]:
        """Keys of the flats of confidential households: nothing may be told that names them."""
        return frozenset(one.flat.key for one in self._estate.households if one.confidential)

    @cached_property
    def _cycles(self) -> list[tuple[str, int]]:
        return cycles(self._estate.id, self._flats)

    def _confidential(self, core: int | None) -> list[Household]:
        """Such households of a core, or all of them."""
        return [one for one in self._estate.households if one.confidential and core in (None, one.flat.core)]

    @cached_property
    def _unnamed(self) -> bytes:
        """Cards and PINs of which no door and no panel tells a pseudonym, not even one where they open nothing."""
        households = self._confidential(None)
        cards = [who.card for one in households for who in one.persons]
        return self._blob((*cards, *(self.pins_of(one.flat.core)[one.flat.key] for one in households)))

    def _discreet(self, placed: Placed) -> bytes:
        """Flats of which a panel does not tell that they are called."""
        return self._blob(tuple(one.flat.number_at(placed.core) for one in self._confidential(placed.core)))

    @cached_property
    def _wirings(self) -> dict[str, Wiring]:
        return wirings(self._estate)

    def _lane(self, placed: Placed) -> dict[str, bytes]:
        """The cars of all bays; strangers pay. Of a gate's numbered lanes every second one leads out."""
        estate = self._estate
        cars_ = cars(estate.id, estate.bays, self._flats)
        given = {
            "cards": self._blob(plates(estate.id, estate.bays)), "card_key": self._card_key, "paying": b"\x01",
            "unnamed": self._blob(tuple(plate for flat, plate in cars_ if flat in self._nameless)),
            "out": b"\x01" if leads_out(placed) else b"",
        }  # fmt: skip
        return {name: value for name, value in given.items() if value}

    def _cycle_gate(self, placed: Placed) -> dict[str, bytes]:
        """The tags of all flats; before the lifts of a core only bicycles may go in."""
        own = tags(self._estate.id, self._flats)
        given = {
            "cards": self._blob(own), "card_key": self._card_key,
            "unnamed": self._blob(tuple(tag for flat, tag in self._cycles if flat in self._nameless)),
        }  # fmt: skip
        if placed.core is not None:
            given |= {"lobby": b"\x01", "bicycles": self._blob(bicycles(own))}
        return {name: value for name, value in given.items() if value}

    def pins_of(self, core: int) -> dict[str, int]:
        """The PIN of each flat at its core's lobby doors, by flat key.

        A gate has none: with the PINs of a whole estate, one guess in some 500 would open it.
        """
        if core not in self._pins:
            flats = (flat.key for flat in self._estate.flats if flat.core == core)
            self._pins[core] = pins(self._estate_key, self._estate.id, flats)
        return self._pins[core]

    def _blob(self, numbers: tuple[int, ...]) -> bytes:
        if numbers not in self._blobs:
            self._blobs[numbers] = card_blob(numbers)
        return self._blobs[numbers]

    def draw_seed(self, placed: Placed) -> bytes:
        """The seed of a device's draws; adding a device changes no other's."""
        return sha256(f"{self._seed}/{placed.id}".encode()).digest()[:16]

    def device(self, placed: Placed, boot: int, polls: bool = False) -> Device:
        device = self._made(
            self.identity(placed), rules(placed.kind), RamStore(), Draws(self.draw_seed(placed)), polls, boot
        )
        if self._rate != 1.0:
            session = device.session  # no device has a setting for so short ones
            _, _, beat_s, _, telemetry_s = link(KIND[placed.kind].number)
            session._beat_ms = max(SHORTEST_MS, round((placed.beat_s or beat_s) * 1000 / self._rate))
            session._telemetry_ms = telemetry_s and max(1, round(telemetry_s * 1000 / self._rate))
        return device
