"""A virtual run with data faults whose frames go by the reference checker as well."""

from datetime import datetime
from pathlib import Path

from lilong_protocol.pc.quality import Checker
from lilong_protocol.pc.simulation import simulation_key
from lilong_simulator.estate import Estate, load_estate
from lilong_simulator.feed import FeedEvent
from lilong_simulator.fleet.spoken import said_of
from lilong_simulator.load.faults.excuses import Excuses
from lilong_simulator.recorder import Recorder
from lilong_simulator.score import Score, score
from lilong_simulator.virtual_run import VirtualRun, epoch_ms
from lilong_tools.virtual_centre import CentreInTheLoop

SMALL = str(Path(__file__).parents[1] / "simulator/small_estate.toml")
START = datetime(2026, 3, 4)
HOUR_MS = 3_600_000
WAY_MS = 40  # of a frame, at most


class Checked(Recorder):
    """`feed`: what the checker finds, as lines of an observed feed. `frames`: (ms, device, class, what it says)."""

    def __init__(self, estate: Estate) -> None:
        super().__init__()
        self.checker = Checker({device.id: device.kind for device in estate.devices})
        self.feed: list[FeedEvent] = []
        self.frames: list[tuple[int, str, str, object]] = []
        self._zero = epoch_ms(estate, START)
        self._ids: dict[tuple[str, str, str], str] = {}

    def sent(self, at: float, device: str, cls: str, frame: bytes, due: float | None) -> None:
        super().sent(at, device, cls, frame, due)
        now, said = self._zero + int(at) + WAY_MS, said_of(frame)
        self.frames.append((int(at), device, cls, said))
        doubts = self.checker.take(now, device, said)
        if self.checker.deadline is not None and self.checker.deadline <= now:
            doubts += self.checker.step(now)
        for one in doubts:
            key = (one.device, one.what.name, one.about)
            if one.begins:
                self._ids[key] = f"{one.what.name}-{one.device}-{len(self.feed)}"
            event = "stored" if one.begins else "cleared"
            self.feed.append(
                FeedEvent(one.at_ms, event, self._ids[key], one.device, one.what.number, 0, 0, one.what.name)
            )


class Played:
    def __init__(self, hours: float, data_faults: dict[str, float], estate: str = SMALL, seed: int = 7) -> None:
        self.estate = load_estate(estate)
        self.zero = epoch_ms(self.estate, START)
        key = simulation_key(self.estate.id)
        self.recorder = Checked(self.estate)
        self.centre = CentreInTheLoop(self.estate, key, self.zero, seed, self)
        self.run = VirtualRun(self.estate, key, seed, START, [], self.centre, self.recorder, data_faults=data_faults)
        self.horizon = round(hours * HOUR_MS)
        self.run.run(self.horizon)
        self.run.mend()
        self.run.run(self.horizon + HOUR_MS)

    def down(self, at: int, device: str, cls: str, frame: bytes) -> None:
        """As a log."""

    def score(self) -> Score:
        feed = [FeedEvent.of(row) for row in self.centre.feed if not row.get("finding")]
        data_faults = self.run.data_faults
        excuses = None if data_faults is None else Excuses(data_faults.faults.hindrances)
        return score(
            self.run.world.truth, self.recorder.alarms.values(), feed, 0, self.zero, horizon=self.horizon,
            excuses=excuses,
        )  # fmt: skip
