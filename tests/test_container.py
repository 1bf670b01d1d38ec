"""The container file: its context holds all that the wheel is made of, and it names only what is there."""

import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[1]


def context(into: Path) -> Path:
    """What the build is given: the entries that .dockerignore lets through, without caches."""
    first, *rest = (ROOT / ".dockerignore").read_text().splitlines()
    assert first == "*"  # nothing but what is named
    for entry in (line.removeprefix("!") for line in rest if line.startswith("!")):
        source = ROOT / entry
        if source.is_dir():
            shutil.copytree(source, into / entry, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, into / entry)
    return into


def test_the_context_of_the_container_makes_the_whole_wheel(tmp_path: Path) -> None:
    (tmp_path / "context").mkdir()
    sources = {"whole": ROOT, "context": context(tmp_path / "context")}
    held = {}
    for name, source in sources.items():
        command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
        subprocess.run([*command, "-w", tmp_path / name / "wheel", source], check=True, capture_output=True)
        (wheel,) = (tmp_path / name / "wheel").glob("lilong-*.whl")
        held[name] = sorted(zipfile.ZipFile(wheel).namelist())
    assert held["context"] == held["whole"]


def test_every_file_that_it_copies_is_in_its_context(tmp_path: Path) -> None:
    given = context(tmp_path)
    copied = re.findall(r"^COPY (?!--from)(\S+)", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert copied
    assert all((given / name).exists() for name in copied)


def test_it_has_a_pure_and_a_compiled_wheel_to_choose_from() -> None:
    text = (ROOT / "Dockerfile").read_text()
    assert "ARG WHEEL=pure" in text
    assert {"pure", "compiled"} <= set(re.findall(r"^FROM \S+ AS (\S+)", text, re.MULTILINE))
    built = text.partition(" AS compiled")[2].partition("\nFROM ")[0]
    assert "HATCH_BUILD_HOOK_ENABLE_CUSTOM=1" in built


def test_it_ends_as_a_user_without_rights_with_lilong_as_its_command() -> None:
    instructions = (ROOT / "Dockerfile").read_text().splitlines()
    assert "USER lilong" in instructions
    assert 'ENTRYPOINT ["/opt/lilong/bin/lilong"]' in instructions
