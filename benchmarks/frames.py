"""Frames encoded and sealed per second, in CPython and in real MicroPython, beside stock encoders of each.

python benchmarks/frames.py
"""

import json
import subprocess
import sys
from pathlib import Path

import cbor2
from common import best_us, machine, table
from lilong_protocol import frame
from lilong_protocol.keys import MacKey
from lilong_protocol.seal import UP, Seal

ROOT = Path(__file__).parents[1]
DEVICE = "a4cf12fffe0b3c5d"
BODY = {0: 1, 1: 4, 2: 4, 3: 4, 4: {1: 182, 2: 5830, 3: 87}}
HEADER = {"boot": 412, "seq": 17, "uptime": 8640123, "epoch": 1790000000123, "quality": 2}
MAP = {0: 1, 1: 6, 2: 412, 3: 17, 4: 8640123, 5: 1790000000123, 6: 2, 7: BODY}

ON_THE_BOARD = """
import time, json
from lilong_protocol import frame
from lilong_protocol.keys import MacKey
from lilong_protocol.seal import Seal
seal = Seal(MacKey(bytes(range(32))), "acme", "%s", "u")
body = {0: 1, 1: 4, 2: 4, 3: 4, 4: {1: 182, 2: 5830, 3: 87}}
def pack():
    return frame.pack(6, body, 412, 17, 8640123, 1790000000123, 2)
payload = pack()
data = seal.seal("al", payload)
def run(f, n=3000):
    best = None
    for _ in range(5):
        t = time.ticks_us()
        for _ in range(n):
            f()
        d = time.ticks_diff(time.ticks_us(), t) / n
        best = d if best is None or d < best else best
    return best
values = {"code": 1, "severity": 4, "urgency": 4, "certainty": 4, "boot": 412, "seq": 17, "uptime": 8640123,
          "values": {"obscuration": 182, "temperature": 5830, "battery": 87}}
print(json.dumps({
    "pack": run(pack), "seal": run(lambda: seal.seal("al", payload)),
    "both": run(lambda: seal.seal("al", pack())), "open": run(lambda: frame.unpack(seal.open("al", data))),
    "json": run(lambda: json.dumps(values)),
}))
"""


def board() -> dict[str, float] | None:
    """Microseconds in real MicroPython, or None where there is none."""
    binary = Path(sys.executable).with_name("micropython")
    if not binary.exists():
        return None
    run = subprocess.run(
        [binary, "-c", f"import sys; sys.path.insert(0, {str(ROOT / 'protocol')!r})\n" + ON_THE_BOARD % DEVICE],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    result: dict[str, float] = json.loads(run.stdout)
    return result


def main() -> None:
    seal = Seal(MacKey(bytes(range(32))), "acme", DEVICE, UP)
    payload = frame.pack(frame.RAISE, BODY, **HEADER)
    data = seal.seal("al", payload)
    values = {"code": 1, "severity": 4, "values": {"obscuration": 182, "temperature": 5830, "battery": 87}, **HEADER}
    here = {
        "pack": best_us(lambda: frame.pack(frame.RAISE, BODY, **HEADER), 5000),
        "seal": best_us(lambda: seal.seal("al", payload), 5000),
        "both": best_us(lambda: seal.seal("al", frame.pack(frame.RAISE, BODY, **HEADER)), 5000),
        "open": best_us(lambda: frame.unpack(seal.open("al", data)), 5000),
        "cbor2": best_us(lambda: cbor2.dumps(MAP, canonical=True), 5000),
        "json": best_us(lambda: json.dumps(values), 5000),
    }
    there = board()
    print(machine())
    print(f"smoke alarm: payload {len(payload)} bytes, sealed {len(data)}\n")
    names = {
        "pack": "encode the payload",
        "seal": "seal it",
        "both": "encode and seal",
        "open": "verify and decode",
        "cbor2": "peer: cbor2 canonical, encode only",
        "json": "peer: json.dumps, encode only",
    }
    rows = []
    for key, name in names.items():
        us, spread = here[key]
        on_board = f"{there[key]:.1f}" if there and key in there else "–"
        rate = f"{1e6 / there[key]:,.0f}" if there and key in there else "–"
        rows.append((name, f"{us:.1f}", f"±{spread:.0f} %", f"{1e6 / us:,.0f}", on_board, rate))
    table(("", "CPython µs", "noise", "per second", "MicroPython µs", "per second"), rows)
    print(f"\nencode and seal / json.dumps: CPython {here['both'][0] / here['json'][0]:.2f}", end="")
    print(f", MicroPython {there['both'] / there['json']:.2f}" if there else "")


if __name__ == "__main__":
    main()
