"""The numbers of a new estate: from options, and from a person on a terminal for what they leave open."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import typer
from lilong_simulator.estate.new import PROFILES, Asked

from .inputs import InputError

QUESTIONS: tuple[tuple[str, str, type], ...] = (
    ("name_en", "Its name in English", str), ("name_zh", "Its name in Chinese", str),
    ("profile", f"What kind of estate ({', '.join(PROFILES)})", str), ("households", "Households", int),
    ("cores", "Cores: stairs with their lifts", int), ("storeys", "Storeys", int),
    ("perimeter_m", "Perimeter in m (0: as long as the buildings need)", float),
    ("pedestrian_gates", "Gates for people (1 to 4)", int), ("vehicle_gates", "Gates for cars (0 to 4)", int),
    ("bays", "Bays for cars", int), ("persons", "Persons a household", float),
    ("elders", "Share of those of 60 years or more", float), ("seed", "Seed of small differences", int),
)  # fmt: skip


def asked_of(id_: str, options: Mapping[str, Any], adopt: Iterable[str], asks: bool) -> Asked:
    """NewEstateError, or InputError, for what cannot be."""
    title = id_.replace("_", " ").title()
    named = {"name_en": title, "name_zh": title, **options}
    asked = Asked(id_, **named, adopt=dict(map(_share, adopt)))
    if not asks:
        return asked
    answers = dict(named)
    for key, question, kind in QUESTIONS:
        if key not in options:
            usual = asked.bays_there if key == "bays" else getattr(asked, key) or 0
            answers[key] = typer.prompt(question, default=usual, type=kind)
            if key == "perimeter_m" and not answers[key]:
                del answers[key]
            asked = Asked(id_, **{**answers, "bays": answers.get("bays")}, adopt=asked.adopt)  # told at once
    return asked


def _share(text: str) -> tuple[str, float]:
    kind, _, share = text.partition("=")
    try:
        return kind, float(share)
    except ValueError:
        raise InputError(f"--adopt {text}: is not KIND=SHARE, such as smoke=0.6") from None
