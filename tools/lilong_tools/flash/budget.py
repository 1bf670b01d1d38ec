"""Bytes of each kind's bundle on each board against their ceilings.

python -m lilong_tools.flash.budget [BOARD | BOARD/KIND ...]

The ceilings stand in boards/{board}/budget.toml. A bundle is kept twice, in a file system that alarms need too.
"""

import sys
import tomllib
from pathlib import Path

from pydantic import BaseModel, ConfigDict, PositiveInt, ValidationError

from ..boards import Board, BoardError, board_ids, open_board
from ..boards.show import table
from .contents import Contents, build
from .errors import FlashError

FILE = "budget.toml"


class Budget(BaseModel):
    """Ceilings in bytes: of the bundle of each kind, and of the files beside it together."""

    model_config = ConfigDict(extra="forbid")
    beside: PositiveInt
    bundle: dict[str, PositiveInt]


def load(board: Board) -> Budget:
    """FlashError names the file and what to mend."""
    path = board.file.parent / FILE
    try:
        return Budget.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise FlashError(f"{path}: cannot be read ({error.strerror}); write the board's ceilings") from None
    except tomllib.TOMLDecodeError as error:
        raise FlashError(f"{path}: is not TOML: {error}") from None
    except ValidationError as error:
        first = error.errors()[0]
        raise FlashError(f"{path}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from None


def rows(board: Board, kind: str, contents: Contents) -> list[tuple[str, int, int]]:
    """(part, bytes, ceiling); FlashError for a kind without a ceiling."""
    budget = load(board)
    if kind not in budget.bundle:
        raise FlashError(f"{board.file.parent / FILE}: bundle.{kind}: is missing; set a ceiling")
    beside = sum(map(len, contents.beside.values()))
    return [
        (f"bundle of {kind}", len(contents.bundle), budget.bundle[kind]),
        ("starter and main.py", beside, budget.beside),
    ]


def shown(rows: list[tuple[str, int, int]], largest: dict[str, int]) -> str:
    """As a table, with the largest modules under the bundle."""
    lines = [(part, f"{size:,}", f"{ceiling:,}") for part, size, ceiling in rows]
    lines[1:1] = [(f"  {name}", f"{size:,}", "") for name, size in largest.items()]
    return table([("part", "bytes", "ceiling"), *lines])


def largest(contents: Contents, count: int = 4) -> dict[str, int]:
    """Its largest modules."""
    return dict(sorted(contents.sizes.items(), key=lambda item: -item[1])[:count])


def hold(path: Path, rows: list[tuple[str, int, int]]) -> None:
    """FlashError when something is over its ceiling."""
    over = [f"{part} has {size:,} bytes, {size - ceiling:,} over its ceiling" for part, size, ceiling in rows
            if size > ceiling]  # fmt: skip
    if over:
        raise FlashError(f"{path / FILE}: {'; '.join(over)}; shrink it, or raise the ceiling")


def main(names: list[str]) -> int:
    """0 when all boards are within their budgets."""
    worst = 0
    for name in names or [name for name in board_ids() if name != "unix"]:
        try:
            board_id, _, alone = name.partition("/")
            board = open_board(board_id)
            for kind in (alone,) if alone else board.kinds:
                found = rows(board, kind, build(board, kind))
                for part, size, ceiling in found:
                    print(f"{board_id:10} {part:28} {size:8,} {ceiling:8,}", flush=True)
                hold(board.file.parent, found)
        except (FlashError, BoardError) as error:
            print(error, file=sys.stderr)
            worst = 1
    return worst


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
