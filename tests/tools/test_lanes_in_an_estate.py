"""An estate with two lanes and cycle gates runs, its alarms are judged, and its centre joins a stay once."""

import json
from datetime import datetime
from pathlib import Path

import pytest
from commands import SMALL_ESTATE, run_lilong
from lilong_protocol.pc.simulation import simulation_key
from lilong_simulator.estate import load_estate
from lilong_simulator.estate.vehicles import bicycles, plates, tags
from lilong_simulator.feed import FeedReader
from lilong_simulator.recorder import Recorder
from lilong_simulator.truth import read_truth
from lilong_simulator.virtual_run import VirtualRun, epoch_ms
from lilong_tools.virtual_centre import CentreInTheLoop

LANES = """
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
each = 2

[[devices]]
kind = "cycle_gate"
where = "lobbies"
lobbies = ["ground"]

[[devices]]
kind = "cycle_gate"
where = "gates"
use = "pedestrian"
each = 1
"""
SECOND, MINUTE, HOUR = 1_000, 60_000, 3_600_000
INCIDENTS = {"lane.forced_open": "drive/leaf1/vehicle_lane", "gate.ebike_in_lobby": "core1/ground/cycle_gate"}


@pytest.fixture
def estate_file(tmp_path: Path) -> Path:
    file = tmp_path / "with_lanes.toml"
    text = SMALL_ESTATE.read_text("utf-8").replace("height_m = 40", "height_m = 40\nbays = 6")
    text = text.replace("[rates]", "[rates]\ncar_passages_per_bay = 0")  # the tests drive
    file.write_text(text + LANES, "utf-8")
    return file


def test_alarms_of_lanes_and_cycle_gates_are_judged(estate_file: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    incidents = [part for name in INCIDENTS for part in ("--incident", name)]
    ended = run_lilong("simulate", estate_file, "--days", "0.01", *incidents, "--format", "jsonl", "--out", out)
    assert (ended.code, ended.err) == (0, ""), ended.out
    score = json.loads((out / "score.json").read_text())
    assert score["verdict"] == "pass"
    assert {row.incident: row.name for row in read_truth(out / "truth.jsonl")} == INCIDENTS
    assert [score["alarms"][name] for name in ("true", "raised", "stored", "acknowledged")] == [2] * 4
    assert [score["alarms"][name] for name in ("missed", "late", "false", "duplicate")] == [0] * 4
    assert len([row for row in FeedReader(out / "observed.jsonl").poll() if row.event == "stored"]) == 2


class Silent(Recorder):
    """Nobody reads what is sent down."""

    def down(self, at: int, device: str, cls: str, frame: bytes) -> None:
        """Not written."""


def test_a_car_that_comes_and_goes_is_one_stay_at_the_centre(estate_file: Path) -> None:
    estate = load_estate(estate_file)
    start, key, log = datetime(2026, 3, 4, 9), simulation_key(estate.id), Silent()
    centre = CentreInTheLoop(estate, key, epoch_ms(estate, start), 7, log)
    run = VirtualRun(estate, key, 7, start, (), centre, log)
    lanes = [estate.device(f"drive/leaf{leaf}/vehicle_lane") for leaf in (1, 2)]
    resident, stranger = plates(estate.id, estate.bays)[0], 4_711
    way_in, way_out = lanes
    for plate, lane, minute in (
        (resident, way_in, 10), (stranger, way_in, 20), (resident, way_out, 130), (stranger, way_out, 150),
    ):  # fmt: skip
        for channel, value, second in (
            ("approach", 1, 0), ("confidence", 96, 1), ("plate", plate, 1), ("plate", plate, 2), ("loop", 1, 5),
            ("approach", 0, 7), ("loop", 0, 8),
        ):  # fmt: skip
            run.world.change(minute * MINUTE + second * SECOND, lane, channel, value)
    run.run(160 * MINUTE)
    stays = centre._core.stays.shown_as()
    assert [(round((stay["left_ms"] - stay["entered_ms"]) / MINUTE), stay["fee"]) for stay in stays["settled"]] == [
        (120, 0), (130, 1_500),
    ]  # fmt: skip
    assert (stays["inside"], stays["waiting"]) == ([], 0)


def test_plates_and_tags_are_numbers_that_only_their_owner_has(estate_file: Path) -> None:
    estate = load_estate(estate_file)
    own = tags(estate.id, tuple(flat.key for flat in estate.flats))
    assert len(set(plates(estate.id, estate.bays))) == estate.bays == 6
    assert len(set(own)) == 9  # of twelve flats
    assert set(bicycles(own)) < set(own)
    assert all(0 < number < 1 << 32 for number in (*own, *plates("another", 500)))
    assert set(plates("another", 500)[:6]).isdisjoint(plates(estate.id, 6))
