"""A replay: a recording against real brokers and backends, open loop, with the measures of a run."""

import asyncio
import contextlib
import socket
from collections import Counter
from itertools import pairwise

import aiomqtt
import pytest
from board_case import in_loop
from fleet_case import Secured, until, web_socket_before
from lilong_protocol import frame, topics
from lilong_protocol.cbor import decode
from lilong_protocol.keys import device_root, frame_key
from lilong_protocol.pc.backend import Backend
from lilong_protocol.seal import UP, Seal
from lilong_simulator.feed import FeedEvent
from lilong_simulator.fleet.live import Target
from lilong_simulator.load.fresh import Keys
from lilong_simulator.load.record import Recording
from lilong_simulator.load.recorded import look_through, open_source
from lilong_simulator.load.replay import ReplayRun, ReplaySettings, place_of
from lilong_tools.broker import find_mosquitto
from lilong_tools.broker.embedded import EmbeddedBroker
from lilong_tools.broker.mosquitto import Mosquitto

KEY = bytes(range(32))
TENANT = "acme"
EPOCH = 1_800_000_000_000
BOOT = 2_000_000_000
DOOR, SMOKE = "00cf12fffe0b3c5d", "a4cf12fffe0b3c5d"
DEVICES = tuple(f"a4cf12fffe0b3c{number:02x}" for number in range(20))
PROBE = "ffcf12fffe0b3c5d"
PATIENCE_S = 30


class Story:
    """Rows of a recording, as devices would have made them."""

    def __init__(self):
        self.rows = []
        self._seqs = Counter()

    def say(self, at, device, cls, kind, body, boot=1, ref=None):
        self._seqs[device, boot, cls] += 1
        payload = frame.pack(
            kind, body, boot, self._seqs[device, boot, cls], at, EPOCH + at, 3, ref=ref,
            nonce=bytes(8) if kind in (frame.BIRTH, frame.HEARTBEAT) else None,
        )  # fmt: skip
        seal = Seal(frame_key(device_root(KEY, TENANT, device), UP), TENANT, device, UP)
        self.rows.append((float(at), device, cls, seal.seal(cls, payload)))

    def birth(self, at, device, connection=1, always_on=True, boot=1):
        body = {0: 3 if always_on else 1, 1: connection, 3: 60, 4: 180, 5: always_on, 6: 0}
        self.say(at, device, topics.STATE, frame.BIRTH, body, boot)

    def alarm(self, at, device, boot=1):
        body = {0: 4, 1: 3, 2: 4, 3: 4, 4: {}}
        self.say(at, device, topics.ALARM, frame.RAISE, body, boot)

    def clear(self, at, device, of):
        self.say(at, device, topics.ALARM, frame.CLEAR, {0: 4, 4: {}, 6: 0}, ref=(1, of))

    def ends(self, at, device):
        self.rows.append((float(at), device, "", b""))


def alarms_of_twenty():
    story = Story()
    for number, device in enumerate(DEVICES):
        story.birth(number * 10, device)
    for at in range(1_000, 5_000, 1_000):
        for number, device in enumerate(DEVICES):
            story.alarm(at + number * 7, device)
    for number, device in enumerate(DEVICES):
        story.clear(6_000 + number, device, 4)
    return story


def replay_of(file, story, port, speed=10.0, copies=1, drain_s=10.0, silent_s=2.0, accept="stored", **way):
    with Recording(file, EPOCH, "a test", lambda device: TENANT) as recording:
        for row in story.rows:
            recording.put(row)
    source = open_source(file)

    def keys_of(tenant, device):
        return Keys(device_root(KEY, tenant, device), 0)

    target = Target("127.0.0.1", port, **way)
    settings = ReplaySettings(source, look_through(source), target, keys_of, speed, copies, BOOT, accept)
    return ReplayRun(settings, drain_s, silent_s)


class Store:
    """The backend library before a store that counts."""

    def __init__(self, port, tenants, file):
        self.messages = Counter()
        self.alarms = []
        self.gaps = []
        self.incidents = []
        self._ready = asyncio.Event()
        self._port = port
        self._backend = lambda: Backend(
            f"mqtt://127.0.0.1:{port}", dict.fromkeys(tenants, KEY), tenants=tenants, state=str(file)
        )

    async def __aenter__(self):
        """It has subscribed: a heartbeat of a device of its own has arrived."""
        self._task = asyncio.create_task(self._run())
        story = Story()
        story.say(0, PROBE, topics.HEARTBEAT, frame.HEARTBEAT, {0: 0, 1: 0, 2: 0})
        ((_, _, cls, data),) = story.rows
        async with asyncio.timeout(PATIENCE_S), aiomqtt.Client("127.0.0.1", self._port) as client:
            while not self._ready.is_set():
                await client.publish(topics.up(TENANT, PROBE, cls), data)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._ready.wait(), 0.05)
        self.messages.clear()
        return self

    async def __aexit__(self, *_):
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self):
        async with self._backend() as backend:
            async for batch in backend:
                self._ready.set()
                for message in batch.messages:
                    self.messages[message.name] += 1
                    if message.name == "alarm raise":
                        self.alarms.append(message)
                self.gaps += batch.gaps
                self.incidents += batch.incidents
                await batch.stored()


@contextlib.asynccontextmanager
async def played(replay, *beside):
    async with asyncio.timeout(PATIENCE_S):
        await asyncio.gather(replay.play(), *beside)
        yield replay
        await replay.close()


@in_loop
async def test_a_backend_stores_every_recorded_alarm_exactly_once_at_its_time(tmp_path):
    if find_mosquitto() is None:
        pytest.skip("no mosquitto")
    tenants = [TENANT, f"{TENANT}_2"]
    async with Mosquitto() as broker, Store(broker.port, tenants, tmp_path / "state.db") as store:
        replay = replay_of(tmp_path / "run", alarms_of_twenty(), broker.port, copies=2)
        async with played(replay):
            pass
    del store.messages["heartbeat"]
    assert store.messages == {"birth": 40, "alarm raise": 160, "alarm clear": 40}
    assert len({message.key for message in store.alarms}) == 160
    assert {message.tenant for message in store.alarms} == set(tenants)
    assert (store.gaps, store.incidents) == ([], [])
    by_device = {}
    for message in store.alarms:
        seal = Seal(frame_key(device_root(KEY, message.tenant, message.device), UP), message.tenant, message.device, UP)
        told = decode(seal.open("al", message.data))
        assert told[2] == BOOT
        by_device.setdefault((message.tenant, message.device), []).append((told[4], told[5] - told[4]))
    for times in by_device.values():  # what was a second is a tenth now
        assert [after[0] - before[0] for before, after in pairwise(times)] == [100, 100, 100]
        assert all(abs(after[1] - before[1]) <= 1 for before, after in pairwise(times))  # dates go with uptimes
    recorder = replay.recorder
    assert len(recorder.accepted) == 40
    assert all(alarm.stored is not None for alarm in recorder.alarms.values())
    assert recorder.measures.stored["door.forced"].count == 160
    assert {name: counts.unexplained for name, counts in recorder.measures.counts.items()} == {"st": 0, "al": 0}
    assert recorder.measures.puback["al"].count == 200
    assert recorder.lags.count == 240
    assert replay.lost == 0
    result = replay.result()
    assert len(result.truth) == 160
    assert {row.alarm for row in result.truth} == {"door.forced"}


@in_loop
async def test_without_stored_acks_the_puback_or_the_feed_ends_what_is_waited_for(tmp_path):
    async with EmbeddedBroker() as broker:
        forever = {"drain_s": 1e6, "silent_s": 1e6}
        by_puback = replay_of(tmp_path / "run", alarms_of_twenty(), broker.port, 100.0, accept="puback", **forever)
        async with played(by_puback):
            assert not any(member.unstored for member in by_puback.fleet.members.values())
        by_feed = replay_of(tmp_path / "again", alarms_of_twenty(), broker.port, 100.0, accept="observed", **forever)

        async def store():
            measures = by_feed.recorder.measures
            await until(lambda: "al" in measures.puback and measures.puback["al"].count == 100)
            members = by_feed.fleet.members.values()
            assert all(member.unstored for member in members), "the broker alone does not count"
            for alarm in by_feed.recorder.alarms.values():
                by_feed.observed(FeedEvent(0, "stored", alarm.id, alarm.device, alarm.code, alarm.boot, alarm.seq))
            assert not any(member.unstored for member in members)

        async with played(by_feed, store()):
            assert by_feed.recorder.measures.counts["al"].sent == 100, "nothing was said twice"


@in_loop
async def test_connections_open_and_end_as_they_were_recorded_and_the_broker_says_the_wills(tmp_path):
    story = Story()
    story.birth(0, DOOR, 1)
    story.birth(10, SMOKE, 1, always_on=False)
    story.ends(2_000, DOOR)
    story.ends(2_000, SMOKE)
    story.birth(4_000, DOOR, 2)
    story.birth(6_000, DOOR, 1, boot=2)
    story.alarm(6_500, DOOR, boot=2)
    async with Broker() as broker:
        replay = replay_of(tmp_path / "run", story, broker.port, drain_s=0.2)
        async with played(replay):
            assert replay.recorder.online == {DOOR}
            said = [
                (topics.parse(message.topic)[1], told[1], told[2] - BOOT, told[7].get(1, told[7].get(0)))
                for message in broker.all
                for told in [opened(message)]
                if told[1] in (frame.BIRTH, frame.DEATH)
            ]
    assert [row[1:] for row in said if row[0] == SMOKE] == [(frame.BIRTH, 0, 1)]  # it left in good order
    assert [row[1:] for row in said if row[0] == DOOR] == [
        (frame.BIRTH, 0, 1), (frame.DEATH, 0, 1), (frame.BIRTH, 0, 2), (frame.DEATH, 0, 2), (frame.BIRTH, 1, 1),
    ]  # fmt: skip


class Broker(EmbeddedBroker):
    """Keeps all that is published, wills too."""

    def __init__(self):
        super().__init__()
        self.all = []

    def publish(self, message):
        self.all.append(message)
        super().publish(message)


def opened(message):
    _, device, _, cls = topics.parse(message.topic)
    seal = Seal(frame_key(device_root(KEY, TENANT, device), UP), TENANT, device, UP)
    return decode(seal.open(cls, message.payload))


@in_loop
async def test_a_replay_goes_over_tls_and_over_a_web_socket_from_the_addresses_that_it_is_given(tmp_path):
    secured = Secured(tmp_path)
    sources = ("127.0.0.2", "127.0.0.3")
    async with secured.mosquitto() as port:
        secure = replay_of(
            tmp_path / "run", alarms_of_twenty(), port, 50.0, tls=secured.context(), sources=sources, drain_s=0.5
        )
        async with played(secure):
            pass
    async with EmbeddedBroker() as broker, web_socket_before(broker.port) as port:
        framed = replay_of(tmp_path / "run", alarms_of_twenty(), port, 50.0, path="/mqtt", drain_s=0.5)
        async with played(framed):
            pass
    for replay in (secure, framed):
        counts = replay.recorder.measures.counts
        assert (counts["st"].acknowledged, counts["al"].acknowledged) == (20, 100)
        assert replay.troubles == {}


@in_loop
async def test_samples_that_were_answered_are_answered_again_and_measured(tmp_path):
    story = Story()
    story.birth(0, DOOR)
    for at in range(1_000, 5_000, 1_000):
        story.say(at, DOOR, topics.TELEMETRY, frame.TELEMETRY, {0: [1], 1: [0], 2: [[5]]})
        story.say(at, DOOR, topics.HEARTBEAT, frame.HEARTBEAT, {0: 0, 1: 0, 2: 0})
    story.rows = [(*row, 1) if row[2] == topics.TELEMETRY else row for row in story.rows]
    async with Broker() as broker:
        replay = replay_of(tmp_path / "run", story, broker.port, drain_s=0.2)
        async with played(replay):
            qos = {topics.parse(message.topic)[3]: message.qos for message in broker.all}
    assert qos == {"st": 1, "tm": 1, "hb": 0}
    counts = replay.recorder.measures.counts
    assert (counts["tm"].acknowledged, counts["tm"].unconfirmed) == (4, 0)
    assert (counts["hb"].acknowledged, counts["hb"].unconfirmed) == (0, 4)
    assert replay.recorder.measures.puback["tm"].count == 4


@in_loop
async def test_a_broker_that_stalls_delays_pubacks_and_not_the_times_for_which_all_was_due(tmp_path):
    story = Story()
    story.birth(0, DOOR)
    for at in range(1_000, 5_000, 100):
        story.say(at, DOOR, topics.EVENT, frame.EVENT, {0: 4, 4: {}})
    async with EmbeddedBroker() as broker:
        replay = replay_of(tmp_path / "run", story, broker.port, drain_s=0.3)
        broker.drop_pubacks(1_000)
        async with played(replay):
            counts = replay.recorder.measures.counts["ev"]
            assert counts.sent == 31  # what may be in flight beside the birth; the rest waits
            assert replay.recorder.lags.percentile(99) < 200
        assert counts.in_flight == 31
        assert counts.unexplained == 0


@in_loop
async def test_a_device_whose_link_breaks_comes_back_with_a_birth_of_its_own_and_loses_no_alarm(tmp_path):
    story = Story()
    story.birth(0, DOOR)
    for at in range(1_000, 11_000, 500):
        story.alarm(at, DOOR)
    async with EmbeddedBroker() as broker:
        broker.record(100)
        replay = replay_of(tmp_path / "run", story, broker.port, drain_s=0.0)
        task = asyncio.create_task(replay.play())
        async with asyncio.timeout(PATIENCE_S):
            await until(lambda: broker.log)  # the birth has arrived
            replay.fleet.draws.randrange = lambda window: 1  # the first wait
            replay.fleet.members[DOOR].broken("cut by a test")
            await task
            await until(lambda: not replay.fleet.members[DOOR].busy)
            await replay.close()
        told = [opened(message) for message in broker.log]
    births = [(one[3], one[7][1]) for one in told if one[1] == frame.BIRTH]
    assert births == [(1, 1), (2, 2)]
    assert {one[3] for one in told if one[1] == frame.RAISE} == set(range(1, 21))
    assert replay.troubles == {"cut by a test": 1}


@in_loop
async def test_what_is_no_frame_and_what_has_no_birth_is_told_and_left_out(tmp_path):
    story = Story()
    story.rows.append((0.0, DOOR, "hb", b"\x00\x01"))
    story.alarm(10, DOOR)
    story.birth(20, DOOR)
    async with EmbeddedBroker() as broker:
        replay = replay_of(tmp_path / "run", story, broker.port, drain_s=0.2)
        async with played(replay):
            assert replay.troubles == {"what was recorded is no frame": 1}
            assert replay.fleet.unborn == 1
            assert replay.recorder.messages == {"st": 1}


@in_loop
async def test_a_recording_that_nobody_can_be_reached_for_ends_by_itself(tmp_path, unused_port):
    replay = replay_of(tmp_path / "run", alarms_of_twenty(), unused_port, speed=100.0, drain_s=0.1)
    async with played(replay):
        pass
    assert replay.lost == 20
    assert len(replay.result().truth) == 0
    assert any("no connection" in why for why in replay.troubles)


@pytest.fixture
def unused_port():
    with socket.socket() as taken:  # bound and not listening: refused
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


def test_a_copy_is_the_estate_that_the_simulator_makes_of_it():
    assert place_of("acme", DOOR, 1) == ("acme", DOOR)
    tenants = {place_of("acme", DOOR, copy) for copy in range(1, 5)}
    assert {tenant for tenant, _ in tenants} == {"acme", "acme_2", "acme_3", "acme_4"}
    assert len({device for _, device in tenants}) == 4
