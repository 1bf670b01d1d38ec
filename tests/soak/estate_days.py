"""Days of an estate with faults and incidents, every frame held to the invariants: python -m tests.soak.estate_days.

Ends with 1 when one is violated, and says which; the same seed brings the same days. Each day has a hard hour.
"""

import argparse
import resource
import sys
import time
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from math import ceil
from typing import NamedTuple

from lilong_protocol.frame import HEARTBEAT as BEAT
from lilong_protocol.frame import Frame
from lilong_protocol.pc.simulation import simulation_key
from lilong_protocol.topics import ALARM, EVENT, HEARTBEAT, STATE, TELEMETRY
from lilong_simulator.estate import Estate, load_estate
from lilong_simulator.fleet.full_flash import FullFlash
from lilong_simulator.fleet.spoken import Spoken, said_of
from lilong_simulator.fleet.still import Still
from lilong_simulator.incidents import find
from lilong_simulator.invariants import Invariants
from lilong_simulator.load.faults import parse
from lilong_simulator.load.faults.excuses import RAISE, Hindrance
from lilong_simulator.load.faults.timeline import plan
from lilong_simulator.random_streams import Stream, draw
from lilong_simulator.recorder import Recorder
from lilong_simulator.virtual_run import VirtualRun, epoch_ms
from lilong_tools.centre.model import Batch
from lilong_tools.virtual_centre import CentreInTheLoop

from tests.soak.hard_hours import STATES, HardHours, Proofs, cases
from tests.soak.hard_hours import faults as fault_cases

HOUR_MS = 3_600_000
KIB_OF_MAXRSS = 1024 if sys.platform == "darwin" else 1  # macOS tells bytes
DAY_S = 86_400
WARM_MS = 240_000  # a gas detector's 180 s after power, and its limit
DRAIN_MS = 1_800_000  # what a cover has to say may have been tried four times by then
START = datetime(2026, 3, 4)
# Each once a day, when the draw says; 0.2 of the devices.
DAILY = (
    "blackout for=900 share=0.2", "partition for=1800 share=0.2", "full_flash for=7200 share=0.2",
    "bad_radio for=3600 loss=0.1 duplicate=0.05 reorder=0.1 hold_ms=2000 share=0.2", "broker_restart for=30",
    "nuisance_flood for=1200 per_min=1",
)  # fmt: skip
DRIFT = "wrong_clock for=86400 spread=115 share=0.2"  # all day: GB 50396 5.1, 10 s a day are 115.7 ppm


class Watched(Recorder):
    """Hands all that it is told to the invariants, and forgets what is over."""

    def __init__(self, epoch_zero: int) -> None:
        super().__init__()
        self.invariants = Invariants(epoch_zero)
        self.proofs: Proofs | None = None

    def output(self, at: float, device: str, name: str, value: int) -> None:
        super().output(at, device, name, value)
        self.invariants.output(at, device, name, value)

    def sent(self, at: float, device: str, cls: str, frame: bytes, due: float | None) -> None:
        super().sent(at, device, cls, frame, due)
        self.invariants.sent(at, device, cls, frame, due)
        if self.proofs is not None and cls in (ALARM, EVENT):
            self.proofs.said(at, device, said_of(frame))

    def told(
        self, at: int, step: int, count: int, device: str, cls: str, said: Frame, data: bytes | list[bytes] | None
    ) -> None:
        """Heartbeats or telemetry of a device that is still."""
        self.count(at, device, cls, count)
        self.invariants.checked += count

    def note(self, at: float, device: str, what: str, code: int, boot: int, seq: int) -> None:
        super().note(at, device, what, code, boot, seq)
        self.invariants.note(at, device, what, code, boot, seq)
        if self.proofs is not None:
            self.proofs.note(at, device, what, code)

    def link(self, at: float, device: str, up: bool) -> None:
        super().link(at, device, up)
        self.invariants.link(at, device, up)
        if self.proofs is not None:
            self.proofs.link(device, up)

    def forget(self) -> None:
        """What nobody asks for any more."""
        self.outputs.clear()
        self.events_sent.clear()
        self.alarms.clear()
        self.said.clear()


class NoLog:
    def down(self, at: int, device: str, cls: str, frame: bytes) -> None:
        """What the centre sends is not kept."""


class WatchedCentre(CentreInTheLoop):
    """Tells the invariants what arrives, and what it concludes from it."""

    def __init__(self, estate: Estate, key: bytes, epoch_zero: int, seed: int, invariants: Invariants) -> None:
        super().__init__(estate, key, epoch_zero, seed, NoLog())
        self._invariants = invariants
        self._decide = self._core.take
        setattr(self._core, "take", self._taken)  # noqa: B010  a method of one object

    def receive(self, now: int, topic: str, payload: bytes, retained: bool) -> None:
        _, _, _, device, _, cls = topic.split("/")
        if isinstance(payload, Spoken):  # else it is a stranger's
            self._invariants.loss.arrived(now, device, cls, payload.said)
        elif cls == STATE:
            self._invariants.loss.arrived(now, device, cls, said_of(payload))
        super().receive(now, topic, payload, retained)

    def passes(self, arrival: int, device: str, frame: bytes) -> bool:
        passed = super().passes(arrival, device, frame)
        if passed:
            said = said_of(frame)
            cls = HEARTBEAT if said.kind == BEAT else TELEMETRY
            self._invariants.loss.arrived(arrival, device, cls, said)
        return passed

    def _taken(self) -> Batch:
        batch = self._decide()
        now = int(self._fleet.env.now)
        for device in batch.decided.lost if batch.decided is not None else ():
            self._invariants.loss.declared(now, device)
        for change in batch.changes:
            if change["type"] == "event" and self._invariants.time is not None:
                self._invariants.time.event(now, change["device"], change["boot"], change["seq"])
        return batch


class Blind:
    """Whether a device could not feel anything for a while: no power, a stuck sensor, burnt, or not yet warm."""

    def __init__(self, hindrances: Sequence[Hindrance], burnt: Collection[str]) -> None:
        self._of: dict[str, list[Hindrance]] = {}
        for one in hindrances:
            self._of.setdefault(one.device, []).append(one)
        self._burnt = burnt

    def __call__(self, device: str, begin: float, until: float) -> bool:
        return device in self._burnt or any(
            one.begin <= until and (one.end is None or one.end + WARM_MS >= begin) for one in self._of.get(device, ())
        )


class Found(NamedTuple):
    """What came of a run."""

    invariants: Invariants
    proofs: Proofs

    @property
    def violations(self) -> list[str]:
        return self.invariants.violations

    @property
    def checked(self) -> int:
        return self.invariants.checked

    def __str__(self) -> str:
        """What it was that held."""
        life, loss, told = self.invariants.life, self.invariants.loss, self.invariants.time
        states = ", ".join(f"{state} {n}/{self.proofs.planned[state]}" for state, n in self.proofs.proved.items())
        times = f"{told.held:,} times true, worst off by {told.worst_ms:.0f} ms; " if told is not None else ""
        return (
            f"{life.held} dangers raised ({life.excused} without power), {states}; {loss.wills:,} wills, "
            f"{loss.losses} losses by silence; {times}{len(self.violations)} violations"
        )


def faults_of(days: float, seed: int) -> list[str]:
    """Of each day one of DAILY each, one after the other begun at times of its own."""
    found = []
    for day in range(int(days)):
        for text in DAILY:
            name, _, arguments = text.partition(" ")
            at = day * DAY_S + Stream(draw(seed, "soak", name, day)).between(3_600, DAY_S - 7_200)
            found.append(f"{name} at={at} {arguments}")
        name, _, arguments = DRIFT.partition(" ")
        found.append(f"{name} at={day * DAY_S} {arguments}")
    return found


def watched(
    estate: str, hours: float, seed: int = 1, incidents: Sequence[str] = (), faults: Sequence[str] = (),
    start: datetime = START, hard: Sequence[str] = (), progress: Callable[..., None] = lambda *_, **__: None,
) -> Found:  # fmt: skip
    """Play it, and a drain; what the invariants say. hard: the states of the hard hour of each day."""
    place = load_estate(estate)
    zero = epoch_ms(place, start)
    key = simulation_key(place.id)
    recorder = Watched(zero)
    invariants = recorder.invariants
    centre = WatchedCentre(place, key, zero, seed, invariants)
    dangers = cases(place, ceil(hours / 24), seed, hard)
    planned = plan([parse(text) for text in faults], {place.id: place.devices}, seed)
    planned += fault_cases(place, dangers, seed)
    run = VirtualRun(
        place, key, seed, start, [*map(find, incidents), HardHours(dangers, invariants.life.grew)], centre, recorder,
        False, False, planned, Still(recorder.told, centre),
    )  # fmt: skip
    recorder.proofs = proofs = Proofs(dangers, lambda device: run._fleet._members[device].device.store)
    invariants.life.unkept = lambda device: isinstance(run._fleet._members[device].device.store, FullFlash)
    horizon = round(hours * HOUR_MS)

    def settle() -> None:
        """What has happened since the last time is judged, and forgotten."""
        now = int(run.env.now)
        run.catch_up()
        for row in run.world.truth:
            invariants.life.crossed(row)
        hindrances = run.faults.timeline.hindrances if run.faults is not None else []
        blind = [one for one in hindrances if one.why in RAISE and one.counts and (one.end or now) > now - DAY_S * 1000]
        invariants.life.settle(now, Blind(blind, recorder.burnt))
        invariants.loss.settle(now)
        invariants.feed(centre.feed)
        run.world.truth.clear()
        centre.feed.clear()
        recorder.forget()

    for at in range(HOUR_MS, horizon + HOUR_MS, HOUR_MS):
        run.run(min(at, horizon))
        settle()
        if at % (DAY_S * 1000) == 0:
            progress(f"day {at // (DAY_S * 1000)}: {invariants.checked:,} frames", *invariants.violations, flush=True)
    run.mend()
    run.run(int(run.env.now) + DRAIN_MS)
    settle()
    invariants.end()
    invariants.violations.extend(proofs.missing())
    return Found(invariants, proofs)


def main() -> int:
    parser = argparse.ArgumentParser(description="days of an estate, held to what must hold whatever happens")
    parser.add_argument("estate", nargs="?", default="music_plaza")
    parser.add_argument("--days", type=float, default=30)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--incident", action="append", help="several times; else kitchen_fire and morning_rush")
    given = parser.parse_args()
    begin = time.monotonic()
    incidents = given.incident or ("kitchen_fire", "morning_rush")
    faults = faults_of(given.days, given.seed)
    found = watched(given.estate, given.days * 24, given.seed, incidents, faults, hard=STATES, progress=print)
    for text in found.violations:
        print(f"FOUND {text}", flush=True)
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / KIB_OF_MAXRSS / 1024
    print(
        f"{given.days:g} days of {given.estate}, seed {given.seed}: {found.checked:,} frames, {found}, "
        f"{peak_mb:.0f} MB, {time.monotonic() - begin:.0f} s"
    )
    return int(bool(found.violations))


if __name__ == "__main__":
    sys.exit(main())
