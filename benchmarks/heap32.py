"""Live heap of each kind with 32-bit pointers, as boards have them: a step by hand (README.md).

python benchmarks/heap32.py PACKAGE: the folder of MicroPython's WebAssembly build. Power is on, the device is made, its
rules and its link are about to run; there is no network in that build, so that no connection's buffers are in it.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from common import table
from lilong_protocol.keys import device_root
from lilong_simulator.fleet.image import compile_modules, modules
from lilong_simulator.fleet.rom_names import LISTING

KINDS = ("smoke", "gas", "door", "streetlight", "manhole", "wristband")
SCRIPT = Path(__file__).with_suffix(".mjs")
TENANT, DEVICE = "music_plaza", "a4cf12fffe0b3c5d"


def node(*words: object) -> list[str]:
    done = subprocess.run(["node", str(SCRIPT), *map(str, words)], capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit((done.stdout + done.stderr)[-2_000:])
    return done.stdout.split()


def main() -> int:
    package = Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        there = Path(folder)
        (there / "listing.py").write_text(LISTING)
        words = node(package, "words", there / "listing.py")
        compile_modules(modules("unix"), there / "tree", words)
        rom = there / "image.romfs"
        mpremote = [sys.executable, "-m", "mpremote", "romfs", "--no-mpy", "--output", str(rom), "build"]
        subprocess.run([*mpremote, str(there / "tree")], check=True, capture_output=True)
        rows = []
        for kind in KINDS:
            root = device_root(bytes(32), TENANT, DEVICE)
            config = {"tenant": TENANT, "device": DEVICE, "kind": kind, "root": root.hex(), "host": "127.0.0.1",
                      "port": 1883, "seed": "00" * 16, "boot": 1}  # fmt: skip
            (there / "config.json").write_text(json.dumps(config))
            said = node(package, "live", rom, there / "config.json")
            before, after = [int(word) for at, word in enumerate(said) if at and said[at - 1] == "live"]
            rows.append((kind, f"{before:,}", f"{after:,}", f"{after - before:,}"))
    table(("kind", "interpreter and asyncio", "with the device", "the device"), rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
