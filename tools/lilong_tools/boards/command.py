"""`lilong boards`: what boards there are, their pins and wiring, and whether what they say can be."""

import sys
from typing import Annotated

import typer

from . import board_ids, check, find, open_board, wiring
from .complaints import Complaint
from .drivers import known_drivers
from .show import in_full, summary, table

HEAD = ("board", "chip", "flash", "radio", "kinds", "proved on hardware")


def boards(
    board: Annotated[str | None, typer.Argument(help="a name, or the path of a folder with a board.toml")] = None,
    check_it: Annotated[bool, typer.Option("--check", help="tell all that is wrong; without a board, of all")] = False,
    wire: Annotated[str | None, typer.Option("--wiring", help="print wiring.py for this kind on the board")] = None,
) -> None:
    """Boards: their chips, pins and wiring, and what is wrong with them."""
    if check_it:
        sys.exit(_check([board] if board else board_ids()))
    if board is None:
        print(table([HEAD, *(summary(open_board(name)) for name in board_ids())]))
    elif wire is not None:
        sys.stdout.write(wiring(open_board(board), wire))
    else:
        print("\n".join(in_full(open_board(board), known_drivers())))


def _check(names: list[str]) -> int:
    """0 when nothing is wrong; every complaint on stderr."""
    wrong: list[Complaint] = []
    for name in names:
        board, complaints = check(find(name))
        wrong += complaints
        if not complaints and board is not None:
            print(f"{board.id}: well ({', '.join(board.kinds)})")
    for complaint in wrong:
        print(complaint, file=sys.stderr)
    return 1 if wrong else 0
