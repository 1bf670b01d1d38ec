"""Erases of flash that an alarm costs, on real LittleFS in real MicroPython: python benchmarks/flash_wear.py

An alarm's whole life: raised, stored, acknowledged, restored, cleared, and every frame gone from the outbox. Beside it
the same frames in one file that is appended to and closed each time, which is what a log in a file costs.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ALARMS = 300
ENDURANCE = 100_000  # erases that a sector of NOR flash is good for (Winbond W25Q32JV, section 1 "Features")

SOURCE = (
    """
import json
from bell import Bell, reset
from chips.nor_flash import NorFlash, Power
from harness import MINUTE, SECOND, Host
from lilong_firmware.mirror import Mirror
from lilong_firmware.volume import Region, Volume
from vfs import VfsLfs2

ALARMS, SECTORS = %d, 32
chips = [NorFlash(Power(), SECTORS, at) for at in (1, 2)]
host = Host(Bell, store=Mirror([Volume(Region(chip.port(), 0, SECTORS)) for chip in chips]))
host.run(MINUTE)
frames = []
before = [(chip.erases, chip.writes) for chip in chips]
for _ in range(ALARMS):
    host.set("latching", 1)
    host.run(10 * SECOND)
    host.acknowledge_all()
    host.set("latching", 0)
    host.run(10 * SECOND)
    reset(host)
    host.run(10 * SECOND)
assert len(host.device.outbox) == 0 and not host.device.episodes.codes()
mirror = [(chip.erases - was[0], chip.writes - was[1]) for chip, was in zip(chips, before)]
frames = [s.data for s in host.arrived if s.cls == "al"]

plain = NorFlash(Power(), SECTORS, 3)
device = Region(plain.port(), 0, SECTORS)
VfsLfs2.mkfs(device)
fs = VfsLfs2(device)
was = plain.erases
for data in frames:  # as it is appended, and again when it is done with
    for _ in range(2):
        try:
            with fs.open("log", "ab") as file:
                file.write(data)
        except OSError:
            fs.remove("log")
print(json.dumps({"mirror": mirror, "frames": len(frames), "plain": plain.erases - was}))
"""
    % ALARMS
)


def main() -> int:
    """Prints erases of a sector per alarm; 1 when two volumes cost more than the one appended file."""
    path = os.pathsep.join(str(ROOT / folder) for folder in ("protocol", "firmware", "tests", "tests/firmware"))
    micropython = os.environ.get("MICROPYTHON") or str(Path(sys.executable).parent / "micropython")
    done = subprocess.run(
        [micropython, "-X", "heapsize=64m", "-c", SOURCE],
        env={**os.environ, "MICROPYPATH": path}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        sys.exit(done.stdout + done.stderr)
    found = json.loads(done.stdout.splitlines()[-1])
    erases = [volume[0] / ALARMS for volume in found["mirror"]]
    plain = found["plain"] / ALARMS
    # LittleFS moves a directory on, block by block. Were it always the same two blocks, these eight sectors wear.
    alarms = ENDURANCE * 8 / max(erases)
    print(f"{ALARMS} alarms of {found['frames'] / ALARMS:.1f} frames each, from raise to clear")
    print(f"two volumes: {erases[0]:.2f} and {erases[1]:.2f} erases of a sector per alarm, "
          f"{found['mirror'][0][1] / ALARMS:.0f} writes")  # fmt: skip
    print(f"one file, appended to: {plain:.2f}; that is {plain / max(erases):.1f} times as many")
    print(f"at {ENDURANCE:,} erases a sector and eight of them in use: {alarms:,.0f} alarms, one every 10 minutes for "
          f"{alarms / 6 / 24 / 365:,.0f} years")  # fmt: skip
    return int(max(erases) > plain)


if __name__ == "__main__":
    sys.exit(main())
