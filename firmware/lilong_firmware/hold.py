"""A change that must last before it counts: the time part of every hysteresis."""

from .effects import NEVER


class Hold:
    """`at`: uptime in ms at which the change counts, NEVER while nothing is changing."""

    __slots__ = ("at",)

    def __init__(self) -> None:
        self.at = NEVER

    def follow(self, now: int, turning: bool, hold_ms: int) -> None:
        """The change is there, or it is not; one that breaks off begins anew."""
        if not turning:
            self.at = NEVER
        elif self.at == NEVER:
            self.at = now + hold_ms

    def follows(self, turning: bool) -> bool:
        """True when `follow` would change nothing."""
        return turning == (self.at != NEVER)

    def over(self, now: int) -> bool:
        """True once, when the change has lasted."""
        if now < self.at:
            return False
        self.at = NEVER
        return True
