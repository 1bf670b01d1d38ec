"""A board at a serial port, through the command `mpremote`: its Python API is nobody's promise.

Scripts go to it as files for their owner only: what is in them may be secret, and a command line is for all to read.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from .errors import FlashError

ANSWER_S = 40.0
"""(ours) For what a board does at once; a full garbage collection and 200 KB of hashing are within it."""
SLOWEST_BYTES_S = 1_000
"""(ours) A copy slower than this has come to a stop: 115,200 baud carry some 5,000 after encoding."""
RESTART_S = 1.5
"""(ours) From `restart` until the board does: time to be at its port before it speaks."""
ENOSPC = 28
TAIL = 3  # lines of a board's traceback that are shown


class Remote:
    """One port. Each call is one `mpremote`; only the first one restarts the board's interpreter."""

    def __init__(self, port: str) -> None:
        self.port = port
        self._resume: tuple[str, ...] = ()

    def look(self) -> None:
        """FlashError when there is no such port, or it is not ours to use."""
        if "/" not in self.port:
            return  # COM3, or a name that mpremote understands
        path = Path(self.port)
        if not path.exists():
            there = ", ".join(map(str, sorted([*Path("/dev").glob("ttyUSB*"), *Path("/dev").glob("ttyACM*")])))
            raise FlashError(f"{self.port}: no such port; {f'there is {there}' if there else 'plug the board in'}")
        if not os.access(path, os.R_OK | os.W_OK):
            raise FlashError(
                f"{self.port}: no permission; join its group with `sudo usermod -aG {_group(path)} $USER`, log in anew"
            )

    def run(self, script: str, seconds: float = ANSWER_S) -> str:
        """What a script prints on the board; FlashError with the end of its traceback when it fails."""
        return self._run([], script, seconds)

    def run_beside(self, folder: Path, script: str, seconds: float = ANSWER_S) -> str:
        """The same with a folder of this machine in the board's path, over the cable, for what the script imports."""
        return self._run(["mount", str(folder)], script, seconds)

    def set_clock(self) -> None:
        """The time of this machine into the board's RTC."""
        self._mpremote(["rtc", "--set"], ANSWER_S, "the clock")

    def copy(self, source: Path, target: str) -> None:
        """A file onto the board; what was there is written over."""
        seconds = ANSWER_S + source.stat().st_size / SLOWEST_BYTES_S
        self._mpremote(["fs", "--no-verbose", "--force", "cp", str(source), f":{target}"], seconds, f"copying {target}")

    def restart(self) -> None:
        """As by its reset button, RESTART_S from now. It may come back at a port that has to be opened anew."""
        script = f"import time, machine; time.sleep_ms({RESTART_S * 1_000:.0f}); machine.reset()"
        self._mpremote(["exec", "--no-follow", script], ANSWER_S, "the restart")

    def _run(self, before: list[str], script: str, seconds: float) -> str:
        with tempfile.NamedTemporaryFile("w", suffix=".py", encoding="utf-8", delete=False) as file:  # mode 0600
            file.write(script)
        try:
            return self._mpremote([*before, "run", file.name], seconds, "a script")
        finally:
            Path(file.name).unlink(missing_ok=True)

    def _mpremote(self, words: list[str], seconds: float, doing: str) -> str:
        command = [sys.executable, "-m", "mpremote", "connect", self.port, *self._resume, *words]
        try:
            done = subprocess.run(
                command, stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8", errors="replace",
                timeout=seconds, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            if not self._is_there():
                raise self._gone(doing) from None
            raise FlashError(
                f"{self.port}: {doing} was not done in {seconds:.0f} s; the board is busy or hangs: press its reset "
                "button and try again"
            ) from None
        if done.returncode:
            raise self._wrong(done.stdout + done.stderr, doing)
        self._resume = ("resume",)
        return done.stdout

    def _is_there(self) -> bool:
        return "/" not in self.port or Path(self.port).exists()

    def _gone(self, doing: str) -> FlashError:
        return FlashError(
            f"{self.port}: the board has gone during {doing}; what ran before still runs: plug it in and try again"
        )

    def _wrong(self, said: str, doing: str) -> FlashError:
        """The error that mpremote's words mean."""
        if not self._is_there() or "device disconnected" in said or "Input/output error" in said:
            return self._gone(doing)
        if "failed to access" in said:
            return FlashError(f"{self.port}: in use by another program, a terminal perhaps; close it and try again")
        if "could not enter raw repl" in said or "could not exec command" in said or "timeout waiting" in said:
            return FlashError(
                f"{self.port}: no MicroPython answers; is this the port? Press the reset button and try again, or give "
                "--firmware IMAGE.bin for a chip without it"
            )
        if f"OSError: {ENOSPC}" in said or f"[Errno {ENOSPC}]" in said or "ENOSPC" in said or "No space left" in said:
            return FlashError(f"{self.port}: {doing}: no space left on the board; take files off it that are not ours")
        lines = [line for line in said.splitlines() if line.strip()]
        return FlashError(f"{self.port}: {doing} failed: {' / '.join(lines[-TAIL:]) or 'mpremote says nothing'}")


def _group(path: Path) -> str:
    try:
        return path.group()
    except (KeyError, OSError, NotImplementedError):
        return "dialout"
