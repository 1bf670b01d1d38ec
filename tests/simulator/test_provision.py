"""Each simulated device gets its own identity, keys, cards, PINs and draws; another device changes none of them."""

from dataclasses import replace
from pathlib import Path

import pytest
from lilong_protocol.keys import device_root
from lilong_simulator.estate import KINDS, load_estate
from lilong_simulator.fleet.pins import duress, pins
from lilong_simulator.fleet.provision import Provisioner, card_blob
from lilong_simulator.world.daylight import calendar

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


def test_only_a_door_is_given_cards_and_a_key_for_pseudonyms(estate, provisioner):
    for placed in estate.devices:
        given = set(provisioner.identity(placed).data)
        assert given >= {"cards", "card_key"} if placed.kind == "door" else not given - {"calendar"}


def test_a_streetlight_is_given_the_calendar_of_its_estate(estate, provisioner):
    for placed in estate.devices:
        given = provisioner.identity(placed).data.get("calendar")
        assert given == (calendar(estate.latitude, estate.longitude) if placed.kind == "streetlight" else None)


def test_a_lobby_has_its_residents_cards_their_pins_and_apart_from_them_the_visitors_cards(estate, provisioner):
    given = provisioner.identity(estate.device("core1/ground/door")).data
    assert given["cards"] == card_blob(who.card for who in estate.residents if who.flat.core == 1)
    assert given["visitors"] == card_blob([*estate.guest_cards, *estate.staff_cards])
    assert given["pins"] == card_blob(provisioner.pins_of(1).values())
    assert "two_way" not in given


def test_a_gate_is_read_both_ways_and_has_no_pins(estate, provisioner):
    given = provisioner.identity(estate.device("front/leaf1/door")).data
    assert given["cards"] == card_blob(who.card for who in estate.residents)
    assert given["visitors"] == card_blob([*estate.guest_cards, *estate.staff_cards])
    assert "pins" not in given
    assert given["two_way"]


def test_a_staff_room_is_the_staffs_own_so_that_an_old_list_does_not_lock_them_out(estate, provisioner):
    given = provisioner.identity(estate.device("boiler/door")).data
    assert given["cards"] == card_blob(estate.staff_cards)
    assert set(given) == {"cards", "card_key"}


def test_no_card_is_a_residents_and_a_visitors_at_once(estate):
    for door in estate.of_kind("door"):
        own, visitors = estate.own_cards_of(door), estate.visitor_cards_of(door)
        assert not set(own) & set(visitors)
        assert estate.cards_of(door) == tuple(sorted([*own, *visitors]))


# ---- PINs


def test_every_flat_has_a_pin_of_six_digits_after_a_1(estate, provisioner):
    assert set(provisioner.pins_of(1)) == {flat.key for flat in estate.flats if flat.core == 1}
    for pin in provisioner.pins_of(1).values():
        assert 1_000_000 <= pin < 2_000_000


@pytest.mark.parametrize("key", [KEY, bytes(32)])
def test_no_pin_and_no_duress_form_opens_for_another_flat(key):
    found = pins(key, "estate", (f"1/{n}" for n in range(20_000)))  # so many that they must be kept apart
    forms = [form for pin in found.values() for form in (pin, duress(pin))]
    assert len(set(forms)) == 40_000


def test_the_duress_form_has_the_last_digit_one_higher():
    assert [duress(pin) for pin in (10_000, 10_042, 10_049, 1_999_999)] == [10_001, 10_043, 10_040, 1_999_990]


def test_pins_follow_from_the_key_the_estate_and_the_flat(estate, provisioner):
    assert Provisioner(estate, KEY, 8).pins_of(1) == provisioner.pins_of(1)
    assert Provisioner(estate, bytes(32), 7).pins_of(1) != provisioner.pins_of(1)
    assert pins(KEY, "another", ["1/0101"]) != pins(KEY, "estate", ["1/0101"])
    assert pins(KEY, "estate", ["1/0101", "1/0102"])["1/0101"] == pins(KEY, "estate", ["1/0101"])["1/0101"]


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
