"""The observed feed: it lacks nothing of what anybody was told, whenever the centre is killed."""

import json

import pytest
from centre_service import centre_on, until
from centre_world import DOOR, ESTATE, KEY, NOW, SMOKE, SMOKE_2, TENANT, cleared, raised
from lilong_protocol.pc.backend import link
from lilong_simulator.feed import FeedReader
from lilong_tools.broker.embedded import EmbeddedBroker
from lilong_tools.centre.core import Core
from lilong_tools.centre.observed import ObservedFeed
from lilong_tools.centre.store import Store
from mqtt_peer import aio, run

pytestmark = pytest.mark.timeout(120)


def test_the_feed_is_written_before_anybody_is_told(tmp_path, monkeypatch):
    order = []
    write, publish = ObservedFeed.write, link.Link.publish
    monkeypatch.setattr(
        ObservedFeed,
        "write",
        lambda feed, at, rows: (order.extend(row["event"] for row in rows), write(feed, at, rows)),
    )
    monkeypatch.setattr(link.Link, "publish", lambda one, message: (order.append("told"), publish(one, message)))

    async def scenario():
        async with (
            EmbeddedBroker() as broker,
            centre_on(broker, observed=str(tmp_path / "feed")) as centre,
            aio(broker) as client,
        ):
            await centre.ingest.connected.wait()
            await client.publish(*raised(SMOKE), 1)
            await until(lambda: "told" in order)

    run(scenario())
    assert order == ["stored", "told"]


def test_what_was_stored_when_the_centre_was_killed_is_in_the_feed_after_the_next_start(tmp_path):
    path, observed = str(tmp_path / "centre.db"), tmp_path / "feed"
    store = Store(path, TENANT)
    core = Core(ESTATE, KEY, NOW)
    for device in (SMOKE, SMOKE_2):
        core.receive(NOW, *raised(device), False)
    core.acknowledge(NOW, f"{SMOKE}-1-1", "Wang")
    core.receive(NOW, *cleared(SMOKE_2, (1, 1)), False)
    core.receive(NOW, *cleared(DOOR, (1, 7)), False)  # its raise has not come yet
    store.commit(core.take().rows)
    store.close()
    told = {"at": NOW, "event": "stored", "alarm": f"{SMOKE}-1-1", "device": SMOKE, "code": 1, "boot": 1, "seq": 1}
    observed.write_text(json.dumps(told) + '\n{"at": 18000000')  # power went in the middle of a line

    async def scenario():
        async with EmbeddedBroker() as broker, centre_on(broker, path, str(observed)):
            pass

    for _ in range(2):
        run(scenario())
        events = FeedReader(observed).poll()
        assert sorted((row.alarm, row.event) for row in events) == [
            (f"{SMOKE}-1-1", "acknowledged"), (f"{SMOKE}-1-1", "stored"),
            (f"{SMOKE_2}-1-1", "cleared"), (f"{SMOKE_2}-1-1", "stored"), (f"{DOOR}-1-7", "cleared"),
        ]  # fmt: skip


def test_a_feed_that_cannot_be_written_is_named_once_and_holds_up_no_alarm(caplog):
    async def scenario():
        async with (
            EmbeddedBroker() as broker,
            centre_on(broker, observed="/dev/full") as centre,
            aio(broker) as client,
        ):
            await centre.ingest.connected.wait()
            acks = broker.record()
            for device in (SMOKE, SMOKE_2):
                await client.publish(*raised(device), 1)
            await until(lambda: sum(message.topic.endswith("/d/ak") for message in acks) == 2)

    run(scenario())
    assert [line for line in caplog.messages if "/dev/full" in line] == [
        "--observed /dev/full: No space left on device; the feed lags behind until there is room"
    ]
