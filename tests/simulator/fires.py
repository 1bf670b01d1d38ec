"""Kitchen fires of other shapes than that of the file: `kitchen_fire.toml` with its numbers changed."""

from __future__ import annotations

from datetime import time
from typing import Any

from lilong_simulator.incidents import WrittenIncident, read
from lilong_simulator.incidents.model import IncidentFile

FIRE = read("kitchen_fire").content


def kitchen_fire(
    flat: str = "3/1203",
    at: time | None = None,
    crossings_s: tuple[int, int, int] = (95, 150, 170),
    burnout_s: int | None = 300,
    out_s: int = 900,
    name: str = "kitchen_fire",
) -> WrittenIncident:
    """`at` None: when the world begins. `burnout_s` None: the flat's detector survives."""
    data: dict[str, Any] = FIRE.model_dump()
    data["at"] = "start" if at is None else at
    data["places"]["flat"]["flat"] = flat
    onset = 0
    *smokes, burns = data["physics"]
    for smoke, crosses in zip(smokes, crossings_s, strict=True):
        smoke.update(after_s=onset, crosses_s=crosses, out_s=out_s)
        onset = crosses
    if burnout_s is None:
        data["physics"], data["finding"] = smokes, []
    else:
        burns["after_s"] = burnout_s
    return WrittenIncident(name, IncidentFile.model_validate(data))
