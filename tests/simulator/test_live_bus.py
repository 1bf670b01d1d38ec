"""The building bus of a live run: a gateway opens its doors for two detectors while there is no backend at all."""

import asyncio
import time
from dataclasses import replace
from pathlib import Path

import pytest
from backends import KEY
from board_case import in_loop
from lilong_protocol import codes
from lilong_simulator.estate import load_estate
from lilong_simulator.fleet.live import Target
from lilong_simulator.fleet.process import available
from lilong_simulator.load.faults.live import LiveLevers
from lilong_simulator.load.places import parts_of, places_of
from lilong_simulator.load.run import LiveRun
from lilong_simulator.load.scenario import Copies, Scenario
from lilong_simulator.load.settings import Settings
from lilong_tools.broker.embedded import EmbeddedBroker

FILE = str(Path(__file__).parents[1] / "tools/gateway_house.toml")
HOUSE = load_estate(FILE)
DOORS = {device.id for device in HOUSE.of_kind("door")}
GATEWAY = HOUSE.device("core3/ground/gateway")
DETECTORS = [HOUSE.device(f"core3/{storey}/corridor/smoke") for storey in ("12F", "13F")]
RELEASED_MS = 3_000  # GB 50166: linkage starts within 3 s


async def released(run, wanted, limit_s=10.0):
    """The doors whose locks have been let go, and when; None where they are not within the limit."""
    until = time.monotonic() + limit_s
    while time.monotonic() < until:
        found = {device: at for at, device, name, value in run.recorder.outputs if name == "lock" and device in wanted}
        if set(found) == set(wanted):
            return found
        await asyncio.sleep(0.02)
    return None


def smoke(run, device):
    """A detector decides that there is smoke."""
    (play,) = run.plays
    member = play.fleet.members[device.id]
    member.device.alarm(play.fleet.now() - member.base, codes.ALARM_SMOKE_ALARM, {})
    member.settle()


class Playing:
    """A run of the house that is online, with a broker and nobody behind it."""

    def __init__(self, *real):
        scenario = Scenario((Copies(FILE),), duration_s=1.0, ramp_s=0, accept="puback")
        self.settings = Settings(scenario, parts_of(places_of(scenario)), {HOUSE.id: KEY}, Target("127.0.0.1", 1))
        self.settings = replace(self.settings, boards=real)

    async def __aenter__(self):
        self.broker = EmbeddedBroker(port=0)
        await self.broker.__aenter__()
        self.run = LiveRun(replace(self.settings, target=Target("127.0.0.1", self.broker.port)), settle_s=0.1)
        await self.run.bring_up()
        self.run.recorder.outputs.clear()
        return self.run

    async def __aexit__(self, *error):
        await self.run.close()
        await self.broker.__aexit__(*error)


@in_loop
async def test_a_gateway_opens_its_doors_for_the_second_detector_with_no_backend():
    async with Playing() as run:
        smoke(run, DETECTORS[0])
        assert await released(run, DOORS, 0.3) is None
        confirmed = run.clock()
        smoke(run, DETECTORS[1])
        found = await released(run, DOORS)
        assert found is not None
        assert all(0 < at - confirmed < RELEASED_MS for at in found.values())


@in_loop
async def test_a_gateway_without_power_opens_nothing_and_hears_of_the_fire_when_it_has_it_again():
    async with Playing() as run:
        levers = LiveLevers(run.fleets, None, run.plays[0].fleet.sense, run.buses.power)
        levers.power(GATEWAY.id, False)
        for detector in DETECTORS:
            smoke(run, detector)
        assert await released(run, DOORS, 0.5) is None
        levers.power(GATEWAY.id, True)
        assert await released(run, DOORS) is not None


@in_loop
async def test_real_micropython_gives_and_takes_the_same_commands():
    if available():
        pytest.skip(str(available()))
    real = (GATEWAY, HOUSE.of_kind("door")[0])
    async with Playing(*real) as run:
        assert set(run.boards) == {device.id for device in real}
        for detector in DETECTORS:
            smoke(run, detector)
        assert await released(run, DOORS) is not None
