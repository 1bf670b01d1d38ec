"""The exit code of a live run is the run's own, however late a signal comes."""

import subprocess
import sys

import pytest

LATE = """
import atexit, os, signal
from lilong_tools.running import run

atexit.register(os.kill, os.getpid(), signal.{name})

async def work(stopper):
    return 3

run(work)
"""


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_signal_behind_the_verdict_takes_nothing_from_its_exit_code(name: str) -> None:
    done = subprocess.run([sys.executable, "-c", LATE.format(name=name)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (3, "", "")
