"""Type-checks what runs on a board against MicroPython's own stubs: python -m lilong_tools.check_boards

CPython has no `asyncio.wait_for_ms`, and MicroPython has much less of everything else. So firmware/ and each folder of
boards/ are checked with the stubs of the ESP32 port instead of typeshed, from where pip has put them.
"""

import importlib.metadata
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

STUBS = ("micropython-esp32-stubs", "micropython-stdlib-stubs")


def gather(folder: Path) -> None:
    """Copy the stubs into a folder of their own: mypy reads none that lie loose among installed packages."""
    for name in STUBS:
        try:
            files = importlib.metadata.files(name) or []
        except importlib.metadata.PackageNotFoundError:
            sys.exit(f"{name} is not installed: it is in the group dev of pyproject.toml")
        for file in files:
            if file.suffix == ".pyi" or file.name == "VERSIONS":
                target = folder / file
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(str(file.locate()), target)


def main(root: Path) -> int:
    """0 when all is well, else mypy's exit code."""
    with tempfile.TemporaryDirectory(prefix="lilong-stubs-") as name:
        gather(Path(name))
        worst = 0
        for board in sorted(path.parent for path in root.glob("boards/*/board.py")):
            modules = [argument for path in sorted(board.glob("*.py")) if path.name != "manifest.py"
                       for argument in ("-m", path.stem)]  # fmt: skip
            done = subprocess.run(
                [sys.executable, "-m", "mypy", "--config-file", str(root / "firmware" / "mypy.ini"),
                 "--custom-typeshed-dir", name, "--cache-dir", str(root / ".mypy_cache" / board.name),
                 "-p", "lilong_firmware", *modules],
                env={**os.environ, "MYPYPATH": os.pathsep.join((str(board), name))}, cwd=root, check=False,
            )  # fmt: skip
            worst = max(worst, done.returncode)
        return worst


if __name__ == "__main__":
    sys.exit(main(Path(__file__).resolve().parents[2]))
