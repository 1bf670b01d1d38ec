"""Noise that is the same on every run and on both interpreters."""


class Noise:
    """xorshift32; MicroPython's `random` and CPython's differ."""

    def __init__(self, seed):
        self._state = (seed * 2654435761 + 1) & 0xFFFFFFFF or 1

    def below(self, limit):
        """0 <= n < limit."""
        state = self._state
        state ^= state << 13 & 0xFFFFFFFF
        state ^= state >> 17
        state ^= state << 5 & 0xFFFFFFFF
        self._state = state
        return state % limit

    def spread(self, width):
        """-width <= n <= width, small ones more often."""
        return (self.below(2 * width + 1) + self.below(2 * width + 1)) // 2 - width
