"""`lilong simulate`: an estate whose gateway releases its doors while nothing gets through the backbone."""

import json
from pathlib import Path

from commands import run_lilong

HOUSE = Path(__file__).with_name("gateway_house.toml")
# The flat's detector has told at 18:41:41, before it is cut off; the second one is heard by the gateway alone.
FIRE = ("--days", "0.025", "--start", "2026-03-04 18:30:00", "--incident", "kitchen_fire",
        "--fault", "partition at=720 for=900")  # fmt: skip
RULE = """[[devices]]
kind = "gateway"
where = "lobbies"
lobbies = ["ground"]
"""


def simulated(tmp_path, text):
    file = tmp_path / "house.toml"
    file.write_text(text)
    ended = run_lilong("simulate", file, *FIRE, "--out", tmp_path / "out")
    content = json.loads((tmp_path / "out" / "score.json").read_text())
    return ended, content, [row for row in content["linkage"] if row["what"] == "command"]


def test_doors_and_gates_are_released_within_3_s_of_the_second_detector(tmp_path):
    ended, content, commands = simulated(tmp_path, HOUSE.read_text())
    assert len(commands) == 4
    assert all(row["after_ms"] <= 3_000 for row in commands)
    assert (ended.code, content["failures"], content["alarms"]["false"]) == (0, [], 0)


def test_without_the_gateway_they_wait_for_the_backbone(tmp_path):
    assert RULE in HOUSE.read_text()
    ended, _, commands = simulated(tmp_path, HOUSE.read_text().replace(RULE, ""))
    assert ended.code == 1
    assert all(row["after_ms"] > 600_000 for row in commands)
