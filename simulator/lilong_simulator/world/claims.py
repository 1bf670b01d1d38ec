"""Who drives a sensor when: an incident claims what it drives, and everyday life keeps off."""

from __future__ import annotations

FOREVER_MS = 1 << 62
CALM_MS = 3_600_000  # nothing else moves a sensor that an incident drives in the hour before
PASSAGE_MS = 60_000  # but at a door people pass until shortly before
PASSED = ("contact", "credential", "exit_button")  # channels of who passes


def calm_ms(channel: str) -> int:
    """How long before what an incident does to a channel everyday life keeps off."""
    return PASSAGE_MS if channel in PASSED else CALM_MS


class Claims:
    """Spans of world time by device and matter (a channel, or a habit such as "held")."""

    def __init__(self) -> None:
        self._spans: dict[tuple[str, str], list[tuple[int, int]]] = {}

    def add(self, device_id: str, matter: str, from_ms: int, to_ms: int) -> None:
        """Claims a matter of a device from `from_ms` to `to_ms`, both included."""
        self._spans.setdefault((device_id, matter), []).append((from_ms, to_ms))

    def free(self, device_id: str, matter: str, from_ms: int, to_ms: int) -> bool:
        """Whether nobody has claimed any of the span."""
        spans = self._spans.get((device_id, matter))
        return spans is None or all(to_ms < begin or end < from_ms for begin, end in spans)
