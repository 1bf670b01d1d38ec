"""Sensors that are held at a value: what the world and the plant would have them read waits until they are let go."""

from __future__ import annotations

from collections.abc import Iterable

from ..fleet.plant import Plant

Held = dict[tuple[str, str], int | None]
"""By device and channel: what there is really."""


class HeldPlant(Plant):
    """A plant whose answers pass by the sensors that are held."""

    __slots__ = ("_device", "_held", "plant")

    def __init__(self, plant: Plant, device: str, held: Held) -> None:
        super().__init__()
        self.plant = plant
        self._device = device
        self._held = held

    @property
    def due(self) -> int:
        return self.plant.due

    def step(self, now: int) -> Iterable[tuple[str, int]]:
        return self._free(self.plant.step(now))

    def answer(self, output: str, value: int, now: int = 0) -> Iterable[tuple[str, int]]:
        return self._free(self.plant.answer(output, value, now))

    def loaded(self, load: int) -> Iterable[tuple[str, int]]:
        return self._free(self.plant.loaded(load))

    def _free(self, answers: Iterable[tuple[str, int]]) -> Iterable[tuple[str, int]]:
        free = []
        for channel, felt in answers:
            key = (self._device, channel)
            if key in self._held:
                self._held[key] = felt
            else:
                free.append((channel, felt))
        return free
