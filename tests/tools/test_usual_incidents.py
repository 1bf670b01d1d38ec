"""A run that names no incident has those for which its estates have a place, whatever estates they are."""

import pytest
from commands import SMALL_ESTATE, run_lilong
from lilong_simulator.estate.source import ESTATES
from lilong_tools.usual_incidents import fitting

USUAL = ("kitchen_fire", "morning_rush")


def test_the_reference_estate_has_all_of_them():
    assert fitting(USUAL, ["music_plaza"]) == USUAL


def test_another_estate_has_them_at_places_of_its_own():
    assert fitting(USUAL, [str(SMALL_ESTATE)]) == ("kitchen_fire:flat=1/0202", "morning_rush:flat=1/0302")


def test_what_several_estates_have_no_common_place_for_is_left_out():
    assert fitting(USUAL, ["music_plaza", str(SMALL_ESTATE)]) == ("smoke.alarm",)
    assert fitting(("intruder", "kitchen_fire"), ["old_estate"]) == ("kitchen_fire:flat=3/0504",)


@pytest.mark.parametrize("file", sorted(ESTATES.glob("*.toml")), ids=lambda file: file.stem)
def test_every_built_in_estate_has_one(file):
    assert fitting(("kitchen_fire_cut",), [file.stem])


def test_an_estate_without_the_usual_flat_is_simulated_without_a_word_about_it(tmp_path):
    ended = run_lilong("simulate", SMALL_ESTATE, "--days", "0.002", "--out", tmp_path, "--format", "jsonl")
    assert (ended.code, ended.err) == (0, "")
