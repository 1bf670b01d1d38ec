"""Faults of a run by several processes: the same draws for any number of shards, and one hand at the broker."""

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from backends import KEY
from board_case import in_loop
from lilong_simulator.load.faults import FAULTS, parse
from lilong_simulator.load.faults.at_broker import AtBroker
from lilong_simulator.load.faults.live_run import planned_by
from lilong_simulator.load.faults.timeline import NEVER, Timeline
from lilong_simulator.load.fingerprint import added
from lilong_simulator.load.places import Shard, parts_of, places_of
from lilong_simulator.load.play import Play
from lilong_simulator.load.result import merge
from lilong_simulator.load.scenario import Copies, Scenario
from lilong_simulator.load.shards.conductor import Conductor
from lilong_simulator.load.shards.job import Job
from lilong_simulator.load.shards.processes import Processes
from lilong_simulator.load.shards.shard import unsure_ms
from lilong_tools.broker import Mosquitto, find_mosquitto
from lilong_tools.load.hands import MosquittoHands
from lilong_tools.load.shard import packed
from lilong_tools.load.target import Access

FILE = str(Path(__file__).with_name("small_estate.toml"))
TEN = (
    "blackout at=1 for=20 share=0.5", "partition at=2 for=20 gateway=core1 share=0.7", "broker_restart at=3 for=2",
    "frozen_broker at=6 for=1", "bad_radio at=4 for=9 loss=0.3 jitter_ms=40 share=0.4",
    "wrong_clock at=5 for=9 ppm=50 spread=900 share=0.6", "stuck_sensor at=5 for=9 kind=smoke share=0.5",
    "low_battery at=6 for=9 level=3 share=0.5", "nuisance_flood at=7 for=20 per_min=60 share=0.8",
    "full_flash at=8 for=9 share=0.5",
)  # fmt: skip
SCENARIO = Scenario(
    (Copies(FILE, 3, scale=0.9),), seed=11, start=datetime(2026, 3, 4, 12), duration_s=30.0,
    faults=tuple(parse(text) for text in TEN),
)  # fmt: skip
PLACES = places_of(SCENARIO)


class Hands:
    """Levers and a broker that only tell what is done to them."""

    def __init__(self):
        self.done = []

    def __getattr__(self, name):
        def lever(*what):
            self.done.append((name, *what[:3]))  # a tally is each shard's own

        return lever


def done_by(index, count):
    """What the timeline of one shard does to its devices, and what its worlds do to them: (levers, stimuli, truth)."""
    parts = parts_of(PLACES, Shard(index, count))
    own = {device.id for part in parts for device in part.devices}
    hands = Hands()
    timeline = Timeline(planned_by(SCENARIO, parts), own, hands, lambda device: 0)
    while timeline.due < NEVER:
        timeline.step(timeline.due)
    prints, truth = [], []
    for part in parts:
        play = Play(part, SCENARIO.start, lambda *_: None, lambda *_: None, apart=True)
        play.fingerprint.until_ms = 30_000
        while play.peek() <= 30_000:
            play.step()
        prints.append((play.fingerprint.count, f"{play.fingerprint.sum:x}"))
        truth += play.truth
    return Counter(hands.done), prints, truth, timeline.outcomes


def done_by_all(count):
    shards = [done_by(index, count) for index in range(count)]
    levers = sum((shard[0] for shard in shards), Counter())
    at_broker = {what: levers.pop(what) for what in list(levers) if what[0] in ("broker", "freeze")}
    assert at_broker == dict.fromkeys(
        [("broker", False), ("broker", True), ("freeze", True), ("freeze", False)], count
    ), "each shard knows of them, with empty hands"
    truth = sorted((row for shard in shards for row in shard[2]), key=lambda row: row.id)
    touched = [sum(outcomes) for outcomes in zip(*([one.devices for one in shard[3]] for shard in shards), strict=True)]
    return levers, added([one for shard in shards for one in shard[1]]), truth, touched


def test_all_ten_faults_draw_the_same_for_any_number_of_shards():
    assert {one.name for one in SCENARIO.faults} == set(FAULTS)
    levers, stimuli, truth, touched = done_by_all(1)
    assert all(0 < count <= 108 for count in touched), touched
    assert {what[0] for what in levers} == {"flash", "power", "link", "radio", "tick", "stick"}
    assert {row.incident for row in truth} >= {"low_battery", "nuisance_flood"}
    for count in (3, 4):
        assert done_by_all(count) == (levers, stimuli, truth, touched)
    seeds = (planned_by(replace(SCENARIO, seed=seed), parts_of(PLACES)) for seed in (11, 12))
    for one, other in zip(*seeds, strict=True):
        assert (one.devices == other.devices) is ("share" not in dict(one.fault.asked.arguments))


# ---- one hand at the broker


class Slow:
    """A broker whose thaw takes a while."""

    def __init__(self, clock):
        self.done = []
        self._clock = clock

    async def freeze(self):
        self.done.append(("freeze", self._clock()))

    async def thaw(self):
        await asyncio.sleep(0.05)
        self.done.append(("thaw", self._clock()))


def frozen(at_s, for_s, duration_s):
    loop = asyncio.get_running_loop()
    hands = Slow(lambda: loop.time() * 1000)
    scenario = replace(
        SCENARIO, duration_s=duration_s, faults=(parse(f"frozen_broker at={at_s} for={for_s}"),)
    )  # fmt: skip
    return AtBroker(scenario, hands, lambda: loop.time() * 1000), hands


@in_loop
async def test_it_is_done_at_its_time_and_not_before_a_worker_s_clock_can_say_so():
    faults, hands = frozen(0.1, 0.1, 0.4)
    zero = asyncio.get_running_loop().time() * 1000 + 50
    await faults.play(zero, late_ms=20.0)
    (_, begun), (_, ended) = hands.done
    assert begun - zero >= 120
    assert ended - zero >= 220
    assert faults.failures == []


@in_loop
async def test_a_broker_that_is_frozen_when_the_duration_is_over_or_the_run_is_stopped_goes_on():
    for duration_s, stops in ((0.1, False), (600.0, True), (None, True)):
        faults, hands = frozen(0.0, 500.0, duration_s)
        playing = asyncio.create_task(faults.play(asyncio.get_running_loop().time() * 1000))
        if stops:
            while not hands.done:
                await asyncio.sleep(0.01)
            faults.stop()
        await playing
        assert [what for what, _ in hands.done] == ["freeze", "thaw"]


WORKER = """
import uvloop
from lilong_firmware import session
from lilong_simulator.load.shards.worker import main
from lilong_tools.load.shard import unpacked

session.BACKOFF_CAP_MS = 300
main(unpacked, uvloop.run)
"""


@pytest.mark.skipif(find_mosquitto() is None, reason="mosquitto is not installed")
@in_loop
async def test_a_broker_that_restarts_and_freezes_in_a_run_by_two_is_what_both_excuse():
    texts = ("broker_restart at=0.2 for=0.5", "frozen_broker at=1.6 for=0.4", "nuisance_flood at=0 for=2 alarm=tamper")
    scenario = replace(
        SCENARIO, estates=(Copies(FILE, 2),), ramp_s=0.1, duration_s=2.2, accept="puback",
        faults=tuple(parse(text) for text in texts),
    )  # fmt: skip
    places = places_of(scenario)
    async with Mosquitto() as broker, asyncio.timeout(60):
        pid = broker.pid
        access = packed(f"mqtt://127.0.0.1:{broker.port}", Access())
        job = Job(scenario, {place.tenant: KEY for place in places}, access, boot=7, settle_s=0.1)
        conductor = Conductor(job, places, 2, Processes(("-c", WORKER)), lambda text: None)
        hands = MosquittoHands(broker)
        faults = AtBroker(conductor.scenario, hands, conductor.together.clock)

        async def at_broker():
            await faults.play(await conductor.begun(), unsure_ms(conductor.shards))

        conducted, _ = await asyncio.gather(conductor.conduct(), at_broker())
        assert broker.pid != pid
    assert (faults.failures, conducted.failures, unsure_ms(conductor.shards)) == ([], [], 0.0)
    whole = merge(conducted.results)
    restart, freeze, _ = whole.faults
    always_on = 28
    assert (restart.links_lost, restart.reconnect.count) == (always_on, always_on)
    assert freeze.links_lost == 0
    assert {one.why for one in whole.hindrances} == {"cut off"}
    assert len(whole.hindrances) == 2 * 80
    assert whole.lost == 0
