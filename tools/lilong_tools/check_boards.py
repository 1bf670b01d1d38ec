"""Type-checks what runs on a board against MicroPython's own stubs: python -m lilong_tools.check_boards

CPython has no `asyncio.wait_for_ms`, and MicroPython has much less of everything else. So firmware/, each folder of
boards/ with modules of its own, and the wiring written from each board.toml for each kind are checked with the stubs of
their port instead of typeshed. Those of the ESP32 are where pip has put them; those of rp2, whose files have the same
names, are in a folder of their own (`make .venv/rp2/.ready`).
"""

import importlib.metadata
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from . import boards

STDLIB = "micropython-stdlib-stubs"
INSTALLED = {"esp32": ("micropython-esp32-stubs", STDLIB), "rp2": (STDLIB,)}
RP2 = Path(sys.prefix) / "rp2"


def gather(folder: Path, port: str) -> None:
    """Copy a port's stubs into a folder of their own: mypy reads none that lie loose among installed packages."""
    for name in INSTALLED[port]:
        try:
            files = importlib.metadata.files(name) or []
        except importlib.metadata.PackageNotFoundError:
            sys.exit(f"{name} is not installed: it is in the group dev of pyproject.toml")
        for file in files:
            if file.suffix == ".pyi" or file.name == "VERSIONS":
                _copy(Path(str(file.locate())), folder / file)
    if port == "rp2":
        if not RP2.is_dir():
            sys.exit(f"{RP2} is not there: `make .venv/rp2/.ready` puts the stubs of requirements-rp2.lock into it")
        for path in RP2.rglob("*.pyi"):
            _copy(path, folder / path.relative_to(RP2))


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


def wirings() -> Iterator[tuple[str, str, str]]:
    """(port, module, source) of the wiring of each kind on each board; BoardError for a board with anything wrong."""
    for name in boards.board_ids():
        board = boards.open_board(name)
        for kind in board.kinds if board.peripherals == "pins" else ():
            yield board.chip.port, f"{name}_{kind}", boards.wiring(board, kind)


def mypy(root: Path, stubs: Path, cache: str, folders: list[Path], modules: list[str]) -> int:
    """mypy's exit code for the firmware and modules of these folders."""
    named = [argument for module in modules for argument in ("-m", module)]
    return subprocess.run(
        [sys.executable, "-m", "mypy", "--config-file", str(root / "firmware" / "mypy.ini"),
         "--custom-typeshed-dir", str(stubs), "--cache-dir", str(root / ".mypy_cache" / cache),
         "-p", "lilong_firmware", *named],
        env={**os.environ, "MYPYPATH": os.pathsep.join(map(str, (*folders, stubs)))}, cwd=root, check=False,
    ).returncode  # fmt: skip


def check_wirings(root: Path, port: str, sources: Mapping[str, str], stubs: Path) -> int:
    """mypy's exit code for the firmware and these modules, {name: source}, on a port."""
    with tempfile.TemporaryDirectory(prefix="lilong-wiring-") as name:
        for module, source in sources.items():
            Path(name, f"{module}.py").write_text(source, encoding="utf-8")
        print(f"{port}: the firmware and {len(sources)} wirings: {', '.join(sources) or 'none'}", flush=True)
        unix = root / "boards" / "unix"  # the firmware imports `board`
        return mypy(root, stubs, f"wiring-{port}", [Path(name), unix], list(sources))


def main(root: Path) -> int:
    """0 when all is well, else mypy's exit code."""
    try:
        written = list(wirings())
    except boards.BoardError as error:
        print(error, file=sys.stderr)
        return 1
    worst = 0
    for port in INSTALLED:
        with tempfile.TemporaryDirectory(prefix="lilong-stubs-") as name:
            stubs = Path(name)
            gather(stubs, port)
            if port == "esp32":
                for board in sorted({path.parent for path in root.glob("boards/*/*.py") if path.name != "manifest.py"}):
                    modules = [path.stem for path in sorted(board.glob("*.py")) if path.name != "manifest.py"]
                    folders = [board] if (board / "board.py").is_file() else [board, root / "boards" / "common"]
                    worst = max(worst, mypy(root, stubs, board.name, folders, modules))
            sources = {module: source for of, module, source in written if of == port}
            worst = max(worst, check_wirings(root, port, sources, stubs))
    return worst


if __name__ == "__main__":
    sys.exit(main(Path(__file__).resolve().parents[2]))
