"""An alarm encoded and sealed in real MicroPython, beside micropython-lib's cbor2 and hmac in the same run.

python benchmarks/device_frames.py MICROPYTHON_LIB: exits with 1 when ours is not 8 times as fast on the 32-bit build.
MICROPYTHON_LIB is a checkout of github.com/micropython/micropython-lib; without it only our own times are told.
The 32-bit build is npm's, found as the tests find it: LILONG_WASM, else node_modules. README.md tells how to get both.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from common import machine, table

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "node_modules/@micropython/micropython-webassembly-pyscript"
PEER = ("python-ecosys/cbor2/cbor2", "python-stdlib/hmac")
PROMISED = 8
RUNS = 5

# One run of both, in turns. The peer makes the very same bytes; the key's pads and its own objects are its business.
SCRIPT = """
import hashlib, json, time
from lilong_firmware.uplink import Uplink, WRITER
from lilong_protocol.keys import hkdf, FRAME_SALT
KEY, DEVICE = bytes(range(32)), b"\\xa4\\xcf\\x12\\xff\\xfe\\x0b\\x3c\\x5d"
NOW, EPOCH = 8640123, 1790000000123
body = {0: 1, 1: 4, 2: 4, 3: 4, 4: {1: 182, 2: 5830, 3: 87}}
uplink = Uplink(KEY, "acme", "a4cf12fffe0b3c5d", 412, bytes(8))
uplink.clock.set(NOW, NOW, EPOCH)
key = hkdf(KEY, FRAME_SALT, b"u/0")
def ours():
    uplink._seqs[4] = 16
    return uplink.frame(NOW, 6, "al", body)
def encode():
    uplink._seqs[4] = 16
    uplink.frame(NOW, 6, "al", body)
class NoSeal:
    def wrap(self, cls, writer):
        pass
works = [ours, encode]
try:
    import cbor2, hmac
    fields = {0: 1, 1: 6, 2: 412, 3: 17, 4: NOW, 5: EPOCH, 6: 3, 7: body}
    aad = b"1/acme/a4cf12fffe0b3c5d/u/al"
    def theirs():
        payload = cbor2.dumps(fields)
        covered = cbor2.dumps(["MAC0", b"\\xa1\\x01\\x04", aad, payload])
        tag = hmac.new(key, covered, hashlib.sha256).digest()[:8]
        return cbor2.dumps([b"\\xa1\\x01\\x04", {4: DEVICE}, payload, tag])
    works.append(theirs)
    def length(data):  # dicts have an order of their own there: the maps' pairs may stand in another
        return len(data)
    assert length(theirs()) == length(ours())
except ImportError:
    pass
seal, no_seal = uplink._seal, NoSeal()
least = {}
for turn in range(7):
    for work in works:
        uplink._seal = no_seal if work is encode else seal
        start = time.ticks_us()
        for _ in range(1000):
            work()
        took = time.ticks_diff(time.ticks_us(), start) / 1000
        name = work.__name__
        least[name] = min(took, least.get(name, took))
print(json.dumps(least))
"""


def unix(folder: Path) -> list[str] | None:
    """The command that runs a script with `folder` on the path; 64 bits."""
    binary = Path(os.environ.get("MICROPYTHON") or Path(sys.executable).with_name("micropython"))
    return [str(binary), "-X", "heapsize=256k", str(folder / "script.py")] if binary.is_file() else None


def wasm(folder: Path) -> list[str] | None:
    """The same for the build of 32 bits."""
    package = Path(os.environ.get("LILONG_WASM") or PACKAGE)
    if not (package / "micropython.mjs").is_file() or shutil.which("node") is None:
        return None
    modules = [f"{path}=/lib/{path.name}" for path in folder.iterdir() if path.is_dir()]
    flat = f"{folder}=/lib"
    return ["node", str(ROOT / "tests/wasm.mjs"), str(package), str(folder / "script.py"), flat, *modules]


def gather(folder: Path, peer: Path | None) -> None:
    """The firmware, the protocol and the peer side by side, as on a board's path."""
    for package in ("protocol/lilong_protocol", "firmware/lilong_firmware"):
        target = folder / Path(package).name
        target.mkdir()
        for file in (ROOT / package).glob("*.py"):
            shutil.copy(file, target)
    if peer is not None:
        shutil.copytree(peer / PEER[0], folder / "cbor2")
        shutil.copy(peer / PEER[1] / "hmac.py", folder)
    (folder / "script.py").write_text(SCRIPT)


def main() -> int:
    peer = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    if peer is not None and not (peer / PEER[0]).is_dir():
        print(f"{peer}: no {PEER[0]} there; give a checkout of micropython-lib")
        return 2
    print(machine())
    rows, broken = [], False
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        gather(folder, peer)
        for title, command in (("unix, 64 bits", unix(folder)), ("WebAssembly, 32 bits", wasm(folder))):
            if command is None:
                print(f"{title}: not installed, not measured")
                continue
            runs = []
            for _ in range(RUNS):
                done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=folder,
                                      env={**os.environ, "MICROPYPATH": f"{folder}:.frozen"})  # fmt: skip
                runs.append(json.loads(done.stdout))
            columns = []
            for what in ("encode", "ours", "theirs"):
                took = sorted(run[what] for run in runs if what in run)
                columns.append(f"{took[0]:.1f} / {took[len(took) // 2]:.1f}" if took else "–")
            ratios = [run["theirs"] / run["ours"] for run in runs if "theirs" in run]
            ratio = statistics.median(ratios) if ratios else None
            columns.append("–" if ratio is None else f"{ratio:.1f}")
            broken |= ratio is not None and "32" in title and ratio < PROMISED
            rows.append((title, *columns))
    table((f"µs, least / median of {RUNS} runs", "encode", "and seal", "cbor2 and hmac", "ratio"), rows)
    return int(broken)


if __name__ == "__main__":
    sys.exit(main())
