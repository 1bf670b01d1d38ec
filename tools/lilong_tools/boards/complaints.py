"""What is wrong with a board: each complaint names the file, the key and what to do; all are told at once."""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple


class Complaint(NamedTuple):
    """`key`: dotted, as "kind.smoke.obscuration.adc"; empty for the file as a whole."""

    file: Path
    key: str
    says: str

    def __str__(self) -> str:
        """One line, whatever characters the file has in its keys."""
        line = f"{self.file}: {self.key}: {self.says}" if self.key else f"{self.file}: {self.says}"
        return "".join(char if char.isprintable() else repr(char)[1:-1] for char in line)


class BoardError(ValueError):
    """A board that cannot be used, with everything that is wrong with it."""

    def __init__(self, complaints: Iterable[Complaint]) -> None:
        self.complaints = sorted(set(complaints))
        super().__init__("\n".join(map(str, self.complaints)))
