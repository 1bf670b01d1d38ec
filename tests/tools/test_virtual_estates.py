"""Several estates at once: a process that dies is told, and what the others left by then counts."""

import os
import signal
from datetime import datetime
from io import StringIO

from commands import SMALL_ESTATE
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
