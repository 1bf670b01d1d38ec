"""Sensors that are stuck: changes of the world that are kept from their devices until they are free."""

from __future__ import annotations

from collections.abc import Callable


class Stuck:
    """`sense(device, channel, value)` brings the last of them when a channel is free again."""

    def __init__(self, sense: Callable[[str, str, int | None], None]) -> None:
        self._sense = sense
        self._held: dict[str, dict[str | None, int]] = {}  # by device: how many faults hold a channel; None: all
        self._kept: dict[tuple[str, str], int | None] = {}

    def set(self, device: str, channel: str | None, stuck: bool) -> None:
        held = self._held.setdefault(device, {})
        held[channel] = held.get(channel, 0) + (1 if stuck else -1)
        if not held[channel]:
            del held[channel]
        if not held:
            del self._held[device]
        if not stuck:
            free = [key for key in self._kept if key[0] == device and not self._holds(*key)]
            for key in free:
                self._sense(*key, self._kept.pop(key))

    def keeps(self, device: str, channel: str, value: int | None) -> bool:
        """Whether this change is kept from its device."""
        if not self._held or not self._holds(device, channel):
            return False
        self._kept[device, channel] = value
        return True

    def _holds(self, device: str, channel: str) -> bool:
        held = self._held.get(device)
        return held is not None and (None in held or channel in held)
