"""The built-in estates: each is what its head says, made by the command that stands there, and runs."""

import shlex
from datetime import datetime

import pytest
from backends import KEY, InTheLoop
from lilong_simulator.estate import load_estate
from lilong_simulator.estate.new import Asked, text_of
from lilong_simulator.estate.source import ESTATES
from lilong_simulator.recorder import Recorder
from lilong_simulator.score import score
from lilong_simulator.virtual_run import VirtualRun
from lilong_simulator.wiring import wirings

MADE = sorted(file for file in ESTATES.glob("*.toml") if "lilong estate new" in file.read_text("utf-8"))
OPTIONS = {
    "--profile": ("profile", str), "--name": ("name_en", str), "--name-zh": ("name_zh", str),
    "--households": ("households", int), "--cores": ("cores", int), "--storeys": ("storeys", int),
    "--gates": ("pedestrian_gates", int), "--drives": ("vehicle_gates", int), "--persons": ("persons", float),
    "--elders": ("elders", float), "--seed": ("seed", int), "--perimeter": ("perimeter_m", float),
    "--bays": ("bays", int), "--adoption": ("adoption", float),
}  # fmt: skip
MINUTE_MS = 60_000


def test_there_is_one_for_each_kind_of_estate_that_the_sources_name():
    assert {file.stem for file in ESTATES.glob("*.toml")} >= {
        "old_estate", "commodity_estate", "urban_fringe", "fire_first", "confidential", "music_plaza",
        "music_plaza_as_chosen",
    }  # fmt: skip
    assert len(MADE) == 5


@pytest.mark.parametrize("file", MADE, ids=lambda file: file.stem)
def test_a_preset_is_what_its_command_makes(file):
    text = file.read_text("utf-8")
    command = text.partition("by hand:\n")[2].partition("\n#\n")[0].replace("\n#  ", "").removeprefix("# ")
    words = shlex.split(command)[4:]
    given = {}
    for option, value in zip(words[::2], words[1::2], strict=True):
        name, kind = OPTIONS[option]
        given[name] = kind(value)
    assert text_of(Asked(file.stem, **given)) == text


def test_each_has_the_systems_that_it_is_for():
    counts = {file.stem: load_estate(file).counts for file in MADE}
    old, new, fringe = counts["old_estate"], counts["commodity_estate"], counts["urban_fringe"]
    fire, confidential = counts["fire_first"], counts["confidential"]
    assert old["wristband"] > 100 > new["wristband"], "elder care"
    assert old["vehicle_lane"] == fringe["vehicle_lane"] == 4, "parking"
    assert new["camera"] > 100, "cameras, charging, lockers"
    assert new["ev_pile"] > 10 * old["ev_pile"]
    assert new["locker"] == 4
    assert fringe["fence_zone"] >= 20, "security"
    assert "fence_zone" not in old
    flats = len(load_estate("fire_first").flats)
    assert fire["smoke"] > flats, "every flat, and every corridor"
    assert fire["gas"] == flats
    assert "camera" not in confidential
    assert "indoor_station" not in confidential


@pytest.mark.parametrize("file", sorted(ESTATES.glob("*.toml")), ids=lambda file: file.stem)
def test_every_gateway_has_children_and_none_too_many(file):
    estate = load_estate(file)
    children = [len(one.children) for one in wirings(estate).values()]
    assert min(children) > 0
    assert max(children) <= 512


@pytest.mark.parametrize("file", MADE, ids=lambda file: file.stem)
def test_an_evening_of_it_has_no_alarm_that_is_missed_or_false(file):
    estate = load_estate(file)
    recorder = Recorder()
    run = VirtualRun(estate, KEY, 7, datetime(2026, 3, 4, 18, 0), [], InTheLoop(estate.id), recorder)
    run.run(20 * MINUTE_MS)
    alarms = recorder.alarms.values()
    judged = score(run.world.truth, alarms, None, acknowledgement_expected=False, horizon=15 * MINUTE_MS)
    assert judged.failures == []
    assert len(recorder.online) > len(estate.devices) / 3
