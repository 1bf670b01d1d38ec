"""What is plugged in draws its load while it is fed, as the world tells and the device feels, in both fleets."""

import asyncio

import pytest
import simpy
from fleet_case import Told
from hosts import DEVICE, TENANT
from lilong_firmware.device import Device, Identity
from lilong_firmware.draws import Draws
from lilong_firmware.store import RamStore
from lilong_simulator.fleet.live import LiveFleet, Target
from lilong_simulator.fleet.observer import Observer
from lilong_simulator.fleet.plant import LOAD, Plant
from lilong_simulator.fleet.virtual import VirtualFleet
from lilong_simulator.kinds import rules

NOWHERE = Target("127.0.0.1", 9)  # the discard port, which nobody listens on


class Nobody:
    """A backend that answers nothing."""

    def receive(self, now, topic, payload, retained):
        pass


def device_of(kind):
    return Device(Identity(TENANT, DEVICE, bytes(32)), rules(kind), RamStore(), Draws(b"seed"), boot=1)


def felt(device, *names):
    slots = {channel[0]: at for at, channel in enumerate(device.rules.CHANNELS)}
    return tuple(device.sampling.values[slots[name]] for name in names)


@pytest.mark.parametrize("output", ["relay", "contactor"])
def test_a_load_draws_current_while_it_is_fed_and_only_then(output):
    plant = Plant()
    assert dict(plant.loaded(10_000)) == {"current": 0, "power": 0}
    assert dict(plant.answer(output, 1)) == {"current": 10_000, "power": 22_000}  # 10 A at 220 V, in 0.1 W
    assert dict(plant.loaded(2_000)) == {"current": 2_000, "power": 4_400}
    assert dict(plant.answer(output, 0)) == {"current": 0, "power": 0}
    assert list(plant.answer(output, 0)) == [], "it is open already"


def test_a_load_is_felt_by_a_pile_in_virtual_time():
    env = simpy.Environment()
    fleet = VirtualFleet(env, TENANT, Nobody(), Observer())
    device = device_of("ev_pile")
    fleet.add(DEVICE, device, 0, 0)
    env.run(until=1_000)
    for channel, value in ((LOAD, 32_000), ("plug", 1), ("start", 1)):
        fleet.sense(DEVICE, channel, value)
    assert felt(device, "current", "power") == (32_000, 70_400)
    fleet.sense(DEVICE, LOAD, 9_000)
    assert felt(device, "current") == (9_000,)
    fleet.sense(DEVICE, "stop", 1)
    assert felt(device, "current", "power") == (0, 0)


def test_a_load_is_felt_by_a_pile_of_a_live_fleet_from_its_power_on():
    async def scenario():
        fleet = LiveFleet(TENANT, NOWHERE, Told())
        device = device_of("ev_pile")
        fleet.add(DEVICE, device, fleet.now(), {LOAD: 16_000, "plug": 1})
        before = felt(device, "current")
        fleet.sense(DEVICE, "start", 1)
        fed = felt(device, "current")
        fleet.sense(DEVICE, LOAD, 8_000)
        less = felt(device, "current")
        await fleet.close()
        return before, fed, less

    assert asyncio.run(scenario()) == ((0,), (16_000,), (8_000,))
