"""Every door of an estate is forced open a second after the world began; as a program, a worker that knows of it."""

from lilong_simulator.incidents import INCIDENTS
from lilong_simulator.incidents.base import Incident
from lilong_simulator.truth import truth_row

NAME = "break_in"
AT_MS = 1_000


class BreakIn(Incident):
    name = NAME
    timeline = ()

    def device_names(self, estate):
        return [door.name for door in estate.of_kind("door")]

    def install(self, world):
        for door in world.estate.of_kind("door"):
            world.claims.add(door.id, "forced", 0, 10**9)
            world.change(AT_MS, door, "contact", 1)
            world.expect(truth_row(door, "door.forced", AT_MS, "forced open", "must", self.name, AT_MS + 100))


if __name__ == "__main__":
    import uvloop
    from lilong_simulator.load.shards.worker import main
    from lilong_tools.load.shard import unpacked

    INCIDENTS[NAME] = BreakIn
    main(unpacked, uvloop.run)
