"""Whatever the people of a confidential household do in a whole virtual run, no message says who or where they are.

Every frame that any device sends is decoded. The run has to show that it would be seen: the same is said of others.
"""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from lilong_firmware.cards import PIN
from lilong_firmware.kinds.cycle_gate import TAGS
from lilong_firmware.kinds.vehicle_lane import PLATES
from lilong_protocol import codes
from lilong_protocol.frame import EVENT
from lilong_protocol.keys import MacKey
from lilong_protocol.pc.simulation import simulation_key
from lilong_simulator.estate import Estate, load_estate
from lilong_simulator.estate.vehicles import cars, cycles
from lilong_simulator.fleet.provision import Provisioner
from lilong_simulator.fleet.spoken import said_of
from lilong_simulator.incidents import Incident
from lilong_simulator.recorder import Recorder
from lilong_simulator.virtual_run import VirtualRun, epoch_ms
from lilong_simulator.world import World
from lilong_tools.virtual_centre import CentreInTheLoop

SMALL = Path(__file__).with_name("small_estate.toml")
EVENING = datetime(2026, 3, 4, 17)
LASTS_MS = 3 * 3_600_000
RULES = """
[[gates]]
id = "drive"
name = { en = "Drive", zh = "车行口" }
use = "vehicle"
x = 60
y = 5

[[devices]]
kind = "vehicle_lane"
where = "gates"
use = "vehicle"
ways = ["in", "out"]

[[devices]]
kind = "cycle_gate"
where = "gates"
use = "pedestrian"
ways = ["in", "out"]

[[devices]]
kind = "intercom"
where = "lobbies"
lobbies = ["ground"]

[[devices]]
kind = "indoor_station"
where = "flats"

[households]
confidential = 0.5
"""
BUSY = """[rates]
car_passages_per_bay = 20
cycle_passages_per_flat = 20
calls_per_flat = 20
"""


class Overheard(Recorder):
    """Keeps every frame that a device sends."""

    def __init__(self) -> None:
        super().__init__()
        self.frames: list[tuple[str, bytes]] = []

    def sent(self, at: float, device: str, cls: str, frame: bytes, due: float | None) -> None:
        self.frames.append((device, frame))
        super().sent(at, device, cls, frame, due)

    def down(self, at: int, device: str, cls: str, frame: bytes) -> None:
        """Not of interest."""


class Tried(Incident):
    """Those of confidential households try their cards and PINs wherever they have no business."""

    name = "tried"
    timeline = ()

    def device_names(self, estate: Estate) -> list[str]:
        return [one.name for kind in ("door", "intercom") for one in estate.of_kind(kind)]

    def install(self, world: World) -> None:
        estate = world.estate
        provisioner = Provisioner(estate, simulation_key(estate.id), 7)
        nameless = [one for one in estate.households if one.confidential]
        cards = [who.card for one in nameless for who in one.persons]
        pins = [provisioner.pins_of(one.flat.core)[one.flat.key] for one in nameless]
        for name in self.device_names(estate):
            at = 120_000
            for channel, numbers in (("credential", cards), ("pin", pins)):
                for number in numbers:
                    world.change(at, estate.device(name), channel, number)
                    world.change(at + 300, estate.device(name), channel, 0)
                    at += 90_000  # no row of wrong attempts, in which a pad is deaf


@pytest.fixture(scope="module")
def estate(tmp_path_factory: pytest.TempPathFactory) -> Estate:
    file = tmp_path_factory.mktemp("estate") / "confidential.toml"
    text = SMALL.read_text("utf-8").replace("height_m = 40", "height_m = 40\nbays = 8").replace("[rates]", BUSY)
    text = text.replace("credential_reads = 120", "credential_reads = 900").replace("cycles = 170", "cycles = 1300")
    file.write_text(text + RULES, "utf-8")
    return load_estate(file)


def names_of(estate: Estate, confidential: bool) -> tuple[set[int], set[tuple[str, int]], set[str]]:
    """Numbers that name the people of such households, what is dialled for their flats at which panel, and words."""
    key = simulation_key(estate.id)
    provisioner = Provisioner(estate, key, 7)
    mac = MacKey(provisioner._card_key)
    flats = {one.flat.key: one for one in estate.households if one.confidential == confidential}
    every = tuple(flat.key for flat in estate.flats)
    numbers: set[int] = set()
    for prefix, owned in (
        (b"", [(one.flat.key, who.card) for one in flats.values() for who in one.persons]),
        (PLATES, cars(estate.id, estate.bays, every)),
        (TAGS, cycles(estate.id, every)),
        (PIN, [pair for core in estate.cores for pair in provisioner.pins_of(core).items()]),
    ):
        for number in [number for flat, number in owned if flat in flats]:
            pseudonym = int.from_bytes(mac.mac(prefix + number.to_bytes(4, "big"))[:4], "big")
            numbers |= {number, pseudonym} if prefix != PIN else {pseudonym}  # a PIN of some digits is a common number
    dialled = {
        (panel.id, one.flat.number_at(panel.core))
        for panel in estate.of_kind("intercom") for one in flats.values() if panel.core in (None, one.flat.core)
    }  # fmt: skip
    words = {one.flat.stem for one in flats.values()} | {who.key for one in flats.values() for who in one.persons}
    return numbers, dialled, words


def leaves(value: Any) -> Iterator[int | str]:
    """All numbers and words in a decoded message, however deep."""
    if isinstance(value, dict):
        for key, one in value.items():
            yield from leaves(key)
            yield from leaves(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from leaves(one)
    elif isinstance(value, bytes):
        yield value.decode("latin-1")
        yield from (int.from_bytes(value[at : at + 4], "big") for at in range(len(value) - 3))
    elif isinstance(value, int | str):
        yield value


def overheard(estate: Estate, seed: int) -> tuple[set[tuple[str, int]], set[int], set[str]]:
    """(device and flat that it told of, all numbers, all words) of a run."""
    log, key = Overheard(), simulation_key(estate.id)
    centre = CentreInTheLoop(estate, key, epoch_ms(estate, EVENING), seed, log)
    VirtualRun(estate, key, seed, EVENING, [Tried()], centre, log).run(LASTS_MS)
    frames = [(device, said_of(frame)) for device, frame in log.frames]
    said = {leaf for _, frame in frames for leaf in leaves(frame.body)}
    flats = {(device, flat) for device, frame in frames if frame.kind == EVENT for flat in flats_in(frame.body)}
    return flats, {one for one in said if isinstance(one, int)}, {one for one in said if isinstance(one, str)}


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_no_message_names_a_confidential_household(estate: Estate, seed: int) -> None:
    flats, numbers, words = overheard(estate, seed)
    secret, dialled, written = names_of(estate, True)
    assert not secret & numbers
    assert not dialled & flats
    assert not any(name in word for name in written for word in words)
    shown, others, _ = names_of(estate, False)
    assert len(shown & numbers) > 10, "cards, plates and tags of others are told by their pseudonyms"
    assert others & flats


def flats_in(body: Any) -> Iterator[int]:
    """What an event says of a flat."""
    if isinstance(body, dict):
        for key, value in body.items():
            if key == codes.Q_FLAT and isinstance(value, int):
                yield value
            yield from flats_in(value)


def test_the_households_that_nothing_names_have_been_under_way(estate: Estate) -> None:
    moved: set[int] = set()
    log, key = Overheard(), simulation_key(estate.id)
    centre = CentreInTheLoop(estate, key, epoch_ms(estate, EVENING), 7, log)
    run = VirtualRun(estate, key, 7, EVENING, (), centre, log)
    sense = run.world._sink

    def heard(device: str, channel: str, value: int | None) -> None:
        if channel in ("credential", "plate", "tag", "call") and value:
            moved.add(value)
        sense(device, channel, value)

    run.world._sink = heard
    run.run(LASTS_MS)
    numbers, dialled, _ = names_of(estate, True)
    confidential = [one for one in estate.households if one.confidential]
    assert {who.card for one in confidential for who in one.persons} & moved
    assert len(numbers & moved) > 10
    assert {flat for _, flat in dialled} & moved
