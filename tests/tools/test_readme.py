"""What the READMEs say can be done is done by a test, and where they point there is something."""

import ast
import itertools
import os
import re
import shlex
import subprocess
from pathlib import Path

import pytest
from commands import PATIENCE_S, lilong, run_lilong

ROOT = Path(__file__).parents[2]
NOT_OURS = {"node_modules", "out", "build", "dist"}
LINK = re.compile(r"\]\(\s*<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\s*\)")
FENCE = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)

# Each command of README.md and the test that runs it, or all that it stands for.
RUN_BY = {
    "make demo": "tests/tools/test_demo.py::test_a_signal_stops_all_that_was_started_and_leaves_nothing",
    'make demo ARGS="--headless --duration 60 --report out/"': (
        "tests/tools/test_demo.py::test_music_plaza_on_mosquitto_is_online_in_15_s_and_stores_alarms_in_250_ms"
    ),
    ".venv/bin/lilong load music_plaza --broker mqtt://127.0.0.1:1883 --duration 60 --report out/": (
        "tests/tools/test_load.py::test_a_backend_that_answers_passes_and_what_was_not_observed_is_null"
    ),
    ".venv/bin/lilong simulate music_plaza --days 1 --seed 7 --out out/": (
        "tests/tools/test_readme.py::test_the_simulation_of_the_readme_passes_as_it_stands_there"
    ),
    ".venv/bin/lilong score --messages out/ --truth out/truth.jsonl --observed out/observed.jsonl --report out/again": (
        "tests/tools/test_score_command.py::test_a_fire_is_judged_with_what_had_to_follow"
    ),
    ".venv/bin/lilong incidents gas_leak": "tests/tools/test_incidents_command.py::test_one_is_explained",
    ".venv/bin/lilong boards": (
        "tests/tools/test_boards.py::test_the_list_says_chip_flash_radio_kinds_and_that_nothing_is_proved"
    ),
    ".venv/bin/lilong conform device --simulate smoke": (
        "tests/tools/test_readme.py::test_our_own_detector_conforms_as_the_readme_says"
    ),
    ".venv/bin/lilong watch --broker mqtt://127.0.0.1:1883": (
        "tests/tools/test_watch.py::test_a_person_sees_who_said_what_and_whether_it_is_true"
    ),
    "make test": "tests/tools/test_readme.py::test_make_leads_to_what_the_readme_says",
}


def commands_of(text: str) -> list[str]:
    """The commands of the `sh` blocks: a line each, continued lines joined, comments and prompts left out."""
    found = []
    for language, block in FENCE.findall(text):
        if language not in ("sh", "bash", "console", "shell"):
            continue
        for line in block.replace("\\\n", " ").splitlines():
            command = re.sub(r"(^|\s)#.*$", "", line.removeprefix("$ ")).strip()
            if command:
                found.append(re.sub(r"\s+", " ", command))
    return found


def markdown_files() -> list[Path]:
    """Every README.md and CONTRIBUTING.md of the repository."""
    return sorted(
        file
        for name in ("README.md", "CONTRIBUTING.md")
        for file in ROOT.rglob(name)
        if not any(part.startswith(".") or part in NOT_OURS for part in file.relative_to(ROOT).parts)
    )


def anchors_of(text: str) -> set[str]:
    """The anchors that GitHub makes of the headings."""
    headings = re.findall(r"^#{1,6} +(.+?)\s*$", FENCE.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def broken_links(file: Path, text: str) -> list[str]:
    """The relative links of a file with this text behind which there is no file, folder or heading."""
    broken = []
    for link in LINK.findall(FENCE.sub("", text)):
        if re.match(r"[a-z][a-z0-9+.-]*:", link):
            continue
        path, _, anchor = link.partition("#")
        target = file if not path else file.parent / path
        inside = target.resolve().is_relative_to(ROOT)
        if not inside or not target.exists():
            broken.append(link)
        elif anchor and target.suffix == ".md":
            aim = text if target.resolve() == file else target.read_text("utf-8")
            if anchor not in anchors_of(aim):
                broken.append(link)
    return broken


# ---- commands


def test_every_command_of_the_readme_is_run_by_a_test() -> None:
    there = commands_of((ROOT / "README.md").read_text("utf-8"))
    unlisted = [command for command in there if command not in RUN_BY]
    assert not unlisted, f"write a test that runs {unlisted}, and list it in RUN_BY"
    gone = sorted(set(RUN_BY) - set(there))
    assert not gone, f"README.md does not hold {gone} any more: take it from RUN_BY"


@pytest.mark.parametrize("test", sorted(set(RUN_BY.values())))
def test_the_tests_that_run_them_are_there(test: str) -> None:
    file, _, name = test.partition("::")
    functions = {node.name for node in ast.parse((ROOT / file).read_text()).body if isinstance(node, ast.FunctionDef)}
    assert name in functions


def make_says(*arguments: str) -> str:
    """What make would run, the set-up apart; whether or not it is make that runs the tests."""
    outer = ("ARGS", "MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES")
    env = {name: value for name, value in os.environ.items() if name not in outer}
    told = subprocess.run(
        ["make", "--dry-run", "--no-print-directory", "--assume-old=.venv/.ready", *arguments],
        cwd=ROOT, env=env, capture_output=True, text=True, timeout=PATIENCE_S, check=True,
    )  # fmt: skip
    return told.stdout.strip()


def test_make_leads_to_what_the_readme_says() -> None:
    assert make_says("demo") == "exec .venv/bin/lilong demo"
    command = next(command for command in RUN_BY if command.startswith("make demo ARGS="))
    assert make_says(*shlex.split(command)[1:]) == "exec .venv/bin/lilong demo --headless --duration 60 --report out/"
    assert make_says("test") == ".venv/bin/python -m pytest -n auto --dist worksteal"


def test_our_own_detector_conforms_as_the_readme_says() -> None:
    command = next(command for command in RUN_BY if " conform " in command)
    ended = run_lilong(*shlex.split(command)[1:])
    assert (ended.code, ended.err) == (0, ""), ended.out
    assert " 0 failed" in ended.out or "failed" not in ended.out.splitlines()[-1]


@pytest.mark.long
@pytest.mark.timeout(900)
def test_the_simulation_of_the_readme_passes_as_it_stands_there(tmp_path: Path) -> None:
    command = next(command for command in RUN_BY if " simulate " in command)
    program, *arguments = shlex.split(command)
    assert program == ".venv/bin/lilong"
    ended = run_lilong(*arguments, folder=tmp_path, seconds=14 * PATIENCE_S)
    assert (ended.code, ended.err) == (0, "")
    written = {file.name for file in (tmp_path / "out").iterdir()}
    assert {"messages.parquet", "truth.parquet", "truth.jsonl", "score.json"} <= written


@pytest.mark.parametrize("command", [command for command in RUN_BY if "lilong" in command or "ARGS" in command])
def test_every_option_of_a_command_is_one_that_the_command_has(command: str) -> None:
    words = shlex.split(command.replace('make demo ARGS="', "lilong demo ").removesuffix('"'))[1:]
    named = itertools.takewhile(lambda word: not word.startswith("-"), words)
    with lilong(*named, "--help", env={"COLUMNS": "200", "NO_COLOR": "1"}) as told:
        known = set(re.findall(r"--[a-z-]+", told.end().out))
    assert {word for word in words if word.startswith("--")} <= known


# ---- links


@pytest.mark.parametrize("file", markdown_files(), ids=lambda file: str(file.relative_to(ROOT)))
def test_every_relative_link_leads_somewhere(file: Path) -> None:
    assert broken_links(file, file.read_text("utf-8")) == []


# ---- the reader of READMEs


def test_commands_are_read_from_shell_blocks_alone() -> None:
    text = (
        "```sh\nmake demo  # alive\n\n$ lilong load x \\\n    --seed 1\n# nothing\n```\n"
        "`make lunch`\n```\noutput\n```\n```python\nimport this\n```\n```bash\nmake test\n```\n"
    )
    assert commands_of(text) == ["make demo", "lilong load x --seed 1", "make test"]


def test_links_that_lead_nowhere_are_found() -> None:
    broken = ["gone.md", "#nothing-here", "README.md#nothing-here", "../../elsewhere"]
    whole = ["README.md", "../LICENSE", "https://example.org/gone", "#tests-the-specification", "tools"]
    text = "# tests: the specification\n" + " ".join(f"[x]({link})" for link in broken + whole)
    assert broken_links(ROOT / "tests" / "README.md", text) == broken
