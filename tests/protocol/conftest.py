"""A backend's engine with devices by script; a real MicroPython beside the tests, asked line by line."""

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from engine_world import DOOR, DOOR_KIND, SMOKE, SMOKE_KIND, Backend, Scripted
from micropython import ROOT, find_micropython

Ask = Callable[[str, bytes], str]


@pytest.fixture(scope="session")
def board() -> Iterator[Ask]:
    """Ask MicroPython: `board("decode", data)` gives hex, or "!" and the error text."""
    path = ":".join(str(ROOT / folder) for folder in ("protocol", "firmware"))
    worker = subprocess.Popen(
        [find_micropython(), "-X", "heapsize=256k", str(Path(__file__).with_name("codec_worker.py"))],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1,
        env={**os.environ, "MICROPYPATH": f"{path}:.frozen"},
    )  # fmt: skip
    assert worker.stdin is not None
    assert worker.stdout is not None
    stdin, stdout = worker.stdin, worker.stdout

    def ask(question: str, data: bytes) -> str:
        stdin.write(f"{question} {data.hex()}\n")
        return stdout.readline().strip()

    yield ask
    stdin.close()
    worker.wait(10)
    stdout.close()


@pytest.fixture
def backend() -> Backend:
    return Backend()


@pytest.fixture
def door() -> Scripted:
    return Scripted(DOOR, DOOR_KIND)


@pytest.fixture
def smoke() -> Scripted:
    return Scripted(SMOKE, SMOKE_KIND)
