"""`lilong incidents`: all listed, each explained in an estate, and what cannot be is told."""

import re
import shlex
from pathlib import Path

import pytest
from commands import SMALL_ESTATE, lilong, run_lilong
from lilong_simulator.incidents import INCIDENTS, read


def said(*arguments: object) -> str:
    ended = run_lilong("incidents", *arguments)
    assert (ended.code, ended.err) == (0, "")
    return ended.out


def refusal(*arguments: object) -> str:
    ended = run_lilong("incidents", *arguments)
    assert ended.code == 2
    assert len(ended.err.splitlines()) == 1
    return ended.err.removeprefix("lilong: ")


def test_all_are_listed_with_when_they_begin() -> None:
    lines = said().split("\n\n")[0].splitlines()
    assert [line.split()[0] for line in lines] == sorted(INCIDENTS)
    assert any(line.startswith("kitchen_fire ") and "18:40:00" in line and "厨房火灾" in line for line in lines)
    assert len([line for line in lines if not line.startswith(" ")]) == 10, "forms of one stand below it"


def test_it_says_how_to_play_one_until_all_of_it_can_be_judged() -> None:
    assert "\n  --incident gas_leak --start '2026-03-04 02:09:30' --duration 823\n" in said("gas_leak")
    assert "\n  --incident gas_leak@+90 --duration 883\n" in said("gas_leak@+90")
    assert "--duration 8150; or wan_partition_cut, its cut form\n" in said("wan_partition")


def test_how_to_play_a_file_names_the_file(tmp_path: Path) -> None:
    file = tmp_path / "my hall.toml"
    file.write_text('extends = "gas_leak"\n', "utf-8")
    asked = f"--incident '{file}' --start '2026-03-04 02:09:30' --duration 823\n"
    assert f"\n  {asked}" in said(file)
    assert said("--plan", file) == f"{read(str(file)).name} {asked}"


@pytest.mark.parametrize("name", ["kitchen_fire", "gas_leak", "intruder"])
def test_one_is_explained(name: str) -> None:
    content = read(name).content
    told = said(name)
    assert told.startswith(f"{name}: {content.title.en} {content.title.zh}\n")
    assert all(source in told for source in content.sources)
    blocks = ["timeline", "places", "must be raised", "must follow", "must not be raised", "sources"]
    places = [told.index(f"\n\n{block}") for block in blocks]
    assert places == sorted(places)


def test_times_limits_and_devices_are_those_of_the_estate() -> None:
    told = said("kitchen_fire:flat=5/0903@21:10")
    assert "begins at 21:10:00, local time" in told
    assert "0:01:35  smoke.alarm at core5/09F/0903/smoke: L 10 s, I 20 s, S 20 s, H 60 s" in told
    assert "fire_release at core5/ground/door" in told
    assert "done within 3 s of 2 of 3 alarms" in told


def test_an_estate_that_has_no_place_for_it_is_told() -> None:
    told = said("kitchen_fire", "--estate", SMALL_ESTATE)
    assert "it has no place there: kitchen_fire: lane_house has no flat '3/1203'" in told
    (other,) = re.findall(r"; (\S+) has all that it needs there", told)
    assert "\n  --incident kitchen_fire:flat=1/0202 --start" in said(other, "--estate", SMALL_ESTATE)


def test_the_ten_are_planned_so_that_a_shell_can_play_them() -> None:
    lines = [shlex.split(line) for line in said("--plan").splitlines()]
    assert len(lines) == 10
    assert [line[0] for line in lines] == [line[2] for line in lines]
    assert {"cloudburst_cut", "wan_partition_cut", "kitchen_fire", "gas_leak"} <= {line[0] for line in lines}
    assert all(int(line[line.index("--duration") + 1]) <= 3_900 for line in lines)


def test_of_another_estate_each_is_planned_at_its_own_places_or_left_out_with_why() -> None:
    ended = run_lilong("incidents", "--plan", "--estate", "old_estate")
    assert ended.code == 0
    lines = [shlex.split(line) for line in ended.out.splitlines()]
    assert [line[0] for line in lines] == [line[2].partition(":")[0] for line in lines]
    assert "kitchen_fire:flat=3/0504" in {line[2] for line in lines}
    left_out = [line.removeprefix("left out: ").partition(": ") for line in ended.err.splitlines()]
    assert [(name, why.startswith("old_estate has no")) for name, _, why in left_out] == [
        ("cloudburst", True), ("intruder", True),
    ]  # fmt: skip
    assert len(lines) + len(left_out) == 10


def test_what_is_none_is_told(tmp_path: Path) -> None:
    assert refusal("kitchn_fire").startswith('no incident is called "kitchn_fire"; did you mean "kitchen_fire"?')
    (tmp_path / "lift_hall.toml").write_text("")
    with lilong("incidents", "lift_hall", folder=tmp_path) as process:
        assert 'no incident is called "lift_hall"; the file of that name is ./lift_hall.toml; ' in process.end().err
    assert refusal("smoke.alarm") == (
        "smoke.alarm: is one alarm by its stimulus, and has no file; play it with --incident smoke.alarm\n"
    )
