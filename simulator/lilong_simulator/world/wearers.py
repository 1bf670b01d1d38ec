"""Elders with a wristband: they move by day and lie still by night, charge the band at nine, sometimes fall or press.

A wearer's day begins at three in the morning, a little later for each than for the one before, so that a live
world never plans all of them at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from lilong_simulator.estate import Device, Resident
from lilong_simulator.random_streams import Stream
from lilong_simulator.truth import Expect, TruthRow, truth_row
from lilong_simulator.world.local_time import DAY_MS, HOUR_MS, MINUTE_MS
from lilong_simulator.world.outings import Outing, outing

if TYPE_CHECKING:
    from lilong_simulator.world.world import World

DAY_BEGINS_MS = 3 * HOUR_MS
CHARGING_MS = 90 * MINUTE_MS  # 1.5 h around 21:00 (assumed)
RECALL = 0.8  # of falls the detector sees: who slides down has no free fall (assumed)
FREE_FALL_MG, FREE_FALL_MS = 250, 400  # below 0.5 g
IMPACT_MG, IMPACT_MS = 3_400, 100  # above 2.5 g
AT_REST_MG = 1_000
STILL_MS = 150_000  # after a fall: longer than stillness (10 s) and cancel window (20 s) together
NIGHT_BPM = 60
WEEK_DAYS, YEAR_DAYS = 7, 365
METRE_MICRODEGREES = 9  # of latitude
DEGREE = 0.017453292519943295  # in radians
STATES = ("motion", "heart_rate", "battery", "worn", "charging", "latitude", "longitude")  # what lasts

MISHAPS = ("accel", "cancel", "sos")  # what only a mishap moves
FELT = (*MISHAPS, "motion", "outside")
PLACE = ("latitude", "longitude")

Change = tuple[int, str, int]


class Wearers:
    """All wearers of an estate, each a day at a time."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._wearers = [(world.estate.by_id[band], person) for band, person in world.estate.wearers.items()]
        self._initial: dict[tuple[str, str], int] = {}

    def begin(self) -> None:
        """Plans the rest of the day of each wearer; what they do at the start is `initial`."""
        for band, person in self._wearers:
            late = self._world.streams.draw(person.key, "day begins") % HOUR_MS
            day = 0 if self._world.local.midnight(0) + DAY_BEGINS_MS + late <= 0 else -1
            self._plan(band, person, day, late)

    def initial(self) -> Iterator[tuple[str, str, int]]:
        """Whether they move, sleep or charge when the world begins."""
        for (band, channel), value in self._initial.items():
            yield band, channel, value

    def _plan(self, band: Device, person: Resident, day: int, late: int) -> None:
        world = self._world
        begins = world.local.midnight(day) + DAY_BEGINS_MS + late
        life = _Day(world, band, person, world.local.ordinal(day), begins)
        free = partial(world.claims.free, band.id)
        rows = [row for row in life.rows if all(free(channel, *_lasts(row)) for channel in FELT)]
        left_out = [_lasts(row) for row in life.rows if row not in rows]  # an incident has the wearer then
        for at, channel, value in life.changes:
            away = channel in MISHAPS and any(begin <= at <= end for begin, end in left_out)
            if away or not free(channel, at, at):
                continue
            if at >= 0:
                world.change(at, band, channel, value)
            elif channel in STATES:
                self._initial[band.id, channel] = value
        for row in rows:
            world.expect(row)
        world.agenda.at(begins + DAY_MS, self._plan, band, person, day + 1, late)


def _lasts(row: TruthRow) -> tuple[int, int]:
    """From a little before its crossing, when it begins, to its end."""
    return row.crossing_ms - 1_000, row.crossing_ms if row.until_ms is None else row.until_ms


class _Day:
    """One day of one wearer; `changes` ascending, `rows` what must and must not be raised."""

    def __init__(self, world: World, band: Device, person: Resident, ordinal: int, begins: int) -> None:
        self.changes: list[Change] = []
        self.rows: list[TruthRow] = []
        self._band = band
        self._estate = world.estate
        self._stream = stream = world.streams.stream(person.key, "day", ordinal)
        accidents = world.streams.stream(person.key, "accidents", ordinal)
        rates = world.estate.rates
        falls: list[tuple[str, float]] = [
            ("fall", rates.falls_per_wearer_year / YEAR_DAYS),
            ("sat down hard", rates.false_falls_per_wearer_week / WEEK_DAYS),
            ("cancelled", rates.cancelled_falls_per_wearer_week / WEEK_DAYS),
            ("knock", rates.knocks_per_wearer_week / WEEK_DAYS),
        ]
        self._seen = world.streams.chance(RECALL, person.key, "fall is seen", ordinal)
        happens = [kind for kind, chance in falls if accidents.chance(chance)]
        pressed = [
            cause
            for cause, chance in (
                ("pressed by accident", rates.sos_by_accident_per_wearer_week / WEEK_DAYS),
                ("pressed in need", rates.sos_per_wearer_year / YEAR_DAYS),
            )
            if accidents.chance(chance)
        ]
        wakes = begins + stream.between(2 * HOUR_MS, 3 * HOUR_MS + 30 * MINUTE_MS)
        charges = begins + 18 * HOUR_MS + stream.between(-40 * MINUTE_MS, 10 * MINUTE_MS)
        for channel, value in (("motion", 0), ("worn", 1), ("charging", 0), ("heart_rate", NIGHT_BPM), ("battery", 97)):
            self._set(begins, channel, value)
        self._position(begins, band.x, band.y)
        self._night_walk(begins + stream.between(MINUTE_MS, 90 * MINUTE_MS))
        self._awake(wakes, charges - 30 * MINUTE_MS, happens, accidents)
        for cause in pressed:
            self._press(accidents.between(wakes, charges - HOUR_MS), cause)
        self._charge(charges)
        self._night_walk(charges + CHARGING_MS + stream.between(2 * HOUR_MS, 3 * HOUR_MS))
        away = outing(world.streams, world.estate, person, ordinal, wakes + HOUR_MS, charges - HOUR_MS)
        if away is not None and away.begins > 0:  # the world sees all of it
            self._leave(away)
        self.changes.sort(key=lambda change: change[0])

    def _set(self, at: int, channel: str, value: int) -> None:
        self.changes.append((at, channel, value))

    def _night_walk(self, at: int) -> None:
        self._set(at, "motion", 1)
        self._set(at + self._stream.between(3, 6) * MINUTE_MS, "motion", 0)

    def _awake(self, at: int, until: int, accidents: list[str], draws: Stream) -> None:
        """Bouts of moving and of sitting; accidents happen in or at the end of a bout."""
        stream, battery, drained = self._stream, 97, at
        pending = [(draws.between(0, 9), kind) for kind in accidents]
        outing, bout = stream.between(3, 14), 0
        self._set(at, "heart_rate", stream.between(66, 78))
        while at < until:
            active = stream.between(5, 20) * MINUTE_MS
            still = stream.between(5, 40) * MINUTE_MS
            self._set(at, "motion", 1)
            if bout == outing:
                self._stroll(at, at + active)
            end = at + active
            fallen = False
            for number, kind in pending:
                if number == bout and kind == "knock":
                    self._knock(at + MINUTE_MS)
                elif number == bout and not fallen:
                    fallen = True
                    still += self._fall(end, kind, draws)
            if not fallen:
                self._set(end, "motion", 0)
            at, bout = end + still, bout + 1
            if at - drained >= 2 * HOUR_MS:
                battery, drained = battery - stream.between(2, 4), at
                self._set(at, "battery", battery)

    def _stroll(self, at: int, back: int) -> None:
        """A walk through the estate: the pulse rises, the position follows every five minutes."""
        estate, stream = self._estate, self._stream
        self._set(at, "heart_rate", stream.between(88, 105))
        self._set(back, "heart_rate", stream.between(66, 78))
        x, y = self._band.x, self._band.y
        for when in range(at, back, 5 * MINUTE_MS):
            self._position(when, x, y)
            x = min(max(x + stream.between(-40, 40), 0), estate.width_m)
            y = min(max(y + stream.between(-40, 40), 0), estate.height_m)
        self._position(back, self._band.x, self._band.y)

    def _position(self, at: int, x: float, y: float) -> None:
        estate = self._estate
        north, east = estate.height_m / 2 - y, x - estate.width_m / 2
        square = (estate.latitude * DEGREE) ** 2
        cosine = 1 - square / 2 + square * square / 24  # to 1 % up to 60 degrees, and the same with every libm
        self._set(at, "latitude", int(estate.latitude * 1_000_000 + north * METRE_MICRODEGREES))
        self._set(at, "longitude", int(estate.longitude * 1_000_000 + east * METRE_MICRODEGREES / cosine))

    def _leave(self, away: Outing) -> None:
        """Out of the estate and back; a stroll at that time is a part of it."""
        self.changes = [
            change for change in self.changes
            if change[1] not in PLACE or not away.begins <= change[0] <= away.ends
        ]  # fmt: skip
        for at, metres in away.legs:
            if at < away.ends:
                self._position(at, *away.place(self._estate, self._band, metres))
            if away.fenced:
                self._set(at, "outside", metres)
        self._position(away.ends, self._band.x, self._band.y)
        row = away.row(self._band)
        if row is not None:
            self.rows.append(row)

    def _fall(self, at: int, kind: str, draws: Stream) -> int:
        """Free fall, impact, stillness; the ms of stillness that follow at least."""
        impact = at + FREE_FALL_MS
        if kind != "fall" or self._seen:
            self._set(at, "accel", FREE_FALL_MG)  # else the wearer slides down
        self._set(impact, "accel", IMPACT_MG)
        self._set(impact + IMPACT_MS, "accel", AT_REST_MG)
        self._set(impact + IMPACT_MS, "motion", 0)
        if kind == "cancelled":
            cancel = impact + IMPACT_MS + draws.between(14_000, 25_000)  # in the window, 10 to 30 s after the impact
            self._set(cancel, "cancel", 1)
            self._set(cancel + 1_000, "cancel", 0)
            self._row("band.fall", impact, "cancelled by the wearer", "must_not", impact + STILL_MS)
            return STILL_MS
        still = STILL_MS if kind == "sat down hard" else draws.between(15, 30) * MINUTE_MS
        self._row("band.fall", impact, kind, "must", impact + still, RECALL if kind == "fall" else None)
        return still

    def _knock(self, at: int) -> None:
        """An arm that hits the table: an impact without free fall, and the wearer goes on moving."""
        self._set(at, "accel", IMPACT_MG)
        self._set(at + IMPACT_MS, "accel", AT_REST_MG)
        self._row("band.fall", at, "knock", "must_not", at + STILL_MS)

    def _press(self, at: int, cause: str) -> None:
        self._set(at, "sos", 1)
        self._set(at + 1_500, "sos", 0)
        self._row("band.sos", at, cause, "must", at + 1_500)

    def _charge(self, at: int) -> None:
        """Off the wrist and on the charger at once, and back again: never seen as taken off."""
        back = at + CHARGING_MS
        for channel, value in (("motion", 0), ("charging", 1), ("worn", 0)):
            self._set(at, channel, value)
        for channel, value in (("battery", 100), ("worn", 1), ("charging", 0), ("heart_rate", NIGHT_BPM)):
            self._set(back, channel, value)

    def _row(
        self, alarm: str, at: int, cause: str, expect: Expect, until: int, recall: float | None = None
    ) -> None:  # fmt: skip
        if at > FREE_FALL_MS:  # the world has seen all of it
            self.rows.append(truth_row(self._band, alarm, at, cause, expect, until_ms=until, recall=recall))
