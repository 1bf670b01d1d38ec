"""Each simulated device gets its own identity, keys, cards and draws; another device changes none of them."""

from dataclasses import replace
from pathlib import Path

import pytest
from lilong_protocol.keys import device_root
from lilong_simulator.estate import KINDS, load_estate
from lilong_simulator.fleet.provision import Provisioner, card_blob

KEY = bytes(range(32))
FILE = Path(__file__).with_name("small_estate.toml")


@pytest.fixture(scope="module")
def estate():
    return load_estate(FILE)


@pytest.fixture(scope="module")
def provisioner(estate):
    return Provisioner(estate, KEY, 7)


def test_cards_are_sorted_and_four_bytes_each():
    assert card_blob((1_000, 7)) == bytes([0, 0, 0, 7, 0, 0, 3, 232])
    assert card_blob(()) == b""


def test_every_device_has_its_own_root_and_its_own_draws(estate, provisioner):
    roots = {provisioner.identity(placed).root for placed in estate.devices}
    seeds = {provisioner.draw_seed(placed) for placed in estate.devices}
    assert len(roots) == len(seeds) == len(estate.devices)


def test_the_root_is_the_one_that_a_backend_derives(estate, provisioner):
    placed = estate.devices[0]
    assert provisioner.identity(placed).root == device_root(KEY, estate.id, placed.id)


def test_only_a_door_has_cards_and_a_key_for_pseudonyms(estate, provisioner):
    for placed in estate.devices:
        identity = provisioner.identity(placed)
        assert set(identity.data) == ({"cards", "card_key"} if placed.kind == "door" else set())


def test_a_door_opens_for_the_cards_of_the_estate_that_it_serves(estate, provisioner):
    for door in estate.of_kind("door"):
        numbers = estate.cards_of(door)
        assert numbers
        assert provisioner.identity(door).data["cards"] == card_blob(numbers)


def test_beats_that_differ_from_those_of_the_kind_reach_the_device(estate, provisioner):
    own = next(placed for placed in estate.devices if placed.beat_s is not None)
    identity = provisioner.identity(own)
    assert (identity.beat_s, identity.offline_s) == (own.beat_s, own.offline_s) == (3600, 7200)


def test_the_seed_of_the_run_changes_the_draws_and_no_key(estate, provisioner):
    other = Provisioner(estate, KEY, 8)
    placed = estate.devices[0]
    assert other.draw_seed(placed) != provisioner.draw_seed(placed)
    assert other.identity(placed).root == provisioner.identity(placed).root


def test_a_device_does_not_depend_on_the_others(estate, provisioner, tmp_path):
    more = tmp_path / "more.toml"
    shed = '[[devices]]\nkind = "smoke"\nwhere = "spots"\nspots = [{ id = "shed", x = 55, y = 35 }]\n\n[rates]'
    more.write_text(FILE.read_text("utf-8").replace("[rates]", shed), "utf-8")
    grown = load_estate(more)
    assert len(grown.devices) == len(estate.devices) + 1
    other = Provisioner(grown, KEY, 7)
    for placed in estate.devices:
        same = grown.device(placed.name)
        assert other.draw_seed(same) == provisioner.draw_seed(placed)
        assert other.identity(same).root == provisioner.identity(placed).root


def test_a_device_of_every_kind_can_be_made(estate, provisioner):
    for kind in KINDS:
        placed = next(iter(estate.of_kind(kind)), None)
        device = provisioner.device(placed or replace(estate.devices[0], kind=kind), boot=3)
        device.start(0)
        assert device.uplink.boot == 3
