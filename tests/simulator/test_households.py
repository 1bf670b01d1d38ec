"""Households, feeders and cells: who lives where, what must not be told of them, on what the devices hang."""

from collections import Counter
from pathlib import Path

import pytest
from lilong_simulator.estate import Estate, load_estate
from lilong_simulator.estate.households import CARE
from lilong_simulator.estate.vehicles import cars, cycles
from lilong_simulator.fleet.provision import Provisioner, card_blob
from lilong_simulator.kinds import STANDBY

SMALL = Path(__file__).parent / "small_estate.toml"
KEY = bytes(32)


@pytest.fixture(scope="module")
def plaza() -> Estate:
    return load_estate("music_plaza")


def extended(folder: Path, text: str, base: str = "music_plaza") -> Estate:
    file = folder / "mine.toml"
    file.write_text(f'extends = "{base}"\n{text}', "utf-8")
    return load_estate(file)


# ---- households


def test_everybody_lives_in_one_household_and_every_flat_has_one(plaza: Estate) -> None:
    assert [one.flat for one in plaza.households] == list(plaza.flats)
    assert [who for one in plaza.households for who in one.persons] == list(plaza.residents)
    assert plaza.household(plaza.flat("3/1203")).flat.key == "3/1203"


def test_one_household_in_fifty_is_confidential_and_none_in_which_an_incident_is_seen(plaza: Estate) -> None:
    confidential = {one.flat.key for one in plaza.households if one.privacy == "confidential"}
    assert len(confidential) == 18  # 2 % of 903
    assert not confidential & {"3/1203", "7/0504", "9/1502"}


def test_a_file_says_how_many_and_which_are_confidential(tmp_path: Path) -> None:
    none = extended(tmp_path, "households.confidential = 0\n")
    assert not any(one.confidential for one in none.households)
    named = extended(tmp_path, 'households = { confidential = 0, confidential_flats = ["3/1203"] }\n')
    assert [one.flat.key for one in named.households if one.confidential] == ["3/1203"]
    all_of_them = extended(tmp_path, "households.confidential = 1\n", str(SMALL))
    assert all(one.confidential for one in all_of_them.households)


def test_care_and_routine_follow_from_who_lives_there(plaza: Estate) -> None:
    for one in plaza.households:
        ages = [who.age for who in one.persons]
        assert one.care <= set(CARE)
        assert ("lives_alone" in one.care) == (len(ages) == 1 and ages[0] >= 60)
        assert "dementia" not in one.care or max(ages) >= 80
        assert (one.routine == "retired") == (not any(18 <= age < 60 for age in ages))
        assert one.routine != "family" or min(ages) < 18
    assert len(CARE) == 10
    routines = Counter(one.routine for one in plaza.households)
    assert set(routines) == {"office", "shift", "family", "home", "retired"}
    assert min(routines.values()) > 20


def test_households_do_not_depend_on_who_else_is_there_nor_on_devices(plaza: Estate, tmp_path: Path) -> None:
    other = extended(tmp_path, "adoption = { smoke = 0.5, gas = 0.5, wristband = 0.5 }\n")
    assert [(one.persons, one.privacy, one.care, one.routine) for one in other.households] == [
        (one.persons, one.privacy, one.care, one.routine) for one in plaza.households
    ]


# ---- what they have not taken


def test_a_household_without_a_device_has_opted_out_and_nobody_else_has(plaza: Estate) -> None:
    assert not any(one.opted_out for one in plaza.households)
    chosen = load_estate(adoption={"smoke": 0.6, "gas": 0.5, "wristband": 0.5})
    out = Counter(kind for one in chosen.households for kind in one.opted_out)
    assert (out["smoke"], out["gas"]) == (903 - 542, 632 - 316)
    for one in chosen.households:
        for kind in ("smoke", "gas"):
            has = chosen.find(one.flat.stem, kind) is not None
            had = plaza.find(one.flat.stem, kind) is not None
            assert (kind in one.opted_out) == (had and not has)


def test_a_refusal_takes_that_households_device_away_and_gives_nobody_another(plaza: Estate, tmp_path: Path) -> None:
    refuses = extended(tmp_path, 'households.opted_out = { "3/0902" = ["smoke"], "4/1001" = ["smoke", "wristband"] }\n')
    gone = set(plaza.by_name) - set(refuses.by_name)
    assert {"core3/09F/0902/smoke", "core4/10F/1001/smoke"} <= gone
    assert all(name.startswith(("core3/09F/0902/", "core4/10F/1001/")) for name in gone)
    assert not set(refuses.by_name) - set(plaza.by_name)
    assert "smoke" in refuses.household(refuses.flat("3/0902")).opted_out


def test_where_few_take_a_device_a_refusal_changes_who_but_never_makes_it_more(tmp_path: Path) -> None:
    few = extended(tmp_path, "adoption.smoke = 0.5\n")
    with_it = next(flat for flat in few.flats if few.find(flat.stem, "smoke") and flat.key != "3/1203")
    refuses = extended(
        tmp_path, f'adoption.smoke = 0.5\nhouseholds.opted_out = {{ "{with_it.key}" = ["smoke"] }}\n'
    )  # fmt: skip
    assert refuses.counts["smoke"] == few.counts["smoke"]
    assert refuses.find(with_it.stem, "smoke") is None


# ---- what may not be told of them


def test_doors_panels_gates_and_lanes_tell_nothing_that_names_a_confidential_household(plaza: Estate) -> None:
    provisioner = Provisioner(plaza, KEY, 7)
    confidential = [one for one in plaza.households if one.confidential]
    keys = {one.flat.key for one in confidential}
    in_core = [one for one in confidential if one.flat.core == 3]
    assert in_core
    cards = [who.card for one in confidential for who in one.persons]
    pins = [provisioner.pins_of(one.flat.core)[one.flat.key] for one in confidential]
    for name in ("core3/ground/door", "core3/ground/intercom", "west_gate/leaf1/door", "pump_room/door"):
        assert provisioner.identity(plaza.device(name)).data["unnamed"] == card_blob(cards + pins)
    panel = provisioner.identity(plaza.device("core3/ground/intercom")).data
    assert panel["discreet"] == card_blob(int(one.flat.unit) for one in in_core)
    desk = provisioner.identity(plaza.device("control_room/intercom")).data
    assert desk["discreet"] == card_blob(one.flat.core * 10_000 + int(one.flat.unit) for one in confidential)
    flats = tuple(flat.key for flat in plaza.flats)
    tags = [tag for flat, tag in cycles(plaza.id, flats) if flat in keys]
    assert provisioner.identity(plaza.device("shed1/cycle_gate")).data["unnamed"] == card_blob(tags)
    plates = [plate for flat, plate in cars(plaza.id, plaza.bays, flats) if flat in keys]
    assert provisioner.identity(plaza.device("east_drive/in/vehicle_lane")).data["unnamed"] == card_blob(plates)


@pytest.mark.parametrize("accepts", [False, True])
def test_a_charging_pile_is_told_where_the_run_accepts_what_it_says(plaza: Estate, accepts: bool) -> None:
    given = Provisioner(plaza, KEY, 7, accepts=accepts).identity(plaza.device("garage/pile01/ev_pile")).data
    assert ("accepted" in given) == accepts


# ---- fences, feeders, cells


def test_a_fence_zone_is_given_what_its_file_says_it_is_made_of(tmp_path: Path) -> None:
    rule = '\n[[devices]]\nkind = "fence_zone"\nwhere = "boundary"\ncount = 5\nfence = ["pulse", "tension"]\n'
    file = tmp_path / "fenced.toml"
    file.write_text(SMALL.read_text("utf-8").replace("[rates]", f"{rule}\n[rates]"), "utf-8")
    fenced = load_estate(file)
    provisioner = Provisioner(fenced, KEY, 7)
    given = [provisioner.identity(zone).data["fence"] for zone in fenced.of_kind("fence_zone")]
    assert given == [b"\x01", b"\x02", b"\x01", b"\x02", b"\x01"]


def test_half_of_what_is_on_the_mains_hangs_on_feeder_a(plaza: Estate) -> None:
    feeders = Counter(plaza.feeder_of(device.id) for device in plaza.devices if device.mains)
    assert feeders == {"a": 1_135, "b": 1_136}
    assert {plaza.feeder_of(device.id) for device in plaza.devices if not device.mains} == {None}
    assert set(plaza.feeders) == {"a", "b"}
    on_a = {device.kind for device in plaza.devices if device.feeder == "a"}
    assert on_a >= STANDBY | {"ev_pile", "smoke", "gas", "camera"}


def test_an_estate_whose_file_says_of_no_feeder_has_none() -> None:
    small = load_estate(SMALL)
    assert not small.feeders
    assert {small.feeder_of(device.id) for device in small.devices} == {None}


def test_a_cell_has_its_officer_where_the_file_names_one(plaza: Estate) -> None:
    cell = plaza.cell_of(plaza.device("core3/12F/1203/smoke"))
    assert cell is not None
    assert (cell.id, cell.officer) == ("g2", "Chen Jie")
    small = load_estate(SMALL)
    assert small.cell_of(small.devices[0]) is None
