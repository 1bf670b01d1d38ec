"""An incident of Music Plaza, with a part of its devices, against the centre's core in virtual time."""

from datetime import datetime, timedelta

from lilong_protocol.pc.simulation import simulation_key
from lilong_simulator import incidents, linkage
from lilong_simulator.estate import load_estate
from lilong_simulator.feed import FeedEvent
from lilong_simulator.load.faults.excuses import Excuses
from lilong_simulator.load.faults.given import of_incidents
from lilong_simulator.load.faults.timeline import plan
from lilong_simulator.recorder import Recorder
from lilong_simulator.score import score
from lilong_simulator.virtual_run import VirtualRun, epoch_ms
from lilong_tools.virtual_centre import CentreInTheLoop

SEED = 7
DAY = datetime(2026, 3, 4)
ALWAYS = ("gateway", "door", "fence_zone", "vehicle_lane")  # kinds of which all are there


class Log(Recorder):
    """`down`: (ms, device, class, frame) of what the centre sent."""

    def __init__(self):
        super().__init__()
        self.told = []

    def down(self, at, device, cls, frame):
        self.told.append((at, device, cls, frame))


class Part(VirtualRun):
    """Whoever is not there feels nothing."""

    def _sense(self, device, channel, value):
        if device in self.estate.by_id:
            super()._sense(device, channel, value)


def reduced(incident, kinds):
    """The estate with the devices that an incident names, all of some kinds, and of `kinds` every tenth alone."""
    estate = load_estate()
    named = set(incident.device_names(estate))
    tenth = {one.id for kind in kinds for one in estate.of_kind(kind)[::10]}
    estate.devices = tuple(
        one for one in estate.devices
        if one.id in tenth or (one.kind not in kinds and (one.kind in ALWAYS or one.name in named))
    )  # fmt: skip
    there = {one.id for one in estate.devices}
    estate.wearers = {band: who for band, who in estate.wearers.items() if band in there}
    return estate


class Played:
    """The run, its score and its linkage."""

    def __init__(self, name, lasts, before=timedelta(minutes=5), kinds=(), centre=CentreInTheLoop):
        incident = incidents.find(name)
        start = datetime.combine(DAY, incident.content.at) - before
        self.estate = reduced(incident, kinds)
        self.log = Log()
        self.zero = epoch_ms(self.estate, start)
        self.before = round(before.total_seconds() * 1000)
        key = simulation_key(self.estate.id)
        self.centre = centre(self.estate, key, self.zero, SEED, self.log)
        until = round((before + lasts).total_seconds() * 1000)
        faults = tuple(of_incidents([incident], self.estate, start, until / 1000))
        planned = plan(faults, {self.estate.id: self.estate.devices}, SEED, whole=False)
        self.run = Part(
            self.estate, key, SEED, start, [incident], self.centre, self.log, seals=False, faults=planned
        )  # fmt: skip
        self.run.run(until)
        self.run.mend()
        self.run.run(int(self.run.env.now) + 120_000)
        self.feed = [FeedEvent.of(row) for row in self.centre.feed]
        timeline = None if self.run.faults is None else self.run.faults.timeline
        excuses = None if timeline is None else Excuses(timeline.hindrances)
        truth = [row for row in self.run.world.truth if not row.device or row.device in self.estate.by_id]
        self.score = score(
            truth, self.log.alarms.values(), self.feed, 0, self.zero, horizon=until, excuses=excuses,
            shown_expected=True,
        )  # fmt: skip
        self.linked = linkage.judge(
            self.run.world.expectations, self.score.alarm_of_row, self.log, self.feed, self.zero, until, excuses
        )  # fmt: skip

    @property
    def failures(self):
        return [*self.score.failures, *(one.failure for one in self.linked if one.failure)]

    def found(self, name, event="stored"):
        """The lines of a finding: (seconds after the incident began, line)."""
        zero = self.zero + self.before
        return [
            ((row["at"] - zero) / 1000, row)
            for row in self.centre.feed
            if row.get("finding") == name and row["event"] == event
        ]

    def name(self, device):
        return self.estate.by_id[device].name
