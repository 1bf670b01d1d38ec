"""Lamps that burn out, and control gear that does not answer for a while: told while a lamp is to be lit."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from lilong_simulator.estate import Device
from lilong_simulator.fleet.plant import STANDBY_DW, Plant
from lilong_simulator.truth import truth_row
from lilong_simulator.world.daily import YEAR_DAYS, Daily, befallen
from lilong_simulator.world.local_time import DAY_MS, HOUR_MS, MINUTE_MS

if TYPE_CHECKING:
    from lilong_simulator.world.world import World

NIGHT_MS = 9 * HOUR_MS  # from 20:00 to 05:00 lamps are lit
SILENT_MS = (2 * MINUTE_MS, 40 * MINUTE_MS)  # (assumed)
REPLACED_DAYS = (1, 7)  # (assumed)
STANDBY_MA = 5
FAILURE_ABOVE_LEVEL = 20  # percent; a lamp that is darker is not missed
AFTER_MS = 1_000  # the world feels what a lamp is told to do, before it is done
LASTS_MS = {"lamp.control_gear_comm_failure": 30_000, "lamp.failure": 120_000}  # longer than what counts


class Lamps(Daily):
    """All streetlights of an estate, a day at a time."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._lamps = world.estate.of_kind("streetlight")
        rates = world.estate.rates
        self._chances = {
            "lamp.control_gear_comm_failure": rates.lamp_silences_per_lamp_year / YEAR_DAYS,
            "lamp.failure": rates.lamp_failures_per_lamp_year / YEAR_DAYS,
        }
        self._level: dict[str, int] = {}
        self._wrong: dict[str, tuple[str, int]] = {}  # by lamp: its alarm, until when
        for lamp in self._lamps:
            world.listen(lamp.id, "lamp", partial(self._told, lamp))

    def _plan(self, midnight: int, ordinal: int) -> None:
        world = self._world
        evening = midnight + 20 * HOUR_MS
        for lamp, alarm, stream in befallen(world.streams, self._lamps, self._chances, ordinal):
            at = evening + stream.below(NIGHT_MS)
            lasts = stream.between(*SILENT_MS)
            if alarm == "lamp.failure":
                lasts = stream.between(REPLACED_DAYS[0] * DAY_MS, REPLACED_DAYS[1] * DAY_MS)
            if at >= world.agenda.now:
                world.agenda.at(at, self._break, lamp, alarm, at + lasts)

    def _break(self, lamp: Device, alarm: str, until: int) -> None:
        """Only one thing at a time is wrong with a lamp, and only of a lit one does anybody see it begin."""
        world, now = self._world, self._world.agenda.now
        lit = self._level.get(lamp.id, 0) > FAILURE_ABOVE_LEVEL
        if lit and lamp.id not in self._wrong and world.claims.free(lamp.id, "lamp", now, now + LASTS_MS[alarm]):
            self._wrong[lamp.id] = alarm, until
            self._feel(lamp)
            world.expect(truth_row(lamp, alarm, now, "burnt out" if alarm == "lamp.failure" else "no answer"))
            world.agenda.at(until, self._mend, lamp)

    def _told(self, lamp: Device, level: int) -> None:
        """The lamp is commanded: what is wrong with it stays so."""
        self._level[lamp.id] = level
        if lamp.id in self._wrong:
            self._world.agenda.at(self._world.agenda.now + AFTER_MS, self._feel, lamp)

    def _feel(self, lamp: Device) -> None:
        world, now = self._world, self._world.agenda.now
        alarm = self._wrong.get(lamp.id, ("", 0))[0]
        if alarm == "lamp.control_gear_comm_failure":
            world.change(now, lamp, "gear", 0)
        elif alarm:
            world.change(now, lamp, "power", STANDBY_DW)
            world.change(now, lamp, "current", STANDBY_MA)

    def _mend(self, lamp: Device) -> None:
        """It is as good as new."""
        self._wrong.pop(lamp.id)
        for channel, value in Plant().answer("lamp", self._level[lamp.id]):
            self._world.change(self._world.agenda.now, lamp, channel, value)
