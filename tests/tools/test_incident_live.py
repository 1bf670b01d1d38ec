"""An incident from a file of one's own, live: broker, devices, centre and console; the intruder in film time."""

import json
from pathlib import Path

from commands import SMALL_ESTATE, lilong
from lilong_simulator.estate import load_estate

from tests.simulator.perimeter_estate import perimeter_estate

CUT = """
extends = "intruder"
title = { en = "Intruder, cut", zh = "翻越入侵(剪辑)" }
at = "start"

[places]
zone = { device = "zone14/fence_zone" }
next_zone = { device = "zone15/fence_zone" }
camera = { optional = true }  # there is none
lobby = { device = "core1/ground/door" }

[[physics]]
model = "fence_load"
id = "cat"
at = "zone"
after_s = 1
for_s = 0.8

[[physics]]
model = "fence_load"
id = "climb"
at = "zone"
after_s = 4
for_s = 6

[[physics]]
model = "fence_load"
id = "next_climb"
at = "next_zone"
after_s = 5
for_s = 6

[[physics]]
model = "fence_cut"
at = "next_zone"
after_s = 6
for_s = 20

[[physics]]
model = "door_forced"
at = "lobby"
after_s = 7
for_s = 3
"""
DURATION_S = 10


def test_an_intruder_is_told_zone_by_zone_and_the_lamps_light_up(tmp_path: Path) -> None:
    """Takes the 10 s of the incident, and until its last limit has passed."""
    cut = tmp_path / "intruder_cut.toml"
    cut.write_text(CUT, encoding="utf-8")
    with lilong(
        "demo", "--headless", "--duration", DURATION_S, "--estate", perimeter_estate(tmp_path), "--incident", cut,
        "--start", "2026-03-04 02:00:00", "--http", "127.0.0.1:0", "--report", tmp_path / "report",
    ) as demo:  # fmt: skip
        ended = demo.end(120)
    assert (ended.code, ended.err) == (0, ""), ended.out
    report = json.loads((tmp_path / "report/report.json").read_text())
    assert (report["verdict"], report["failures"]) == ("pass", [])
    assert report["incidents"] == ["intruder_cut"]
    must = [(row["alarm"], row["name"]) for row in report["alarm_rows"] if row["expect"] == "must"]
    assert must == [
        ("fence.climb", "zone14/fence_zone"), ("fence.climb", "zone15/fence_zone"), ("fence.cut", "zone15/fence_zone"),
        ("door.forced", "core1/ground/door"),
    ]  # fmt: skip
    lamps = [row for row in report["linkage"] if row["action"] == "set_level"]
    assert len({row["name"] for row in lamps}) == 2
    assert all(row["after_ms"] <= 2_000 for row in lamps)


STRANGER = """
extends = "rogue_reader"
read = []  # an hour at its doors is not played
title = { en = "Rogue reader, cut", zh = "非法设备(剪辑)" }
at = "start"
truth = []

[places]
home = { flat = "2/0101" }
gate = { device = "front/leaf1/door", apart_m = 20 }
basement = { device = "core1/ground/door" }

[[attacks]]
what = "unknown_device"

[[physics]]
model = "card"
id = "card"
at = "door"
holder = "home"
opens = true

[[physics]]
model = "card"
id = "copy"
at = "gate"
after_s = 1
holder = "home"

[[finding]]
name = "sec.unknown_device"
of = "unknown_device"
ingest_s = 8

[[finding]]
name = "door.impossible_passage"
at = "gate"
after_s = 1
ingest_s = 8
"""
DEAD_ZONE = """
title = { en = "A call in a dead zone", zh = "盲区求救" }
about = "An elder presses SOS where the band has no signal."
sources = ["assumed"]
at = "start"

[places]
band = { kind = "wristband", first = 1 }

[[faults]]
name = "partition"
at = "band"
at_s = 0
for_s = 2

[[physics]]
model = "press"
at = "band"
after_s = 0.5

[[truth]]
of = "press"
alarm = "band.sos"
ingest_s = 8

[[finding]]
at = "band"
after_s = 2  # the link is back
name = "care.dispatch"
ingest_s = 8
"""


def test_a_stranger_is_refused_and_a_call_from_a_dead_zone_comes_through(tmp_path: Path) -> None:
    """Takes 10 s. The device that a fault is about is none of the real MicroPython ones. How long things took is not
    asked: another program may have the machine."""
    for name, text in (("stranger", STRANGER), ("dead_zone", DEAD_ZONE)):
        (tmp_path / f"{name}.toml").write_text(text, encoding="utf-8")
    with lilong(
        "demo", "--headless", "--duration", 3, "--estate", SMALL_ESTATE, "--incident", tmp_path / "stranger.toml",
        "--incident", tmp_path / "dead_zone.toml", "--start", "2026-03-04 02:00:00", "--http", "127.0.0.1:0",
        "--report", tmp_path / "report",
    ) as demo:  # fmt: skip
        demo.wait_for(r"^all 40 devices online")
        (tmp_path / "stranger.toml").unlink()  # it has been read
        ended = demo.end(120)
    assert ended.err == ""
    report = json.loads((tmp_path / "report/report.json").read_text())
    assert [text for text in report["failures"] if not text.startswith(("late", "generator"))] == [], ended.out
    must = {row["alarm"]: row for row in report["alarm_rows"] if row["expect"] == "must"}
    assert set(must) == {"sec.unknown_device", "door.impossible_passage", "care.dispatch", "band.sos"}
    assert all(row["alarm_id"] is not None for row in must.values())
    assert must["band.sos"]["after_crossing_ms"]["ingest"] >= 1_500, "not before the link was back"
    assert must["band.sos"]["name"] not in report["real_micropython"].values()
    assert report["real_micropython"].keys() in ({one.kind for one in load_estate(SMALL_ESTATE).devices}, set())
