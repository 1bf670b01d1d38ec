"""One run by several processes: the same truth, stimuli and counts as by one; and what a lost worker comes to."""

import asyncio
import json
import os
import signal
import socket
import sys
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from backends import KEY, Answers
from board_case import in_loop
from break_in import NAME, BreakIn
from lilong_protocol import topics
from lilong_simulator import report
from lilong_simulator.incidents import INCIDENTS
from lilong_simulator.load.errors import RunError
from lilong_simulator.load.places import Shard, places_of
from lilong_simulator.load.recording import LoadRecorder
from lilong_simulator.load.result import merge
from lilong_simulator.load.scenario import Copies, Scenario
from lilong_simulator.load.shards import node
from lilong_simulator.load.shards.clocks import ClockOf, Offset
from lilong_simulator.load.shards.cluster import Cluster
from lilong_simulator.load.shards.conductor import Conductor
from lilong_simulator.load.shards.job import Job
from lilong_simulator.load.shards.processes import Processes
from lilong_simulator.load.shards.shard import LOST, PlayedShard
from lilong_simulator.load.shards.unseen import unseen
from lilong_simulator.load.thresholds import parse
from lilong_simulator.report.model import Report
from lilong_simulator.score import score
from lilong_tools.broker.embedded import EmbeddedBroker
from lilong_tools.broker.embedded_client import Message
from lilong_tools.load.shard import packed
from lilong_tools.load.target import Access

FILE = str(Path(__file__).with_name("small_estate.toml"))
WORKER = (str(Path(__file__).with_name("break_in.py")),)
PATIENCE_S = 60
SCENARIO = Scenario(
    (Copies(FILE, 2),), start=datetime(2026, 3, 4, 12), duration_s=1.5, rate=300.0, ramp_s=0.2, incidents=(NAME,)
)
INCIDENTS[NAME] = BreakIn
PLACES = places_of(SCENARIO)
del INCIDENTS[NAME]
KEYS = {place.tenant: KEY for place in PLACES}
DEVICES = sum(len(place.devices) for place in PLACES)
DOORS = sum(len(place.estate.of_kind("door")) for place in PLACES)


class BrokerForAll(EmbeddedBroker):
    """A broker with a backend for each tenant."""

    def __init__(self):
        super().__init__()
        self.answers = {tenant: Answers(tenant) for tenant in KEYS}

    def publish(self, message):
        super().publish(message)
        for topic, payload in self.answers[topics.parse(message.topic)[0]].to(message.topic, message.payload):
            super().publish(Message(topic, payload, 1, False))


class Told(list):
    """What is told, and when all devices are online."""

    def __init__(self):
        super().__init__()
        self.online = asyncio.Event()

    def append(self, text):
        super().append(text)
        if "devices online after" in text:
            self.online.set()


def conductor(port, count, starter=None, told=None, scenario=SCENARIO, **options):
    job = Job(scenario, KEYS, packed(f"mqtt://127.0.0.1:{port}", Access()), boot=7)
    told = [] if told is None else told
    return Conductor(job, PLACES, count, starter or Processes(WORKER), told.append, **options)


async def played(count, starter=None):
    async with BrokerForAll() as broker, asyncio.timeout(PATIENCE_S):
        conducted = await conductor(broker.port, count, starter).conduct()
    assert [shard.stage for shard in conducted.shards] == ["ended"] * count
    assert conducted.failures == []
    return conducted, merge(conducted.results)


def judged(whole):
    return score(
        whole.truth, whole.recorder.alarms.values(), None, whole.world_zero, acknowledgement_expected=False,
        horizon=whole.horizon,
    )  # fmt: skip


def same_as_one(whole, one):
    """What does not depend on the number of processes; the times do."""
    assert whole.truth == one.truth
    assert len(whole.truth) >= DOORS
    assert whole.expectations == one.expectations
    assert whole.stimuli == one.stimuli
    assert whole.stimuli[0] >= DOORS
    assert set(whole.recorder.alarms) == set(one.recorder.alarms)
    assert (whole.devices, whole.missing, whole.lost) == (DEVICES, 0, 0)
    assert len(whole.recorder.accepted) == DEVICES
    counts = whole.recorder.measures.counts
    assert {cls: fates.unexplained for cls, fates in counts.items()} == dict.fromkeys(counts, 0)
    assert sum(fates.sent for fates in counts.values()) == sum(whole.recorder.messages.values())
    for cls, latency in whole.recorder.measures.puback.items():
        assert latency.count == counts[cls].acknowledged, cls
    assert whole.recorder.measures.connect["online"].count >= DEVICES
    assert sum(one.count for one in whole.recorder.measures.stored.values()) == len(whole.recorder.alarms)
    assert judged(whole).failures == []


@pytest.fixture(scope="module")
def by_one():
    return asyncio.run(played(1))[1]


def test_four_processes_do_what_one_does(by_one):
    conducted, whole = asyncio.run(played(4))
    same_as_one(whole, by_one)
    assert {shard.devices for shard in conducted.shards} == {DEVICES // 4}
    assert [shard.told()["clock"] for shard in conducted.shards] == [None] * 4, "one machine has one clock"
    assert len({one.world_zero for one in conducted.results}) == 1


@pytest.fixture(scope="module")
def cluster():
    pytest.importorskip("distributed", reason="Dask distributed is the extra cluster: pip install 'lilong[cluster]'")
    three = Cluster("3", WORKER)
    asyncio.run(three.__aenter__())
    yield three
    asyncio.run(three.__aexit__())


def test_three_nodes_of_a_cluster_do_what_one_process_does(by_one, cluster):
    assert len(cluster.nodes) == 3
    same_as_one(asyncio.run(played(3, cluster))[1], by_one)


def test_a_node_that_is_killed_takes_its_shard_along_and_no_node_plays_it_again(cluster):
    async def main():
        told = Told()
        async with BrokerForAll() as broker, asyncio.timeout(PATIENCE_S):
            run = conductor(broker.port, 3, cluster, told, long(3.0))
            conducting = asyncio.create_task(run.conduct())
            await told.online.wait()
            os.kill(cluster._client.run(os.getpid)[cluster.nodes[2]], signal.SIGKILL)
            conducted = await conducting
        assert [shard.stage for shard in conducted.shards] == ["ended", "ended", "lost"]
        assert not any(alive(shard.pid) for shard in conducted.shards)
        assert [one for one in told if "is gone. It is not played again; the run is partial" in one]
        assert not [one for one in told if "a second time" in one]

    asyncio.run(main())


# ---- what goes wrong


def long(seconds):
    return replace(SCENARIO, duration_s=seconds)


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@in_loop
async def test_a_worker_that_is_killed_is_told_at_once_is_not_played_again_and_leaves_its_alarms_unobserved():
    told = Told()
    async with BrokerForAll() as broker, asyncio.timeout(PATIENCE_S):
        run = conductor(broker.port, 4, told=told, scenario=long(3.0))
        conducting = asyncio.create_task(run.conduct())
        await told.online.wait()
        victim, pids = run.shards[0], [shard.pid for shard in run.shards]
        os.kill(victim.pid, signal.SIGKILL)
        killed = run.together.clock()
        conducted = await conducting
    assert victim.at_ms - killed < 1_000
    assert [shard.stage for shard in conducted.shards] == ["lost", "ended", "ended", "ended"]
    (word,) = [one for one in told if one.startswith("LOST")]
    assert f"shard 0 of 4 with {DEVICES // 4} devices" in word
    assert "its process was ended by SIGKILL" in word
    assert not any(alive(pid) for pid in pids)
    whole = merge(conducted.results)
    assert (whole.missing, whole.devices) == (1, DEVICES - DEVICES // 4)
    births = {cls: fates.unexplained for cls, fates in whole.recorder.measures.counts.items()}
    assert set(births.values()) == {0}
    missing = unseen(run.scenario, PLACES, [Shard(0, 4)], conducted.horizon - whole.world_zero)
    assert len(missing.devices) == DEVICES // 4
    assert len(missing.truth) + len(whole.truth) == DOORS
    assert {row.device for row in missing.truth}.isdisjoint(row.device for row in whole.truth)
    assert len(missing.truth) == len(PLACES[0].estate.of_kind("door")), "those of the first estate come first"
    assert judged(whole).failures == []


def test_a_worker_that_falls_silent_is_lost_and_killed(monkeypatch):
    monkeypatch.setattr(node, "EXIT_S", 0.2)

    async def main():
        told = Told()
        async with BrokerForAll() as broker, asyncio.timeout(PATIENCE_S):
            run = conductor(broker.port, 2, told=told, scenario=long(600.0), silence_s=1.5)
            conducting = asyncio.create_task(run.conduct())
            await told.online.wait()
            os.kill(run.shards[1].pid, signal.SIGSTOP)
            await run._changes.until(lambda: run.shards[1].over)
            run.stop()
            conducted = await conducting
        assert [shard.stage for shard in conducted.shards] == ["ended", "lost"]
        assert "nothing was heard of it for" in conducted.shards[1].why
        assert not any(alive(shard.pid) for shard in conducted.shards)

    asyncio.run(main())


@in_loop
async def test_who_comes_for_a_shard_that_was_claimed_is_sent_away():
    """As an engine does that starts a killed worker again."""

    class Twice(Processes):
        async def start(self, order):
            await super().start(order)
            self.order = order

    told = Told()
    async with BrokerForAll() as broker, asyncio.timeout(PATIENCE_S):
        starter = Twice(WORKER)
        run = conductor(broker.port, 2, starter, told, long(600.0))
        conducting = asyncio.create_task(run.conduct())
        await told.online.wait()
        births = sum(cls == "st" for answers in broker.answers.values() for _, cls, _ in answers.frames)
        os.kill(run.shards[1].pid, signal.SIGKILL)
        again = await asyncio.create_subprocess_exec(sys.executable, *WORKER, stdin=asyncio.subprocess.PIPE)
        again.stdin.write(json.dumps(starter.order.to_json()).encode() + b"\n")
        assert await again.wait() == 1
        run.stop()
        conducted = await conducting
    assert any(one.startswith("shard 1 was started a second time") for one in told)
    assert [shard.stage for shard in conducted.shards] == ["ended", "lost"]
    assert births == DEVICES
    assert sum(len(result.shards) for result in conducted.results) == 1


@in_loop
async def test_a_run_that_is_stopped_gives_the_results_of_all_and_leaves_no_process():
    told = Told()
    async with BrokerForAll() as broker, asyncio.timeout(PATIENCE_S):
        run = conductor(broker.port, 2, told=told, scenario=long(600.0))
        conducting = asyncio.create_task(run.conduct())
        await told.online.wait()
        run.stop()
        conducted = await conducting
    assert (conducted.stopped, len(conducted.results)) == (True, 2)
    assert conducted.horizon < run.together.world_zero, "nothing has passed its limits"
    assert len(merge(conducted.results).recorder.linked) == DEVICES
    assert not any(alive(shard.pid) for shard in conducted.shards)


CANNOT = {
    "few files": ("ulimit -Sn 40; ulimit -Hn 40; exec {python} {worker}", r"need 1\d\d open files, and this process"),
    "no memory": ("ulimit -v 40000; exec {python} {worker}", "its process ended with code|its process was ended by"),
    "no program": ("exec {python} -m lilong_simulator.no_such", "No module named lilong_simulator.no_such"),
}


@pytest.mark.parametrize("name", CANNOT)
def test_a_worker_that_cannot_start_ends_all_with_its_reason(name):
    script, reason = CANNOT[name]
    command = script.format(python=sys.executable, worker=WORKER[0])

    async def main():
        async with BrokerForAll() as broker, asyncio.timeout(PATIENCE_S):
            run = conductor(broker.port, 2, Processes(("-c", SHELL, command)))
            with pytest.raises(RunError, match=rf"shard \d of 2 cannot start: (.|\n)*({reason})"):
                await run.conduct()
            assert broker.answers[PLACES[0].tenant].frames == [], "nothing was powered on"
        assert not any(alive(shard.pid) for shard in run.shards if shard.pid)

    asyncio.run(main())


SHELL = "import os, sys; os.execv('/bin/sh', ['sh', '-c', sys.argv[1]])"


@in_loop
async def test_devices_that_do_not_come_online_end_the_run_with_their_reason():
    with socket.socket() as held:  # bound and deaf
        held.bind(("127.0.0.1", 0))
        run = conductor(held.getsockname()[1], 2)
        run._job = replace(run._job, online_timeout_s=0.5)
        async with asyncio.timeout(PATIENCE_S):
            conducted = await run.conduct()
    assert conducted.failures
    assert conducted.failures[0].startswith("shard ")
    assert "0 of 40 devices connected" in conducted.failures[0]
    assert not conducted.stopped
    assert run.together.world_zero is None


@in_loop
async def test_a_worker_ends_with_whoever_started_it():
    order = {"host": "127.0.0.1", "port": 1, "token": "", "index": 0, "count": 1}
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        order["port"] = deaf.getsockname()[1]
        worker = await asyncio.create_subprocess_exec(sys.executable, *WORKER, stdin=asyncio.subprocess.PIPE)
        worker.stdin.write(json.dumps(order).encode() + b"\n")
        await worker.stdin.drain()
        there, _ = await asyncio.get_running_loop().run_in_executor(None, deaf.accept)
        worker.stdin.close()
        async with asyncio.timeout(PATIENCE_S):
            assert await worker.wait() == 1
        there.close()


# ---- clocks


def test_the_quickest_answer_tells_the_offset_of_a_clock_and_how_surely():
    clock = ClockOf(same_machine=False)
    clock.answered(1_000, 501_500, 2_000)
    clock.answered(3_000, 503_050, 3_100)
    clock.answered(4_000, 508_000, 9_000)
    clock.settle()
    assert clock.first == Offset(500_000, 50)
    assert clock.offset_ns == 500_000
    clock.answered(10_000, 510_000 + 2_000, 10_100)
    assert clock.moved_ns == 2_000 - 50 - 50 - 50
    assert clock.told() == {"offset_ms": 0.5, "error_ms": 0.0, "moved_ms": 0.002}


def test_processes_of_one_machine_have_one_clock_unless_it_shows_otherwise():
    for theirs, one in ((1_040, True), (9_000, False)):
        clock = ClockOf(same_machine=True)
        clock.answered(1_000, theirs, 1_100)
        clock.settle()
        assert clock.one_clock == one
        assert (clock.told() is None) == one
        assert clock.offset_ns == (0 if one else theirs - 1_050)


# ---- the report of a partial run


def test_alarms_of_a_lost_shard_stand_as_unobserved_and_in_no_other_figure():
    rows = unseen(SCENARIO, PLACES, [Shard(0, 4)], 1_500)
    workers = (PlayedShard(0, LOST, host="node7", devices=20, why="gone", at_ms=12_345.0).told(),)
    conditions = report.Conditions(
        estate="2 estates", mode="live", seed=7, started="2026-03-04 12:00:00", duration_s=1.5, broker="mosquitto",
        measures_latency=True, incidents=(NAME,), devices=60, real_micropython={}, lost=0, connect_s=1.0, troubles={},
        machine=None, shards=4, shards_missing=1, thresholds=(parse("missed==0"),), workers=workers, unseen=rows,
    )  # fmt: skip
    content = report.build(conditions, LoadRecorder(lambda: 0.0), score([], [], None))
    Report.model_validate(content)
    assert content["verdict"] == "partial"
    doors = len(PLACES[0].estate.of_kind("door"))
    assert content["failures"][0] == (
        f"partial: 1 of 4 shards were lost; their part is unknown: 20 devices, {doors} alarms of the truth"
    )
    assert [row["alarm"] for row in content["unobserved"]] == ["door.forced"] * doors
    assert content["alarms"]["true"] == content["alarms"]["missed"] == content["alarms"]["undetected"] == 0
    assert content["alarm_rows"] == []
    assert content["thresholds"] == [{"text": "missed==0", "value": None, "kept": False}]
    assert content["workers"][0]["lost_at_s"] == 12.3
