"""Writes the wiring tables of boards/*/README.md anew from board.toml: python -m lilong_tools.boards.readme"""

import sys
from pathlib import Path

from . import board_ids, find, open_board
from .drivers import known_drivers
from .show import markdown

BEGIN = "<!-- from board.toml, by python -m lilong_tools.boards.readme -->\n"
END = "<!-- to here -->\n"


def rewritten(text: str, tables: str) -> str:
    """A README with other tables between the two marks; ValueError without them."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the marks are missing: put {BEGIN.strip()!r} and {END.strip()!r} on lines of their own")
    return before + BEGIN + tables + END + after


def main() -> int:
    """Each board with pins."""
    for name in board_ids():
        board = open_board(name)
        if board.peripherals == "pins":
            path: Path = find(name) / "README.md"
            path.write_text(
                rewritten(path.read_text(encoding="utf-8"), markdown(board, known_drivers())), encoding="utf-8"
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
