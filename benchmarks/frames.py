"""Frames encoded and sealed, verified and decoded per second, in CPython and real MicroPython, beside stock encoders.

python benchmarks/frames.py: exits with 1 when a backend verifies and decodes fewer than 60,000 frames a second of one
core's time. --profile shows where the time of a backend goes.
"""

import cProfile
import json
import pstats
import subprocess
import sys
import time
from pathlib import Path

import cbor2
from common import best_us, machine, table
from lilong_protocol import frame, topics
from lilong_protocol.keys import MacKey, device_root, frame_key
from lilong_protocol.pc.quick import unpack
from lilong_protocol.pc.receiver import Receiver
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


PROMISED = 60_000  # frames a second and core, verified and decoded
FRAMES, RUNS = 5_000, 5
KEY = bytes(range(32))


def backend(profile: bool) -> list[tuple[str, list[float]]]:
    """What a backend does with an alarm, each time one of its own: µs of one core a frame, in each run."""
    seal = Seal(frame_key(device_root(KEY, "acme", DEVICE), UP), "acme", DEVICE, UP)
    headers = [HEADER | {"seq": n + 1, "uptime": HEADER["uptime"] + 1_000 * n} for n in range(FRAMES)]
    frames = [seal.seal("al", frame.pack(frame.RAISE, BODY, **header)) for header in headers]
    topic = topics.up("acme", DEVICE, "al")

    def decode(_: Receiver) -> None:
        for data in frames:
            unpack(seal.open("al", data))

    def receive(receiver: Receiver) -> None:
        for at, data in enumerate(frames):
            receiver.receive(HEADER["epoch"] + 1_000 * at, topic, data, False)
        assert not receiver.refused
        assert not receiver.repeats

    results = []
    for name, work in (("verify and decode", decode), ("the same, checked, deduplicated, dated: `receive`", receive)):
        runs = []
        for _ in range(RUNS):
            receiver = Receiver("acme", KEY)
            receiver.prepare([DEVICE])
            start = time.process_time()
            work(receiver)
            runs.append((time.process_time() - start) / FRAMES * 1e6)
        results.append((name, sorted(runs)))
    if profile:
        receiver = Receiver("acme", KEY)
        profiler = cProfile.Profile()
        profiler.runcall(receive, receiver)
        pstats.Stats(profiler).sort_stats("tottime").print_stats(15)
    return results


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


def main() -> int:
    seal = Seal(MacKey(bytes(range(32))), "acme", DEVICE, UP)
    payload = frame.pack(frame.RAISE, BODY, **HEADER)
    data = seal.seal("al", payload)
    values = {"code": 1, "severity": 4, "values": {"obscuration": 182, "temperature": 5830, "battery": 87}, **HEADER}
    here = {
        "pack": best_us(lambda: frame.pack(frame.RAISE, BODY, **HEADER), 5000),
        "seal": best_us(lambda: seal.seal("al", payload), 5000),
        "both": best_us(lambda: seal.seal("al", frame.pack(frame.RAISE, BODY, **HEADER)), 5000),
        "open": best_us(lambda: frame.unpack(seal.open("al", data)), 2000),
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
        "open": "verify and decode as a board does",
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

    results = backend("--profile" in sys.argv)
    print(f"\na backend, µs of one core a frame, {RUNS} runs:")
    rows = [
        (name, f"{runs[0]:.1f}", f"{runs[RUNS // 2]:.1f}", f"{1e6 / runs[0]:,.0f}", f"{1e6 / runs[0] / PROMISED:.1f}")
        for name, runs in results
    ]
    table(("", "least", "median", "a second at best", f"/ {PROMISED:,}"), rows)
    return int(1e6 / results[0][1][0] < PROMISED)


if __name__ == "__main__":
    sys.exit(main())
