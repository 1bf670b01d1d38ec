"""`lilong estate`: listed, checked, drawn; what cannot be is told with file, line and remedy."""

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from commands import SMALL_ESTATE, run_lilong
from lilong_simulator.estate import load_estate
from lilong_simulator.estate_source import ESTATES


def said(*arguments: object) -> str:
    ended = run_lilong("estate", *arguments)
    assert (ended.code, ended.err) == (0, "")
    return ended.out


def refusal(*arguments: object) -> str:
    ended = run_lilong("estate", *arguments)
    assert ended.code == 2, ended
    assert "Traceback" not in ended.err
    return ended.err.removeprefix("lilong: ").strip()


def test_the_list_names_every_built_in_estate_and_what_it_is_for() -> None:
    lines = said("list").splitlines()
    assert {line.split()[0] for line in lines} == {file.stem for file in ESTATES.glob("*.toml")}
    assert all(re.search(r" homes +[\d,]+ devices  \S+", line) for line in lines)


def test_a_check_prints_the_totals_by_kind() -> None:
    told = said("check", SMALL_ESTATE)
    place = load_estate(SMALL_ESTATE)
    assert told.startswith(f"{place.id}: ")
    rows = dict(re.findall(r"^(\w+) +([\d,]+) ", told.partition("kind")[2], re.MULTILINE))
    assert {kind: int(rows[kind]) for kind in place.counts} == place.counts
    assert int(rows["all"]) == len(place.devices)
    facts = dict(re.findall(r"^(\w+)  +(\S.*)$", told.partition("kind")[0], re.MULTILINE))
    assert facts["homes"].startswith("12")
    assert facts["people"].startswith("30, of whom 9 are 60 or older and 2 80 or older")


def test_a_check_tells_each_problem_with_file_line_and_remedy(tmp_path: Path) -> None:
    text = SMALL_ESTATE.read_text("utf-8")
    file = tmp_path / "wrong.toml"
    file.write_text(text.replace("storeys = 3", 'storeys = "three"'))
    line = text[: text.index("storeys = 3")].count("\n") + 1
    assert refusal("check", file) == (
        f'{file}:{line}: buildings[0].storeys: must be a whole number, but is "three"; write it without quotes'
    )


@pytest.mark.parametrize("command", ["check", "plan"])
def test_an_estate_that_is_not_there_is_answered_with_the_known_ones(command: str) -> None:
    told = refusal(command, "music_plazza")
    assert told.startswith('no estate is called "music_plazza"; did you mean "music_plaza"? known: ')


def test_a_plan_is_written_where_it_is_asked_for(tmp_path: Path) -> None:
    file = tmp_path / "plan.svg"
    assert said("plan", SMALL_ESTATE, "--out", file) == f"{file}: Lane House, 40 devices\n"
    assert ElementTree.parse(file).getroot().tag.endswith("svg")


def test_a_plan_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    file = tmp_path / "none" / "plan.svg"
    assert refusal("plan", SMALL_ESTATE, "--out", file) == (
        f"--out {file}: cannot be written (No such file or directory); name a file in a folder that is there"
    )
