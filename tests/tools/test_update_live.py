"""Roll-outs over a real broker to live devices: as their backend, and through a centre that serves them too."""

import asyncio
import json
import socket
from contextlib import asynccontextmanager
from types import SimpleNamespace

import pytest
from board_case import in_loop
from centre_service import Notes, http
from centre_world import Placed
from lilong_firmware.effects import RAISED, STORED
from lilong_protocol.pc.backend.pump import now_ms
from lilong_simulator.fleet import slots
from lilong_simulator.fleet.live import LiveFleet, Target
from lilong_tools.broker import Broker
from lilong_tools.broker.embedded import EmbeddedBroker
from lilong_tools.centre.core import Core
from lilong_tools.centre.observed import ObservedFeed
from lilong_tools.centre.service import Centre
from lilong_tools.centre.store import Store
from lilong_tools.update import report, rollout
from lilong_tools.update.carry_out import FAILED, OK, carry_out
from lilong_tools.update.channel import Direct, ThroughCentre
from lilong_tools.update.errors import UpdateError
from lilong_tools.update.rollout import planned
from lilong_tools.update.state import Kept, read
from update_world import KEY, TENANT, a_release, device_of, ids

PATIENCE_S = 120
LOOK_S = 0.05
STORED_MS = 1_000  # (ours) on a machine that runs other tests too
FIRE = 400


class Timed(Notes):
    """Notes with their times."""

    def __init__(self):
        super().__init__()
        self.times = {}

    def note(self, at, device, what, code, boot, seq):
        self.times.setdefault((device, what), at)


@asynccontextmanager
async def estate(devices=(), detectors=()):
    """A broker, and live devices on it."""
    broker = EmbeddedBroker(port=0)
    await broker.start()
    fleet = LiveFleet(TENANT, Target("127.0.0.1", broker.port), Timed())
    try:
        for kind, some in (("gas", devices), ("smoke", detectors)):
            for device in some:
                fleet.add(device, device_of(device, kind, boot=now_ms() // 1_000), fleet.now())
        yield SimpleNamespace(broker=broker, fleet=fleet, url=f"mqtt://127.0.0.1:{broker.port}")
    finally:
        await fleet.close()
        await broker.stop()


class Screen:
    """Nobody looks."""

    def show(self, kept):
        self.kept = kept


def kept_of(release, devices, shares=(0.01, 0.1, 1.0), stop_at=0.02, wait_ms=60_000, at_once=300):
    number = release.artifact().number
    plan = planned(devices, shares, stop_at, wait_ms, at_once, len(release.data), number)
    return Kept("a.llfw", release.digest.hex(), "Li", None, None, None, None, None, False, now_ms(), plan)


def direct(there, release, devices, folder):
    return Direct(there.url, KEY, TENANT, dict.fromkeys(devices, "gas"), folder / "state.db", release)


@asynccontextmanager
async def centre_of(there, placed, path=":memory:", keys=KEY):
    """A centre that serves devices of this test."""

    class Small:
        id = TENANT
        devices = tuple(Placed(device, kind, f"core1/{device}/{kind}", 1) for device, kind in placed)

        def escape_doors(self, core):
            return []

        def plan(self):
            return {"id": self.id, "devices": [vars(device) for device in self.devices]}

    listener = socket.create_server(("127.0.0.1", 0))
    store = Store(str(path), TENANT)
    feed = ObservedFeed(None)
    core = Core(Small(), keys, now_ms(), saved=store.load())
    try:
        async with Centre(
            core, store, feed, listener, Broker("external", "127.0.0.1", there.broker.port), "centre"
        ) as centre:
            await centre.ingest.connected.wait()
            yield centre
    finally:
        listener.close()
        feed.close()
        store.close()


async def online(engine, devices):
    async with asyncio.timeout(PATIENCE_S):
        while not all(engine.session(device) == "online" for device in devices):
            await asyncio.sleep(0.02)


@in_loop
async def test_300_live_devices_take_it_in_waves_without_a_centre(tmp_path):
    devices, release = ids(300), a_release()
    kept = kept_of(release, devices)
    async with estate(devices) as there, direct(there, release, devices, tmp_path) as channel:
        await online(channel._backend.engine(TENANT), devices)
        async with asyncio.timeout(PATIENCE_S):
            assert await carry_out(kept, tmp_path / "s.json", channel, Screen(), now_ms, LOOK_S) == OK
        assert kept.rollout.count() == {rollout.UPDATED: 300}
        assert all(there.fleet.members[device].flash.slots.newest == 2 for device in devices)
    report.write(tmp_path, kept, now_ms())
    told = json.loads((tmp_path / "report.json").read_text())
    assert [wave["counts"] for wave in told["waves"]] == [{"updated": 3}, {"updated": 27}, {"updated": 270}]
    assert (tmp_path / "junit.xml").read_text().count("<testcase") == 300
    assert read(tmp_path / "s.json").rollout.state == rollout.DONE


@in_loop
async def test_without_a_centre_alarms_stay_in_their_devices(tmp_path):
    devices = ids(1)
    async with estate(devices) as there, direct(there, a_release(), devices, tmp_path) as channel:
        await online(channel._backend.engine(TENANT), devices)
        there.fleet.sense(devices[0], "tamper", 1)
        outbox = there.fleet.members[devices[0]].device.outbox
        async with asyncio.timeout(PATIENCE_S):
            while not len(outbox):
                await asyncio.sleep(0.02)
        await asyncio.sleep(0.3)
        assert len(outbox) == 1
        assert (devices[0], STORED) not in there.fleet.observer.times


@in_loop
async def test_through_a_centre_failures_stop_it_and_nothing_more_is_offered(tmp_path, monkeypatch):
    monkeypatch.setattr(slots, "RESET_MS", 200)
    devices, release = ids(60), a_release(hanging=30)
    kept = kept_of(release, devices, shares=(0.5, 1.0), stop_at=0.1)
    async with estate(devices) as there, centre_of(there, [(device, "gas") for device in devices]) as centre:
        await online(centre.core.engine, devices)
        async with asyncio.timeout(PATIENCE_S), ThroughCentre(centre.url, release, "Li") as channel:
            assert set((await channel.devices()).values()) == {"gas"}
            assert await carry_out(kept, tmp_path / "s.json", channel, Screen(), now_ms, LOOK_S) == FAILED
        counts = kept.rollout.count()
        offered = {device for device in devices if centre.core.engine.progress(device) is not None}
        assert counts[rollout.WAITING] >= 30
        assert counts[rollout.ROLLED_BACK] > 3
        assert len(offered) <= 30
        status, told = await http(centre, f"/api/device/{next(iter(offered))}")
        assert status == 200
        assert f"update {release.manifest.version}" in [line["what"] for line in told["history"]]


@in_loop
async def test_a_centre_that_is_restarted_goes_on_with_what_it_was_told_to_offer(tmp_path):
    devices, release = ids(3), a_release(size=64 * 1_024)
    number = release.artifact().number
    placed = [(device, "gas") for device in devices]
    async with estate(devices) as there:
        async with centre_of(there, placed, tmp_path / "centre.db") as centre:
            await online(centre.core.engine, devices)
            async with ThroughCentre(centre.url, release, "Li") as channel:
                await channel.offer(devices)
                while not all(one.have > 1_000 for one in (await channel.look(devices)).values()):
                    await asyncio.sleep(LOOK_S)
        async with centre_of(there, placed, tmp_path / "centre.db") as centre, asyncio.timeout(PATIENCE_S):
            assert centre.core.updates.report(number)["size"] == len(release.data)
            while {centre.core.engine.progress(device).code for device in devices} != {200}:
                await asyncio.sleep(LOOK_S)


@in_loop
async def test_what_a_centre_cannot_offer_is_told():
    devices, release = ids(1), a_release()
    async with estate() as there, centre_of(there, [(devices[0], "gas")]) as centre:
        channel = ThroughCentre(centre.url, release, "Li")
        with pytest.raises(UpdateError, match="nobody has brought it"):
            await channel.offer(devices)
        async with channel:
            with pytest.raises(UpdateError, match="ff00000000000000"):
                await channel.offer(["ff00000000000000"])
        good = {"version": "1", "data": "AAAA", "signature": None, "operator": "Li"}
        for change in (
            {"data": "?"},
            {"signature": "xx"},
            {"signature": "00"},
            {"version": ""},
            {"operator": " "},
            {"data": ""},
        ):
            status, told = await http(centre, "/api/update", good | change)
            assert (status, list(told)) == (400, ["error"]), change
        assert (await http(centre, "/api/update", b"{}", "text/plain"))[0] == 415
        assert (await http(centre, "/api/update/7"))[0] == 404
        assert (await http(centre, "/api/update/7/offer", {"devices": "all", "operator": "Li"}))[0] == 400
    with pytest.raises(UpdateError, match="is it running there"):
        await channel.look(devices)


@pytest.mark.spec("LIL-UPD-006")
@in_loop
async def test_fires_while_300_live_devices_download_reach_the_centre_in_time(tmp_path, record_property):
    devices, detectors, release = ids(300), ids(20, "smoke"), a_release(size=32 * 1_024)
    placed = [(device, "gas") for device in devices] + [(device, "smoke") for device in detectors]
    async with estate(devices, detectors) as there, centre_of(there, placed, tmp_path / "centre.db") as centre:
        engine, told = centre.core.engine, there.fleet.observer.times
        await online(engine, devices)
        async with asyncio.timeout(PATIENCE_S), ThroughCentre(centre.url, release, "Li") as channel:
            await channel.offer(devices)
            while not all(one.have for one in (await channel.look(devices)).values()):
                await asyncio.sleep(LOOK_S)
            before = sum(engine.progress(device).have for device in devices)
            for device in detectors:
                there.fleet.sense(device, "obscuration", FIRE)
                await asyncio.sleep(0.1)
            while not all((device, STORED) in told for device in detectors):
                await asyncio.sleep(0.01)
            fetched = sum(engine.progress(device).have for device in devices) - before
        took = sorted(told[device, STORED] - told[device, RAISED] for device in detectors)
        record_property("stored_ms", took)
        print(f"stored after {took[10]:.1f} ms, at most {took[-1]:.1f} ms, while {fetched} bytes were fetched")
        assert fetched > 10_000  # they went on
        assert took[-1] <= STORED_MS
        alarms = {alarm["device"] for alarm in centre.core.alarm_list()}
        assert alarms == set(detectors)
