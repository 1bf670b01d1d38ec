"""One run by several processes: the same truth, stimuli and counts as by one; and what a lost worker comes to."""

import asyncio
import os
import signal
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest
from backends import KEY, Answers
from board_case import in_loop
from break_in import NAME, BreakIn
from lilong_protocol import topics
from lilong_simulator.incidents import INCIDENTS
from lilong_simulator.load.places import Shard, places_of
from lilong_simulator.load.result import merge
from lilong_simulator.load.run import RunError
from lilong_simulator.load.scenario import Copies, Scenario
from lilong_simulator.load.shards.conductor import Conductor
from lilong_simulator.load.shards.job import Job
from lilong_simulator.load.shards.processes import Processes
from lilong_simulator.load.shards.unseen import unseen
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
INCIDENTS_BEFORE = dict(INCIDENTS)
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


def test_three_nodes_of_a_cluster_do_what_one_process_does(by_one):
    pytest.importorskip("distributed", reason="Dask distributed is the extra cluster: pip install lilong[cluster]")
    from lilong_simulator.load.shards.cluster import Cluster  # noqa: PLC0415

    async def on_three():
        async with Cluster("3", WORKER) as cluster:
            assert len(cluster.nodes) == 3
            return await played(3, cluster)

    _, whole = asyncio.run(on_three())
    same_as_one(whole, by_one)
