"""A live run: bring up, play, drain; and what it says when there is nobody to run against."""

import asyncio
import json
import socket
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import aiomqtt
import pytest
from backends import KEY, Answers
from board_case import in_loop
from lilong_protocol import topics
from lilong_protocol.registry import KIND
from lilong_simulator.choose_boards import choose_boards, must_be_simulated
from lilong_simulator.estate import KINDS, load_estate
from lilong_simulator.fleet import process as board_process
from lilong_simulator.fleet.live import Target
from lilong_simulator.fleet.process import BoardError
from lilong_simulator.incidents import find
from lilong_simulator.incidents.base import Incident
from lilong_simulator.load import bring_up
from lilong_simulator.load.errors import RunError
from lilong_simulator.load.faults import parse
from lilong_simulator.load.faults.timeline import plan
from lilong_simulator.load.observed import Account
from lilong_simulator.load.places import Place, Shard, parts_of, places_of
from lilong_simulator.load.result import ShardResult, merge
from lilong_simulator.load.run import LONGEST_LIMIT_MS, LiveRun
from lilong_simulator.load.scenario import Copies, Scenario
from lilong_simulator.load.settings import Settings
from lilong_simulator.retained import remove_retained
from lilong_simulator.score import score
from lilong_simulator.truth import _LIMITS, truth_row
from lilong_tools.broker.embedded import EmbeddedBroker
from lilong_tools.broker.embedded_client import Message

FILE = str(Path(__file__).with_name("small_estate.toml"))
ESTATE = load_estate(FILE)
PATIENCE_S = 60
DOOR = "boiler/door"


class BrokerAndBackend(EmbeddedBroker):
    """A broker whose backend answers every frame before its PUBACK; `silent_to` hears no time."""

    def __init__(self, **options):
        super().__init__()
        self.answers = Answers(ESTATE.id, **options)

    def publish(self, message):
        super().publish(message)
        if topics.parse(message.topic)[1] not in ESTATE.by_id:
            return  # a stranger
        for topic, payload in self.answers.to(message.topic, message.payload):
            super().publish(Message(topic, payload, 1, False))

    def kept(self):
        """Devices of which the broker keeps a birth or a death, or a configuration."""
        found = self._retained.matching_topics(topics.all_up_filter(ESTATE.id))
        return {topics.parse(message.topic)[1] for message in found}


class BreakIn(Incident):
    """The boiler room's door is forced once a second, and shut again."""

    name = "break_in"
    timeline = ()

    def __init__(self, *at_ms):
        self.at_ms = at_ms

    def device_names(self, estate):
        return [DOOR]

    def install(self, world):
        door = world.estate.device(DOOR)
        world.claims.add(door.id, "forced", 0, 10**9)
        for at in self.at_ms:
            world.change(at, door, "contact", 1)
            world.expect(truth_row(door, "door.forced", at, "forced open", "must", self.name, at + 100))


def made(port, duration_s=None, incidents=(), boards=(), start=datetime(2026, 3, 4, 12), **options):
    scenario = Scenario((Copies(FILE),), start=start, duration_s=duration_s)
    place = Place(ESTATE, 1, 7, ESTATE.devices, tuple(incidents))
    target = Target("127.0.0.1", port)
    return LiveRun(Settings(scenario, parts_of([place]), {ESTATE.id: KEY}, target, boards), **options)


class Running:
    """A run that ends in good order whatever happens."""

    def __init__(self, port, **options):
        self.run = made(port, **options)

    async def __aenter__(self):
        return self.run

    async def __aexit__(self, *_):
        await self.run.close()


@in_loop
async def test_all_are_online_when_the_backend_has_accepted_every_one():
    async with BrokerAndBackend() as broker, Running(broker.port) as run:
        await run.bring_up()
        assert run.recorder.accepted == {device.id for device in ESTATE.devices}
        assert run.troubles == {}
        assert run.world_zero is None, "the world has not begun"


@in_loop
async def test_a_run_without_a_broker_says_so():
    with socket.socket() as held:  # bound and deaf
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
        async with Running(port, online_timeout_s=0.5) as run:
            with pytest.raises(RunError) as told:
                await run.bring_up()
    devices = len(ESTATE.devices)
    assert str(told.value).startswith(
        f"only 0 of {devices} devices connected and 0 accepted by the backend after 0.5 s; "
    )
    assert f"most often: no connection to 127.0.0.1:{port}: " in str(told.value)
    assert " times)" in str(told.value)


@in_loop
async def test_a_backend_that_accepts_some_devices_and_not_others_is_told():
    known = ESTATE.of_kind("door")[0].id
    async with (
        BrokerAndBackend(tells_time=lambda device: device == known) as broker,
        Running(broker.port, online_timeout_s=1.0, settle_s=0.0) as run,
    ):
        with pytest.raises(RunError) as told:
            await run.bring_up()
    devices = len(ESTATE.devices)
    assert str(told.value) == (
        f"only {devices} of {devices} devices connected and 1 accepted by the backend after 1 s; "
        "no link broke: is the backend running, and does it use the same estate key?"
    )


@in_loop
async def test_a_backend_that_never_speaks_of_time_is_waited_for_and_then_taken_as_it_is():
    async with BrokerAndBackend(tells_time=lambda device: False) as broker, Running(broker.port, settle_s=0.2) as run:
        await run.bring_up()
        assert len(run.recorder.linked) == len(ESTATE.devices)
        assert run.recorder.accepted == set(), "what it accepts is not observed"


@in_loop
async def test_a_run_that_is_stopped_while_it_comes_up_ends_at_once():
    async with EmbeddedBroker() as broker, Running(broker.port) as run:
        coming_up = asyncio.create_task(run.bring_up())
        await asyncio.sleep(0)
        run.stop()
        async with asyncio.timeout(PATIENCE_S):
            await coming_up
        assert run.stopped


@in_loop
async def test_a_board_that_does_not_start_is_told_when_all_have_ended_their_start(monkeypatch):
    ended = []

    class Board:
        def __init__(self, placed, *_):
            self.placed = placed

        async def start(self):
            if self.placed.kind == "smoke":
                raise BoardError("smoke: no such image")
            await asyncio.sleep(0)
            ended.append(self.placed.kind)

        async def stop(self):
            ended.append("stopped")

    monkeypatch.setattr(bring_up, "LiveBoard", Board)
    boards = [ESTATE.of_kind("smoke")[0], ESTATE.of_kind("door")[0]]
    run = made(1, 1.0, boards=boards)
    with pytest.raises(RunError, match="a real MicroPython device did not start: smoke: no such image"):
        await run.bring_up()
    assert ended == ["door"]
    await run.close()
    assert ended == ["door", "stopped", "stopped"]


@in_loop
async def test_an_alarm_of_the_world_reaches_the_backend_and_the_score():
    async with BrokerAndBackend() as broker:
        async with Running(broker.port, duration_s=0.5, incidents=[BreakIn(200)]) as run:
            await run.bring_up()
            async with asyncio.timeout(PATIENCE_S):
                await run.play()
        judged = score(
            run.truth, run.recorder.alarms.values(), None, run.world_zero, run.epoch_zero,
            acknowledgement_expected=False, horizon=run.horizon,
        )  # fmt: skip
        assert run.clock() - run.world_zero < 5_200, "the drain ends when all is answered"
    assert judged.failures == []
    assert (judged.true, judged.raised, judged.stored) == (1, 1, 1)
    assert run.recorder.lags.count > 0


@pytest.mark.parametrize(("machine", "start", "level"), [
    (datetime(2026, 11, 22, 4, tzinfo=UTC), datetime(2026, 3, 4, 22), 100),  # at noon at the estate
    (datetime(2026, 11, 22, 15, tzinfo=UTC), datetime(2026, 6, 21, 12), 0),  # an hour before midnight
])  # fmt: skip
@in_loop
async def test_lamps_are_lit_by_the_time_of_the_world_whatever_the_machines_is(machine, start, level):
    """Simulated ones and a real one, whose clocks are set by the machine's."""
    lamps = {lamp.id for lamp in ESTATE.of_kind("streetlight")}
    ahead = round(machine.timestamp() * 1000 - time.time() * 1000)
    real = [] if board_process.available() is not None else [ESTATE.of_kind("streetlight")[0]]
    async with (
        BrokerAndBackend(clock=lambda: time.time_ns() // 1_000_000 + ahead) as broker,
        Running(broker.port, duration_s=0.5, boards=real, start=start) as run,
    ):
        run.epoch_zero += ahead
        await run.bring_up()

        def shown():
            levels = dict.fromkeys(lamps, 0)
            levels.update((device, value) for _, device, name, value in run.recorder.outputs if name == "lamp")
            return levels

        async with asyncio.timeout(PATIENCE_S):
            while level and any(one != level for one in shown().values()):
                await asyncio.sleep(0.01)
            await run.play()
        assert shown() == dict.fromkeys(lamps, level)


@in_loop
async def test_telemetry_that_asks_for_a_puback_is_counted_as_what_gets_one():
    """As that of an outage does."""
    async with EmbeddedBroker() as broker, Running(broker.port, settle_s=0.0) as run:
        await run.bring_up()
        counts = run.recorder.measures.counts_of(topics.TELEMETRY)
        member = run.fleets[0].members[ESTATE.of_kind("door")[0].id]
        member.publish(run.fleets[0].now() - member.base, topics.TELEMETRY, b"late", 1, False)
        member.settle()
        async with asyncio.timeout(PATIENCE_S):
            while not counts.acknowledged:
                await asyncio.sleep(0.01)
        assert (counts.acknowledged, counts.unexplained) == (1, 0)


@in_loop
async def test_the_drain_waits_for_what_has_begun_and_no_longer():
    """Nobody answers: the run goes on until the last limit of its one alarm, which is 5 s."""
    async with (
        BrokerAndBackend(stores=False) as broker,
        Running(broker.port, duration_s=0.3, incidents=[BreakIn(200)]) as run,
    ):
        await run.bring_up()
        async with asyncio.timeout(PATIENCE_S):
            await run.play()
        after = run.clock() - run.world_zero
    assert 5_200 <= after < 20_000
    assert run.horizon == run.world_zero + 300


@in_loop
async def test_what_crosses_after_the_duration_is_not_waited_for():
    async with (
        BrokerAndBackend(stores=False) as broker,
        Running(broker.port, duration_s=0.2, incidents=[BreakIn(60_000)]) as run,
    ):
        await run.bring_up()
        async with asyncio.timeout(PATIENCE_S):
            await run.play()
        assert run.clock() - run.world_zero < 60_000
    assert run.truth == []


@in_loop
async def test_a_run_that_is_stopped_judges_only_what_has_passed_all_its_limits():
    async with BrokerAndBackend() as broker, Running(broker.port, duration_s=None) as run:
        await run.bring_up()
        playing = asyncio.create_task(run.play())
        async with asyncio.timeout(PATIENCE_S):
            while run.world_zero is None:
                await asyncio.sleep(0)
            before = run.clock()
            run.stop()
            horizon = run.horizon
            run.stop()
            await playing
    assert before - LONGEST_LIMIT_MS <= horizon <= run.clock() - LONGEST_LIMIT_MS
    assert run.horizon == horizon, "a second signal changes nothing"
    assert max(limit for limits in _LIMITS.values() for limit in limits.values() if limit) <= LONGEST_LIMIT_MS


@in_loop
async def test_after_a_run_the_broker_keeps_nothing_of_it():
    async with BrokerAndBackend() as broker:
        async with Running(broker.port) as run:
            await run.bring_up()
        assert broker.kept() == {device.id for device in ESTATE.devices}
        known = [(ESTATE.id, device.id) for device in ESTATE.devices]
        assert await remove_retained(Account("127.0.0.1", broker.port, None, None, None, None), known)
        assert broker.kept() == set()
        async with aiomqtt.Client("127.0.0.1", broker.port) as late:
            await late.subscribe(topics.all_up_filter(ESTATE.id), qos=1)
            await late.subscribe("$SYS/broker/version")
            first = await anext(aiter(late.messages))
            assert str(first.topic) == "$SYS/broker/version", "nothing came before it"


@in_loop
async def test_a_broker_that_is_gone_keeps_nothing_either():
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        account = Account("127.0.0.1", held.getsockname()[1], None, None, None, None)
        assert not await remove_retained(account, [(ESTATE.id, "00" * 8)])


# ---- which devices are real


def test_one_device_of_every_kind_is_a_real_one():
    chosen = choose_boards(ESTATE, [])
    assert [device.kind for device in chosen] == [kind for kind in KINDS if ESTATE.of_kind(kind)]


def test_it_is_one_that_the_incident_touches_if_there_is_one():
    assert DOOR in [device.name for device in choose_boards(ESTATE, [BreakIn(1)])]
    assert DOOR not in [device.name for device in choose_boards(ESTATE, [])]


def test_it_is_none_of_those_that_must_be_simulated_and_may_be_another_of_the_kind():
    plaza = load_estate("music_plaza")
    rogue = [find("rogue_reader")]
    assert "core9/ground/door" in [device.name for device in choose_boards(plaza, rogue)]
    apart = must_be_simulated(plaza, rogue, [])
    chosen = choose_boards(plaza, rogue, apart)
    assert [plaza.by_id[device].name for device in apart] == ["core9/ground/door"]
    assert "core9/ground/door" not in [device.name for device in chosen]
    assert [device.kind for device in chosen] == [device.kind for device in choose_boards(plaza, rogue)]


def test_a_kind_that_a_fault_touches_as_a_whole_has_no_real_one():
    devices = {ESTATE.id: ESTATE.devices}
    asked = ("partition at=1 for=5 kind=door", "stuck_sensor at=1 for=5 kind=smoke")
    planned = plan([parse(text) for text in asked], devices, 7)
    apart = must_be_simulated(ESTATE, [], planned)
    kinds = [device.kind for device in choose_boards(ESTATE, [], apart)]
    assert kinds == [kind for kind in KINDS if ESTATE.of_kind(kind) and kind != "door"], "its sensors may be stuck"


# ---- shards


class BrokerForAll(EmbeddedBroker):
    """A broker with a backend for each tenant."""

    def __init__(self, tenants):
        super().__init__()
        self.answers = {tenant: Answers(tenant) for tenant in tenants}

    def publish(self, message):
        super().publish(message)
        tenant = topics.parse(message.topic)[0]
        for topic, payload in self.answers[tenant].to(message.topic, message.payload):
            super().publish(Message(topic, payload, 1, False))


@in_loop
async def test_two_shards_of_two_estates_give_one_result_that_reconciles():
    scenario = Scenario((Copies(FILE, 2),), start=datetime(2026, 3, 4, 12), duration_s=0.5, rate=600.0)
    places = [replace(place, incidents=(BreakIn(200),)) for place in places_of(scenario)]
    keys = {place.tenant: KEY for place in places}
    zero_ns = time.monotonic_ns()
    async with BrokerForAll(keys) as broker:
        runs = [
            LiveRun(
                Settings(scenario, parts_of(places, Shard(index, 2)), keys, Target("127.0.0.1", broker.port)),
                zero_ns=zero_ns,
            )
            for index in range(2)
        ]
        try:
            await asyncio.gather(*(run.bring_up() for run in runs))
            begin = runs[0].clock()
            async with asyncio.timeout(PATIENCE_S):
                await asyncio.gather(*(run.play(begin) for run in runs))
        finally:
            for run in runs:
                await run.close()
    results = [ShardResult.of(run, 1.0 + index, 0, index, 2) for index, run in enumerate(runs)]
    plain = [json.loads(json.dumps(one.to_json())) for one in results]
    whole = merge([ShardResult.from_json(one) for one in plain])
    judged = score(whole.truth, whole.recorder.alarms.values(), None, whole.world_zero, acknowledgement_expected=False)
    assert (judged.failures, judged.true, judged.stored) == ([], 2, 2)
    assert [row.name for row in whole.truth] == [f"lane_house/{DOOR}", f"lane_house_2/{DOOR}"]
    assert len({row.id for row in whole.truth}) == 2
    assert (whole.devices, whole.missing, whole.connect_s) == (2 * len(ESTATE.devices), 0, 2.0)
    assert len(whole.recorder.accepted) == whole.devices
    counts = whole.recorder.measures.counts
    assert {cls: one.unexplained for cls, one in counts.items()} == dict.fromkeys(counts, 0)
    assert counts["al"].acknowledged >= 2
    assert sum(one.sent for one in counts.values()) == sum(whole.recorder.messages.values())
    assert whole.recorder.measures.puback["al"].count == counts["al"].acknowledged
    assert whole.recorder.measures.connect["online"].count == whole.devices
    with pytest.raises(ValueError, match="give each once"):
        merge([results[0], results[0]])


@in_loop
async def test_the_rate_divides_the_periods_of_what_devices_report():
    async with BrokerAndBackend() as broker:
        scenario = Scenario((Copies(FILE),), start=datetime(2026, 3, 4, 12), duration_s=3.0, rate=1_800.0)
        target = Target("127.0.0.1", broker.port)
        run = LiveRun(Settings(scenario, parts_of(places_of(scenario)), {ESTATE.id: KEY}, target))
        try:
            await run.bring_up()
            async with asyncio.timeout(PATIENCE_S):
                await run.play()
        finally:
            await run.close()
    beats_s = [(device.beat_s or KIND[device.kind].link.beat_s) / 1_800 for device in ESTATE.devices
               if KIND[device.kind].link.always_on]  # fmt: skip
    due = sum(3.0 / beat_s for beat_s in beats_s)
    counted = run.recorder.measures.counts["hb"].sent
    assert due > 30
    assert 0.9 * due <= counted <= 3 * due, "the time of coming up and sleeping kinds on top"


STRANGER = """
title = { en = "Stranger", zh = "陌生人" }
about = "Somebody says what he has heard again, and what no device of the estate says."
places = { door = { device = "boiler/door" } }

[[physics]]
model = "card"
at = "door"
number = 12345
after_s = 0.2

[[attacks]]
what = "unknown_device"
after_s = 0.4

[[attacks]]
what = "replay"
of = "door"
after_s = 0.8

[[finding]]
of = "unknown_device"
name = "sec.unknown_device"

[[finding]]
of = "replay"
name = "sec.replay"
"""


@in_loop
async def test_a_stranger_publishes_what_nobody_said_and_what_somebody_did(tmp_path):
    file = tmp_path / "stranger.toml"
    file.write_text(STRANGER, encoding="utf-8")
    async with BrokerAndBackend() as broker:
        told = []
        async with (
            aiomqtt.Client("127.0.0.1", broker.port) as listener,
            Running(broker.port, duration_s=1.5, incidents=[find(str(file))]) as run,
        ):
            await run.bring_up()
            await listener.subscribe("lilong/1/+/+/u/#", qos=1)
            async with asyncio.timeout(PATIENCE_S):
                await run.play()
                await run.stranger.close()
            over = topics.down(ESTATE.id, "0" * 16, "ak")
            await listener.subscribe(over, qos=1)
            await listener.publish(over, b"", qos=1)
            async for message in listener.messages:
                if message.topic.value == over:
                    break
                told.append((message.topic.value.split("/")[3], message.topic.value.split("/")[5], message.payload))
    door = ESTATE.device(DOOR).id
    said = [payload for device, cls, payload in told if (device, cls) == (door, "ev")]
    assert len(said) == len(set(said)) + 1, "the newest of them twice"
    assert said.count(said[-1]) == 2
    assert [cls for device, cls, _ in told if device not in ESTATE.by_id] == ["st"]
    assert run.stranger.refused == 0
    assert [row.alarm for row in run.truth if row.by == "backend"] == ["sec.unknown_device", "sec.replay"]
