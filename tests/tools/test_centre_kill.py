"""The centre is killed again and again, as by power cuts, while an estate calls: nothing acknowledged is ever lost."""

import asyncio
import random
import sqlite3
from collections import Counter

import pytest
from centre_process import running
from centre_service import Notes, until
from lilong_firmware.device import Device, Identity
from lilong_firmware.draws import Draws
from lilong_firmware.kinds import rules
from lilong_firmware.store import RamStore
from lilong_protocol import frame, topics
from lilong_protocol.keys import device_root, frame_key
from lilong_protocol.pc.simulation import simulation_key
from lilong_protocol.seal import DOWN, Seal
from lilong_simulator.estate import load_estate
from lilong_simulator.fleet.live import LiveFleet, Target
from lilong_tools.broker.embedded import EmbeddedBroker
from mqtt_peer import run

KILLS = 12
DETECTORS, DOORS = 150, 10
TOGGLES = 1_200  # changes of a tamper contact, over all detectors; each makes one alarm frame
PAUSE_S = 0.016
TENANT = "music_plaza"
KEY = simulation_key(TENANT)


def boot(fleet, placed):
    identity = Identity(TENANT, placed.id, device_root(KEY, TENANT, placed.id))
    fleet.add(placed.id, Device(identity, rules(placed.kind), RamStore(), Draws(placed.id.encode())), fleet.now())


def stored_acks(log):
    """(device, boot, seq, tag) of every stored-ack that was on the wire."""
    seals = {}
    for message in list(log):
        tenant, device, direction, cls = topics.parse(message.topic)
        if direction == DOWN and cls == topics.ACK:
            if device not in seals:
                seals[device] = Seal(frame_key(device_root(KEY, tenant, device), DOWN), tenant, device, DOWN)
            told = frame.unpack(seals[device].open(cls, message.payload))
            if told.kind == frame.STORED_ACK:
                yield (device, *told.ref, told.body[0])


async def call(fleet, detectors, doors, chance):
    """Tamper contacts that open and close, doors that are left by their button, for as long as there is something."""
    contact = dict.fromkeys(detectors, 0)
    for number in range(TOGGLES):
        detector = detectors[number % len(detectors)]
        contact[detector] = 1 - contact[detector]
        fleet.sense(detector, "tamper", contact[detector])
        if number % 10 == 0:
            fleet.sense(chance.choice(doors), "exit_button", 1)
        await asyncio.sleep(PAUSE_S)


def on_disk(path):
    database = sqlite3.connect(path)
    try:
        alarms = set(database.execute("SELECT device, boot, seq, tag FROM message WHERE class = 'al'"))
        events = list(database.execute("SELECT device, seq FROM message WHERE class = 'ev'"))
        effects = Counter(what for (what,) in database.execute("SELECT what FROM record"))
        open_alarms = list(database.execute("SELECT device FROM alarm"))
        return alarms, events, effects, open_alarms
    finally:
        database.close()


@pytest.mark.long
@pytest.mark.timeout(180)
def test_every_alarm_whose_stored_ack_was_on_the_wire_is_on_the_disk_however_often_the_centre_is_killed(tmp_path):
    estate = load_estate()
    detectors = [device for device in estate.devices if device.kind == "smoke"][:DETECTORS]
    doors = [device for device in estate.devices if device.kind == "door"][:DOORS]
    chance = random.Random(20)
    path = tmp_path / "centre.db"

    async def scenario():
        async with EmbeddedBroker() as broker:
            log = broker.record(10**7)
            fleet = LiveFleet(TENANT, Target(broker.host, broker.port), Notes())
            kills = []
            async with running(broker, tmp_path):  # from now on the broker keeps what the centre misses
                for placed in (*detectors, *doors):
                    boot(fleet, placed)
            calls = asyncio.create_task(call(fleet, [one.id for one in detectors], [one.id for one in doors], chance))
            while len(kills) < KILLS:
                async with running(broker, tmp_path) as centre:
                    seen = len(log)
                    moment = seen + chance.randrange(1, 120)  # frames on the wire: in the middle of whatever goes on
                    await until(lambda moment=moment: len(log) >= moment or calls.done())
                    await centre.kill()
                    kills.append(len(log) - seen)
                    acked = set(stored_acks(log))
                    lost = acked - on_disk(path)[0]
                    assert not lost, f"acknowledged but not stored, after kill {len(kills)}: {sorted(lost)[:3]}"
            async with running(broker, tmp_path) as centre:
                await calls
                for member in list(broker.connections):
                    if member.session is not None and not member.session.client_id.startswith("lilong-centre"):
                        broker.drop(member.session.client_id)  # all outboxes are due again at once
                await until(lambda: not any(len(member.device.outbox) for member in fleet.members.values()))
                presses = {door.id: fleet.members[door.id].device.uplink.next_seq("ev") - 1 for door in doors}
                await until(lambda: len(on_disk(path)[1]) == sum(presses.values()))
                frames = {
                    (one.id, seq)
                    for one in detectors
                    for seq in range(1, fleet.members[one.id].device.uplink.next_seq("al"))
                }
                assert await centre.terminate() == (0, "")
            await fleet.close()
            return set(stored_acks(log)), frames, presses

    acked, frames, presses = run(scenario(), 150)
    alarms, events, effects, listed = on_disk(path)
    assert acked <= alarms
    assert {(device, seq) for device, _, seq, _ in alarms} == frames
    assert len(alarms) == len(frames)
    assert len(frames) >= TOGGLES
    assert Counter(device for device, _ in events) == Counter(presses)
    # Each has had its effect once: one alarm a detector, its updates, and every event in its turn.
    assert sorted(device for (device,) in listed) == sorted(one.id for one in detectors)
    assert effects["alarm"] == DETECTORS
    assert effects["alarm"] + effects["alarm update"] == len(frames)
    assert effects["event"] == len(events)
