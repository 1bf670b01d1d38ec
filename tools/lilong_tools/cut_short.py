"""What the report of a run says that was stopped before its time."""

from collections.abc import Sequence


def lasted_s(asked_s: float | None, took_s: float, stopped: bool) -> float:
    """How long a run was, its drain apart; asked_s None: until it is stopped."""
    if asked_s is None or stopped:
        return max(0.0, took_s if asked_s is None else min(took_s, asked_s))  # it may be stopped before it has begun
    return asked_s


def cut_short(lasted_s: float, asked_s: float | None) -> Sequence[str]:
    """A warning, where it was less than was asked for."""
    if asked_s is None or lasted_s >= asked_s:
        return ()
    return (f"stopped after {lasted_s:g} of {asked_s:g} s: judged up to then",)
