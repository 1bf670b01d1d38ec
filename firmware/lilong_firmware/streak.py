"""A reading that must come several times in succession before it counts."""


class Streak:
    """`need`: how often; `begun`: whether `value` has come so often already. `state`: the last reading."""

    __slots__ = ("_count", "_need", "state")

    def __init__(self, need: int, value: int, begun: bool) -> None:
        self._need = need
        self.state = value
        self._count = need if begun else 0

    def follow(self, value: int) -> bool:
        """A reading; True when it and those before it make a streak."""
        if value != self.state:
            self.state = value
            self._count = 0
        if self._count < self._need:
            self._count += 1
        return self._count == self._need

    def follows(self, value: int) -> bool:
        """True when `follow` would change nothing."""
        return value == self.state and self._count == self._need

    def stop(self) -> None:
        """It begins anew."""
        self._count = 0
