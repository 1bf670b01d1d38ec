"""How a car passes a lane: it is seen, its plate is read, the arm goes up, it drives over the loop; or it turns round.

An arm of whose motor nothing has been heard is up: a world that has no devices goes on as it was planned.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from lilong_simulator.estate import Device
from lilong_simulator.fleet.arm import LOWER, RAISE, STOP, TRAVEL_MS
from lilong_simulator.random_streams import Stream

if TYPE_CHECKING:
    from lilong_simulator.world.world import World

CAR, VAN = 1, 2  # quantity vehicle_class
SURE, UNSURE = (90, 99), (45, 80)  # percent; a lane believes 85 and more
PATIENCE_MS = 25_000  # who would wait longer takes another lane
GAP_MS = 2_500  # from one car's leaving the loop to the next one's being seen
SEEN_MS = 800  # until the camera has read a plate ...
LEAVES_MS = 1_000  # from the loop below the arm, until it is no more before it
AGAIN_MS = 1_000  # ... which it then tells again
TRY_MS = 250  # (ours) a driver before an arm that is not up looks so often
WAIT_MS = 2_000  # (ours) and turns round after so long, if nobody else is to be in the way
FAR = 1 << 62
SPAN_MS = 30_000  # a passage with all that belongs to it takes no longer


@dataclass(frozen=True, slots=True)
class Drive:
    """A car that wants to pass one of `lanes`, best the first; `reads`: (ms after the one before, plate, percent)."""

    at: int
    lanes: tuple[Device, ...]
    size: int
    reads: tuple[tuple[int, int, int], ...]
    onto_ms: int
    below_ms: int


def drive(stream: Stream, at: int, lanes: tuple[Device, ...], plate: int, misread: float) -> Drive:
    """A passage with what the camera makes of the plate: it may read a wrong one, and believe that or doubt it."""
    first = stream.below(len(lanes))
    size = VAN if stream.chance(0.08) else CAR
    reads = [(SEEN_MS, plate, stream.between(*SURE)), (AGAIN_MS, plate, stream.between(*SURE))]
    if stream.chance(misread):
        wrong = plate ^ 1 << stream.below(32) or 1
        doubted = stream.chance(0.5)
        reads[0] = (SEEN_MS, wrong, stream.between(*(UNSURE if doubted else SURE)))
        if doubted:  # the driver comes nearer, and it is read right
            reads[1] = (stream.between(6_000, 11_000), *reads[1][1:])
        else:
            reads[1] = (AGAIN_MS, *reads[0][1:])
    onto, below = stream.between(2_500, 4_500), stream.between(1_500, 3_000)
    return Drive(at, lanes[first:] + lanes[:first], size, tuple(reads), onto, below)


class Lanes:
    """What happens at all lanes: one car at a time."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._free: dict[str, int] = {}
        self._up: dict[str, int] = {}  # by lane of whose motor something has been heard: from when on its arm is up
        for lane in world.estate.of_kind("vehicle_lane"):
            world.listen(lane.id, "barrier", partial(self._driven, lane.id))

    def perform(self, car: Drive) -> None:
        """Puts a passage on the agenda, unless an incident has the lane."""
        world, free = self._world, self._free
        lane = car.lanes[0]
        if free.get(lane.id, 0) > car.at + PATIENCE_MS:
            lane = min(car.lanes, key=lambda other: free.get(other.id, 0))
        at = max(car.at, free.get(lane.id, 0))
        if not world.claims.free(lane.id, "passage", at, at + SPAN_MS):
            return
        world.change(at, lane, "approach", 1)
        world.change(at, lane, "vehicle_class", car.size)
        read, sure = at, None
        for after, plate, percent in car.reads:
            read += after
            if sure is None and percent >= SURE[0]:
                sure = read
            world.change(read, lane, "confidence", percent)
            world.change(read, lane, "plate", plate)
        if sure is not None:
            world.passes(sure, lane)
        onto = read + car.onto_ms
        world.agenda.at(onto, self._drive_on, lane, onto + WAIT_MS, car.below_ms)
        free[lane.id] = onto + car.below_ms + GAP_MS

    def _drive_on(self, lane: Device, until: int, below_ms: int) -> None:
        """Below the arm, if it is up."""
        world, now = self._world, self._world.agenda.now
        if self._up.get(lane.id, now) <= now:
            left = now + below_ms
            world.change(now, lane, "loop", 1)
            world.change(now + LEAVES_MS, lane, "approach", 0)
            world.change(left, lane, "loop", 0)
            world.change(left, lane, "plate", 0)
        elif now + TRY_MS <= until:
            world.agenda.at(now + TRY_MS, self._drive_on, lane, until, below_ms)
        else:
            world.change(now, lane, "approach", 0)
            world.change(now, lane, "plate", 0)

    def _driven(self, lane_id: str, motor: int) -> None:
        """What has gone up stops there."""
        up, now = self._up.get(lane_id, FAR), self._world.agenda.now
        if motor == RAISE:
            up = now + TRAVEL_MS
        elif motor == LOWER:
            up = FAR
        elif motor == STOP and up < FAR:
            up = min(up, now)
        self._up[lane_id] = up
