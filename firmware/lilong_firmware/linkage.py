"""Local linkage: alarms of a gateway's children that confirm one another, and what other children do then.

The rules are data, data["linkage"]: rows in the order of their rank, the first goes before all others. A row is 2
bytes of length, then CBOR: [number of the linkage, quorum, s within which so many different children must have told,
grouped, codes, triggers, command, argument or null, command at the end or 0, targets]. Triggers and targets are bits of
the children, the first child the lowest bit of the first byte. grouped: a row for each group of children by itself.

Only alarms that are a row's business are kept, and of those ALARMS_MAX: then the one of the lowest rank goes, of
several the oldest.
"""

from lilong_protocol import cbor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Name = tuple[int, int]  # an action: row, group

ROWS_MAX = 48  # (ours) twenty zones of a fence, each with its lamps and its cameras, are 40
ALARMS_MAX = 64  # (ours) a building in which more are open has acted on them long since

# Places in a row.
NUMBER, QUORUM, WITHIN_S, GROUPED, CODES, TRIGGERS, COMMAND, ARGUMENT, END, TARGETS = range(10)


def is_in(bits: bytes, child: int) -> bool:
    """Whether a child, from 1, is among them."""
    at = child - 1
    return at >> 3 < len(bits) and bits[at >> 3] >> (at & 7) & 1 != 0


class Linkage:
    """Which rows act. `acting`: (row, group) of each, in order; `count` of rows; `group_of` a child.

    The rows stay packed and are unpacked when they are asked: they take a fifth of the RAM so. A table that is damaged
    is cut off where that shows, since the rows before it still save lives.
    """

    __slots__ = ("_alarms", "_doubted", "_ends", "_group_of", "_table", "acting", "count")

    def __init__(self, table: bytes, group_of: "Callable[[int], int]") -> None:
        self._table = table
        self._group_of = group_of
        self._ends = [0]  # of the rows in the table
        self._alarms: list[tuple[int, int, int, int]] = []  # uptime, child, code, rank; in this order
        self._doubted: list[tuple[int, int]] = []  # child, code
        self.acting: list[Name] = []
        at = 0
        while at + 2 <= len(table) and len(self._ends) <= ROWS_MAX:
            at += 2 + (table[at] << 8 | table[at + 1])
            self._ends.append(at)
            try:
                if at <= len(table) and _is_row(self.unpacked(len(self._ends) - 2)):
                    continue
            except ValueError:
                pass
            self._ends.pop()
            break
        self.count = len(self._ends) - 1

    def unpacked(self, at: int) -> "list[Any]":
        row: list[Any] = cbor.decode(self._table[self._ends[at] + 2 : self._ends[at + 1]])
        return row

    def doubt(self) -> None:
        """The bus was deaf: an alarm that is not told anew before `settle` has ended meanwhile."""
        self._doubted = [alarm[1:3] for alarm in self._alarms]

    def settle(self) -> None:
        self._alarms = [alarm for alarm in self._alarms if alarm[1:3] not in self._doubted]
        self._doubted = []

    def alarmed(self, now: int, child: int, code: int) -> bool:
        """A child's alarm is there; False when that is nobody's business, or known."""
        if (child, code) in self._doubted:
            self._doubted.remove((child, code))
        if [True for alarm in self._alarms if alarm[1:3] == (child, code)]:
            return False
        for rank in range(self.count):
            row = self.unpacked(rank)
            if bytes([code]) in row[CODES] and is_in(row[TRIGGERS], child):
                break
        else:
            return False
        self._alarms.append((now, child, code, rank))
        self._alarms = sorted(self._alarms)
        if len(self._alarms) > ALARMS_MAX:
            ranks = [alarm[3] for alarm in self._alarms]
            self._alarms.pop(ranks.index(max(ranks)))
        return True

    def ended(self, child: int, code: int) -> bool:
        """A child's alarm is over: reset, not only restored. A child that burns ends none."""
        left = [alarm for alarm in self._alarms if alarm[1:3] != (child, code)]
        changed = len(left) < len(self._alarms)
        self._alarms = left
        return changed

    def judge(self, ends: bool, by_hand: int) -> "list[Name]":
        """What acts as things stand. ends: what has no alarm any more is over; by_hand: so do rows of this command."""
        acting: list[Name] = []
        for at in range(self.count):
            row = self.unpacked(at)
            groups: dict[int, list[tuple[int, int]]] = {}
            for when, child, code, _ in self._alarms:
                if bytes([code]) in row[CODES] and is_in(row[TRIGGERS], child):
                    group = self._group_of(child) if row[GROUPED] else 0
                    groups.setdefault(group, []).append((when, child))
            names = [
                (at, group)
                for group in groups
                if (at, group) in self.acting or _confirmed(groups[group], row[QUORUM], row[WITHIN_S] * 1000)
            ]
            if not ends:
                names += [name for name in self.acting if name[0] == at and name not in names]
            if row[COMMAND] == by_hand and not row[GROUPED] and (at, 0) not in names:
                names.append((at, 0))
            acting += sorted(names)
        return acting

    def change(self, acting: "list[Name]") -> "list[tuple[int, int, int | None]]":
        """Let these act from now on; the commands that this takes: (child, command, argument), those of the first
        rank first. No child is told twice what it does already."""
        before, self.acting = self.acting, acting
        if before == acting:
            return []
        rows = {at: self.unpacked(at) for at, _ in before + acting}
        bits = [rows[name[0]][TARGETS] for name in before + acting if (name in before) != (name in acting)]
        found: list[tuple[int, int, int, Any]] = []
        for child in range(1, 8 * max([len(one) for one in bits] or [0]) + 1):
            if not [True for one in bits if is_in(one, child)]:
                continue
            old, new = self._first(rows, before, child), self._first(rows, acting, child)
            if new is not None:
                row = rows[new]
                if old is None or (rows[old][COMMAND], rows[old][ARGUMENT]) != (row[COMMAND], row[ARGUMENT]):
                    found.append((new, child, row[COMMAND], row[ARGUMENT]))
            elif old is not None and rows[old][END]:
                found.append((self.count + old, child, rows[old][END], None))
        return [order[1:] for order in sorted(found)]  # no two of one child

    def deed(self, child: int) -> "tuple[int, int, int | None] | None":
        """What a child is to do, for one that may have missed it."""
        rows = {at: self.unpacked(at) for at, _ in self.acting}
        at = self._first(rows, self.acting, child)
        return None if at is None else (child, rows[at][COMMAND], rows[at][ARGUMENT])

    def linkages_of(self, names: "list[Name]") -> "list[int]":
        """Of the linkages that these are, each once."""
        return sorted({self.unpacked(at)[NUMBER] for at, _ in names})

    # ---- inside

    def _first(self, rows: "dict[int, list[Any]]", acting: "list[Name]", child: int) -> "int | None":
        """The first row that acts on a child."""
        for at, group in acting:
            if is_in(rows[at][TARGETS], child) and (not rows[at][GROUPED] or group == self._group_of(child)):
                return at
        return None


def _is_row(row: "Any") -> bool:
    if not isinstance(row, list) or len(row) <= TARGETS:
        return False
    for at in (CODES, TRIGGERS, TARGETS):
        if not isinstance(row[at], bytes):
            return False
    for at in (NUMBER, QUORUM, COMMAND, END, ARGUMENT):
        if row[at] is not None and not (type(row[at]) is int and 0 <= row[at] < 255):
            return False
        if row[at] is None and at != ARGUMENT:
            return False
    return isinstance(row[GROUPED], bool) and type(row[WITHIN_S]) is int and 0 <= row[WITHIN_S] <= 0xFFFF


def _confirmed(told: "list[tuple[int, int]]", quorum: int, within_ms: int) -> bool:
    """So many different children have told within so long; `told`: (uptime, child) in order."""
    for last in range(len(told)):
        first = told[last][0] - within_ms
        if len({child for when, child in told[: last + 1] if when >= first}) >= quorum:
            return True
    return False
