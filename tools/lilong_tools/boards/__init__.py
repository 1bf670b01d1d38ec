"""Boards as data: boards/{board}/board.toml, checked against chip, drivers and kinds, and made into wiring.py."""

from pathlib import Path
from typing import Any

from lilong_simulator.fleet.image import board_folder

from .complaints import BoardError, Complaint
from .drivers import WiringError, known_drivers, read, unusable
from .flash import check_flash
from .generate import generate, generate_look
from .load import FILE, build, load
from .model import Board
from .pins import check_buses, check_pins, check_twice
from .wires import check_kinds

__all__ = [
    "Board", "BoardError", "Complaint", "WiringError", "board_ids", "check", "check_content", "find", "known_drivers",
    "looking", "open_board", "read", "unusable", "wiring",
]  # fmt: skip


def board_ids() -> list[str]:
    """The boards that come with the project."""
    return sorted(path.parent.name for path in board_folder("unix").parent.glob(f"*/{FILE}"))


def find(name: str) -> Path:
    """The folder of a board by its name, or a path that leads to one; BoardError when there is none."""
    if name in board_ids():
        folder = board_folder("unix").parent / name
        return folder.relative_to(Path.cwd()) if folder.is_relative_to(Path.cwd()) else folder
    path = Path(name)
    if path.name == FILE:
        path = path.parent
    if (path / FILE).is_file():
        return path
    says = f"no such board; give one of {', '.join(board_ids())}, or the path of a folder with a {FILE}"
    raise BoardError([Complaint(path, "", says)])


def check(folder: Path) -> tuple[Board | None, list[Complaint]]:
    """A board as far as it can be read, and everything that is wrong with it, sorted."""
    return check_content(folder, load(folder))


def check_content(folder: Path, content: dict[str, Any]) -> tuple[Board | None, list[Complaint]]:
    """The same of what a board.toml would say; its partition table is in the folder."""
    board, complaints = build(folder, content)
    if board is not None:
        complaints = [
            *complaints, *check_pins(board), *check_twice(board), *check_buses(board),
            *check_kinds(board, known_drivers()), *check_flash(board),
        ]  # fmt: skip
    return board, sorted(set(complaints))


def open_board(name: str) -> Board:
    """A board with nothing wrong, by name or path; BoardError says everything that is."""
    board, complaints = check(find(name))
    if complaints or board is None:
        raise BoardError(complaints)
    return board


def wiring(board: Board, kind: str) -> str:
    """wiring.py for a kind on a board; BoardError when it does not carry it."""
    if kind not in board.kinds or board.peripherals != "pins":
        there = ", ".join(board.kinds) if board.peripherals == "pins" else "none: its peripherals are lines"
        raise BoardError([Complaint(board.file, f"kind.{kind}", f"there is no wiring for it here; there is {there}")])
    return generate(board, kind, known_drivers())


def looking(board: Board, kind: str) -> str | None:
    """looking.py for a kind that the board carries; None when it does not sleep deeply there."""
    return generate_look(board, kind, known_drivers())
