"""`const` for code that both interpreters run: MicroPython's own, or the identity."""


def const(n: int) -> int:
    """Mark an integer that never changes."""
    return n
