"""Starts, asks and ends the workers of this machine; an engine calls the same functions on its nodes."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from typing import IO, Any

WORDS = 600  # characters of what a process said last
EXIT_S = 10.0

_STARTED: dict[tuple[str, int], tuple[subprocess.Popen[bytes], IO[bytes]]] = {}


def start(order: Mapping[str, Any], command: Sequence[str]) -> int:
    """Start a worker by its order; its process id. Its standard input stays open as long as this process lives.

    command: what follows the interpreter. Raises OSError.
    """
    said: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  it lives as long as the process
    try:
        process = subprocess.Popen(
            [sys.executable, *command], stdin=subprocess.PIPE, stdout=said, stderr=said, start_new_session=True,
        )  # fmt: skip
    except BaseException:
        said.close()
        raise
    _STARTED[str(order["token"]), int(order["index"])] = process, said
    assert process.stdin is not None
    with contextlib.suppress(OSError):  # it has ended: `words` says why
        process.stdin.write(json.dumps(order).encode() + b"\n")
        process.stdin.flush()
    return process.pid


def words(token: str, index: int) -> str | None:
    """Why a worker ended; None: it lives."""
    found = _STARTED.get((token, index))
    if found is None:
        return "nothing was started here"
    process, said = found
    code = process.poll()
    if code is None:
        return None
    if code < 0:
        name = signal.Signals(-code).name
        guess = ", as a machine out of memory does" if -code == signal.SIGKILL else ""
        how = f"its process was ended by {name}{guess}"
    else:
        how = f"its process ended with code {code}"
    said.seek(0)
    last = said.read().decode(errors="replace").strip()[-WORDS:]
    return f"{how}: {last}" if last else how


def end(token: str, index: int) -> None:
    """Nothing of it is left: what has not ended is killed, and what it started in its own session too."""
    found = _STARTED.pop((token, index), None)
    if found is None:
        return
    process, said = found
    try:
        process.wait(EXIT_S)  # its connection has ended, so it leaves in good order
    except subprocess.TimeoutExpired:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    if process.stdin is not None:
        with contextlib.suppress(OSError):
            process.stdin.close()
    said.close()


def about() -> dict[str, Any]:
    """Of this node: its processors, and that lilong is here."""
    return {"cpus": os.cpu_count(), "python": sys.version.split()[0]}
