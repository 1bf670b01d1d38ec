"""Looks at what the command line was given before anything is started for it."""

import tempfile
from datetime import datetime
from math import isfinite
from pathlib import Path

LONGEST_DAYS = 3660


class InputError(ValueError):
    """An option that cannot be used: which, what is wrong with it, what to do."""


def output_folder(option: str, folder: Path) -> Path:
    """Make the folder that results go to; InputError when nothing can be written there."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise InputError(
            f"{option} {folder}: cannot be written to ({error.strerror}); name a folder that is there or can be made"
        ) from None
    return folder


def seconds(option: str, value: float | None) -> float | None:
    """A duration of at least a second, or None for one without an end."""
    if value is not None and not (isfinite(value) and value >= 1):
        raise InputError(f"{option} {value:g}: too short or no number; give seconds, at least 1")
    return value


def virtual_days(option: str, value: float) -> float:
    """A number of virtual days, a fraction too."""
    if not 0 < value <= LONGEST_DAYS:
        raise InputError(f"{option} {value:g}: out of bounds; give days, above 0 and at most {LONGEST_DAYS}")
    return value


def local_time(option: str, value: datetime) -> datetime:
    """A local time of the estate."""
    if value.tzinfo is not None:
        raise InputError(f"{option} {value.isoformat()}: has a time zone; give the estate's local time without one")
    return value
