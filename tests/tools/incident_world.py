"""Incidents in virtual time against the centre's own core, judged as any run is; of an estate only what they touch."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from unittest.mock import patch

from lilong_protocol.pc.simulation import simulation_key
from lilong_simulator import virtual_run
from lilong_simulator.estate import Estate, load_estate
from lilong_simulator.feed import FeedEvent
from lilong_simulator.incidents import Incident, find
from lilong_simulator.load.faults.asked import parse
from lilong_simulator.load.faults.excuses import Excuses
from lilong_simulator.load.faults.given import of_incidents
from lilong_simulator.load.faults.timeline import plan
from lilong_simulator.load.lines import Said
from lilong_simulator.score import Score, linkage, score
from lilong_simulator.truth import TruthRow
from lilong_simulator.virtual_run import VirtualRun, epoch_ms
from lilong_tools.virtual_centre import CentreInTheLoop
from lilong_tools.virtual_recorder import VirtualRecorder

SEED = 7
MINUTE_MS = 60_000
ALWAYS = ("gateway", "door", "vehicle_lane", "cycle_gate")  # people pass, and gateways link


@cache
def plaza() -> Estate:
    return load_estate("music_plaza")


def reduced(incidents: Sequence[Incident], whole: Estate) -> Estate:
    """The same estate with the devices that incidents touch, gateways and ways in."""
    touched = {name for incident in incidents for name in incident.device_names(whole)}
    small = copy(whole)
    for name in ("by_id", "by_name", "counts", "gates", "staff_doors"):
        small.__dict__.pop(name, None)  # of the whole one
    small.devices = tuple(d for d in whole.devices if d.name in touched or d.kind in ALWAYS)
    ids = {device.id for device in small.devices}
    small.wearers = {band: person for band, person in whole.wearers.items() if band in ids}
    return small


@dataclass
class Played:
    """What came of it."""

    run: VirtualRun
    recorder: VirtualRecorder
    feed: list[dict[str, Any]]
    score: Score
    linked: list[linkage.Linked]
    epoch_zero: int
    horizon: int
    excuses: Excuses | None
    frames: list[Said]  # where it is recorded

    @property
    def failures(self) -> list[str]:
        return [*self.score.failures, *(one.failure for one in self.linked if one.failure is not None)]

    @property
    def rows(self) -> list[TruthRow]:
        """Of the incidents alone."""
        return [row for row in self.run.world.truth if row.incident is not None]

    def stored(self, code: int) -> list[dict[str, Any]]:
        return [row for row in self.feed if row["event"] == "stored" and row["code"] == code]


class _NoLog:
    def down(self, at: int, device: str, cls: str, frame: bytes) -> None: ...


def played(
    names: Sequence[str], start: datetime, minutes: float, estate: Estate | None = None,
    centre_of: Any = CentreInTheLoop, records: bool = False, faults: Sequence[str] = (),
) -> Played:  # fmt: skip
    """So long from `start` on; `centre_of` makes the backend; `records`: what devices send is kept; `faults`: beside
    those of the incidents."""
    incidents = [find(name) for name in names]
    here = reduced(incidents, plaza()) if estate is None else estate
    asked = [*of_incidents(incidents, here, start, None), *map(parse, faults)]
    planned = plan(asked, {here.id: here.devices}, SEED, whole=False)
    key, zero, horizon = simulation_key(here.id), epoch_ms(here, start), round(minutes * MINUTE_MS)
    frames: list[Said] = []

    def up(at: int, device: str, cls: str, frame: bytes) -> None:
        if records:
            frames.append(Said(float(at), here.id, device, cls, bytes(frame)))

    centre, recorder = centre_of(here, key, zero, SEED, _NoLog()), VirtualRecorder(up)
    with patch.object(virtual_run, "POWER_ON_MS", 1):  # all are there when it begins
        run = VirtualRun(here, key, SEED, start, incidents, centre, recorder, seals=records, faults=planned)
    run.run(horizon)
    run.mend()
    feed = [FeedEvent.of(row) for row in centre.feed]
    excuses = None if run.faults is None else Excuses(run.faults.timeline.hindrances)
    judged = score(
        run.world.truth, recorder.alarms.values(), feed, 0, zero, horizon=horizon, excuses=excuses, shown_expected=True,
        arrivals_expected=True, ended=run.env.now,
    )
    linked = linkage.judge(
        run.world.expectations, judged.alarm_of_row, recorder, feed, zero, horizon, excuses
    )
    return Played(run, recorder, centre.feed, judged, linked, zero, horizon, excuses, frames)
