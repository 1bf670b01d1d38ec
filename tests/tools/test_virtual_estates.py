"""Several estates at once: a process that dies is told, and what the others left by then counts."""

import os
import signal
from datetime import datetime
from io import StringIO

import pytest
from commands import SMALL_ESTATE, run_lilong
from lilong_tools import virtual_estates
from lilong_tools.virtual import JSONL, Job
from rich.console import Console


def jobs(tmp_path, count):
    start = datetime(2026, 3, 4)
    return [
        Job(str(SMALL_ESTATE), copy, 7, start, 0.001, (), tmp_path / str(copy), JSONL) for copy in range(1, count + 1)
    ]


def dies(*_):
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_process_that_dies_makes_the_run_partial_and_names_what_is_missing(tmp_path, monkeypatch):
    monkeypatch.setattr(virtual_estates, "_work", dies)
    said = StringIO()
    code = virtual_estates.run_virtual(jobs(tmp_path, 2), 2, Console(file=said, width=200))
    assert code == virtual_estates.PARTIAL == 4
    for copy in (1, 2):
        assert f"{tmp_path / str(copy)}: not run to its end: a process died" in said.getvalue()


def test_estates_one_after_another_in_one_process_are_summed_up(tmp_path):
    said = StringIO()
    assert virtual_estates.run_virtual(jobs(tmp_path, 2), 1, Console(file=said, width=200)) == 0
    assert all(name in said.getvalue() for name in ("lane_house ", "lane_house_2", "device-days in"))


def test_a_street_is_simulated_estate_by_estate(tmp_path):
    street = tmp_path / "lu_road.toml"
    estates = ", ".join([f'"{SMALL_ESTATE}"'] * 2)
    street.write_text(
        f'[[committees]]\nid = "c1"\nname = {{ en = "One", zh = "一" }}\nofficers = ["Gu Wei"]\nestates = [{estates}]\n'
    )
    ended = run_lilong("simulate", street, "--days", "0.001", "--out", tmp_path / "out", "--format", "jsonl")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith("0.001 days of 2 estates into ")
    assert {folder.name for folder in (tmp_path / "out").iterdir()} == {"lane_house", "lane_house_2"}


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("jianguo_road",), "jianguo_road: has shares of estates (scale), which only lilong load plays; give whole"),
        (("changshou_road", "--copies", "2"), "--copies 2: changshou_road says itself how many of each; leave it out"),
    ],
)
def test_a_street_that_cannot_be_simulated_is_told(tmp_path, arguments, told):
    ended = run_lilong("simulate", *arguments, "--out", tmp_path / "never")
    assert ended.code == 2
    assert ended.err.startswith(f"lilong: {told}")
    assert not (tmp_path / "never").exists()
