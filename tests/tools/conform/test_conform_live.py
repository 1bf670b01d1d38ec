"""Both runners over a broker: a device in the fleet and on MicroPython, the centre as a process that is killed."""

import asyncio
import contextlib
import os
import signal
import socket
import stat
import sys
import time

import pytest
from lilong_firmware.device import Identity
from lilong_protocol.keys import device_root
from lilong_protocol.pc.maker import SIMULATED, SIMULATION, simulation_release_key
from lilong_protocol.pc.simulation import simulation_key
from lilong_simulator.fleet.process import available
from lilong_simulator.fleet.slots import simulation_image
from lilong_tools.broker import Broker
from lilong_tools.broker.embedded import EmbeddedBroker
from lilong_tools.conform.backend import bench as backend_bench
from lilong_tools.conform.backend import run as backend_run
from lilong_tools.conform.backend.command import players, roots_of
from lilong_tools.conform.backend.feed import FeedFile
from lilong_tools.conform.backend.mqtt_wire import Hooks
from lilong_tools.conform.backend.mqtt_wire import MqttWire as BackendWire
from lilong_tools.conform.device.bench import Bench
from lilong_tools.conform.device.maker import of_options
from lilong_tools.conform.device.mqtt_wire import MqttWire
from lilong_tools.conform.device.run import run
from lilong_tools.conform.device.simulated import InFleet, OnBoard
from lilong_tools.update.keys import make as make_key
from lilong_tools.update.release import sign
from mqtt_peer import run as in_loop

TENANT, DEVICE = "music_plaza", "a4cf12fffe0b3c5d"
KEY = simulation_key(TENANT)
PATIENCE_S = 30


async def on_a_device(make, kind, wanted, maker=None):
    """The results of some scenarios against a device of ours on an embedded broker; maker: of its firmware."""
    identity = Identity(TENANT, DEVICE, device_root(KEY, TENANT, DEVICE))
    async with EmbeddedBroker() as own:
        broker = Broker("embedded", own.host, own.port)
        async with make(broker, identity, kind, 1_000) as device:
            counter = 0

            async def bench_of():
                nonlocal counter
                counter += 1_000
                return Bench(wire, TENANT, DEVICE, identity.root, counter, maker=maker)

            async with MqttWire(broker, TENANT, DEVICE, identity.root, device.hands()) as wire:
                return await run(bench_of, wanted, watched=False)


@pytest.mark.spec(
    "LIL-ALARM-001", "LIL-ALARM-003", "LIL-ALARM-007", "LIL-CMD-002", "LIL-CMD-009", "LIL-CMD-011", "LIL-CMD-012",
    "LIL-CONF-007", "LIL-FRAME-006", "LIL-SESSION-001", "LIL-SESSION-002", "LIL-SESSION-003", "LIL-SESSION-004",
)  # fmt: skip
def test_a_device_in_the_fleet_passes_what_is_tried_over_a_broker():
    wanted = ["repeats_after_a_restart", "two_alarms", "a_replayed_command", "malformed_downlinks", "a_lost_link"]
    wanted += ["the_first_fault", "requests", "settings_of_others"]
    results = in_loop(on_a_device(InFleet, "door", wanted), 100)
    assert [result for result in results if not result.passed] == []
    assert len(results) > 40


@pytest.mark.skipif(bool(available()), reason=str(available()))
@pytest.mark.spec("LIL-ALARM-001", "LIL-ALARM-002", "LIL-ALARM-003", "LIL-ALARM-005", "LIL-CMD-004", "LIL-SESSION-003")
def test_a_micropython_device_passes_what_is_tried_over_a_broker():
    wanted = ["repeats_after_a_restart", "commands_that_make_no_sense", "an_alarm_that_cannot_be_stored"]
    wanted += ["the_first_fault", "faults_without_a_code", "bodies_of_no_shape"]
    results = in_loop(on_a_device(OnBoard, "smoke", wanted), 100)
    assert [result for result in results if not result.passed] == []
    assert len(results) > 8


@pytest.mark.skipif(bool(available()), reason=str(available()))
@pytest.mark.spec("LIL-LOG-002")
def test_a_micropython_device_whose_program_faults_tells_it():
    results = in_loop(on_a_device(OnBoard, "smoke", ["a_crash"]), 100)
    assert [result for result in results if result.passed is False] == []
    assert sum(result.passed is True for result in results) == 3


@pytest.mark.spec("LIL-LOG-001", "LIL-LOG-002")
def test_a_device_in_the_fleet_logs_and_crashes_over_a_broker():
    results = in_loop(on_a_device(InFleet, "door", ["a_log_level", "a_crash"]), 100)
    assert [result for result in results if result.passed is False] == []
    assert {result.id for result in results if result.passed} == {"LIL-LOG-001", "LIL-LOG-002"}


UPDATES = [
    "offers_that_are_refused", "firmware_of_nobody_it_trusts", "signed_firmware_that_is_not_for_it",
    "newer_firmware",
]  # fmt: skip


def release_in(folder, kind, image, sequence):
    """A release key whose firmware simulated devices take, and a file that it has signed."""
    key, path = folder / "simulation.key", folder / "next.llfw"
    make_key(key, SIMULATION, simulation_release_key())
    path.write_bytes(sign(key, SIMULATED, kind, sequence, "9.9.9", image).packed())
    return key, path


@pytest.mark.spec("LIL-UPD-002", "LIL-UPD-004", "LIL-UPD-007", "LIL-UPD-012")
def test_with_the_makers_key_and_a_release_every_update_is_tried_over_a_broker(tmp_path):
    key, path = release_in(tmp_path, "smoke", simulation_image(), 7)
    maker = of_options(key, SIMULATED, path)
    results = in_loop(on_a_device(InFleet, "smoke", [*UPDATES, "an_artifact_of_another_digest"], maker), 100)
    assert [result for result in results if not result.passed] == []
    assert len(results) > 20


@pytest.mark.skipif(bool(available()), reason=str(available()))
@pytest.mark.spec("LIL-UPD-002", "LIL-UPD-004", "LIL-UPD-012")
def test_a_micropython_device_with_two_bundles_passes_every_update(tmp_path):
    key, path = release_in(tmp_path, "gas", OnBoard.image(), 7)
    results = in_loop(on_a_device(OnBoard, "gas", UPDATES, of_options(key, SIMULATED, path)), 100)
    assert [result for result in results if not result.passed] == []
    assert len(results) > 15


def test_without_the_makers_key_a_device_that_wants_signatures_breaks_nothing():
    results = in_loop(on_a_device(InFleet, "smoke", [*UPDATES, "an_artifact_of_another_digest"]), 100)
    assert [result for result in results if result.passed is False] == []
    told = {result.detail for result in results if result.passed is None}
    assert any("--maker-key" in why for why in told)


def test_without_a_release_or_with_one_that_is_for_others_nothing_is_installed(tmp_path):
    key, others = release_in(tmp_path, "door", simulation_image(), 7)
    for path, why in ((None, "give --release"), (others, "(422): the release is for other devices")):
        results = in_loop(on_a_device(InFleet, "gas", ["newer_firmware"], of_options(key, SIMULATED, path)), 100)
        assert {result.passed for result in results} == {None}
        assert all(why in result.detail for result in results)


def test_without_hooks_what_needs_them_is_not_tried():
    """A device that has been powered on by somebody; nobody presses, nobody restarts."""

    async def scenario():
        identity = Identity(TENANT, DEVICE, device_root(KEY, TENANT, DEVICE))
        async with EmbeddedBroker() as own:
            broker = Broker("embedded", own.host, own.port)
            async with InFleet(broker, identity, "gas", 1_000) as device:
                await device.renew()
                async with MqttWire(broker, TENANT, DEVICE, identity.root) as wire:
                    await wire.wait(lambda: bool(own.sessions.get(DEVICE)), 5_000)

                    async def bench_of():
                        return Bench(wire, TENANT, DEVICE, identity.root, int(time.time()))

                    return await run(
                        bench_of, ["two_alarms", "a_restart", "commands_that_make_no_sense"], watched=False
                    )

    results = in_loop(scenario(), 100)
    told = {result.id: result for result in results}
    assert told["LIL-ALARM-007"].passed is None
    assert "needs a stimulus" in told["LIL-ALARM-007"].detail
    assert "needs a restart" in told["LIL-SESSION-003"].detail
    assert told["LIL-CMD-004"].passed is True


START = """#!/bin/sh
{python} -m lilong_tools.centre --broker mqtt://127.0.0.1:{port} --db {folder}/centre.db --http 127.0.0.1:{http} \
  --observed {folder}/feed.jsonl --observed-details >> {folder}/log 2>&1 < /dev/null &
echo $! > {folder}/pid
"""


ACKNOWLEDGE = """
import json, sys, urllib.request
url = "http://127.0.0.1:{http}/api/alarm/" + sys.argv[1] + "/acknowledge"
body = json.dumps({{"operator": "conform"}}).encode()
urllib.request.urlopen(urllib.request.Request(url, body, {{"content-type": "application/json"}}), timeout=10).close()
"""


def _free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def on_a_centre(tmp_path, wanted):
    """The results of some scenarios against the centre as a process, which is killed at the end."""
    kinds = players(TENANT, [], TENANT)
    roots = roots_of(TENANT, kinds, None, None, True)
    start, http = tmp_path / "start.sh", _free_port()
    (tmp_path / "acknowledge.py").write_text(ACKNOWLEDGE.format(http=http), encoding="utf-8")

    async def scenario():
        async with EmbeddedBroker() as own:
            start.write_text(
                START.format(python=sys.executable, port=own.port, folder=tmp_path, http=http), encoding="utf-8"
            )
            start.chmod(start.stat().st_mode | stat.S_IXUSR)
            process = await asyncio.create_subprocess_exec(str(start))
            await process.wait()
            acknowledge = f"{sys.executable} {tmp_path}/acknowledge.py {{alarm}}"
            hooks = Hooks(kill=f"kill -9 $(cat {tmp_path}/pid)", restart=str(start), acknowledge=acknowledge)
            broker = Broker("embedded", own.host, own.port)
            async with BackendWire(broker, TENANT, roots, hooks, FeedFile(tmp_path / "feed.jsonl")) as wire:
                while not any(name.startswith("lilong-centre") for name in own.sessions):
                    await wire.wait(lambda: False, 50)
                await wire.wait(lambda: False, 500)
                boot = int(time.time())

                async def bench_of():
                    nonlocal boot
                    boot += 100
                    return backend_bench.Bench(wire, TENANT, roots, kinds, boot)

                return await backend_run.run(bench_of, wanted)

    try:
        return in_loop(scenario(), 100)
    finally:
        with contextlib.suppress(OSError, ValueError):
            os.kill(int((tmp_path / "pid").read_text()), signal.SIGKILL)


@pytest.mark.timeout(120)
@pytest.mark.spec("LIL-ALARM-011", "LIL-ALARM-012", "LIL-ALARM-013", "LIL-BACK-002", "LIL-SEAL-005", "LIL-SEC-005")
def test_a_centre_that_is_killed_after_its_first_stored_ack_passes(tmp_path):
    wanted = ["killed_after_a_stored_ack", "killed_before_its_stored_ack", "forged_alarms"]
    results = on_a_centre(tmp_path, wanted)
    assert [result for result in results if result.passed is False] == []
    told = {result.id for result in results if result.passed}
    assert {"LIL-ALARM-011", "LIL-ALARM-012", "LIL-ALARM-013", "LIL-BACK-002", "LIL-SEAL-005"} <= told


@pytest.mark.long
@pytest.mark.timeout(120)
@pytest.mark.spec("LIL-ALARM-018", "LIL-EVENT-004", "LIL-EVENT-007", "LIL-TIME-005")
@pytest.mark.parametrize(
    ("wanted", "ids"),
    [
        (["a_person_acknowledges", "a_gap"], {"LIL-ALARM-018", "LIL-EVENT-004"}),
        (["a_gap_for_ever", "an_alarm_of_an_unknown_boot"], {"LIL-EVENT-007", "LIL-TIME-005"}),
    ],
    ids=["what is missing comes", "what is missing never comes"],
)
def test_a_centre_with_hands_and_a_detailed_feed_passes_what_only_these_show(wanted, ids, tmp_path):
    results = on_a_centre(tmp_path, wanted)
    assert [result for result in results if result.passed is False] == []
    assert ids <= {result.id for result in results if result.passed}
