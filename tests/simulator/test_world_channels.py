"""In every estate that comes with the simulator, and twentyfold, the world drives channels that its devices have."""

from datetime import datetime

import pytest
from lilong_simulator.estate import load_estate
from lilong_simulator.estate.source import ESTATES
from lilong_simulator.fleet.plant import LOAD
from lilong_simulator.kinds import rules
from lilong_simulator.world.local_time import HOUR_MS
from world_log import run

NAMES = sorted(file.stem for file in ESTATES.glob("*.toml"))


@pytest.mark.parametrize(("name", "rate", "hours"), [*((name, 1.0, 5) for name in NAMES), ("music_plaza", 20.0, 1)])
def test_the_world_drives_what_there_is(name: str, rate: float, hours: int) -> None:
    log = run(load_estate(name, event_rate=rate), datetime(2026, 3, 2, 18), hours * HOUR_MS)
    kinds = {device.id: device.kind for device in log.world.estate.devices}
    driven = {(kinds[device], channel) for _, device, channel, _ in log.calls}
    driven |= {(kinds[device], channel) for _, device, channel in log.silences}
    assert len(driven) > 5
    for kind, channel in driven:
        channels = {row[0] for row in rules(kind).CHANNELS}
        assert channel in channels or (channel == LOAD and kind in ("ev_pile", "shed_socket")), (kind, channel)
