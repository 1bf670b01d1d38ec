"""Live heap of each kind on real MicroPython, connected and at rest, beside the heap that it runs in.

python benchmarks/heap.py: exits with 1 when one is above the ceiling that leaves room for messages and alarms.
"""

import asyncio
import sys

from lilong_firmware.device import Identity
from lilong_protocol.pc.simulation import simulation_key
from lilong_simulator.estate import load_estate
from lilong_simulator.fleet.board_lines import Line, Memory, Online
from lilong_simulator.fleet.process import HEAP, BoardConfig, BoardProcess
from lilong_simulator.fleet.provision import Provisioner
from lilong_simulator.kinds import KINDS
from lilong_tools.broker.embedded import EmbeddedBroker

CEILING = 52_500  # bytes


def identities() -> dict[str, Identity]:
    """Of each kind the reference estate's first; a kind that it lacks has nothing but keys."""
    estate = load_estate("music_plaza")
    provisioner = Provisioner(estate, simulation_key(estate.id), 7)
    placed = {kind: estate.of_kind(kind) for kind in KINDS}
    return {
        kind: provisioner.identity(there[0]) if there else Identity(estate.id, f"{0:016x}", bytes(32))
        for kind, there in placed.items()
    }


async def measured(identity: Identity, kind: str, broker: EmbeddedBroker) -> Memory:
    """The heap of a device once it is connected."""
    online = asyncio.Event()

    def hear(line: Line) -> None:
        if isinstance(line, Online):
            online.set()

    process = BoardProcess(hear)
    await process.start(
        BoardConfig(
            identity.tenant, identity.device, kind, identity.root, broker.host, broker.port, data=identity.data,
        )
    )  # fmt: skip
    try:
        await online.wait()
        return await process.memory()
    finally:
        await process.stop()


async def main() -> int:
    broker = EmbeddedBroker()
    await broker.start()
    print(f"heap {HEAP}, ceiling {CEILING:,}\n{'kind':12} {'live':>7} {'free':>7}")
    worst = 0
    for kind, identity in identities().items():
        memory = await measured(identity, kind, broker)
        worst = max(worst, memory.allocated)
        print(f"{kind:12} {memory.allocated:7,} {memory.free:7,}")
    await broker.stop()
    return int(worst > CEILING)


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
