"""A device that sleeps deeply, as processes of real MicroPython: each waking is one, RTC memory and flash are files.

`python tests/firmware/sleep_process.py KIND HOURS` runs so many virtual hours of calm and prints what they cost.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
CASE = Path(__file__).parent / "sleep_case.py"
SLEEPS = 64
BOOT_MS = 300


class Sleeping:
    """kind; folder: of RTC memory and flash; micropython: the binary. `now`: the clock in ms.

    wakes: when it woke; starts: (when, boot number); told: (what, when, code) of alarms.
    """

    def __init__(self, kind: str, folder: Path, micropython: str, **readings: int | None) -> None:
        self._kind = kind
        self._folder = folder
        self._micropython = micropython
        self.readings: dict[str, int | None] = dict(readings)
        self.now = 1_000_000
        self.wakes: list[int] = []
        self.starts: list[tuple[int, int]] = []
        self.told: list[tuple[str, int, int]] = []
        self.awake_ms = 0
        self._wakes_at = 0
        (folder / "flash").mkdir(parents=True)
        self.boot(woken=False)

    def boot(self, woken: bool, pin: str = "-") -> None:
        """Run until it sleeps again."""
        words = [f"{name}={'none' if value is None else value}" for name, value in self.readings.items()]
        path = ":".join(str(folder) for folder in (CASE.parent, ROOT / "protocol", ROOT / "firmware"))
        began = self.now
        done = subprocess.run(
            [self._micropython, "-X", "heapsize=512k", str(CASE), self._kind, str(self._folder),
             str(began + BOOT_MS), str(int(woken)), pin, *words],
            env={**os.environ, "MICROPYPATH": f"{path}:.frozen"}, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode != SLEEPS:
            raise AssertionError(
                f"ended with {done.returncode}, not asleep: {done.stdout[-500:]}{done.stderr[-2_000:]}"
            )
        for line in done.stdout.splitlines():
            what, first, second = line.split()
            if what == "sleep":
                self.now = int(first)
                self._wakes_at = self.now + int(second)
            elif what == "start":
                self.starts.append((int(first), int(second)))
            else:
                self.told.append((what, int(first), int(second)))
        self.awake_ms += self.now - began

    def run_to(self, end: int) -> None:
        while self._wakes_at <= end:
            self.now = self._wakes_at
            self.wakes.append(self.now)
            self.boot(woken=True)
        self.now = max(self.now, end)

    def pin(self, channel: str) -> None:
        """A pin ends the sleep now."""
        self.wakes.append(self.now)
        self.boot(woken=True, pin=channel)


def main() -> None:
    kind, hours = sys.argv[1], int(sys.argv[2])
    micropython = os.environ.get("MICROPYTHON") or str(Path(sys.executable).parent / "micropython")
    with tempfile.TemporaryDirectory() as folder:
        rest: dict[str, int | None] = {"worn": 0, "motion": 0} if kind == "wristband" else {}
        device = Sleeping(kind, Path(folder) / "device", micropython, **rest)
        start, awake_ms = device.now, device.awake_ms
        device.run_to(start + hours * 3_600_000)
        beats = [round((at - start) / 3_600_000, 2) for at, _ in device.starts[1:]]
        print(f"{kind}: {hours} h, {len(device.wakes)} wakings, {(device.awake_ms - awake_ms) / 1_000:.1f} s awake, "
              f"{len(device.starts) - 1} starts (at h {beats}), {len(device.told)} alarms")  # fmt: skip


if __name__ == "__main__":
    main()
