"""The reference estate is the one of the source documents, and every estate is placed, named and peopled soundly."""

import re
from collections import Counter
from pathlib import Path

import pytest
from lilong_simulator.estate import Estate, geometry, load_estate

SMALL = Path(__file__).parent / "small_estate.toml"


@pytest.fixture(scope="module")
def plaza() -> Estate:
    return load_estate("music_plaza")


@pytest.fixture(scope="module")
def small() -> Estate:
    return load_estate(SMALL)


def written(tmp_path: Path, change: tuple[str, str], base: Path = SMALL) -> Path:
    text = base.read_text("utf-8")
    assert change[0] in text
    file = tmp_path / "estate.toml"
    file.write_text(text.replace(*change), "utf-8")
    return file


def test_music_plaza_has_the_inventory_of_the_source_documents(plaza: Estate) -> None:
    assert plaza.counts == {
        "door": 36, "smoke": 1183, "gas": 632, "wristband": 150, "streetlight": 80, "manhole": 120,
        "intercom": 22, "indoor_station": 903, "vehicle_lane": 4, "cycle_gate": 8, "shed_socket": 80, "ev_pile": 40,
        "fence_zone": 20, "camera": 150, "locker": 2, "bin": 2, "gateway": 12,
    }  # fmt: skip
    assert len(plaza.devices) == 3444
    assert sum(device.mains for device in plaza.devices) == 2271
    assert len(plaza.flats) == 903
    assert plaza.cores == tuple(range(1, 11))
    assert plaza.bays == 400
    assert plaza.area_m2 == pytest.approx(35_090, rel=0.001)


def test_music_plaza_has_seven_residential_buildings_and_a_commercial_one(plaza: Estate) -> None:
    uses = Counter(building["use"] for building in plaza.plan()["buildings"])
    assert uses == {"residential": 7, "commercial": 1}
    assert sum(len(building["cores"]) for building in plaza.plan()["buildings"]) == 10


def test_smoke_detectors_are_in_every_flat_and_on_every_core_storey(plaza: Estate) -> None:
    in_flats = [d for d in plaza.of_kind("smoke") if d.unit]
    corridor = [d for d in plaza.of_kind("smoke") if not d.unit]
    assert (len(in_flats), len(corridor)) == (903, 280)
    assert {(d.beat_s, d.offline_s) for d in in_flats} == {(86400, 180000)}
    assert {(d.beat_s, d.offline_s) for d in corridor} == {(3600, 7200)}


def test_doors_are_at_lobbies_gates_and_rooms(plaza: Estate) -> None:
    assert [d.name for d in plaza.doors_of_core(3)] == ["core3/ground/door", "core3/basement/door"]
    assert [d.z for d in plaza.doors_of_core(3)] == [0, -1]
    assert {gate: len(leaves) for gate, leaves in plaza.gates.items()} == {"south_gate": 4, "west_gate": 4}
    assert len(plaza.staff_doors) == 8


@pytest.mark.parametrize(
    ("pattern", "count"),
    [
        (r"(south|east)_drive/(in|out)/vehicle_lane", 4),
        (r"(south|west)_gate/(in|out)/cycle_gate", 4),
        (r"shed[1-4]/cycle_gate", 4),
        (r"shed[1-4]/socket(0[1-9]|1\d|20)/shed_socket", 80),
        (r"garage/pile(0[1-9]|[1-3]\d|40)/ev_pile", 40),
        (r"fence/zone(0[1-9]|1\d|20)/fence_zone", 20),
        (r"core\d+/(ground|basement)/intercom", 20),
        (r"(south_gate|control_room)/intercom", 2),
        (r"core\d+/\d\dF/\d{4}/indoor_station", 903),
        (r"core\d+/gateway", 10),
        (r"(perimeter|control_room)/gateway", 2),
        (r"(core\d+/(ground|basement)|(south|west)_gate/leaf[1-4]|\w+)/camera", 36 + 12),
        (r"(south|east)_drive/(in|out)/camera", 4),
        (r"core\d+/lift[12]/camera", 20),
        (r"garage/view\d\d/camera", 30),
        (r"fence/zone\d\d/camera", 20),
        (r"b[1-7]/facade[1-4]/camera", 28),
    ],
)
def test_devices_of_the_grounds_have_the_names_that_incidents_call(plaza: Estate, pattern: str, count: int) -> None:
    assert sum(re.fullmatch(pattern, device.name) is not None for device in plaza.devices) == count


def test_zones_go_clockwise_from_the_north_west_corner_and_none_is_longer_than_forty_metres(plaza: Estate) -> None:
    zones = [(zone.x, zone.y) for zone in plaza.of_kind("fence_zone")]
    assert zones[0][1] == 0
    assert zones[0][0] < zones[1][0]
    assert 2 * (plaza.width_m + plaza.height_m) / len(zones) <= 40
    assert geometry.length_m([zones[13], zones[14]]) < 40  # 14 and 15 are neighbours
    assert {zone.fence for zone in plaza.of_kind("fence_zone")} == {"both"}


def test_covers_are_seventy_of_water_and_fifty_others(plaza: Estate) -> None:
    types = Counter(re.sub(r"\d+", "", d.name.split("/")[1]) for d in plaza.of_kind("manhole"))
    assert types["storm"] + types["foul"] == 70
    assert types["power"] + types["telecom"] + types["water"] + types["fire"] == 50


@pytest.mark.parametrize("stem", ["core3/12F/1203", "core7/05F/0504"])
def test_the_flats_of_the_incidents_have_smoke_and_gas_detectors_at_any_adoption(stem: str) -> None:
    few = load_estate(adoption={"smoke": 0.01, "gas": 0.01})
    for kind in ("smoke", "gas"):
        device = few.device(f"{stem}/{kind}")
        assert (device.kind, device.unit) == (kind, stem[-4:])


def test_devices_of_one_flat_share_its_place(plaza: Estate) -> None:
    flat = plaza.flat("3/1203")
    for kind in ("smoke", "gas"):
        device = plaza.device(f"{flat.stem}/{kind}")
        assert (device.x, device.y, device.z) == (flat.x, flat.y, 12)


def test_every_device_has_its_own_id_of_sixteen_hex_digits_and_its_own_name(plaza: Estate) -> None:
    assert len(plaza.by_id) == len(plaza.by_name) == 3444
    assert all(re.fullmatch("[0-9a-f]{16}", device.id) for device in plaza.devices)


def test_ids_never_change(plaza: Estate) -> None:
    assert plaza.device("core3/12F/1203/smoke").id == "5c99339eb8f8debb"
    assert plaza.device("core3/ground/door").id == "210814771a652121"


@pytest.mark.parametrize(
    "change",
    [
        ('id = "boiler", x', 'id = "annex", x = 51, y = 31 }, { id = "boiler", x'),
        ('kind = "manhole"\nwhere = "roads"\ncount = 4', 'kind = "manhole"\nwhere = "roads"\ncount = 5'),
        ("count = 3", "count = 4"),
        ("share = 0.5", "share = 0.75"),
        ("where = \"elders\"\ncount = 4", "where = \"elders\"\ncount = 6"),
    ],
)  # fmt: skip
def test_adding_a_device_changes_neither_the_others_nor_the_people(
    small: Estate, tmp_path: Path, change: tuple[str, str]
) -> None:
    larger = load_estate(written(tmp_path, change))
    assert len(larger.devices) > len(small.devices)
    for device in small.devices:
        assert larger.by_id[device.id].name == device.name
    assert larger.residents == small.residents
    assert larger.guest_cards == small.guest_cards
    assert larger.wearers.items() >= small.wearers.items()


def test_lower_adoption_only_takes_optional_devices_away(plaza: Estate) -> None:
    chosen = load_estate(adoption={"smoke": 0.6, "gas": 0.5, "wristband": 0.5})
    assert chosen.counts == plaza.counts | {"smoke": 542 + 280, "gas": 316, "wristband": 75}
    assert set(chosen.devices) < set(plaza.devices)


def test_the_estate_as_chosen_extends_the_full_one_without_a_second_plan(plaza: Estate) -> None:
    chosen = load_estate("music_plaza_as_chosen")
    assert chosen.counts == plaza.counts | {"smoke": 542 + 280, "gas": 316, "wristband": 75}
    same = {key: value for key, value in plaza.plan().items() if key not in ("id", "name", "devices")}
    assert {key: chosen.plan()[key] for key in same} == same


def test_the_population_is_that_of_the_documents(plaza: Estate) -> None:
    ages = [person.age for person in plaza.residents]
    assert len(ages) == 2366
    assert sum(age >= 60 for age in ages) == 871
    assert sum(age >= 80 for age in ages) == 130
    assert {person.flat.key for person in plaza.residents} == {flat.key for flat in plaza.flats}
    assert max(Counter(person.flat.key for person in plaza.residents).values()) <= 6


def test_children_do_not_live_alone(plaza: Estate) -> None:
    eldest: dict[str, int] = {}
    for person in plaza.residents:
        eldest[person.flat.key] = max(eldest.get(person.flat.key, 0), person.age)
    assert min(eldest.values()) >= 18


def test_wristbands_are_worn_by_elders_and_live_where_they_live(plaza: Estate) -> None:
    assert len(plaza.wearers) == 150
    for band, wearer in plaza.wearers.items():
        assert wearer.age >= 60
        assert plaza.by_id[band].unit == wearer.flat.unit
        assert plaza.by_id[band].core == wearer.flat.core


def test_cards_are_thirty_bits_and_nobody_shares_one(plaza: Estate) -> None:
    cards = [person.card for person in plaza.residents] + [*plaza.guest_cards, *plaza.staff_cards]
    assert len(set(cards)) == len(cards) == 2366 + 120 + 24
    assert all(0 < card < 1 << 30 for card in cards)


def test_a_lobby_lets_in_its_own_residents_and_a_gate_all(plaza: Estate) -> None:
    of_core = {person.card for person in plaza.residents if person.flat.core == 3}
    others = {person.card for person in plaza.residents} - of_core
    lobby = set(plaza.cards_of(plaza.device("core3/ground/door")))
    gate = set(plaza.cards_of(plaza.device("south_gate/leaf1/door")))
    room = set(plaza.cards_of(plaza.device("pump_room/door")))
    assert of_core <= lobby
    assert not others & lobby
    assert of_core | others <= gate
    assert room == set(plaza.staff_cards)


def test_the_grid_path_leads_from_the_street_to_the_unit(plaza: Estate) -> None:
    assert plaza.device("core3/12F/1203/smoke").grid == ("changshou_road", "c17", "g2", "b2", "1203")
    assert plaza.device("ring/01/streetlight").grid == ("changshou_road", "c17", "g2")


def test_a_grid_path_may_have_any_depth(small: Estate, tmp_path: Path) -> None:
    assert small.device("core1/01F/0101/smoke").grid == ("lane", "b1", "0101")
    none = load_estate(written(tmp_path, ('grid = [{ level = "street", id = "lane", name', "grid = []\n#")))
    assert none.device("core1/01F/0101/smoke").grid == ("b1", "0101")


def test_everything_stands_on_the_site_and_in_its_building(plaza: Estate) -> None:
    outlines = {b["id"]: [tuple(xy) for xy in b["polygon"]] for b in plaza.plan()["buildings"]}
    for device in plaza.devices:
        here = (device.x, device.y)
        assert 0 <= device.x <= plaza.width_m
        assert 0 <= device.y <= plaza.height_m
        if device.building:
            outline = outlines[device.building]
            assert geometry.inside(here, outline) or geometry.near_outline(here, outline, 1.0)
        else:
            assert not any(geometry.inside(here, outline) for outline in outlines.values() if device.z >= 0)


def test_lamps_stand_about_twenty_metres_apart_along_the_roads(plaza: Estate) -> None:
    assert 1400 < plaza.road_length_m < 1600
    assert 17 < plaza.road_length_m / 80 < 22
    lamps = [(d.x, d.y) for d in plaza.of_kind("streetlight")]
    nearest = [min(geometry.length_m([a, b]) for b in lamps if b != a) for a in lamps]
    assert min(nearest) > 3
    assert sum(gap > 7 for gap in nearest) > 75
    roads = [piece for road in plaza.plan()["roads"] for piece in geometry.segments([tuple(xy) for xy in road])]
    for lamp in lamps:
        assert 2 < min(geometry.distance_m(lamp, *piece) for piece in roads) < 3.5


def test_nearly_half_of_the_site_is_green(plaza: Estate) -> None:
    plan = plaza.plan()
    greens = sum(geometry.area_m2([tuple(xy) for xy in green]) for green in plan["greens"])
    built = sum(geometry.area_m2([tuple(xy) for xy in b["polygon"]]) for b in plan["buildings"][:7])
    assert (greens - built) / plaza.area_m2 == pytest.approx(0.45, abs=0.02)


def test_the_plan_is_what_the_console_asks_for(plaza: Estate) -> None:
    plan = plaza.plan()
    assert set(plan) == {
        "id", "name", "width_m", "height_m", "buildings", "roads", "gates", "greens", "devices",
    }  # fmt: skip
    assert plan["name"] == {"en": "Music Plaza", "zh": "音乐广场小区"}
    assert set(plan["buildings"][0]) == {"id", "name", "use", "polygon", "cores", "storeys"}
    assert set(plan["buildings"][0]["cores"][0]) == {"id", "x", "y"}
    assert set(plan["gates"][0]) == {"name", "x", "y"}
    smoke = next(d for d in plan["devices"] if d["name"] == "core3/12F/1203/smoke")
    assert smoke == {
        "id": "5c99339eb8f8debb", "kind": "smoke", "name": "core3/12F/1203/smoke",
        "x": 112.4, "y": 32.2, "z": 12, "building": "b2", "core": 3, "unit": "1203",
    }  # fmt: skip


def test_a_kind_of_ones_own_takes_one_entry_in_the_file(tmp_path: Path) -> None:
    more = '[[devices]]\nkind = "weather"\nwhere = "spots"\nspots = [{ id = "roof", x = 1, y = 1, z = 4 }]\n\n[rates]'
    file = written(tmp_path, ("[rates]", more))
    assert load_estate(file, kinds=["weather", "door", "smoke", "gas", "streetlight", "manhole", "wristband"]).counts[
        "weather"
    ] == 1  # fmt: skip


def test_asking_for_a_device_that_is_not_there_names_the_nearest(plaza: Estate) -> None:
    with pytest.raises(LookupError, match="core3/12F/1203/smoke"):
        plaza.device("core3/12F/1203/smok")
    with pytest.raises(LookupError, match="no flat '3/4401'"):
        plaza.flat("3/4401")
