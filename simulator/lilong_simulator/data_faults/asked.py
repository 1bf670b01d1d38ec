"""How often data shall be wrong, as it was asked for: on the command line, in a street file, by another process."""

from __future__ import annotations

from collections.abc import Mapping

from ..toml_files.errors import nearest
from .kinds import DATA_FAULTS

MOST_AN_HOUR = 60.0
FORM = "give faults of each kind per device and hour, as 0.001, or 0.001,stuck=0.0005"

DataFaultsAsked = Mapping[str, float]
"""Faults per device and hour, as a mean, by kind; a kind that is not there is not played."""


class DataFaultError(ValueError):
    """Rates that cannot be played; the text says what is wrong and what to do."""


def parse(text: str) -> dict[str, float]:
    """What follows `--data-faults`, or stands under `data_faults` of a street file; DataFaultError for what is none."""
    rates: dict[str, float] = {}
    whole: float | None = None
    for part in text.split(","):
        name, equals, value = part.strip().rpartition("=")
        try:
            rate = float(value)
        except ValueError:
            raise DataFaultError(f"{text!r}: {part.strip()!r} is no rate; {FORM}") from None
        if not 0 <= rate <= MOST_AN_HOUR:
            raise DataFaultError(f"{text!r}: {value}: out of bounds; give 0 to {MOST_AN_HOUR:g} an hour")
        if not equals:
            if whole is not None:
                raise DataFaultError(f"{text!r}: two rates for all kinds; leave one out")
            whole = rate
        elif name not in DATA_FAULTS:
            raise DataFaultError(f"{text!r}: no kind is called {name!r}; {nearest(name, DATA_FAULTS)}")
        elif name in rates:
            raise DataFaultError(f"{text!r}: {name} is given twice; leave one out")
        else:
            rates[name] = rate
    found = {name: rates.get(name, whole or 0.0) for name in DATA_FAULTS}
    return {name: rate for name, rate in found.items() if rate}
