"""The centre in virtual time: what it is not told of changes nothing that it does."""

from datetime import datetime
from pathlib import Path

import pytest
from lilong_protocol.pc.simulation import simulation_key
from lilong_simulator.estate import load_estate
from lilong_simulator.incidents import find
from lilong_simulator.recorder import Recorder
from lilong_simulator.virtual_run import VirtualRun, epoch_ms
from lilong_tools.virtual_centre import CentreInTheLoop

SMALL = Path(__file__).parents[1] / "simulator/small_estate.toml"
MINUTE, HOUR = 60_000, 3_600_000


class Told(CentreInTheLoop):
    """Gets every frame."""

    def passes(self, arrival, device, frame):
        return False


class Log(Recorder):
    """Every frame either way."""

    def __init__(self):
        super().__init__()
        self.frames = []

    def sent(self, at, device, cls, frame, due):
        super().sent(at, device, cls, frame, due)
        self.frames.append((at, device, cls, bytes(frame)))

    def down(self, at, device, cls, frame):
        self.frames.append((at, device, f"d/{cls}", frame))


def story(centre, start, until_ms, incidents=(), seals=True, breaks=(), estate=SMALL):
    place = load_estate(estate)
    key, log = simulation_key(place.id), Log()
    backend = centre(place, key, epoch_ms(place, start), 7, log)
    run = VirtualRun(place, key, 7, start, incidents, backend, log, seals=seals)
    for at, index in breaks:
        run.run(at)
        run._fleet.break_link(place.devices[index].id)
    run.run(until_ms)
    return log, backend.feed, run.world.truth, run.world.expectations


def opened(log):
    return [frame for frame in log.frames if frame[2] not in ("hb", "tm")]


FIRE = datetime(2026, 3, 4, 18, 38)
STORIES = {
    "a day begins": (datetime(2026, 3, 4, 6), 3 * HOUR, ()),
    "a fire": (FIRE, 15 * MINUTE, ("kitchen_fire",)),
}


@pytest.mark.parametrize("what", STORIES)
def test_a_centre_that_is_spared_what_passes_does_the_same(what):
    start, until_ms, names = STORIES[what]
    estate = "music_plaza" if names else SMALL
    incidents = [find(name) for name in names]
    log, feed, truth, expectations = story(CentreInTheLoop, start, until_ms, incidents, estate=estate)
    full = story(Told, start, until_ms, incidents, estate=estate)
    assert log.frames == full[0].frames
    assert (feed, truth, expectations) == full[1:]
    assert log.alarms == full[0].alarms
    assert len(log.frames) > 1_000
    if names:
        assert feed


def test_links_that_break_are_noticed_all_the_same():
    """An always-on device that loses its link now and then, also just before it would be given up."""
    start = datetime(2026, 3, 4, 6)
    breaks = [(20 * MINUTE + at * 7_919, at % 12) for at in range(40)]
    spared = story(CentreInTheLoop, start, HOUR, breaks=breaks)
    full = story(Told, start, HOUR, breaks=breaks)
    assert spared[0].frames == full[0].frames
    assert spared[1:] == full[1:]


def test_a_run_that_seals_less_tells_the_same_otherwise():
    sealed, feed, truth, _ = story(CentreInTheLoop, FIRE, HOUR)
    unsealed = story(CentreInTheLoop, FIRE, HOUR, seals=False)
    assert [frame[:3] for frame in unsealed[0].frames] == [frame[:3] for frame in sealed.frames]
    assert {cls for _, _, cls, frame in unsealed[0].frames if not frame} == {"hb", "tm"}
    assert opened(unsealed[0]) == opened(sealed)
    assert unsealed[1:3] == (feed, truth)
