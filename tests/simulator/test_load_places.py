"""Where a scenario plays: estates and their copies, a street file, and shards that together do what one does."""

import json
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import pytest
from backends import KEY, InTheLoop
from hypothesis import given
from hypothesis import strategies as st
from lilong_simulator import virtual_run
from lilong_simulator.estate import EstateError
from lilong_simulator.incidents import IncidentError
from lilong_simulator.load.places import Shard, parts_of, places_of
from lilong_simulator.load.play import Play
from lilong_simulator.load.scenario import Copies, Scenario, ScenarioError, read_scenario
from lilong_simulator.recorder import Recorder
from lilong_simulator.score import score

SMALL = str(Path(__file__).with_name("small_estate.toml"))
MINUTE_MS = 60_000


def street(**options):
    return Scenario((Copies(SMALL, 2), Copies(SMALL, 1, 0.5)), start=datetime(2026, 3, 4, 7), **options)


# ---- copies


def test_each_copy_is_a_tenant_with_devices_cards_and_luck_of_its_own():
    first, second, third = places_of(street())
    assert [place.tenant for place in (first, second, third)] == ["lane_house", "lane_house_2", "lane_house_3"]
    ids = [{device.id for device in place.estate.devices} for place in (first, second, third)]
    assert len(set.union(*ids)) == sum(map(len, ids))
    assert first.estate.counts == second.estate.counts
    assert {who.card for who in first.estate.residents}.isdisjoint(who.card for who in second.estate.residents)
    assert len({place.seed for place in (first, second, third)}) == 3
    assert first.seed == street().seed, "one copy alone is what it always was"


def test_a_copy_is_the_same_whatever_stands_beside_it():
    alone, beside = places_of(Scenario((Copies(SMALL, 2),)))[1], places_of(street())[1]
    assert [asdict(device) for device in alone.devices] == [asdict(device) for device in beside.devices]
    assert alone.seed == beside.seed


def test_a_smaller_scale_takes_devices_away_and_moves_none():
    shares = [places_of(Scenario((Copies(SMALL, 1, scale),)))[0].devices for scale in (0.25, 0.5, 1.0)]
    assert [len(devices) for devices in shares] == [10, 20, 40]
    assert set(shares[0]) < set(shares[1]) < set(shares[2])


def test_what_an_incident_touches_is_there_at_any_scale():
    (place,) = places_of(Scenario((Copies(SMALL, 1, 0.05),), incidents=("smoke.alarm",)))
    assert place.estate.of_kind("smoke")[0] in place.devices


def test_the_rate_multiplies_what_happens_and_not_its_shares():
    slow, fast = (places_of(Scenario((Copies(SMALL),), rate=rate))[0].estate.rates for rate in (1, 4))
    assert fast.credential_reads == 4 * slow.credential_reads
    assert fast.denied_share == slow.denied_share


def test_at_the_highest_rate_of_events_devices_still_raise_what_the_truth_says_and_no_more(monkeypatch):
    monkeypatch.setattr(virtual_run, "POWER_ON_MS", 1)
    (place,) = places_of(Scenario((Copies(SMALL),), rate=1e6))
    backend = InTheLoop(place.tenant)
    start = datetime(2026, 3, 4, 17, 30)
    run = virtual_run.VirtualRun(place.estate, KEY, 7, start, [], backend, Recorder())
    run.run(60 * MINUTE_MS)
    judged = score(run.world.truth, run.recorder.alarms.values(), None, acknowledgement_expected=False,
                   horizon=55 * MINUTE_MS)  # fmt: skip
    assert judged.failures == []
    assert judged.true >= 3


def test_an_incident_without_a_place_is_told():
    with pytest.raises(IncidentError, match="--incident none goes without"):
        places_of(Scenario((Copies(SMALL),), incidents=("kitchen_fire",)))


def test_two_files_with_one_id_are_told(tmp_path):
    twin = tmp_path / "twin.toml"
    twin.write_text(Path(SMALL).read_text())
    with pytest.raises(IncidentError, match="two estates have the id 'lane_house'"):
        places_of(Scenario((Copies(SMALL), Copies(str(twin)))))


# ---- files


def test_a_street_file_lists_estates_and_how_large_they_are(tmp_path):
    (tmp_path / "lane.toml").write_text(Path(SMALL).read_text())
    file = tmp_path / "street.toml"
    file.write_text(
        'seed = 9\nduration_s = 30\nincidents = ["smoke.alarm"]\n'
        '[[estates]]\nestate = "lane.toml"\ncopies = 2\n[[estates]]\nestate = "music_plaza"\nscale = 0.1\n'
    )
    scenario = read_scenario(str(file))
    assert scenario.estates == (Copies(str(tmp_path / "lane.toml"), 2), Copies("music_plaza", 1, 0.1))
    assert (scenario.seed, scenario.duration_s, scenario.incidents) == (9, 30.0, ("smoke.alarm",))
    assert scenario.name == "3 estates"


def test_an_estate_alone_is_a_scenario():
    assert read_scenario("music_plaza").estates == (Copies("music_plaza"),)
    assert read_scenario(SMALL).estates == (Copies(SMALL),)
    assert read_scenario(SMALL).name == "small_estate"
    with pytest.raises(EstateError, match="no estate is called"):
        places_of(read_scenario("music_plazza"))


def test_the_built_in_street_is_as_large_as_42_estates():
    scenario = read_scenario("jianguo_road")
    assert sum(group.copies for group in scenario.estates) == 70
    assert sum(group.copies * group.scale for group in scenario.estates) == pytest.approx(42)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("scael = 0.1", 'street.toml:3: estates.0.scael: is not a key here; did you mean "scale"? known: '),
        ("copies = 0", "street.toml:3: estates.0.copies: input should be greater than or equal to 1"),
        ("scale = 2.0", "street.toml:3: estates.0.scale: input should be less than or equal to 1"),
    ],
)
def test_a_wrong_street_file_is_told_with_file_line_and_key(tmp_path, line, told):
    file = tmp_path / "street.toml"
    file.write_text(f'[[estates]]\nestate = "music_plaza"\n{line}\n')
    with pytest.raises(ScenarioError) as wrong:
        read_scenario(str(file))
    assert str(wrong.value).startswith(str(tmp_path))
    assert told in str(wrong.value)


def test_a_scenario_goes_over_json_and_back():
    scenario = street(rate=2.5, telemetry_qos=1, accept="puback", ramp_s=3.0, incidents=("smoke.alarm",))
    assert Scenario.from_json(json.loads(json.dumps(scenario.to_json()))) == scenario
    with pytest.raises(ScenarioError, match="a scenario has no 'sead'; did you mean \"seed\""):
        Scenario.from_json({**scenario.to_json(), "sead": 1})


# ---- shards


@given(st.integers(0, 500), st.integers(1, 20))
def test_shards_share_all_things_and_no_thing_twice(total, count):
    ranges = [Shard(index, count).range_of(total) for index in range(count)]
    assert [number for one in ranges for number in one] == list(range(total))
    assert max(map(len, ranges)) - min(map(len, ranges)) <= 1


@pytest.mark.parametrize("index", [-1, 3])
def test_a_shard_that_there_is_not_is_refused(index):
    with pytest.raises(ValueError, match=f"shard {index} of 3"):
        Shard(index, 3)


def played(count):
    """(stimuli, truth, expectations) of all shards, each played alone in virtual time."""
    scenario = street(rate=20.0, incidents=("smoke.alarm", "door.forced"))
    places = places_of(scenario)
    stimuli, truth, expectations = [], [], []

    def sensed(play, device, channel, value):
        stimuli.append((play.now, device, channel, value))

    for index in range(count):
        here = parts_of(places, Shard(index, count))
        plays = [Play(part, scenario.start, sensed, lambda play, device: None, True) for part in here]
        for play in plays:
            play.world.env.run(until=10 * MINUTE_MS)
            truth += play.truth
            expectations += play.expectations
        stimuli += [(-1, device, channel, value) for play in plays for device, values in play.initial.items()
                    for channel, value in values.items()]  # fmt: skip
    return sorted(stimuli), sorted(map(repr, truth)), sorted(map(repr, expectations))


def test_any_number_of_shards_gives_the_same_truth_and_the_same_stimuli():
    whole = played(1)
    assert len(whole[0]) > 500
    assert len(whole[1]) >= 6
    for count in (3, 7):
        assert played(count) == whole


def test_what_a_gateway_has_to_tell_is_expected_only_where_both_are_in_one_shard():
    """It hears nobody of another process; a share of an estate may have none at all."""
    house = str(Path(__file__).parents[1] / "tools/gateway_house.toml")
    scenario = Scenario((Copies(house),), start=datetime(2026, 3, 4, 18, 39), incidents=("kitchen_fire",))
    places = places_of(scenario)
    expected = {}
    for count in (1, 3):
        plays = [
            Play(part, scenario.start, lambda *_: None, lambda *_: None)
            for index in range(count) for part in parts_of(places, Shard(index, count))
        ]  # fmt: skip
        for play in plays:
            play.world.env.run(until=7 * MINUTE_MS)
        (row,) = [row for play in plays for row in play.truth if row.alarm == "comms.offline"]
        (here,) = [play for play in plays if row in play.truth]
        apart = row.through not in {device.id for device in here.part.devices}
        assert row.expect == ("may" if apart else "must")
        assert row.limits["ingest_ms"] == (None if apart else 100_000)
        expected[count] = row.expect
    assert expected == {1: "must", 3: "may"}


def test_a_place_that_is_cut_is_played_on_both_sides():
    places = places_of(street())
    parts = [parts_of(places, Shard(index, 3)) for index in range(3)]
    assert [[(part.place.tenant, len(part.devices)) for part in one] for one in parts] == [
        [("lane_house", 33)],
        [("lane_house", 7), ("lane_house_2", 26)],
        [("lane_house_2", 14), ("lane_house_3", 20)],
    ]


def test_a_group_may_be_reckoned_with_by_its_first_copy_alone():
    scenario = street()
    each, alike = places_of(scenario), places_of(scenario, alike=True)
    assert [(place.tenant, place.copies) for place in alike] == [("lane_house", 2), ("lane_house_3", 1)]
    assert [place.devices for place in alike] == [each[0].devices, each[2].devices]


# ---- committees

COMMITTEES = """
[[committees]]
id = "c1"
name = { en = "One", zh = "一" }
officers = ["Chen Min", "Gu Wei"]
estates = ["lane.toml", "lane.toml", "lane.toml"]

[[committees]]
id = "c2"
name = { en = "Two", zh = "二" }
officers = ["Lu Jia"]
estates = []
"""


def governed(folder, text=COMMITTEES):
    (folder / "lane.toml").write_text(Path(SMALL).read_text())
    file = folder / "lu_road.toml"
    file.write_text(text)
    return read_scenario(str(file))


def test_the_estates_of_a_committee_lie_in_its_cells_in_turn(tmp_path):
    scenario = governed(tmp_path)
    assert scenario.several
    assert [one.grid for one in scenario.estates] == [("lu_road", "c1", cell) for cell in ("g1", "g2", "g1")]
    places = places_of(scenario)
    assert [place.tenant for place in places] == ["lane_house", "lane_house_2", "lane_house_3"]
    assert {device.grid[:3] for device in places[1].devices} == {("lu_road", "c1", "g2")}
    assert {places[1].estate.cell_of(device).officer for device in places[1].devices} == {"Gu Wei"}
    (alone,) = places_of(Scenario((Copies(SMALL),)))
    assert [device.id for device in places[0].devices] == [device.id for device in alone.devices], "whoever governs it"


def test_each_cell_has_an_officer(tmp_path):
    street = governed(tmp_path).street
    assert [(cell.grid[1:], cell.officer) for cell in street.cells] == [
        (("c1", "g1"), "Chen Min"), (("c1", "g2"), "Gu Wei"), (("c2", "g1"), "Lu Jia"),
    ]  # fmt: skip
    assert street.officer_of(("lu_road", "c1", "g2", "b1", "0101")) == "Gu Wei"
    with pytest.raises(LookupError, match="lu_road/c9/g1 is in no cell of lu_road"):
        street.officer_of(("lu_road", "c9", "g1"))


def test_changshou_road_has_31_committees_of_4_cells_and_is_as_large_as_42_estates():
    scenario = read_scenario("changshou_road")
    assert len(scenario.street.committees) == 31
    assert {len(one.officers) for one in scenario.street.committees} == {4}
    assert len({cell.officer for cell in scenario.street.cells}) == 124
    assert len(scenario.estates) == 70
    places = places_of(scenario, alike=True)
    devices = sum(place.copies * len(place.devices) for place in places)
    assert devices / 3_444 == pytest.approx(42, rel=0.01)
    plaza = next(name for name, cell in scenario.street.estates() if cell.grid == ("changshou_road", "c17", "g2"))
    assert plaza == "music_plaza", "where its own file says that it lies"


def test_the_city_has_more_than_12000_estates_as_large_as_4565_of_music_plaza():
    places = places_of(read_scenario("shanghai"), alike=True)
    assert sum(place.copies for place in places) > 12_000
    assert sum(place.copies * len(place.devices) for place in places) / 3_444 == pytest.approx(4_565, rel=0.01)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (('id = "c2"', 'id = "c1"'), "lu_road.toml:9: committees.1.id: c1 is already taken; give each its own"),
        (("officers", "oficers"), 'committees.0.oficers: is not a key here; did you mean "officers"? known: '),
        (('["Lu Jia"]', "[]"), "lu_road.toml:11: committees.1.officers: list should have at least 1 item"),
        (('estates = ["lane.toml", "lane.toml", "lane.toml"]', "estates = []"), "lu_road.toml:1: names no estate; add"),
    ],
)
def test_a_wrong_committee_is_told_with_file_and_line(tmp_path, change, told):
    with pytest.raises(ScenarioError) as wrong:
        governed(tmp_path, COMMITTEES.replace(*change))
    assert told in str(wrong.value)


def test_committees_go_over_json_as_the_grid_paths_of_their_estates(tmp_path):
    scenario = governed(tmp_path)
    back = Scenario.from_json(json.loads(json.dumps(scenario.to_json())))
    assert back.estates == scenario.estates
    assert back.street is None
