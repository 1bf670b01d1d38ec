"""The reference estate with lanes, cycle gates, sheds, panels and a fence."""

from pathlib import Path

from lilong_simulator.estate import Estate, load_estate
from lilong_simulator.estate_file import ESTATES

RULES = """
[[devices]]
kind = "vehicle_lane"
where = "gates"
use = "vehicle"
each = 2

[[devices]]
kind = "cycle_gate"
where = "gates"
use = "pedestrian"
each = 2

[[devices]]
kind = "cycle_gate"
where = "spots"
spots = [
    { id = "shed1", x = 20, y = 60 }, { id = "shed2", x = 100, y = 60 },
    { id = "shed3", x = 20, y = 118 }, { id = "shed4", x = 150, y = 118 },
]

[[devices]]
kind = "intercom"
where = "lobbies"
lobbies = ["ground", "basement"]

[[devices]]
kind = "shed_socket"
where = "spots"
spots = [SOCKETS]

[[devices]]
kind = "fence_zone"
where = "spots"
spots = [ZONES]
"""


def full_estate(folder: Path, before: str = "", after: str = "") -> Estate:
    """Read from its file, which is written into a folder, with `after` in the place of `before`."""
    sockets = ", ".join(f'{{ id = "shed{n % 4 + 1}s{n // 4}", x = 20, y = {60 + n // 4} }}' for n in range(80))
    zones = ", ".join(f'{{ id = "zone{n:02d}", x = {9 * n}, y = 1 }}' for n in range(1, 21))
    text = (ESTATES / "music_plaza.toml").read_text("utf-8")
    file = folder / "music_plaza_full.toml"
    text += RULES.replace("SOCKETS", sockets).replace("ZONES", zones)
    assert before in text
    file.write_text(text.replace(before, after, 1) if before else text, "utf-8")
    return load_estate(file)
