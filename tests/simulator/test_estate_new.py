"""New estates: exactly so many homes, room for everything, and each file an estate that can be run."""

import tempfile
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from backends import KEY, InTheLoop
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from lilong_protocol.registry import KIND
from lilong_simulator.estate import geometry, load_estate
from lilong_simulator.estate.new import PROFILES, Asked, NewEstateError, text_of
from lilong_simulator.estate.new.homes import homes_of
from lilong_simulator.estate.new.layout import layout_of
from lilong_simulator.recorder import Recorder
from lilong_simulator.score import score
from lilong_simulator.virtual_run import VirtualRun
from lilong_simulator.wiring import wirings

USUAL = Asked("willow_court", "Willow Court", "柳苑")
HOUR_MS = 3_600_000


def made(asked, folder):
    file = Path(folder) / f"{asked.id}.toml"
    file.write_text(text_of(asked), "utf-8")
    return load_estate(file)


# ---- homes


@given(st.integers(4, 2_000), st.integers(1, 30), st.integers(1, 40))
def test_homes_are_as_many_as_asked_and_none_is_above_the_roof(households, cores, storeys):
    found = homes_of(households, cores, storeys)
    assume(found is not None)
    assert len(found) == cores
    assert sum(one.flats_per_storey * (storeys - one.from_storey + 1) for one in found) == households
    assert all(1 <= one.from_storey <= storeys and 1 <= one.flats_per_storey <= 40 for one in found)


@given(st.integers(2, 30), st.integers(6, 40), st.integers(2, 6), st.integers(0, 200))
def test_several_cores_can_have_any_number_of_homes_between_their_least_and_most(cores, storeys, flats, fewer):
    assume(fewer < cores * (storeys - 1))
    assert homes_of(cores * storeys * flats - fewer, cores, storeys) is not None


def test_the_reference_estate_s_homes_can_be_had():
    found = homes_of(903, 10, 28)
    assert {one.flats_per_storey for one in found} <= {3, 4}


def test_a_number_that_no_core_has_is_told_with_the_nearest():
    with pytest.raises(NewEstateError) as wrong:
        text_of(replace(USUAL, households=83, cores=1, storeys=6))
    assert str(wrong.value) == (
        "--households 83: 1 core of 6 storeys cannot have just so many; give 84 or 85, or other --cores or --storeys"
    )


def test_fewer_than_its_cores_can_have_is_told_with_the_nearest():
    with pytest.raises(NewEstateError, match="give 10 or 11, or other --cores or --storeys"):
        text_of(replace(USUAL, households=5, cores=10, storeys=18))


# ---- layout


numbers = st.builds(
    Asked, id=st.just("willow_court"), name_en=st.just("Willow Court"), name_zh=st.just("柳苑"),
    profile=st.sampled_from(sorted(PROFILES)), households=st.integers(8, 400), cores=st.integers(1, 12),
    storeys=st.integers(2, 33), pedestrian_gates=st.integers(1, 4), vehicle_gates=st.integers(0, 4),
    bays=st.none() | st.integers(0, 500), persons=st.floats(1, 5), elders=st.floats(0, 0.9),
    adoption=st.none() | st.floats(0, 1), seed=st.integers(0, 99),
)  # fmt: skip


@given(numbers, st.none() | st.integers(400, 3_000))
def test_buildings_stand_apart_on_the_site_whose_perimeter_was_asked_for(asked, perimeter):
    try:
        layout = layout_of(replace(asked, perimeter_m=perimeter))
    except NewEstateError:
        assume(False)
    blocks = [*layout.blocks, layout.office]
    for n, one in enumerate(blocks):
        assert one.x > 9
        assert one.x + one.width < layout.width - 9
        assert one.y > 9
        assert one.south < layout.height - 9
        for other in blocks[:n]:
            assert not geometry.overlap(_outline(one), _outline(other))
    if perimeter is not None:
        assert 2 * (layout.width + layout.height) == pytest.approx(perimeter, abs=0.5)


def _outline(block):
    e, s = block.x + block.width, block.south
    return [(block.x, block.y), (e, block.y), (e, s), (block.x, s)]


@settings(max_examples=25, deadline=None)
@given(numbers)
def test_each_file_is_an_estate_with_what_was_asked_for(asked):
    with tempfile.TemporaryDirectory() as folder:
        try:
            estate = made(asked, folder)
        except NewEstateError:
            assume(False)
        assert len(estate.flats) == asked.households
        assert len(estate.cores) == asked.cores
        assert estate.bays == asked.bays_there
        assert len(estate.gates) == asked.pedestrian_gates
        assert len(estate.of_kind("vehicle_lane")) == 2 * asked.vehicle_gates
        everybody, elders, _ = asked.people()
        assert (len(estate.residents), sum(who.age >= 60 for who in estate.residents)) == (everybody, elders)
        assert len(wirings(estate)) == len(estate.of_kind("gateway"))


def test_a_perimeter_without_room_is_told_with_the_least_that_has():
    with pytest.raises(NewEstateError) as wrong:
        layout_of(replace(USUAL, perimeter_m=300))
    assert str(wrong.value).startswith("--perimeter 300: has no room for 8 cores; give ")
    least = float(str(wrong.value).removesuffix(" m or more").rpartition(" ")[2])
    layout_of(replace(USUAL, perimeter_m=least))


# ---- the file


def test_the_same_numbers_give_the_same_file_and_another_seed_another():
    assert text_of(USUAL) == text_of(replace(USUAL))
    assert text_of(USUAL) != text_of(replace(USUAL, seed=8))


def test_a_person_finds_their_way_in_the_file():
    text = text_of(USUAL)
    assert text.startswith("# A new commodity estate: cameras, charging and parcel lockers first. 600 households in 8")
    for title in ("buildings", "drives, paths and gates", "devices", "habits"):
        assert f"-- {title}\n" in text
    assert max(map(len, text.splitlines())) <= 120


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"households": 0}, "--households 0: out of bounds; give 4 to 4,000"),
        ({"storeys": 99}, "--storeys 99: out of bounds; give 1 to 60"),
        ({"elders": 1.5}, "--elders 1.5: out of bounds; give 0 to 0.9"),
        ({"profile": "comodity"}, '--profile comodity: there is none of that name; did you mean "commodity"? known: '),
        ({"adopt": {"smok": 0.5}}, '--adopt smok: nobody chooses that here; did you mean "smoke"? known: '),
        ({"adopt": {"smoke": 2.0}}, "--adopt smoke=2: out of bounds; give a share from 0 to 1"),
        ({"id": "Willow Court"}, "id 'Willow Court': is no id; give small letters, digits and _"),
        ({"name_en": ""}, "--name '': is no name; give 1 to 80 characters on one line"),
    ],
)
def test_numbers_that_cannot_be_are_told(change, told):
    with pytest.raises(NewEstateError) as wrong:
        replace(USUAL, **change)
    assert str(wrong.value).startswith(told)


def test_an_hour_of_a_new_estate_runs_in_virtual_time(tmp_path):
    estate = made(replace(USUAL, households=24, cores=2, storeys=6, profile="full"), tmp_path)
    recorder = Recorder()
    run = VirtualRun(estate, KEY, 7, datetime(2026, 3, 4, 17, 30), [], InTheLoop(estate.id), recorder)
    run.run(HOUR_MS)
    assert {one.id for one in estate.devices if KIND[one.kind].link.always_on} <= set(recorder.online)
    alarms = recorder.alarms.values()
    judged = score(run.world.truth, alarms, None, acknowledgement_expected=False, horizon=55 * HOUR_MS // 60)
    assert judged.failures == []
