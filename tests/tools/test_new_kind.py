"""firmware/NEW_KIND.md, followed to the letter in a copy: what it says is shown, and nothing else is touched."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
TEXT = ROOT / "firmware" / "NEW_KIND.md"
PARTS = ("protocol", "firmware", "simulator", "tools")
FOLDERS = (*PARTS, "boards", "tests")
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PATH = re.compile(r"^\*\*`([^`]+)`\*\*", re.MULTILINE)
CACHES = {"__pycache__", ".mypy_cache", ".pytest_cache", ".hypothesis"}
GENERATED = {"codes.py", "REFERENCE.md", "lilong.cddl", "frozen.txt", "README.md"}
LINES = ["boards/esp32_c3/board.toml", "boards/esp32_c3/budget.toml", "boards/unix/budget.toml"]


class Step(NamedTuple):
    """A file with its content, or commands with the lines that they must show."""

    path: str
    content: str
    shows: list[str]


def steps(text: str) -> Iterator[Step]:
    """In the order of the text. A file's path is the last in bold before it."""
    fences = list(FENCE.finditer(text))
    for number, fence in enumerate(fences):
        language, content = fence.groups()
        if language == "sh":
            after = fences[number + 1] if number + 1 < len(fences) else None
            shows = after[2].splitlines() if after and not after[1] and after.start() == fence.end() + 1 else []
            yield Step("", content, shows)
        elif language:
            yield Step(PATH.findall(text[: fence.start()])[-1], content, [])


def copied(folder: Path) -> Path:
    """The tree, with a `.venv` whose commands are those of this Python, and run what is in the copy."""
    for name in FOLDERS:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns(*CACHES))
    for name in ("Makefile", "pyproject.toml", "requirements.lock", "requirements-dev.lock"):
        shutil.copy(ROOT / name, folder / name)
    binaries = folder / ".venv" / "bin"
    binaries.mkdir(parents=True)
    paths = ":".join(str(folder / part) for part in PARTS)
    for name, runs in (("python", ""), ("lilong", " -c 'from lilong_tools.cli import main; main()'")):
        script = binaries / name
        script.write_text(f'#!/bin/sh\nPYTHONPATH={paths} exec {sys.executable}{runs} "$@"\n')
        script.chmod(0o755)
    for mark in (".ready", ".ready-dev"):
        (folder / ".venv" / mark).touch()
    return folder


def state(folder: Path) -> dict[Path, bytes]:
    found = [path for name in FOLDERS for path in (folder / name).rglob("*") if path.is_file()]
    return {path.relative_to(folder): path.read_bytes() for path in found if not CACHES & set(path.parts)}


@pytest.mark.long
@pytest.mark.timeout(300)
def test_the_text_brings_a_new_kind_from_nothing_to_an_alarm_at_the_centre(tmp_path: Path) -> None:
    folder = copied(tmp_path / "tree")
    before = state(folder)
    written = set()
    for step in steps(TEXT.read_text(encoding="utf-8")):
        if step.path:
            path = folder / step.path
            assert not path.exists(), f"{step.path} is there already"
            path.write_text(step.content, encoding="utf-8")
            written.add(step.path)
            continue
        environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache")}
        ended = subprocess.run(
            ["sh", "-ec", step.content], cwd=folder, env=environment, capture_output=True, text=True, check=False
        )
        said = f"{step.content}{ended.stdout}{ended.stderr}"
        assert ended.returncode == 0, said
        for line in step.shows:
            assert line in ended.stdout, f"{line!r} is not shown by\n{said}"
    after = state(folder)
    assert not before.keys() - after.keys()
    changed = {path.as_posix() for path, content in after.items() if before.get(path) != content}
    touched = {path for path in changed if Path(path).name not in GENERATED}
    assert sorted(touched - written) == LINES, "the text says that nothing else is touched"
    assert len(written) == 8
