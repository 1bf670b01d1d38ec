"""The plant of a device that runs in a process of its own: what takes its time there takes as much of ours."""

import asyncio
import time
from collections.abc import Callable

from lilong_firmware.effects import NEVER

from .plant import Plant


class ProcessPlant:
    """`sense(channel, value)` is told what sensors read, from the event loop."""

    def __init__(self, sense: Callable[[str, int], None]) -> None:
        self._plant = Plant()
        self._sense = sense

    def output(self, name: str, value: int) -> None:
        """The device has driven an output."""
        for channel, felt in self._plant.answer(name, value, _now_ms()):
            self._sense(channel, felt)
        self._await()

    def load(self, load: int) -> None:
        """What is plugged in takes so many mA from now on, once it is fed."""
        for channel, drawn in self._plant.loaded(load):
            self._sense(channel, drawn)

    def _await(self) -> None:
        """Something may be on its way."""
        if self._plant.due < NEVER:
            wait_ms = max(1, self._plant.due - _now_ms())
            asyncio.get_running_loop().call_later(wait_ms / 1000, self._arrives)

    def _arrives(self) -> None:
        """It has come to its end, if it was not turned round meanwhile."""
        for channel, felt in self._plant.step(_now_ms()):
            self._sense(channel, felt)
        self._await()


def _now_ms() -> int:
    return time.monotonic_ns() // 1_000_000
