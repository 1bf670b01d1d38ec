"""Faults of a live run against a real mosquitto, and what fleets do under them."""

import asyncio
import itertools
import os
import signal
from datetime import datetime
from pathlib import Path

import pytest
from backends import KEY
from board_case import in_loop
from lilong_firmware import session
from lilong_simulator.estate import load_estate
from lilong_simulator.fleet.live import Target
from lilong_simulator.load.faults import parse
from lilong_simulator.load.faults.excuses import Excuses, Hindrance
from lilong_simulator.load.places import parts_of, places_of
from lilong_simulator.load.result import ShardResult
from lilong_simulator.load.run import LiveRun
from lilong_simulator.load.scenario import Copies, Scenario
from lilong_simulator.load.settings import Settings
from lilong_simulator.score import score
from lilong_tools.broker import Broker, BrokerError, Mosquitto, find_mosquitto
from lilong_tools.load.hands import CommandHands, Commands, MosquittoHands, hands_for

FILE = str(Path(__file__).with_name("small_estate.toml"))
ESTATE = load_estate(FILE)
ALWAYS_ON = 14
START = datetime(2026, 3, 4, 12)

needs_mosquitto = pytest.mark.skipif(find_mosquitto() is None, reason="mosquitto is not installed")


@pytest.fixture(autouse=True)
def _nobody_backs_off_for_long(monkeypatch):
    monkeypatch.setattr(session, "BACKOFF_CAP_MS", 300)


async def played(broker, hands, *faults, duration_s=1.5, mended=True):
    scenario = Scenario(
        (Copies(FILE),), start=START, duration_s=duration_s, ramp_s=0, accept="puback",
        faults=tuple(parse(text) for text in faults),
    )  # fmt: skip
    parts = parts_of(places_of(scenario))
    target = Target(broker.host, broker.port)
    run = LiveRun(Settings(scenario, parts, {ESTATE.id: KEY}, target, hands=hands), settle_s=0.1)
    try:
        await run.bring_up()
        await run.play()
        lost = run.lost
    finally:
        await run.close()
    result = ShardResult.of(run, 0.0, lost)
    assert run.faults.levers.failures == []
    if mended:
        assert (result.lost, run.faults.timeline.waiting) == (0, False)
    return result


@needs_mosquitto
@in_loop
async def test_a_mosquitto_that_restarts_loses_every_link_and_all_are_back():
    async with Mosquitto() as broker:
        pid = broker.pid
        result = await played(broker, MosquittoHands(broker), "broker_restart at=0.2 for=0.5")
        assert broker.pid != pid
    (outcome,) = result.faults
    assert (outcome.links_lost, outcome.reconnect.count) == (ALWAYS_ON, ALWAYS_ON)
    for instant, due in ((outcome.at_ms, 200), (outcome.until_ms, 700)):
        assert due <= instant - result.world_zero < due + 1_000, "it begins and ends at its time on the timeline"
    again = ShardResult.from_json(result.to_json())
    assert [one.to_json() for one in again.faults] == [one.to_json() for one in result.faults]
    assert again.hindrances == result.hindrances


@needs_mosquitto
@in_loop
async def test_a_frozen_mosquitto_stalls_and_loses_no_link_and_its_time_is_seen():
    async with Mosquitto() as broker:
        flood = "nuisance_flood at=0 for=2 alarm=tamper per_min=600"
        result = await played(broker, MosquittoHands(broker), "frozen_broker at=0.2 for=1", flood)
    freeze, flood = result.faults
    assert (freeze.links_lost, flood.links_lost) == (0, 0)
    alarms = result.recorder.alarms.values()
    assert any(alarm.puback - alarm.decided > 500 for alarm in alarms), "it was decided while the broker stood still"
    judged = score(result.truth, alarms, None, result.world_zero, by_puback=True, acknowledgement_expected=False)
    assert (judged.missed, judged.undetected) == (0, 0)


@needs_mosquitto
@in_loop
async def test_power_and_links_of_live_devices_go_and_come_back():
    async with Mosquitto() as broker:
        blackout, partition = "blackout at=0.1 for=0.3 feeder=core1", "partition at=0.6 for=0.3 gateway=core2"
        result = await played(broker, None, blackout, partition)
    dark, cut = result.faults
    assert 0 < dark.links_lost == dark.reconnect.count < ALWAYS_ON
    assert 0 < cut.links_lost == cut.reconnect.count < ALWAYS_ON
    assert {one.why for one in result.hindrances} == {"unpowered", "cut off"}


@needs_mosquitto
@in_loop
async def test_live_devices_that_wait_come_back_over_that_time():
    async with Mosquitto() as broker:
        result = await played(broker, None, "blackout at=0.1 for=0.2 feeder=core1 wait=1", duration_s=2)
    (dark,) = result.faults
    assert 0 < dark.links_lost == dark.reconnect.count
    assert dark.reconnect.maximum > 500


@needs_mosquitto
@in_loop
async def test_frames_of_a_bad_radio_reconcile():
    async with Mosquitto() as broker:
        flood = "nuisance_flood at=0 for=2 alarm=tamper per_min=600"
        radio = "bad_radio at=0 for=1.2 loss=0.2 delay_ms=20 duplicate=0.3 reorder=0.2 hold_ms=50"
        result = await played(broker, None, radio, flood, "wrong_clock at=0.1 for=1 ppm=900 skew_s=1", mended=False)
    frames = result.faults[0].frames
    assert frames["frames"] > 10
    assert frames["duplicated"] > 0
    assert [one.unexplained for one in result.recorder.measures.counts.values()] == [0] * len(
        result.recorder.measures.counts
    )


def test_a_broker_that_is_not_ours_needs_commands():
    there = Broker("external", "127.0.0.1", 1883)
    restart = Scenario((Copies(FILE),), faults=(parse("broker_restart at=1 for=2"),))
    freeze = Scenario((Copies(FILE),), faults=(parse("frozen_broker at=1 for=2"),))
    for scenario, commands, wanted in (
        (restart, Commands(freeze="true", thaw="true"), "--broker-restart"),
        (freeze, Commands(restart="true", freeze="true"), "--broker-freeze and --broker-thaw"),
    ):
        with pytest.raises(ValueError, match=f"127.0.0.1:1883 is not ours; give {wanted} 'a shell command'"):
            hands_for(scenario, there, commands)
    assert hands_for(Scenario((Copies(FILE),)), there) is None
    assert isinstance(hands_for(restart, there, Commands(restart="true")), CommandHands)


@in_loop
async def test_commands_do_it_and_one_that_fails_is_told(tmp_path):
    told = tmp_path / "told"
    hands = CommandHands(Commands(f"echo restart >> {told}", f"echo freeze >> {told}", "echo no such unit; exit 3"))
    await hands.stop()
    await hands.start()
    await hands.freeze()
    assert told.read_text().split() == ["restart", "freeze"]
    with pytest.raises(BrokerError, match="'echo no such unit; exit 3' ended with code 3: no such unit"):
        await hands.thaw()


@in_loop
async def test_a_command_has_ended_when_it_has_whatever_it_has_left_behind(tmp_path):
    """As a broker that was started again."""
    pid = tmp_path / "pid"
    hands = CommandHands(Commands(f"sleep 600 & echo $! > {pid}; echo restarted"))
    await hands.stop()
    async with asyncio.timeout(30):
        await hands.start()
    os.kill(int(pid.read_text()), signal.SIGKILL)


@in_loop
async def test_a_command_that_does_not_end_is_told(monkeypatch):
    monkeypatch.setattr("lilong_tools.load.hands.LONGEST_S", 0.05)
    hands = CommandHands(Commands(restart="exec sleep 600"))
    await hands.stop()
    process = hands._restarting.process
    with pytest.raises(BrokerError, match=r"'exec sleep 600' has not ended after 0\.05 s"):
        await hands.start()
    process.kill()
    process.wait()


# ---- what is excused


def excuse(*hindrances, crossing=100.0, limits=None, decided=None):
    found = Excuses(hindrances)
    return found.of("d", crossing, limits or {"local_ms": 10, "ingest_ms": 50}, decided)


def test_nothing_is_excused_without_a_fault():
    assert (excuse().why, excuse().raise_from, excuse().send_from) == (None, 100.0, 100.0)
    other = Hindrance("other", "unpowered", 90, 200, 210)
    assert excuse(other).why is None


def test_a_fault_that_was_over_or_came_too_late_excuses_nothing():
    for begin, end in ((10, 90), (161, 300)):
        one = excuse(Hindrance("d", "unpowered", begin, end, end))
        assert (one.why, one.send_from) == (None, 100.0)


def test_an_alarm_that_was_raised_before_the_power_went_is_held_to_its_local_limit():
    one = excuse(Hindrance("d", "unpowered", 108, 200, 230), decided=105.0)
    assert (one.why, one.raise_from, one.send_from) == (None, 100.0, 230)


def test_one_fault_after_the_other_puts_limits_off_to_the_end_of_the_last():
    faults = [Hindrance("d", "cut off", begin, begin + 60, begin + 60) for begin in (90, 140, 190)]
    assert excuse(*faults, decided=101.0).send_from == 250
    for order in itertools.permutations(faults):
        assert excuse(*order, decided=101.0).send_from == 250


def test_a_link_that_never_came_back_is_waited_for_three_minutes():
    assert excuse(Hindrance("d", "cut off", 90, 150), decided=101.0).send_from == 150 + 180_000
