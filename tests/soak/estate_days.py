"""Days of an estate with faults and incidents, every frame held to the invariants: python -m tests.soak.estate_days.

Ends with 1 when one is violated, and says which; the same seed brings the same days.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from datetime import datetime

from lilong_protocol.frame import Frame
from lilong_protocol.pc.simulation import simulation_key
from lilong_simulator.estate import load_estate
from lilong_simulator.fleet.still import Still
from lilong_simulator.incidents import find
from lilong_simulator.invariants import Invariants
from lilong_simulator.load.faults import parse
from lilong_simulator.load.faults.timeline import plan
from lilong_simulator.random_streams import Stream, draw
from lilong_simulator.recorder import Recorder
from lilong_simulator.virtual_run import VirtualRun, epoch_ms
from lilong_tools.virtual_centre import CentreInTheLoop

HOUR_MS = 3_600_000
DAY_S = 86_400
DRAIN_MS = 1_800_000  # what a cover has to say may have been tried four times by then
START = datetime(2026, 3, 4)
# Each once a day, when the draw says; 0.2 of the devices.
DAILY = (
    "blackout for=900 share=0.2", "partition for=1800 share=0.2", "full_flash for=7200 share=0.2",
    "bad_radio for=3600 loss=0.1 duplicate=0.05 reorder=0.1 hold_ms=2000 share=0.2", "broker_restart for=30",
    "nuisance_flood for=1200 per_min=1",
)  # fmt: skip


class Watched(Recorder):
    """Hands all that it is told to the invariants, and forgets what is over."""

    def __init__(self) -> None:
        super().__init__()
        self.invariants = Invariants()

    def sent(self, at: float, device: str, cls: str, frame: bytes, due: float | None) -> None:
        super().sent(at, device, cls, frame, due)
        self.invariants.sent(at, device, cls, frame, due)

    def told(
        self, at: int, step: int, count: int, device: str, cls: str, said: Frame, data: bytes | list[bytes] | None
    ) -> None:
        """Heartbeats or telemetry of a device that is still."""
        self.count(at, device, cls, count)
        self.invariants.checked += count

    def note(self, at: float, device: str, what: str, code: int, boot: int, seq: int) -> None:
        super().note(at, device, what, code, boot, seq)
        self.invariants.note(at, device, what, code, boot, seq)

    def link(self, at: float, device: str, up: bool) -> None:
        super().link(at, device, up)
        self.invariants.link(at, device, up)


class NoLog:
    def down(self, at: int, device: str, cls: str, frame: bytes) -> None:
        """What the centre sends is not kept."""


def faults_of(days: float, seed: int) -> list[str]:
    """Of each day one of DAILY each, one after the other begun at times of its own."""
    found = []
    for day in range(int(days)):
        for text in DAILY:
            name, _, arguments = text.partition(" ")
            at = day * DAY_S + Stream(draw(seed, "soak", name, day)).between(3_600, DAY_S - 7_200)
            found.append(f"{name} at={at} {arguments}")
    return found


def watched(
    estate: str, hours: float, seed: int = 1, incidents: Sequence[str] = (), faults: Sequence[str] = (),
    start: datetime = START,
) -> Invariants:  # fmt: skip
    """Play it, and a drain; what the invariants say."""
    place = load_estate(estate)
    zero = epoch_ms(place, start)
    key = simulation_key(place.id)
    recorder = Watched()
    centre = CentreInTheLoop(place, key, zero, seed, NoLog())
    planned = plan([parse(text) for text in faults], {place.id: place.devices}, seed)
    run = VirtualRun(
        place, key, seed, start, [find(name) for name in incidents], centre, recorder, False, False, planned,
        Still(recorder.told, centre),
    )  # fmt: skip
    horizon = round(hours * HOUR_MS)
    for at in range(HOUR_MS, horizon + HOUR_MS, HOUR_MS):
        run.run(min(at, horizon))
        run.catch_up()
        recorder.outputs.clear()
    run.mend()
    run.run(int(run.env.now) + DRAIN_MS)
    recorder.invariants.feed(centre.feed)
    return recorder.invariants


def main() -> int:
    parser = argparse.ArgumentParser(description="days of an estate, held to what must hold whatever happens")
    parser.add_argument("estate", nargs="?", default="music_plaza")
    parser.add_argument("--days", type=float, default=30)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--incident", action="append", help="several times; else kitchen_fire and morning_rush")
    given = parser.parse_args()
    begin = time.monotonic()
    incidents = given.incident or ("kitchen_fire", "morning_rush")
    found = watched(given.estate, given.days * 24, given.seed, incidents, faults_of(given.days, given.seed))
    for text in found.violations:
        print(f"FOUND {text}", flush=True)
    print(
        f"{given.days:g} days of {given.estate}, seed {given.seed}: {found.checked:,} frames, "
        f"{len(found.violations)} violations, {time.monotonic() - begin:.0f} s"
    )
    return int(bool(found.violations))


if __name__ == "__main__":
    sys.exit(main())
