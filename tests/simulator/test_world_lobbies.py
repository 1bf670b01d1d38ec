"""E-bikes before a lift: where a reader stands there, daily life has it tell of them, and never of a bicycle."""

from collections import Counter
from datetime import datetime
from pathlib import Path

import pytest
from backends import KEY, InTheLoop
from lilong_protocol import codes
from lilong_simulator.estate import Estate, load_estate
from lilong_simulator.estate.vehicles import bicycles, tags
from lilong_simulator.recorder import Recorder
from lilong_simulator.score import score
from lilong_simulator.virtual_run import VirtualRun
from world_log import run

MONDAY = datetime(2026, 3, 2)
DAY = 86_400_000
SMALL = Path(__file__).with_name("small_estate.toml")


READER = '[[devices]]\nkind = "cycle_gate"\nwhere = "lobbies"\nlobbies = ["ground"]\n\n'
DAILY = "[rates]\nebikes_per_lobby_reader = 1\nbicycles_per_lobby_reader = 1\n"


@pytest.fixture
def estate(tmp_path: Path) -> Estate:
    """The homes of the small estate and a reader before each lift; an e-bike and a bicycle there every day."""
    text = SMALL.read_text("utf-8")
    file = tmp_path / "lobbies.toml"
    homes, rest = text[: text.index("[[devices]]")], text[text.index("[rates]") :]
    file.write_text(homes + READER + rest.replace("[rates]\n", DAILY, 1), "utf-8")
    return load_estate(file)


def test_every_e_bike_before_a_lift_is_told_and_no_bicycle(estate: Estate) -> None:
    made = VirtualRun(estate, KEY, 7, MONDAY, (), InTheLoop(estate.id), Recorder())
    made.run(DAY)
    rows = [row for row in made.world.truth if row.code == codes.ALARM_GATE_EBIKE_IN_LOBBY]
    expected = Counter(row.expect for row in rows)
    assert expected["must"] == 2
    assert expected["must_not"] == 2
    alarms = [one for one in made.recorder.alarms.values() if one.code == codes.ALARM_GATE_EBIKE_IN_LOBBY]
    judged = score(rows, alarms, None, acknowledgement_expected=False)
    assert judged.failures == []
    assert len(alarms) >= expected["must"]


def test_who_is_read_there_lives_in_that_core_and_the_reader_is_given_its_bicycles(estate: Estate) -> None:
    light = set(bicycles(tags(estate.id, tuple(flat.key for flat in estate.flats))))
    log = run(estate, MONDAY, 5 * DAY)
    rows = [row for row in log.world.truth if row.code == codes.ALARM_GATE_EBIKE_IN_LOBBY]
    assert rows
    for row in rows:
        tag = log.value(row.device, "tag", row.crossing_ms)
        assert (tag in light) == (row.expect == "must_not")


def test_the_reference_estate_has_no_such_reader_and_the_new_towers_have_one_in_each_lobby() -> None:
    assert not [gate for gate in load_estate("music_plaza").of_kind("cycle_gate") if gate.core is not None]
    new = load_estate("commodity_estate")
    assert [gate.core for gate in new.of_kind("cycle_gate") if gate.core is not None] == list(new.cores)
