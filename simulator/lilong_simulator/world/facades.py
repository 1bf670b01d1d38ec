"""What falls past the facades, and what their cameras take for it: birds, leaves, sheets of rain.

The world plays the analytics: a camera is told how sure they are of what they saw, and must tell what they are sure
of, a bird too. They miss one thing in ten that really falls; that nobody can be told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lilong_simulator.estate import Device
from lilong_simulator.random_streams import Stream
from lilong_simulator.truth import truth_row
from lilong_simulator.world.daily import Daily
from lilong_simulator.world.fences import moments
from lilong_simulator.world.local_time import MINUTE_MS
from lilong_simulator.world.weather import rough_hours

if TYPE_CHECKING:
    from lilong_simulator.world.world import World

RECALL = 0.9
SURE, UNSURE = (70, 98), (15, 45)  # percent; a camera tells from 60
APART_MS = 3 * MINUTE_MS  # from one sight of a camera to the next, so that each is an alarm of its own
DROP_MS = 400
ALARM = "camera.falling_object"


class Facades(Daily):
    """The cameras that look at facades, a day at a time."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._cameras = [camera for camera in world.estate.of_kind("camera") if "facade" in camera.name]
        self._storeys = {
            building: max(flat.storey for flat in world.estate.flats if flat.building == building)
            for building in {flat.building for flat in world.estate.flats}
        }
        self._seen: dict[str, int] = {}

    def _plan(self, midnight: int, ordinal: int) -> None:
        world, rates = self._world, self._world.estate.rates
        fair = [False] * 24
        rough = rough_hours(world.streams, world.estate.id, ordinal) if self._cameras else fair
        for camera in self._cameras:
            for what, hours, per_day in (
                ("object", fair, rates.falling_objects_per_facade_camera_year / 365),
                ("taken for an object", fair, rates.falling_nuisances_per_facade_camera),
                ("bird", rough, rates.birds_per_facade_camera),
            ):  # fmt: skip
                stream = world.streams.stream(camera.name, what, ordinal)
                for at in moments(stream, hours, per_day):
                    self._fall(camera, stream, midnight + at, what)

    def _fall(self, camera: Device, stream: Stream, at: int, what: str) -> None:
        world = self._world
        seen = what != "object" or stream.chance(RECALL)
        sure = stream.between(*(UNSURE if what == "bird" else SURE))
        storey, place = stream.between(2, max(2, self._storeys.get(camera.building or "", 2))), stream.between(0, 40)
        if at < max(world.agenda.now, self._seen.get(camera.id, 0) + APART_MS):
            return
        if not world.claims.free(camera.id, "falling", at - APART_MS, at + APART_MS):
            return
        if not world.claims.free(camera.id, "blocked", at, at):
            return
        if not seen:
            missed = "an object that the analytics miss"
            world.expect(truth_row(camera, ALARM, at, missed, until_ms=at, recall=RECALL))
            return
        self._seen[camera.id] = at
        world.change(at, camera, "storey", storey)
        world.change(at, camera, "position", place)
        world.change(at, camera, "falling", sure)
        world.change(at + DROP_MS, camera, "falling", 0)
        cause = f"a bird or leaf {what}" if what.startswith("taken") else f"a falling {what}"
        if what == "bird":
            world.expect(truth_row(camera, ALARM, at, "a bird", "must_not", until_ms=at + APART_MS))
        else:
            recall = RECALL if what == "object" else None
            world.expect(truth_row(camera, ALARM, at, cause, until_ms=at + DROP_MS, recall=recall))
