"""Roll-outs to simulated devices in virtual time: what they take, refuse and roll back, and when it all stops."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from lilong_firmware.effects import RAISED, STORED
from lilong_tools.update import rollout
from update_world import MINUTE, SECOND, World, a_release, ids

FIRE = 400
STORED_MS = 200  # three round trips of 20 ms to connect, one for the alarm, and commits
(ONE,) = ids(1)


@pytest.fixture
def world():
    return World([ONE])


def result_of(world, release, wait=10 * MINUTE):
    world.offer(ONE, release)
    world.run(wait)
    return world.progress(ONE).code


def test_a_device_takes_it_restarts_and_tells_so_when_its_backend_has_accepted_it(world):
    before = world.fleet._members[ONE].device.uplink.boot
    assert result_of(world, a_release(version="1.2")) == 200
    assert world.progress(ONE).version == "1.2"
    device = world.fleet._members[ONE].device
    assert device.uplink.boot == before + 1
    slots = world.fleet.firmware(ONE).slots
    assert (slots.newest, slots.trial) == (2, 2)
    assert world.engine.session(ONE) == "online"


def test_what_runs_already_is_told_at_once_and_not_fetched(world):
    release = a_release()
    result_of(world, release)
    pieces = len(world.pieces)
    assert result_of(world, release, SECOND) == 200
    assert len(world.pieces) == pieces + 1  # the offer alone


def test_firmware_that_never_reaches_the_backend_is_rolled_back_and_told(world):
    assert result_of(world, a_release(hanging=100)) == 408
    slots = world.fleet.firmware(ONE).slots
    assert (slots.running, slots.newest) == (0, 0)
    assert result_of(world, a_release(sequence=3)) == 200


@pytest.mark.parametrize(
    ("release", "code"),
    [
        (a_release(signer=Ed25519PrivateKey.generate()), 403),
        (a_release(vendor="other.example"), 422),
        (a_release(board="esp32_c3"), 422),
        (a_release(kind="smoke"), 422),
    ],
    ids=["another key", "another maker", "another board", "another kind"],
)
def test_what_is_not_for_it_is_refused_and_it_goes_on_as_it_was(world, release, code):
    assert result_of(world, release) == code
    assert world.fleet._members[ONE].device.uplink.boot == 1
    assert len(world.pieces) <= 2  # the offer, and of the image no more than its head


def test_an_older_one_is_refused(world):
    assert result_of(world, a_release(sequence=5)) == 200
    assert result_of(world, a_release(sequence=4)) == 409
    assert result_of(world, a_release(sequence=6)) == 200


def test_300_devices_take_it_in_three_waves():
    devices = ids(300)
    world = World(devices)
    plan = world.roll_out(a_release(), devices)
    assert (plan.state, plan.count()) == (rollout.DONE, {rollout.UPDATED: 300})
    assert [plan.count(wave)[rollout.UPDATED] for wave in (1, 2, 3)] == [3, 27, 270]


def test_where_5_percent_of_300_fail_it_stops_in_the_second_wave_and_nothing_more_is_offered():
    devices = ids(300)
    world = World(devices)
    plan = world.roll_out(a_release(hanging=5, size=1_024), devices, wait_ms=5 * MINUTE)
    offered = {device for _, device in world.pieces}
    assert (plan.state, plan.wave) == (rollout.STOPPED, 2)
    assert plan.failures > 0.02 * 30
    assert set(plan.count()) <= {rollout.UPDATED, rollout.ROLLED_BACK, rollout.INSTALLING, rollout.WAITING}
    assert offered == {member.device for member in plan.members if member.wave}
    assert len(offered) == 30
    pieces = len(world.pieces)
    world.run(30 * MINUTE)
    assert len(world.pieces) == pieces
    assert all(world.engine.session(device) == "online" for device in devices)  # those that failed are back


def test_with_room_for_5_percent_it_reaches_all_of_them_and_says_who_has_failed():
    devices = ids(300)
    world = World(devices)
    plan = world.roll_out(a_release(hanging=5, size=1_024), devices, stop_at=0.5)
    assert plan.state == rollout.DONE
    counts = plan.count()
    assert counts == {rollout.UPDATED: 287, rollout.ROLLED_BACK: 13}
    hanging = {m.device for m in plan.members if m.state == rollout.ROLLED_BACK}
    assert {device for device in devices if world.fleet.firmware(device).slots.running == 0} == hanging


def test_a_device_that_sleeps_is_offered_it_when_it_wakes():
    devices = ids(2, "manhole")
    world = World(devices, "manhole")
    world.run(MINUTE)
    assert {world.engine.session(device) for device in devices} == {"asleep"}
    plan = world.roll_out(a_release(kind="manhole"), devices, shares=(1.0,))
    assert plan.count() == {rollout.UPDATED: 2}
    assert world.env.now > 3_600_000  # it took until they had something to say


@pytest.mark.spec("LIL-UPD-006")
def test_fires_while_300_devices_download_are_stored_in_time():
    devices, detectors = ids(300), ids(20, "smoke")
    world = World(devices)
    world.add(detectors, "smoke")
    release = a_release(size=64 * 1_024)
    for device in devices:
        world.offer(device, release)
    world.run(20 * SECOND)
    assert all(world.progress(device).state == 1 for device in devices)
    for number, device in enumerate(detectors):
        burns = world.env.timeout(number * 137)
        burns.callbacks.append(lambda _, device=device: world.fleet.sense(device, "obscuration", FIRE))
    world.run(30 * SECOND)
    raised = {device: at for at, device, what in world.notes if what == RAISED}
    stored = {device: at for at, device, what in world.notes if what == STORED}
    assert all(world.progress(device).state == 1 for device in devices)
    assert set(raised) == set(stored) == set(detectors)
    assert max(stored[device] - raised[device] for device in detectors) <= STORED_MS
    world.run(10 * MINUTE)
    assert {world.progress(device).code for device in devices} == {200}


def test_who_has_a_sensor_that_is_broken_takes_it_all_the_same(world):
    world.fleet.sense(ONE, "co", None)
    world.run(MINUTE)
    assert [what for _, _, what in world.notes if what == RAISED] == [RAISED]
    assert result_of(world, a_release()) == 200


def test_who_has_an_alarm_open_restarts_when_it_is_over(world):
    world.fleet.sense(ONE, "tamper", 1)
    world.run(MINUTE)
    assert [what for _, _, what in world.notes if what == RAISED] == [RAISED]
    assert result_of(world, a_release()) is None
    assert world.progress(ONE).state == 3
    world.fleet.sense(ONE, "tamper", 0)
    world.run(MINUTE)
    world.engine.command(world.now, ONE, "reset")
    world.settle()
    world.run(MINUTE)
    assert world.progress(ONE).code == 200
