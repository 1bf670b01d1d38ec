"""Backends that do not speak stored-ack: what ends the retries then, and who says what the backend did."""

import asyncio
import http.server
import json
import threading
import time
from datetime import datetime
from pathlib import Path

import aiomqtt
import pytest
from backends import KEY
from board_case import in_loop
from lilong_firmware.uplink import Uplink
from lilong_protocol import frame, topics
from lilong_simulator.estate import load_estate
from lilong_simulator.feed import FeedError, FeedEvent
from lilong_simulator.fleet.live import Target
from lilong_simulator.load.observed import Account, observed, probe
from lilong_simulator.load.places import Place, parts_of
from lilong_simulator.load.run import LiveRun
from lilong_simulator.load.scenario import Copies, Scenario
from lilong_simulator.load.settings import Settings
from lilong_simulator.score import score
from lilong_tools.broker.embedded import EmbeddedBroker
from lilong_tools.broker.embedded_client import Message
from test_load_run import BreakIn, BrokerAndBackend

FILE = str(Path(__file__).with_name("small_estate.toml"))
ESTATE = load_estate(FILE)
PATIENCE_S = 60
LINE = {"at": 1_800_000_000_000, "event": "stored", "alarm": "aa-7-1", "device": "aa", "code": 1, "boot": 7, "seq": 1}
EVENT = FeedEvent(1_800_000_000_000.0, "stored", "aa-7-1", "aa", 1, 7, 1)


def made(port, accept="stored", **options):
    scenario = Scenario((Copies(FILE),), start=datetime(2026, 3, 4, 12), duration_s=0.5, accept=accept, **options)
    place = Place(ESTATE, 1, 7, ESTATE.devices, (BreakIn(100),))
    return LiveRun(Settings(scenario, parts_of([place]), {ESTATE.id: KEY}, Target("127.0.0.1", port)), settle_s=0.2)


def account(port):
    return Account("127.0.0.1", port, None, None, None, None)


async def come(feed, count=1):
    """The first events of a feed."""
    events = []
    async with asyncio.timeout(PATIENCE_S):
        while len(events) < count:
            events += feed.poll()
            await asyncio.sleep(0.01)
    return events


async def played(run):
    try:
        await run.bring_up()
        async with asyncio.timeout(PATIENCE_S):
            await run.play()
    finally:
        await run.close()


# ---- what ends the retries


@in_loop
async def test_a_puback_ends_the_retries_where_that_was_asked_for():
    async with EmbeddedBroker() as broker:
        run = made(broker.port, "puback")
        await played(run)
    (alarm,) = run.recorder.alarms.values()
    assert alarm.stored >= alarm.puback >= alarm.decided
    assert run.recorder.stored_frames >= 1
    members = run.fleets[0].members
    assert all(len(member.device.outbox) == 0 for member in members.values()), "nothing is repeated"
    judged = score(run.truth, run.recorder.alarms.values(), None, run.world_zero, by_puback=True,
                   acknowledgement_expected=False)  # fmt: skip
    assert (judged.stored, judged.missed) == (1, 0)
    assert judged.judged[0].ingest == alarm.puback
    assert run.clock() - run.world_zero < 5_000, "the drain waits for nothing"


@in_loop
async def test_without_being_asked_a_puback_ends_nothing():
    async with BrokerAndBackend(stores=False) as broker:
        run = made(broker.port)
        await played(run)
    (alarm,) = run.recorder.alarms.values()
    assert alarm.puback is not None
    assert alarm.stored is None
    assert [len(run.fleets[0].members[alarm.device].device.outbox)] != [0]


@in_loop
async def test_the_observed_feed_ends_the_retries_of_what_it_tells_of():
    async with EmbeddedBroker() as broker:
        run = made(broker.port, "observed")

        async def backend():
            """Stores what it is told of 50 ms later."""
            while not run.recorder.alarms:
                await asyncio.sleep(0.01)
            (alarm,) = run.recorder.alarms.values()
            await asyncio.sleep(0.05)
            event = FeedEvent(0.0, "stored", alarm.id, alarm.device, alarm.code, alarm.boot, alarm.seq)
            run.accepter.observed(event)
            run.accepter.observed(event)

        await asyncio.gather(played(run), backend())
    (alarm,) = run.recorder.alarms.values()
    assert alarm.stored >= alarm.decided + 40
    assert all(len(member.device.outbox) == 0 for member in run.fleets[0].members.values())


# ---- QoS 1 for samples


@in_loop
async def test_samples_are_answered_and_counted_where_that_was_asked_for():
    async with BrokerAndBackend() as broker:
        run = made(broker.port, telemetry_qos=1, rate=10_000.0)
        await played(run)
    counts = run.recorder.measures.counts["hb"]
    assert counts.sent > 0
    assert counts.acknowledged + counts.in_flight == counts.sent
    assert run.recorder.measures.puback["hb"].count == counts.acknowledged


# ---- feeds


@in_loop
async def test_a_feed_comes_over_a_topic_of_the_broker():
    async with EmbeddedBroker() as broker, observed("mqtt:backend/observed", account(broker.port)) as feed:
        async with aiomqtt.Client("127.0.0.1", broker.port) as client:
            line = json.dumps(LINE)
            await client.publish("backend/observed", line + "\n" + line, qos=1)
        assert await come(feed, 2) == [EVENT, EVENT]


@in_loop
async def test_a_line_that_is_none_is_told_with_its_topic():
    async with EmbeddedBroker() as broker, observed("mqtt:backend/observed", account(broker.port)) as feed:
        async with aiomqtt.Client("127.0.0.1", broker.port) as client:
            await client.publish("backend/observed", b"all is well", qos=1)
        with pytest.raises(FeedError, match=r"^mqtt:backend/observed:1: not a line of an observed feed"):
            await come(feed)


class Served(http.server.BaseHTTPRequestHandler):
    """A backend's feed over HTTP: the lines behind ?after=N."""

    lines: list[str] = []

    def do_GET(self):
        after = int(self.path.partition("after=")[2])
        body = "".join(line + "\n" for line in self.lines[after:]).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@in_loop
async def test_a_feed_is_asked_for_over_http_and_no_line_comes_twice():
    Served.lines = [json.dumps(LINE)]
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Served) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            async with observed(f"http://127.0.0.1:{server.server_port}/feed?kind=al", account(1)) as feed:
                assert await come(feed) == [EVENT]
                Served.lines = [*Served.lines, json.dumps(LINE | {"event": "shown"})]
                assert [event.event for event in await come(feed)] == ["shown"]
                assert feed.poll() == []
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        ("http://127.0.0.1:1/feed", "Connection refused"),
        ("mqtt:", "names no topic; write mqtt:TOPIC"),
        ("mqtt:backend/observed", "the broker at 127.0.0.1:1 is not to be had"),
    ],
)
def test_a_feed_that_is_not_there_is_told_at_once(spec, told):
    @in_loop
    async def tried():
        with pytest.raises(FeedError) as wrong:
            async with observed(spec, account(1)):
                pass
        assert str(wrong.value).startswith(f"--observed {spec}: ")
        assert told in str(wrong.value)

    tried()


@in_loop
async def test_a_probe_tells_when_a_raise_was_delivered_once_and_never_a_repeat():
    async with BrokerAndBackend(stores=False) as broker, probe([ESTATE.id], account(broker.port)) as feed:
        begun = time.time() * 1000
        run = made(broker.port, "puback")
        events = (await asyncio.gather(played(run), come(feed)))[1]
        (alarm,) = run.recorder.alarms.values()
        frames = [data for _, cls, data in broker.answers.frames if cls == topics.ALARM]
        fence = Uplink(bytes(32), ESTATE.id, "00" * 8, 9, bytes(8))
        fence.next_seq(topics.ALARM)
        last = fence.frame(0, frame.RAISE, topics.ALARM, {0: 1, 1: 4, 2: 1, 3: 1, 4: {}})
        for device, data in ((alarm.device, frames[0]), (alarm.device, b"no frame"), ("00" * 8, last)):
            topic = topics.up(ESTATE.id, device, topics.ALARM)
            EmbeddedBroker.publish(broker, Message(topic, data, 1, False))
        events += await come(feed)
    event, behind = events
    assert (event.event, event.alarm, event.code) == ("stored", alarm.id, alarm.code)
    assert begun <= event.at <= time.time() * 1000
    assert behind.alarm == f"{'00' * 8}-9-{behind.seq}"
