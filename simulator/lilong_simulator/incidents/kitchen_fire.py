"""Kitchen fire: a flat, its corridor, the corridor above; the core's doors and the gates must open."""

from __future__ import annotations

from datetime import time
from typing import TYPE_CHECKING, Literal

from lilong_simulator.estate import Device, Estate
from lilong_simulator.incidents.base import Incident, IncidentError, Step
from lilong_simulator.truth import Expectation, TruthRow, truth_row
from lilong_simulator.world.claims import FOREVER_MS
from lilong_simulator.world.smoke import DENSE_MDBM, below_trip_at, clearing, growth

if TYPE_CHECKING:
    from lilong_simulator.world import World

IGNITION = time(18, 40)  # fires at home peak between 18 and 20 o'clock
CROSSINGS_S = (95, 150, 170)
BURNOUT_S = 300  # the flat's detector is destroyed
ACTION = "fire_release"
OUT_S = 900  # the fire is out and the smoke is let out
CLEARING_S = 120
COMMAND_MS, REPORT_MS = 3_000, 5_000  # GB 50166-2019: linkage starts within 3 s; the door reports within 5 s


class KitchenFire(Incident):
    """A fire in a kitchen whose smoke goes out of the flat's door and up the stair.

    The three detectors (flat, corridor of its storey, corridor of the next) cross the trip level exactly
    `crossings_s` after the ignition at local time `at`, or at the beginning of the world when `at` is None.
    `burnout_s` None: the flat's detector survives. After `out_s` the smoke loses one part in `clearing_s` a second.
    """

    def __init__(
        self,
        flat: str = "3/1203",
        at: time | None = IGNITION,
        crossings_s: tuple[int, int, int] = CROSSINGS_S,
        burnout_s: int | None = BURNOUT_S,
        out_s: int = OUT_S,
        name: str = "kitchen_fire",
        clearing_s: int = CLEARING_S,
    ) -> None:
        first, second, third = crossings_s
        ordered = 0 < first < second < third < out_s and (burnout_s is None or third < burnout_s < out_s)
        if not ordered:
            raise IncidentError(
                f"{name}: crossings at {crossings_s} s, burnout at {burnout_s} s and end at {out_s} s are not in "
                "this order; let the smoke spread before the detector burns and the fire is out"
            )
        self.name = name
        self._flat = flat
        self._at = at
        self._crossings_s = crossings_s
        self._burnout_s = burnout_s
        self._out_s = out_s
        self._clearing_s = clearing_s
        steps = [
            Step(0, "ignition in the kitchen"),
            Step(first * 1000, "smoke crosses the trip level in the flat"),
            Step(second * 1000, "in the corridor of its storey: the second detector, doors and gates release"),
            Step(third * 1000, "in the corridor of the next storey"),
            Step(out_s * 1000, "the fire is out, the smoke is let out"),
        ]
        if burnout_s is not None:
            steps.insert(4, Step(burnout_s * 1000, "the flat's detector burns; its alarm must stay"))
        self.timeline = tuple(steps)

    @classmethod
    def cut(cls) -> KitchenFire:
        """The fire in film time: crossings 20, 23 and 26 s after the world began, nothing burns out, soon aired."""
        return cls("3/1203", None, (20, 23, 26), None, 32, "kitchen_fire_cut", 4)

    def device_names(self, estate: Estate) -> list[str]:
        """Detectors in the order in which they cross, then the doors that must open."""
        return [device.name for device in (*self._detectors(estate), *self._doors(estate))]

    def install(self, world: World) -> None:
        """Drives the three detectors; writes the rows, the doors' expectations and what must not be raised."""
        ignition = 0 if self._at is None else world.local.next(self._at)
        out = ignition + self._out_s * 1000
        rows: list[TruthRow] = []
        onset, clean = ignition, out
        for detector, crossing_s in zip(self._detectors(world.estate), self._crossings_s, strict=True):
            crossing = ignition + crossing_s * 1000
            dead = None
            if self._burnout_s is not None and not rows:
                dead = ignition + self._burnout_s * 1000
            clean, row = self._smoke(world, detector, onset, crossing, out, dead)
            rows.append(row)
            onset = crossing
        second = rows[1].crossing_ms
        doors = self._doors(world.estate)
        for door in doors:
            for alarm, matter in (("door.forced", "forced"), ("door.held", "held")):
                world.claims.add(door.id, matter, second - 1, clean)
                # Released until somebody resets it, which the world cannot see: later the door may raise or not.
                world.claims.add(door.id, f"{matter} for sure", clean, FOREVER_MS)
                cause = "released by fire"
                world.expect(truth_row(door, alarm, second, cause, "must_not", self.name, until_ms=clean))
                # Whoever has read a card when the lock falls opens a locked door.
                world.expect(truth_row(door, alarm, clean, "locked after the fire", "may", self.name))
        world.follow(second, self._expectations(rows, doors))

    def _smoke(
        self, world: World, detector: Device, onset: int, crossing: int, out: int, dead: int | None
    ) -> tuple[int, TruthRow]:
        """Drives one detector; when its air is clean again, and its row."""
        stairs = growth(onset, crossing, out)
        stairs += clearing(out, min(DENSE_MDBM, stairs[-1][1]), self._clearing_s)
        row = truth_row(
            detector, "smoke.alarm", crossing, "kitchen fire", "must", self.name, dead or below_trip_at(stairs)
        )
        for at, value in stairs:
            if dead is None or at < dead:
                world.change(at, detector, "obscuration", value)
        if dead is not None:
            world.destroy(dead, detector)
        # A destroyed detector sees no smoke any more.
        world.claims.add(detector.id, "obscuration", onset - 3_600_000, stairs[-1][0] if dead is None else FOREVER_MS)
        world.expect(row)
        return stairs[-1][0], row

    def _expectations(self, rows: list[TruthRow], doors: list[Device]) -> list[Expectation]:
        after = tuple(row.id for row in rows)
        due: tuple[tuple[Literal["command", "report"], int], ...] = (("command", COMMAND_MS), ("report", REPORT_MS))
        expected = [
            Expectation(f"{door.name}:{ACTION}:{what}", self.name, what, ACTION, door.id, door.name, after, 2, within)
            for door in doors
            for what, within in due
        ]
        if self._burnout_s is not None:
            flat = rows[0]
            row_id = f"{flat.name}:not_cleared"
            expected.append(
                Expectation(row_id, self.name, "not_cleared", flat.alarm, flat.device, flat.name, (flat.id,), 1, None)
            )
        return expected

    def _detectors(self, estate: Estate) -> tuple[Device, Device, Device]:
        try:
            flat = estate.flat(self._flat)
        except LookupError as error:
            raise IncidentError(f"{self.name}: {error}; choose a flat of this estate") from None
        storey, above = (f"core{flat.core}/{n:02d}F/corridor" for n in (flat.storey, flat.storey + 1))
        return (
            self.device(estate, flat.stem, "smoke"),
            self.device(estate, storey, "smoke"),
            self.device(estate, above, "smoke"),
        )

    def _doors(self, estate: Estate) -> list[Device]:
        """The doors of the core, then the leaves of the pedestrian gates."""
        return list(estate.escape_doors(estate.flat(self._flat).core))
