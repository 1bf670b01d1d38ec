"""A street: its committees, the grid cells of each with an officer, and the estates that each looks after."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

MOST_CELLS = 50


@dataclass(frozen=True, slots=True)
class Cell:
    """A grid cell; `grid`: street, committee and cell, as the grid path of a device in it begins."""

    grid: tuple[str, str, str]
    officer: str


@dataclass(frozen=True, slots=True)
class Committee:
    """`officers`: one of each cell, g1, g2 ... `estates`: names or paths; they lie in its cells in turn."""

    id: str
    name_en: str
    name_zh: str
    officers: tuple[str, ...]
    estates: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Street:
    """All of it."""

    id: str
    committees: tuple[Committee, ...]

    @property
    def cells(self) -> list[Cell]:
        """Of all committees, in order."""
        return [
            Cell((self.id, committee.id, f"g{n}"), officer)
            for committee in self.committees
            for n, officer in enumerate(committee.officers, 1)
        ]

    def estates(self) -> Iterator[tuple[str, Cell]]:
        """Each estate by name, and the cell in which it lies."""
        for committee in self.committees:
            for n, estate in enumerate(committee.estates):
                at = n % len(committee.officers)
                yield estate, Cell((self.id, committee.id, f"g{at + 1}"), committee.officers[at])

    def officer_of(self, grid: tuple[str, ...]) -> str:
        """Who looks after a place, by a device's grid path; LookupError where it is nobody of this street."""
        for cell in self.cells:
            if grid[:3] == cell.grid:
                return cell.officer
        raise LookupError(f"{'/'.join(grid)} is in no cell of {self.id}")
