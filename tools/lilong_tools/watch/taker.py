"""Records what a watcher sees: the genuine frames of devices, in the order in which the broker delivers them."""

import time
from pathlib import Path

from lilong_protocol import topics
from lilong_protocol.pc.describe import Description
from lilong_simulator.load.record import Recording
from rich.console import Console


class Taker:
    """A recording whose ms 0 is when it begins. What nobody can verify is left out: a replay would seal it anew."""

    def __init__(self, file: Path, console: Console) -> None:
        self._tenants: dict[str, str] = {}
        self._began = time.monotonic_ns()
        self._recording = Recording(
            file, time.time() * 1000, "lilong watch", self._tenants.__getitem__,
            lambda why: console.print(why, style="yellow"),
        )  # fmt: skip

    def __enter__(self) -> "Taker":
        return self

    def __exit__(self, *_: object) -> None:
        self._recording.close()

    def take(self, topic: str, frame: bytes, told: Description, qos: int) -> None:
        parsed = topics.parse(topic)
        if parsed is None or parsed[2] != "u" or told.verified is not True or told.problem is not None:
            return
        tenant, device, _, cls = parsed
        if self._tenants.setdefault(device, tenant) == tenant:
            self._recording.put(((time.monotonic_ns() - self._began) / 1e6, device, cls, frame, qos))
