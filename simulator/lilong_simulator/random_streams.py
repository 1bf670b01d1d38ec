"""Random numbers that depend on (seed, thing, purpose) only, so that adding a thing changes no other thing's numbers.

The same seed gives the same numbers on every machine and every Python: only `getrandbits` of the Mersenne
Twister (its sequence is promised by the Python documentation), integers, and the IEEE basic operations are
used, never libm and never a method of `random.Random` whose algorithm may change between versions.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from hashlib import blake2b
from typing import TypeVar

Item = TypeVar("Item")

_TWO_TO_64 = 1 << 64
_ULP_53 = 2.0**-53


def draw(seed: int, *key: str | int) -> int:
    """One uniform 64-bit integer for a key, by counter instead of by sequence: `draw(seed, flat, "cooking", day)`."""
    text = "\x1f".join([str(seed), *map(str, key)])
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big")


def draw_below(n: int, seed: int, *key: str | int) -> int:
    """A uniform integer 0..n-1 for a key; the bias of the multiplication is below n / 2**64."""
    return draw(seed, *key) * n >> 64


def draw_chance(p: float, seed: int, *key: str | int) -> bool:
    """True with probability `p`, for a key."""
    return (draw(seed, *key) >> 11) * _ULP_53 < p


class Stream:
    """A sequence of random numbers that belongs to one thing and one purpose."""

    __slots__ = ("_bits",)

    def __init__(self, seed: int) -> None:
        self._bits = random.Random(seed).getrandbits

    def below(self, n: int) -> int:
        """A uniform integer 0..n-1."""
        return self._bits(64) * n >> 64

    def between(self, low: int, high: int) -> int:
        """A uniform integer low..high, both included."""
        return low + (self._bits(64) * (high - low + 1) >> 64)

    def chance(self, p: float) -> bool:
        """True with probability `p`."""
        return self._bits(53) * _ULP_53 < p

    def pick(self, items: Sequence[Item]) -> Item:
        """One of `items`, each as likely as the others."""
        return items[self._bits(64) * len(items) >> 64]

    def exponential(self) -> float:
        """An exponential variate of mean 1 by comparisons only.

        J. von Neumann, Various techniques used in connection with random digits (1951): the length of the
        first falling run decides, so no logarithm is taken and the result is the same with every libm.
        """
        bits = self._bits
        whole = 0
        while True:
            first = last = bits(53)
            odd = True
            while (following := bits(53)) < last:
                last = following
                odd = not odd
            if odd:
                return whole + first * _ULP_53
            whole += 1


class Streams:
    """The streams of one run: one independent stream per (thing, purpose)."""

    __slots__ = ("seed",)

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def stream(self, thing: str, purpose: str, *key: str | int) -> Stream:
        """A fresh stream at its beginning; whoever draws from it keeps it."""
        return Stream(draw(self.seed, "stream", thing, purpose, *key))

    def draw(self, thing: str, purpose: str, *key: str | int) -> int:
        """One 64-bit integer for (thing, purpose, key)."""
        return draw(self.seed, thing, purpose, *key)

    def chance(self, p: float, thing: str, purpose: str, *key: str | int) -> bool:
        """True with probability `p`, for (thing, purpose, key)."""
        return draw_chance(p, self.seed, thing, purpose, *key)
