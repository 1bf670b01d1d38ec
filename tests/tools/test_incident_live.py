"""An incident from a file of one's own, live: broker, devices, centre and console; the intruder in film time."""

import json
from pathlib import Path

from commands import lilong

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
    assert len(lamps) == 2
    assert all(row["after_ms"] <= 2_000 for row in lamps)
