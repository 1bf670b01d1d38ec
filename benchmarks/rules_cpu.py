"""What the rules of each kind cost a processor: µs of MicroPython for an hour at rest, every sample taken.

python benchmarks/rules_cpu.py: this machine's time, and an estimate for an ESP32.
"""

import os
import subprocess
import sys
from pathlib import Path

from common import machine, table

ROOT = Path(__file__).parent.parent
KINDS = ("smoke", "gas", "door", "streetlight", "manhole", "wristband")
SLOWER = 100  # (ours, assumed) an ESP32 at 240 MHz runs MicroPython so many times slower than a PC

SCRIPT = """
import sys
from time import ticks_diff, ticks_us
from lilong_firmware.device import Device, Identity
from lilong_firmware.draws import Draws
from lilong_firmware.kinds import rules
from lilong_firmware.store import RamStore
kind = rules(sys.argv[1])
device = Device(Identity("t", "a4cf12fffe0b3c5d", bytes(32)), kind, RamStore(), Draws(b"seed"), True)
device.start(0)
device.session._next_at = 1 << 60  # no network: its own time
device.session._beat_at = 1 << 60
now, count, until = 0, 0, int(sys.argv[2])
while now < 240_000:  # warm-up of a gas sensor
    now = device.deadline
    device.step(now)
    device.out.clear()
first, best = now, 1 << 60
for _ in range(3):
    begin, start, count = ticks_us(), now, 0
    while now < start + until and device.deadline < 1 << 50:
        now = device.deadline
        device.step(now)
        count += 1
    best = min(best, ticks_diff(ticks_us(), begin))
    device.out.clear()
print(best, count)
"""


def measured(kind: str) -> tuple[int, int]:
    """(µs, steps) of an hour, the least of three runs."""
    micropython = os.environ.get("MICROPYTHON") or str(Path(sys.executable).parent / "micropython")
    part = 10 if kind == "wristband" else 1
    path = os.pathsep.join(str(ROOT / folder) for folder in ("protocol", "firmware"))
    command = [micropython, "-X", "heapsize=1m", "-c", SCRIPT, kind, str(3_600_000 // part)]
    environment = {**os.environ, "MICROPYPATH": f"{path}:.frozen"}
    said = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if said.returncode:
        sys.exit(f"{kind}: {said.stdout}{said.stderr}")
    us, steps = map(int, said.stdout.split())
    return us * part, steps * part


def main() -> int:
    print(machine())
    rows = []
    for kind in KINDS:
        us, steps = measured(kind)
        share = us * SLOWER / 3_600e6 * 100
        rows.append((kind, f"{steps:,}", f"{us:,}", f"{us / max(1, steps):.1f}", f"{share:.2f} %"))
    table(("kind", "steps/h", "µs/h here", "µs a step", f"ESP32, ESTIMATE (x{SLOWER})"), rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
