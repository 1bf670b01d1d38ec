"""A board on a cable, through mpremote's command: its MAC, its files put there, its secrets removed.

mpremote is given paths and never what is in the files, so that no secret is in a process's arguments.
"""

import hashlib
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from .contents import CONFIG
from .errors import ProvisionError
from .identity import eui64

MAC = "import machine;print('id',machine.unique_id().hex())"
PATIENCE_S = 60


class Port:
    """`name`: as mpremote's `connect` takes it."""

    def __init__(self, name: str) -> None:
        self._name = name

    def device_id(self) -> str:
        """An EUI-64 of the chip's MAC, or the 8 bytes that a chip without one has as its unique id (rp2)."""
        for line in self._run("exec", MAC).splitlines():
            if line.startswith("id "):
                digits = line.split()[1].lower()
                try:
                    return digits if len(digits) == 16 else eui64(digits)
                except ValueError as error:
                    raise ProvisionError(f"--port {self._name}: {error}") from None
        raise ProvisionError(f"--port {self._name}: the board tells no id; give --mac or --device")

    def put(self, folder: Path, files: Mapping[str, bytes], on_board: str) -> int:
        """Write what differs, the configuration last; how many files that were."""
        self._run("fs", "mkdir", f":{on_board}", fails=True)
        put = 0
        for name in sorted(files, key=lambda name: (name == CONFIG, name)):
            if self._digest(f"{on_board}/{name}") == hashlib.sha256(files[name]).hexdigest():
                continue
            self._run("fs", "cp", str(folder / name), f":{on_board}/{name}")
            if self._digest(f"{on_board}/{name}") != hashlib.sha256(files[name]).hexdigest():
                raise ProvisionError(f"--port {self._name}: {name} is not there as it was written; try another cable")
            put += 1
        return put

    def erase(self, on_board: str) -> None:
        """Remove configuration, keys, data and store; the flash's cells keep traces until they are reused."""
        self._run("fs", "rm", "-r", f":{on_board}", fails=True)

    def _digest(self, path: str) -> str:
        said = self._run("fs", "sha256sum", f":{path}", fails=True).split()
        return next((word for word in said if len(word) == 64), "")

    def _run(self, *command: str, fails: bool = False) -> str:
        """What mpremote says; ProvisionError when it fails, unless that may be."""
        words = [sys.executable, "-m", "mpremote", "connect", self._name, *command]
        try:
            ended = subprocess.run(words, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
        except subprocess.TimeoutExpired:
            raise ProvisionError(
                f"--port {self._name}: no answer in {PATIENCE_S} s; reset the board, and end what else has the port"
            ) from None
        if ended.returncode and not fails:
            last = (ended.stderr.strip() or ended.stdout.strip() or "no word of why").splitlines()[-1]
            raise ProvisionError(f"--port {self._name}: {last}; is the board there, and its REPL not switched off?")
        return ended.stdout
