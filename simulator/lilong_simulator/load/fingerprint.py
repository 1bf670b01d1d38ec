"""Whether two runs drove their devices alike: a number and a sum over all that worlds did to sensors, in any order."""

from __future__ import annotations

from hashlib import blake2b
from math import inf

_MOD = 1 << 64


class Fingerprint:
    """Of what is said before `until_ms` of world time; shards add up."""

    __slots__ = ("count", "sum", "until_ms")

    def __init__(self) -> None:
        self.count = 0
        self.sum = 0
        self.until_ms = inf

    def take(self, at_ms: float, device: str, channel: str, value: int | None) -> None:
        if at_ms <= self.until_ms:
            data = f"{at_ms:.0f} {device} {channel} {value}".encode()
            self.count += 1
            self.sum = (self.sum + int.from_bytes(blake2b(data, digest_size=8).digest(), "big")) % _MOD


def added(all_of_them: list[tuple[int, str]]) -> tuple[int, str]:
    """(how many, sum in hex) of several together."""
    return sum(count for count, _ in all_of_them), f"{sum(int(one, 16) for _, one in all_of_them) % _MOD:016x}"
