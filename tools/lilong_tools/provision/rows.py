"""What is to be provisioned: rows of a CSV file, or one row from the command line, all looked at before any is used."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from lilong_protocol.pc.private_file import PrivateFileError, read_private_bytes
from lilong_simulator.estate import Device as Placed
from lilong_simulator.estate import Estate

from ..boards import Board, BoardError, open_board
from ..boards.kinds import kinds
from ..boards.tables import nearest
from .errors import ProvisionError
from .identity import device_id, eui64

COLUMNS = ("device", "mac", "kind", "board", "name", "building", "core", "unit", "wait")
DATA = "data."
"""A column `data.cards` names a file with what the kind is given as "cards", from the folder of the CSV file on."""

DATA_NAMES = {
    "cycle_gate": ("bicycles", "card_key", "cards", "lobby", "visitors"),
    "door": ("asks", "card_key", "cards", "pins", "scbk", "two_way", "visitors"),
    "fence_zone": ("fence",),
    "intercom": ("card_key", "cards", "discreet", "pins", "visitors"),
    "streetlight": ("calendar",),
    "vehicle_lane": ("card_key", "cards", "out", "paying", "visitors"),
}
"""What the rules and drivers of a kind read of `Identity.data`."""
WAIT_MAX_S = 600
"""The longest that a device may keep its first connect back: nobody hears of it meanwhile."""


@dataclass(frozen=True)
class Row:
    """A device that is wanted. where: the line that asks for it. board: checked, and carries the kind. maker: whose
    firmware it has taken so far, as its configuration has it. wait_s: up to which the first connect of a boot waits."""

    where: str
    device: str
    kind: str
    board: Board
    name: str
    building: str
    core: str
    unit: str
    data: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    beat_s: int | None = None
    offline_s: int | None = None
    wait_s: int | None = None
    maker: Mapping[str, str] | None = None


def read_csv(file: Path, estate: Estate) -> list[Row]:
    """All rows of a file; ProvisionError says everything that is wrong, a line each."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ProvisionError(f"{file}: cannot be read ({error.strerror}); name a CSV file") from None
    except UnicodeDecodeError:
        raise ProvisionError(f"{file}: is not UTF-8; save it as CSV in UTF-8") from None
    try:
        lines = list(_records(text))
    except csv.Error as error:
        raise ProvisionError(f"{file}: is no CSV ({error}); quote what has commas in it") from None
    if not lines:
        raise ProvisionError(f"{file}: is empty; its first line has the columns, such as mac,kind,board,name")
    head = [column.strip() for column in lines[0][1]]
    wrong = list(_wrong_columns(file, head))
    if wrong:
        raise ProvisionError("\n".join(wrong))
    given: list[tuple[str, dict[str, str]]] = []
    for number, cells in lines[1:]:
        where = f"{file}:{number}"
        if len(cells) != len(head):
            wrong.append(f"{where}: has {len(cells)} columns, and line 1 has {len(head)}; quote what has commas in it")
        else:
            given.append((where, {name: cell.strip() for name, cell in zip(head, cells, strict=True)}))
    if not given and not wrong:
        raise ProvisionError(f"{file}: has no line below that of the columns; add a line for each device")
    return rows(given, estate, file.parent, wrong)


def rows(
    given: Sequence[tuple[str, Mapping[str, str]]], estate: Estate, folder: Path, wrong: Sequence[str] = ()
) -> list[Row]:
    """Rows of (where, cells by column); files of data are named from `folder` on. wrong: what is known to be so."""
    complaints = list(wrong)
    found: list[Row] = []
    boards: dict[str, Board | str] = {}
    for where, cells in given:
        row = _Reader(where, cells, estate, folder, boards, complaints).row()
        if row is not None:
            found.append(row)
    for what in ("device", "name"):
        first: dict[str, str] = {}
        for row in found:
            value = getattr(row, what)
            if value and first.setdefault(value, row.where) != row.where:
                complaints.append(f"{row.where}: {what}: {value} is that of {first[value]} too; give each its own")
    if complaints:
        raise ProvisionError("\n".join(complaints))
    return found


def _records(text: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text), strict=True)
    before = 0
    for cells in reader:
        if any(cell.strip() for cell in cells):
            yield before + 1, cells
        before = reader.line_num


def _wrong_columns(file: Path, head: Sequence[str]) -> Iterator[str]:
    for at, name in enumerate(head, 1):
        if name in head[: at - 1]:
            yield f"{file}:1: column {at}: {name!r} is there twice; remove one of them"
        elif name not in COLUMNS and not (name.startswith(DATA) and name != DATA):
            yield f"{file}:1: column {at}: unknown {name!r}; {nearest(name, COLUMNS)}"
    for name in ("kind", "board"):
        if name not in head:
            yield f"{file}:1: column {name!r} is missing; add it"


class _Reader:
    """One row; everything that is wrong with it goes to `complaints`."""

    def __init__(
        self, where: str, cells: Mapping[str, str], estate: Estate, folder: Path, boards: dict[str, Board | str],
        complaints: list[str],
    ) -> None:  # fmt: skip
        self._where = where
        self._cells = cells
        self._estate = estate
        self._folder = folder
        self._boards = boards
        self._complaints = complaints

    def row(self) -> Row | None:
        before = len(self._complaints)
        kind, board, placed = self._kind(), self._board(), self._placed()
        device = self._device(placed)
        if kind and board and kind not in board.kinds:
            self._wrong("kind", f"{board.id} carries no {kind}; it carries {', '.join(board.kinds)}")
        if kind and placed and placed.kind != kind:
            self._wrong("kind", f"{kind}, and {placed.name} of {self._estate.id} is a {placed.kind}; correct one")
        data = self._data(kind) if kind else {}
        wait_s = self._wait()
        if len(self._complaints) > before or kind is None or board is None or device is None:
            return None
        place = {name: self._cells.get(name, "") for name in ("building", "core", "unit")}
        if placed is not None:
            place = {name: cell or str(getattr(placed, name) or "") for name, cell in place.items()}
        beat_s, offline_s = (None, None) if placed is None else (placed.beat_s, placed.offline_s)
        return Row(self._where, device, kind, board, self._cells.get("name", ""), **place, data=data, beat_s=beat_s,
                   offline_s=offline_s, wait_s=wait_s, maker=None)  # fmt: skip

    def _wrong(self, column: str, says: str) -> None:
        self._complaints.append(f"{self._where}: {column}: {says}")

    def _kind(self) -> str | None:
        kind = self._cells.get("kind", "")
        if kind not in kinds():
            self._wrong("kind", f"unknown {kind!r}; {nearest(kind, kinds())}")
            return None
        return kind

    def _board(self) -> Board | None:
        name = self._cells.get("board", "")
        if name not in self._boards:
            try:
                self._boards[name] = open_board(name)
            except BoardError as error:
                self._boards[name] = str(error)
        found = self._boards[name]
        if isinstance(found, str):
            self._wrong("board", found)
            return None
        return found

    def _placed(self) -> Placed | None:
        return self._estate.by_name.get(self._cells.get("name", ""))

    def _device(self, placed: Placed | None) -> str | None:
        given, mac = self._cells.get("device", ""), self._cells.get("mac", "")
        try:
            if given and mac:
                self._wrong("device", f"{given!r}, and a mac too; give one of them")
            elif given:
                return device_id(given)
            elif mac:
                return eui64(mac)
            elif placed is not None:
                return placed.id
            else:
                name = self._cells.get("name", "")
                says = f"{self._estate.id} has no {name!r} whose id it could be" if name else "there is no name either"
                self._wrong("device", f"is empty, and so is mac, and {says}; give the chip's mac")
        except ValueError as error:
            self._wrong("device" if given else "mac", str(error))
        return None

    def _wait(self) -> int | None:
        cell = self._cells.get("wait", "")
        if not cell:
            return None
        if not (cell.isascii() and cell.isdigit()) or int(cell) > WAIT_MAX_S:
            self._wrong("wait", f"{cell!r} is no time; give 0 to {WAIT_MAX_S} s, up to which the first connect waits")
            return None
        return int(cell)

    def _data(self, kind: str) -> dict[str, bytes]:
        found = {}
        for column, cell in self._cells.items():
            if not column.startswith(DATA) or not cell:
                continue
            name = column.removeprefix(DATA)
            known = DATA_NAMES.get(kind, ())
            if name not in known:
                self._wrong(column, f"a {kind} is given nothing of this name; {nearest(name, known)}")
                continue
            try:
                found[name] = read_private_bytes(self._folder / cell)
            except PrivateFileError as error:
                self._wrong(column, str(error))
        return found
