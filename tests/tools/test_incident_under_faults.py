"""Something breaks in the middle of an incident: whatever could be raised still is, and none of it is missed."""

from datetime import datetime
from pathlib import Path

from lilong_simulator.load.faults import parse
from lilong_tools.virtual import Job, simulate

HERE = Path(__file__).parent
HOUSE = HERE / "gateway_house.toml"
LANE = HERE.parent / "simulator/small_estate.toml"
FLOOD = HERE / "flooded_cover.toml"
NAMES = {HOUSE: "kitchen_fire", LANE: str(FLOOD)}
# Both begin 10 min after the world: the fire crosses at 695, 750 and 770 s and burns its detector at 900 s, the cover
# is under water from 720 s on.
STARTS = {HOUSE: datetime(2026, 3, 4, 18, 30), LANE: datetime(2026, 3, 4, 2)}


def played(tmp_path, estate, *faults):
    job = Job(
        str(estate), 1, 7, STARTS[estate], 5_400 / 86_400, (NAMES[estate],), tmp_path,
        faults=tuple(parse(text) for text in faults),
    )  # fmt: skip
    return simulate(job).content


def rows(content, alarm):
    return [row for row in content["alarm_rows"] if row["alarm"] == alarm and row["expect"] == "must"]


def nothing_is_missed(content):
    counts = content["alarms"]
    assert (content["failures"], content["verdict"]) == ([], "pass")
    assert (counts["missed"], counts["undetected"], counts["false"], counts["duplicate"]) == (0, 0, 0, 0)
    assert counts["stored"] == counts["raised"] == counts["true"] - counts["excused"]


def commands(content):
    return [row for row in content["linkage"] if row["what"] == "command"]


def test_a_gateway_that_is_killed(tmp_path):
    """Nobody hears the second detector on its bus; the centre has it by the detectors' own links, and opens."""
    content = played(tmp_path, HOUSE, "blackout device=core3/ground/gateway standby=0 at=740 for=600")
    nothing_is_missed(content)
    assert content["alarms"]["excused"] == 0
    assert len(rows(content, "smoke.alarm")) == 3
    assert len(commands(content)) == 4
    assert all(row["after_ms"] <= 3_000 for row in commands(content))
    (burnt,) = rows(content, "comms.offline")
    assert 400_000 <= burnt["after_crossing_ms"]["ingest"] <= burnt["possible_after_ms"] + 100_000


def test_a_feeder_that_is_cut(tmp_path):
    """Doors lose their power, and with it their locks; detectors have batteries, the gateway stands by and says so."""
    content = played(tmp_path, HOUSE, "blackout feeder=core3 at=740 for=300")
    nothing_is_missed(content)
    assert all(row["after_crossing_ms"]["ingest"] <= 20_000 for row in rows(content, "smoke.alarm"))
    assert [row["name"] for row in rows(content, "power.mains_loss")] == ["core3/ground/gateway"]
    assert len(commands(content)) == 4
    assert all(row["after_ms"] <= 3_000 for row in commands(content)), "of a door's from when it has power again"


def test_a_cover_that_water_stands_on(tmp_path):
    """It is cut off before it overflows, which is kept and told when the water is gone; its silence ends no alarm."""
    content = played(tmp_path, LANE, "partition device=lane/storm03/manhole at=690 for=1800")
    nothing_is_missed(content)
    level, overfull = rows(content, "manhole.level") + rows(content, "manhole.overfull")
    assert level["after_crossing_ms"]["ingest"] <= 30_000
    assert overfull["after_crossing_ms"]["ingest"] >= overfull["possible_after_ms"] > 1_500_000
    assert content["alarms"]["wrongly_cleared"] == 0


def test_a_flash_that_is_full(tmp_path):
    """Detectors keep their alarms in RAM, and sound, tell and are acknowledged as ever."""
    content = played(tmp_path, HOUSE, "full_flash at=600 for=1200")
    nothing_is_missed(content)
    whole = played(tmp_path, HOUSE)
    assert rows(content, "smoke.alarm") == rows(whole, "smoke.alarm"), "to the millisecond"
