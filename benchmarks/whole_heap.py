"""Whole devices on real MicroPython: the live heap while an alarm goes its way, and the least heap in which it does.

python benchmarks/whole_heap.py [BOARD [KIND]] [--least]: exits with 1 when one has more live than its kind's ceiling,
or does not come through. The bundle is the one of `lilong flash`: drivers, wiring, watchdog, two volumes on LittleFS.
It lies in a ROM image outside of the heap, and so do the chips' models, behind pipes. What stands in for the port's own
modules (`machine`, `network`, `esp32`) is in the heap; it is measured alone, before the firmware comes, and is not
counted. Pointers have 64 bits: a board's have 32. `--least` looks for the least heap in which all goes well.
"""

import asyncio
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from common import machine, table  # noqa: E402  beside this one

from tests.whole.device import CEILINGS, Whole, pairs  # noqa: E402

STEP = 4_096  # bytes
MOST = 192 * 1_024
JOBS = 3


async def _run(board: str, kind: str, secure: bool, heap: int, share: int):
    async with Whole(board, kind, secure, heap, share) as whole:
        return await whole.story()


def measured(pair: tuple[str, str], least: bool) -> tuple[str, ...]:
    board, kind = pair
    tcp = asyncio.run(_run(board, kind, False, MOST, 0))
    tls = asyncio.run(_run(board, kind, True, MOST, 0))
    row = (board, kind, f"{tcp.live:,}", f"{tls.live:,}", f"{CEILINGS[kind]:,}",
           f"{tcp.birth_s * 1_000:.0f}", f"{tls.birth_s * 1_000:.0f}")  # fmt: skip
    if not (tcp.well and tls.well):
        return (*row, "", tcp.why or tls.why)
    verdict = "over its ceiling" if max(tcp.live, tls.live) > CEILINGS[kind] else ""
    if not least:
        return (*row, "", verdict)
    low, high = tls.live // STEP, MOST // STEP  # in `low` it does not run, in `high` it does
    while high - low > 1:
        middle = (low + high) // 2
        if asyncio.run(_run(board, kind, True, middle * STEP, tls.share)).well:
            high = middle
        else:
            low = middle
    return (*row, f"{high * STEP // 1_024} KB", verdict)


def main(words: list[str]) -> int:
    least = "--least" in words
    words = [word for word in words if word != "--least"]
    wanted = [pair for pair in pairs() if list(pair)[: len(words)] == words]
    print(machine(), flush=True)
    rows = []
    with ProcessPoolExecutor(JOBS) as pool:
        for row in pool.map(measured, wanted, [least] * len(wanted)):
            rows.append(row)
            print(*row, file=sys.stderr, flush=True)
    header = ("board", "kind", "live, TCP", "live, TLS", "ceiling", "birth, ms", "over TLS", "least heap", "wrong")
    table(header, rows)
    return int(any(row[-1] for row in rows))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
