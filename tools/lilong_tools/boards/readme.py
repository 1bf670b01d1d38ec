"""Writes what boards' READMEs have of board.toml anew: python -m lilong_tools.boards.readme

The wiring tables of boards/*/README.md, and which kinds each carries in boards/README.md.
"""

import sys
from pathlib import Path

from . import board_ids, find, open_board
from .drivers import known_drivers
from .show import markdown, summary

BEGIN = "<!-- from board.toml, by python -m lilong_tools.boards.readme -->\n"
END = "<!-- to here -->\n"


def rewritten(text: str, tables: str) -> str:
    """A README with other tables between the two marks; ValueError without them."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the marks are missing: put {BEGIN.strip()!r} and {END.strip()!r} on lines of their own")
    return before + BEGIN + tables + END + after


def carries(text: str, name: str, kinds: str) -> str:
    """The README of all boards with other kinds in the row of one; ValueError without its row."""
    lines = text.split("\n")
    for number, line in enumerate(lines):
        if line.startswith(f"| [{name}]("):
            cells = line.split("|")
            cells[5] = f" {kinds} "
            lines[number] = "|".join(cells)
            return "\n".join(lines)
    raise ValueError(f"boards/README.md: the row of {name} is missing: put one that begins with | [{name}]( there")


def main() -> int:
    """Each board with pins."""
    for name in board_ids():
        board = open_board(name)
        if board.peripherals == "pins":
            path: Path = find(name) / "README.md"
            path.write_text(
                rewritten(path.read_text(encoding="utf-8"), markdown(board, known_drivers())), encoding="utf-8"
            )
            every: Path = find(name).parent / "README.md"
            every.write_text(carries(every.read_text(encoding="utf-8"), name, summary(board)[4]), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
