"""The reference estate with another text in the place of one of its own."""

from pathlib import Path

from lilong_simulator.estate import Estate, load_estate
from lilong_simulator.estate.source import ESTATES


def full_estate(folder: Path, *changes: tuple[str, str]) -> Estate:
    """Read from its file, which is written into a folder, with each first text replaced by the second."""
    text = (ESTATES / "music_plaza.toml").read_text("utf-8")
    for before, after in changes:
        assert before in text
        text = text.replace(before, after, 1)
    file = folder / "changed.toml"
    file.write_text(text, "utf-8")
    return load_estate(file)
