"""Shares of a count, and what so few of them can prove: exact binomial bounds (Clopper and Pearson, 1934)."""

from __future__ import annotations

from collections.abc import Callable
from math import exp, lgamma, log

CONFIDENCE = 0.95  # (ours) of both bounds together
_STEPS = 50  # of a bisection: exact to 1e-15


def bounds(kept: int, of: int) -> tuple[float, float]:
    """Between which shares the true one lies, with CONFIDENCE, where `kept` of `of` were seen."""
    tail = (1 - CONFIDENCE) / 2
    low = 0.0 if kept == 0 else _solve(lambda p: 1 - _at_most(kept - 1, of, p) - tail)
    high = 1.0 if kept == of else _solve(lambda p: tail - _at_most(kept, of, p))
    return low, high


def enough(wanted: float) -> int:
    """How many it takes for one failure to be no breach of the share that is wanted: 40 for 97.5 %."""
    return max(1, round(1 / (1 - wanted)))


def percent(share: float) -> str:
    """ "97.5 %"."""
    return f"{share * 100:.3g} %"


def _at_most(kept: int, of: int, p: float) -> float:
    """The chance of `kept` or fewer."""
    if p <= 0:
        return 1.0
    if p >= 1:
        return 1.0 if kept >= of else 0.0
    whole = lgamma(of + 1)
    return sum(
        exp(whole - lgamma(k + 1) - lgamma(of - k + 1) + k * log(p) + (of - k) * log(1 - p)) for k in range(kept + 1)
    )


def _solve(rising: Callable[[float], float]) -> float:
    low, high = 0.0, 1.0
    for _ in range(_STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if rising(middle) < 0 else (low, middle)
    return (low + high) / 2
