"""`lilong estate`: listed, checked, drawn; what cannot be is told with file, line and remedy."""

import re
import shlex
from pathlib import Path
from xml.etree import ElementTree

import pytest
from commands import SMALL_ESTATE, lilong, run_lilong
from lilong_simulator.estate import load_estate
from lilong_simulator.estate.source import ESTATES


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


def test_a_check_of_the_reference_estate_counts_what_the_documents_ask_for() -> None:
    told = said("check", "music_plaza")
    assert "homes      903, of which 18 confidential; " in told
    assert "feeders    Feeder A with 1,135 devices, Feeder B with 1,136 devices\n" in told
    assert re.search(r"^all +3,444 ", told, re.MULTILINE)
    assert re.search(r"^messages +11\.4 a second by themselves, 98\d,\d{3} a day$", told, re.MULTILINE)
    assert re.search(r"all together 11\.9 messages a second$", told, re.MULTILINE)


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


# ---- new


def test_a_new_estate_checks_clean_and_says_what_it_is(tmp_path: Path) -> None:
    file = tmp_path / "willow_court.toml"
    numbers = ("--households", 96, "--cores", 2, "--storeys", 12, "--name", "Willow Court", "--name-zh", "柳苑")
    told = said("new", file, *numbers, "--adopt", "smoke=0.5", "--seed", 3)
    assert told.startswith(f"{file}: Willow Court, 96 homes, ")
    assert "homes      96, of which 2 confidential; " in said("check", file)
    again = tmp_path / "again" / "willow_court.toml"
    again.parent.mkdir()
    said("new", again, *numbers, "--adopt", "smoke=0.5", "--seed", 3)
    assert again.read_bytes() == file.read_bytes()


def test_the_command_in_a_new_file_makes_that_file(tmp_path: Path) -> None:
    file = tmp_path / "elm_row.toml"
    said("new", file, "--profile", "old", "--cores", 12, "--storeys", 6, "--perimeter", 900, "--bays", 33)
    head = file.read_text("utf-8").partition("\n#\n# Coordinates")[0].partition("by hand:\n")[2]
    words = shlex.split(head.replace("\n#  ", "").removeprefix("# "))
    again = tmp_path / "again"
    again.mkdir()
    ended = run_lilong(*words[1:], folder=again)
    assert ended.code == 0
    assert (again / "elm_row.toml").read_bytes() == file.read_bytes()


def test_what_is_not_given_is_asked_for(tmp_path: Path) -> None:
    file = tmp_path / "asked.toml"
    with lilong("estate", "new", file, "--ask", "--households", 48, "--cores", 2) as process:
        process.answer("Plum Yard\n梅园\nfringe\n8\n\n1\n\n20\n\n0.2\n\n")
        ended = process.end()
    assert ended.code == 0, ended
    place = load_estate(file)
    assert (place.name["zh"], place.bays, len(place.flats), len(place.gates)) == ("梅园", 20, 48, 1)
    assert "Households" not in ended.out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("new", "willow.txt"), "willow.txt: is no name of an estate file; give one that ends with .toml"),
        (("new", "Willow.toml"), "id 'Willow': is no id; give small letters, digits and _, 32 at most, a letter first"),
        (("new", "w.toml", "--adopt", "smoke"), "--adopt smoke: is not KIND=SHARE, such as smoke=0.6"),
        (("new", "w.toml", "--perimeter", "200"), "--perimeter 200: has no room for 8 cores; give "),
        (("new", "none/w.toml"), "none/w.toml: cannot be written (No such file or directory); name one in a folder"),
    ],
)
def test_what_is_no_estate_is_told_and_not_written(tmp_path: Path, arguments: tuple[str, ...], told: str) -> None:
    ended = run_lilong("estate", *arguments, folder=tmp_path)
    assert ended.code == 2, ended
    assert ended.err.startswith(f"lilong: {told}")
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_there_is_kept(tmp_path: Path) -> None:
    file = tmp_path / "kept.toml"
    file.write_text("mine")
    assert refusal("new", file) == f"{file}: is there already; give another name, or --force to write over it"
    assert file.read_text() == "mine"
    said("new", file, "--force", "--households", 32, "--cores", 1, "--storeys", 8)
    assert load_estate(file).id == "kept"
