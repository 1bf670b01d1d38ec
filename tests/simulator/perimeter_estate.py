"""The small estate with two zones of a fence and an intercom at each lobby."""

from pathlib import Path

SMALL = Path(__file__).with_name("small_estate.toml")
RULES = """
[[devices]]
kind = "fence_zone"
where = "spots"
spots = [{ id = "zone14", x = 0, y = 20, z = 0 }, { id = "zone15", x = 0, y = 35, z = 0 }]

[[devices]]
kind = "intercom"
where = "lobbies"
lobbies = ["ground"]
"""


def perimeter_estate(folder: Path) -> Path:
    """Its file, written into a folder."""
    file = folder / "perimeter.toml"
    file.write_text(SMALL.read_text(encoding="utf-8") + RULES, encoding="utf-8")
    return file
