"""Live heap of each kind with 32-bit pointers, as boards have them: a step by hand (README.md).

python benchmarks/heap32.py PACKAGE [--whole]: the folder of MicroPython's WebAssembly build. Power is on, the device is
made, its rules and its link are about to run; there is no network in that build, so that no connection's buffers are in
it. --whole: devices as `lilong flash` makes them, on a board that stands still (still.py); exits with 1 when one would
not have `CONNECTED` and `WORKING` bytes left of 64 KB.
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

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from tests.whole.chipside import SCBK  # noqa: E402  at the top of the repository
from tests.whole.device import firmware, pairs  # noqa: E402

KINDS = ("smoke", "gas", "door", "streetlight", "manhole", "wristband")
SCRIPT = Path(__file__).with_suffix(".mjs")
STILL = Path(__file__).with_name("still.py")
TENANT, DEVICE = "music_plaza", "a4cf12fffe0b3c5d"
HEAP = 64 * 1_024
CONNECTED = 6_500  # bytes of a connection over TLS, with pointers of 64 bits (whole_heap.py): fewer with 32
WORKING = 4_096  # for what comes and goes: a collection is due after so many bytes (`link`)


def node(*words: object) -> list[str]:
    done = subprocess.run(["node", str(SCRIPT), *map(str, words)], capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit((done.stdout + done.stderr)[-2_000:])
    return done.stdout.split()


def configuration(kind: str) -> dict[str, object]:
    root = device_root(bytes(32), TENANT, DEVICE)
    return {"tenant": TENANT, "device": DEVICE, "kind": kind, "root": root.hex(), "host": "127.0.0.1", "port": 1883,
            "seed": "00" * 16}  # fmt: skip


def live(said: list[str]) -> list[int]:
    return [int(word) for at, word in enumerate(said) if at and said[at - 1] == "live"]


def whole(package: Path) -> int:
    rows, over = [], False
    with tempfile.TemporaryDirectory() as folder:
        there = Path(folder)
        bare = live(node(package, "bare"))[0]
        for board, kind in pairs():
            data = {"cards": bytes(4 * 64), "card_key": bytes(32), "scbk": SCBK} if kind == "door" else {}
            config = configuration(kind) | {
                "store": "/lilong/store", "networks": [{"ssid": "estate", "password": "a password of Wi-Fi"}],
                "data": {name: f"/data.{name}" for name in data},
                "maker": {"key": "11" * 32, "vendor": "22" * 16, "class": "33" * 16},
            }  # fmt: skip
            (there / "config.json").write_text(json.dumps(config))
            (there / "rom").write_bytes(firmware(board, kind))
            for name, content in data.items():
                (there / f"data.{name}").write_bytes(content)
            given = [there / f"data.{name}" for name in data]
            before, after = live(node(package, "whole", there / "rom", there / "config.json", STILL, *given))
            bytes_live = after - before + bare
            left = HEAP - bytes_live - CONNECTED
            over = over or left < WORKING
            rows.append((board, kind, f"{bytes_live:,}", f"{left:,}"))
    table(("board", "kind", "live, 32 bits", "left of 64 KB when connected"), rows)
    return int(over)


def main() -> int:
    package = Path(sys.argv[1])
    if "--whole" in sys.argv[2:]:
        return whole(package)
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
            (there / "config.json").write_text(json.dumps(configuration(kind) | {"boot": 1}))
            before, after = live(node(package, "live", rom, there / "config.json"))
            rows.append((kind, f"{before:,}", f"{after:,}", f"{after - before:,}"))
    table(("kind", "interpreter and asyncio", "with the device", "the device"), rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
