"""Clocks that run faster for a whole tree of processes: faketime(1), which the preloaded libfaketime is, tells one tale
to all of them. Sleeps, timeouts and clocks of Python, mosquitto and MicroPython run so many times as fast; what a
machine does takes as long as ever, so its latencies look so many times as long, and none of them is excused.

/proc/uptime is a file, and tells the true time.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

SLOWEST, FASTEST = 2, 16  # (ours) at 16 a device's second is 62 ms: what is late by 12 ms is late by a tenth of 2 s
MARK = "LILONG_SPED_UP"
UPTIME = Path("/proc/uptime")
LOOK_S = 1.0
OFF = 0.25  # (ours) share by which a clock may be off what was asked for, on a machine that is busy
SLEEP_S = 4
SLEEPER = f"import time; time.sleep({SLEEP_S})"


class NotSpedUp(Exception):
    """The clocks cannot be sped up; the text says why, and what to do."""


def real_s() -> float:
    """Seconds that have really gone by, since the machine was started."""
    return float(UPTIME.read_text().split()[0])


def begun_anew(speed: int, arguments: Sequence[str], faketime: str = "faketime") -> None:
    """This program once more, with clocks that run so many times as fast, in place of it; returns when it is that one.

    arguments: what Python is given. Raises NotSpedUp.
    """
    if not SLOWEST <= speed <= FASTEST:
        raise NotSpedUp(f"--speed {speed}: from {SLOWEST} to {FASTEST}; faster than that no generator keeps up")
    if os.environ.get(MARK) == str(speed):
        return
    program = shutil.which(faketime)
    if program is None:
        raise NotSpedUp(f"--speed {speed}: faketime is not installed; apt install faketime, or play in real time")
    if not UPTIME.is_file():
        raise NotSpedUp(f"--speed {speed}: {UPTIME} is not there, and nothing else tells the true time; use Linux")
    sys.stdout.flush()
    os.execve(
        program, [program, "-f", f"+0 x{speed}", sys.executable, *arguments], {**os.environ, MARK: str(speed)}
    )


def micropython() -> str:
    """The program of real boards."""
    return os.environ.get("MICROPYTHON") or str(Path(sys.executable).with_name("micropython"))


def check(speed: int, board: str | None) -> None:
    """That clocks are as fast as was asked for, here and in a child; NotSpedUp when they are not."""
    real, here = real_s(), time.monotonic()
    while real_s() - real < LOOK_S:
        time.sleep(0.05)
    found = (time.monotonic() - here) / (real_s() - real)
    if abs(found / speed - 1) > OFF:
        raise NotSpedUp(f"--speed {speed}: by faketime clocks run {found:.1f} times as fast; try another version of it")
    if board is not None:
        real = real_s()
        subprocess.run([board, "-c", SLEEPER], check=True)
        if real_s() - real > 0.8 * SLEEP_S:
            raise NotSpedUp(
                f"--speed {speed}: {board} does not heed faketime, as a program that is linked statically; set "
                "MICROPYTHON to one that is not"
            )
