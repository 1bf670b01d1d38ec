"""Random draws: counter-based, so that the same seed gives the same device on every host."""

from hashlib import sha256


class Draws:
    """Draws from SHA-256 of seed and counter; a board seeds it from its hardware generator."""

    __slots__ = ("_count", "_seed")

    def __init__(self, seed: bytes) -> None:
        self._seed = seed
        self._count = 0

    def bytes(self, n: int) -> bytes:
        """The next `n` <= 32 random bytes."""
        self._count += 1
        return sha256(self._seed + self._count.to_bytes(4, "big")).digest()[:n]

    def below(self, n: int) -> int:
        """The next integer in [0, n), n up to 2**29; the bias is below n / 2**29."""
        return (int.from_bytes(self.bytes(4), "big") >> 3) % n
