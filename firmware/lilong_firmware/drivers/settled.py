"""A switch behind its bounce: what has been the same long enough."""


class Settled:
    """`value`: what the last 30 ms or more agreed on; None until something has."""

    SETTLE_MS = 30  # (ours) reeds and buttons bounce for 1 to 20 ms

    def __init__(self) -> None:
        self.value: "int | None" = None
        self._seen: "int | None" = None
        self._since = 0

    def see(self, now: int, value: int) -> bool:
        """Whether the settled value has just changed."""
        if value != self._seen:
            self._seen = value
            self._since = now
        if value == self.value or now - self._since < self.SETTLE_MS:
            return False
        self.value = value
        return True
