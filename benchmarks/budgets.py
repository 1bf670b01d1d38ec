"""All budgets of the firmware, measured now: python benchmarks/budgets.py. `make test` and `make check` print it.

Sizes and heap have ceilings (boards/*/budget.toml, and here), and exit with 1 above them. Times stand beside a limit or
a peer of the same run: a busy machine fails nothing by them.
"""

import asyncio
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import drivers  # noqa: E402
import rules_cpu  # noqa: E402
from board_case import Inbox  # noqa: E402
from common import machine, table  # noqa: E402
from heap import identities  # noqa: E402
from lilong_firmware.device import Identity  # noqa: E402
from lilong_simulator.fleet.board_lines import Online, Ready  # noqa: E402
from lilong_simulator.fleet.process import BoardConfig, BoardProcess  # noqa: E402
from lilong_tools import size_budget  # noqa: E402
from lilong_tools.broker.embedded import EmbeddedBroker  # noqa: E402
from lilong_tools.broker.embedded_client import Message  # noqa: E402
from tls_front import tls_front  # noqa: E402

from tests.soak.centre import Centre  # noqa: E402
from tests.soak.dangers import CLEAR_MS, DANGERS, WARM_UP_MS  # noqa: E402
from tests.soak.subject import Subject  # noqa: E402

CEILING = 52_500  # bytes of heap that live in a connected device; benchmarks/heap.py has the same
TLS_CEILING = 57_000  # the same over TLS
PEAK_CEILING = 58_000  # and at any quiet moment of an alarm's life; 64 KB have 64,700 bytes in blocks
BIRTH_LIMIT_MS = 1_000  # (ours) from power-on to a birth that the broker has accepted
TIMES = 3
EMPTY = "from micropython_unix import run_main; run_main(['micropython', '-c', 'pass'])"


class Life(NamedTuple):
    """A board from power-on to its birth: ms of each part, heap and memory of the process in bytes."""

    to_power_on: float
    to_online: float
    to_birth: float
    heap: int
    memory: int


class Broker(EmbeddedBroker):
    """Tells when the first birth is there."""

    def __init__(self) -> None:
        super().__init__()
        self.births = Inbox()

    def publish(self, message: Message) -> None:
        super().publish(message)
        if message.topic.endswith("/u/st"):
            self.births.put(time.monotonic())


async def life(broker: Broker, identity: Identity, kind: str, port: int, ca: bytes | None) -> Life:
    lines = Inbox()
    process = BoardProcess(lambda line: lines.put((time.monotonic(), line)))
    config = BoardConfig(
        identity.tenant, identity.device, kind, identity.root, broker.host, port, data=identity.data,
        tls=None if ca is None else {"ca": ca},
    )  # fmt: skip
    begun = time.monotonic()
    ready: Ready = await process.start(config)
    try:
        powered = ready.power_on_us / 1e6
        online, _ = await lines.take(lambda item: isinstance(item[1], Online))
        born = await broker.births.take(lambda at: at > begun)
        heap = (await process.memory()).allocated
        return Life((powered - begun) * 1e3, (online - powered) * 1e3, (born - powered) * 1e3, heap, memory(process))
    finally:
        await process.stop()


def memory(process: BoardProcess) -> int:
    """Bytes that are this process's own (Linux)."""
    rollup = Path(f"/proc/{process.pid}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in rollup if line.startswith("Private_")) * 1024


async def alarm_peak(kind: str) -> int:
    """The most that lives on the heap at the quiet moments of an alarm's life: raised, stored, over, reset."""
    with tempfile.TemporaryDirectory() as folder:
        device = Subject(kind, Path(folder))
        centre = Centre(lambda: device.now, device.answer, None)
        device.broker.hear = centre.hear
        await device.broker.start()
        try:
            await device.power_on()
            await device.run_to(WARM_UP_MS.get(kind, 0) + 20_000)
            peak = await device.memory()
            danger = DANGERS[kind][0]
            centre.silent = True
            for channel, value, _ in danger.on:
                await device.set((channel, value))
            await device.run_to(device.now + danger.limit_ms + 1)
            peak = max(peak, await device.memory())
            centre.silent = False
            await device.run_to(device.now + CLEAR_MS)
            peak = max(peak, await device.memory())
            assert centre.raised, f"{kind}: no alarm"
            await device.set(*danger.off)
            centre.acknowledge()
            await device.run_to(device.now + CLEAR_MS)
            centre.reset(False)
            await device.cut()
            await device.run_to(device.now + 10 * CLEAR_MS)
            peak = max(peak, await device.memory())
            assert not centre.open(), f"{kind}: {centre.open()} not cleared"
            return peak
        finally:
            await device.power_off()
            await device.broker.stop()
            device.broker.close()


async def devices() -> list[str]:
    """Print heap and start of each kind; what is above its ceiling."""
    wrong: list[str] = []
    rows, parts = [], []
    async with Broker() as broker, tls_front(broker.port) as (tls_port, ca):
        for kind, identity in identities().items():
            plain = [await life(broker, identity, kind, broker.port, None) for _ in range(TIMES)]
            secure = [await life(broker, identity, kind, tls_port, ca) for _ in range(TIMES)]
            peak = await alarm_peak(kind)
            heap, tls_heap = (max(one.heap for one in lives) for lives in (plain, secure))
            more = statistics.median(one.memory for one in secure) - statistics.median(one.memory for one in plain)
            sizes = (heap, CEILING, tls_heap, TLS_CEILING, peak, PEAK_CEILING)
            process = (f"{plain[0].memory // 1024:,} KB", f"{more / 1024:+,.0f} KB")
            rows.append((kind, *(f"{size:,}" for size in sizes), *process))
            parts += [(kind, way, *_times(lives)) for way, lives in (("TCP", plain), ("TLS", secure))]
            held = (("TCP", heap, CEILING), ("TLS", tls_heap, TLS_CEILING), ("alarm", peak, PEAK_CEILING))
            for name, value, ceiling in held:
                if value > ceiling:
                    wrong.append(f"{kind}: {value:,} bytes of heap ({name}), {value - ceiling:,} over the ceiling")
    print("\nheap: bytes that live in 64 KB with 64-bit pointers; TLS's own memory is outside of it, in the process")
    table(("kind", "TCP", "ceiling", "TLS", "ceiling", "alarm's life", "ceiling", "process", "for TLS"), rows)
    print(f"\nfrom reset to birth, median of {TIMES}; limit {BIRTH_LIMIT_MS:,} ms from power-on")
    print(f"beside it an interpreter that starts, does nothing and ends: {await empty_ms():.0f} ms")
    table(("kind", "link", "process to power-on", "power-on to session", "power-on to birth"), parts)
    return wrong


def _times(lives: list[Life]) -> tuple[str, str, str]:
    columns = ((one.to_power_on, one.to_online, one.to_birth) for one in lives)
    start, online, birth = (f"{statistics.median(column):.0f} ms" for column in zip(*columns, strict=True))
    return start, online, birth


async def empty_ms() -> float:
    """ms of a MicroPython with nothing to do, least of three."""
    least = 1e9
    for _ in range(TIMES):
        begin = time.monotonic()
        process = await asyncio.create_subprocess_exec(sys.executable, "-P", "-c", EMPTY)
        await process.wait()
        least = min(least, (time.monotonic() - begin) * 1e3)
    return least


def main() -> int:
    print(machine(), "\n")
    code = size_budget.main()
    wrong = asyncio.run(devices())
    print("\nrules at rest, no network")
    rules_cpu.main()
    print("\ndrivers")
    sys.argv[1:] = []
    drivers.main()  # a slow one is told, and fails no run
    for line in wrong:
        print(line, file=sys.stderr)
    return int(code or bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
