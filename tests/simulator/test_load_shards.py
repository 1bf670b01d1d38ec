"""One run by several processes: the same truth, stimuli and counts as by one; and what a lost worker comes to."""

import asyncio
import os
import signal
from datetime import datetime
from pathlib import Path

import pytest
from backends import KEY, Answers
from board_case import in_loop
from lilong_protocol import topics
from lilong_simulator.load.places import places_of
from lilong_simulator.load.result import merge
from lilong_simulator.load.run import RunError
from lilong_simulator.load.scenario import Copies, Scenario
from lilong_simulator.load.shards.conductor import Conductor
from lilong_simulator.load.shards.job import Job
from lilong_simulator.load.shards.processes import Processes
from lilong_tools.broker.embedded import EmbeddedBroker
from lilong_tools.broker.embedded_client import Message
from lilong_tools.load.shard import COMMAND, packed
from lilong_tools.load.target import Access

FILE = str(Path(__file__).with_name("small_estate.toml"))
PATIENCE_S = 60
SCENARIO = Scenario(
    (Copies(FILE, 2),), start=datetime(2026, 3, 4, 12), duration_s=3.0, rate=300.0, ramp_s=0.2,
    incidents=("door.forced", "smoke.alarm"),
)  # fmt: skip
PLACES = places_of(SCENARIO)
KEYS = {place.tenant: KEY for place in PLACES}


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
    access = packed(f"mqtt://127.0.0.1:{port}", Access())
    job = Job(scenario, KEYS, access, boot=7)
    return Conductor(job, PLACES, count, starter or Processes(COMMAND), told or [].append, **options)


async def played(count, starter=None):
    async with BrokerForAll() as broker, asyncio.timeout(PATIENCE_S):
        conducted = await conductor(broker.port, count, starter).conduct()
    assert [shard.stage for shard in conducted.shards] == ["ended"] * count
    assert conducted.failures == []
    return conducted, merge(conducted.results)


@in_loop
async def test_one():
    conducted, whole = await played(2)
    assert whole.devices == 80
