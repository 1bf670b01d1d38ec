"""From the broker to the disk and back: real aiomqtt, real sockets, live devices."""

import asyncio
import json
import logging
import threading

import pytest
from centre_service import centre_on, console_of, fleet_on, http, until
from centre_world import DOOR, SMOKE, TENANT, birth, event, raised
from lilong_protocol import topics
from lilong_protocol.pc.backend import link
from lilong_tools.broker import Mosquitto, find_mosquitto
from lilong_tools.broker.embedded import EmbeddedBroker
from lilong_tools.centre.store import Store, StoreError
from mqtt_peer import aio, run

# The embedded broker's port cannot be kept for nobody: a second one takes it over where a test needs that.
pytestmark = pytest.mark.timeout(120)


@pytest.fixture(params=["embedded", "mosquitto"])
def broker_type(request):
    if request.param == "mosquitto" and find_mosquitto() is None:
        pytest.skip("mosquitto is not installed: `apt install mosquitto`")
    return {"embedded": EmbeddedBroker, "mosquitto": Mosquitto}[request.param]


async def give(client, *messages, retain=False):
    for topic, data in messages:
        await client.publish(topic, data, 1, retain)


def test_an_alarm_goes_from_the_sensor_to_the_console_and_the_feed_and_its_acknowledgements_come_back(
    broker_type, tmp_path
):
    observed = tmp_path / "observed.jsonl"

    async def scenario():
        async with (
            broker_type() as broker,
            centre_on(broker, observed=str(observed)) as centre,
            console_of(centre) as console,
            fleet_on(broker, centre, SMOKE) as fleet,
        ):
            fleet.sense(SMOKE, "tamper", 1)  # an interrupt: no sampling to wait for
            alarm = (await console.next("alarm"))["alarm"]
            await console.send({"type": "shown", "alarm": alarm["id"]})
            await console.send({"type": "acknowledge", "alarm": alarm["id"], "operator": "Wang"})
            await until(lambda: {(SMOKE, "stored", 7), (SMOKE, "acknowledged", 7)} <= set(fleet.observer.came))
            await until(lambda: centre.core.alarms.get(alarm["id"]).acknowledged_at_ms)
            _, report = await http(centre, f"/api/device/{SMOKE}")
            return alarm, report

    alarm, report = run(scenario())
    assert (alarm["device"], alarm["code"], alarm["level"]) == (SMOKE, 7, 2)
    assert report["state"] == "alarm2"
    assert {"alarm", "birth"} <= {row["what"] for row in report["history"]}
    rows = [json.loads(line) for line in observed.read_text().splitlines()]
    assert [row["event"] for row in rows] == ["stored", "shown", "acknowledged"]
    assert {row["alarm"] for row in rows} == {alarm["id"]}
    assert [row["at"] for row in rows] == sorted(row["at"] for row in rows)


def test_garbage_on_a_devices_topic_is_counted_and_stops_nothing(broker_type):
    async def scenario():
        async with broker_type() as broker, centre_on(broker) as centre, aio(broker) as attacker:
            await centre.ingest.connected.wait()
            for topic in (
                topics.up(TENANT, SMOKE, "al"),
                f"lilong/1/{TENANT}/who/u/al",
                topics.up(TENANT, SMOKE, "st"),
            ):
                for data in (b"", b"garbage", b"\xff" * 2_000):
                    await attacker.publish(topic, data, 1)
            await attacker.publish(topics.up(TENANT, SMOKE, "al"), b"kept by the broker", 1, retain=True)
            await give(attacker, raised(SMOKE))
            await until(centre.core.alarm_list)
            await until(lambda: centre.core.messages == 11)
            return centre.core.receiver.refused

    assert run(scenario()) == {"seal": 7, "topic": 3}


def test_a_retained_alarm_is_refused_and_a_retained_birth_shown(broker_type):
    async def scenario():
        async with broker_type() as broker, aio(broker) as client:
            await give(client, raised(SMOKE), birth(DOOR), retain=True)
            async with centre_on(broker) as centre:
                await until(lambda: centre.core.messages == 2)
                return centre.core.receiver.refused, centre.core.device(DOOR)["session"], centre.core.alarm_list()

    assert run(scenario()) == ({"retained": 1}, "online", [])


def test_a_broker_that_is_away_at_the_start_is_waited_for_and_one_that_restarts_too(caplog, monkeypatch):
    monkeypatch.setattr(link, "BACKOFF_S", (0.01,))

    async def scenario():
        async with EmbeddedBroker() as broker:
            port = broker.port
        with caplog.at_level(logging.WARNING, "lilong.centre"):
            async with centre_on(broker) as centre:
                await until(lambda: len(caplog.messages) >= 2)
                assert not centre.ingest.connected.is_set()
                assert (await http(centre, "/api/registry"))[0] == 200
                for seq in (1, 2):  # the second one after a restart of the broker
                    async with EmbeddedBroker(port=port) as broker, aio(broker) as client:
                        await until(lambda broker=broker: sum(map(len, filters(broker))) == len(topics.UP_CLASSES))
                        await give(client, raised(SMOKE, seq=seq))
                        await until(lambda seq=seq: len(centre.core.alarm_list()) == seq)
        return caplog.messages

    told = run(scenario())
    assert "is it running there? trying again until it answers" in told[0]
    assert len([line for line in told if "trying again" in line]) <= 6  # told once a loss, not once an attempt
    assert any("is back" in line for line in told)


def filters(broker):
    return [session.filters for name, session in broker.sessions.items() if name.startswith("lilong-centre")]


class Disk(Store):
    """A store whose disk takes nothing while `full`."""

    full = False

    def commit(self, rows):
        if self.full:
            raise StoreError("centre.db: database or disk is full")
        super().commit(rows)


def test_while_the_disk_is_full_alarms_are_shown_and_nothing_is_acknowledged_until_it_has_room(monkeypatch, caplog):
    monkeypatch.setattr("lilong_tools.centre.ingest.RETRY_S", 0.01)
    store = Disk(":memory:", TENANT)

    async def scenario():
        async with (
            EmbeddedBroker() as broker,
            centre_on(broker, store=store) as centre,
            console_of(centre) as console,
            aio(broker) as client,
        ):
            await centre.ingest.connected.wait()
            acks = broker.record()
            store.full = True
            await give(client, raised(SMOKE), event(DOOR, 1))
            await console.next("alarm")
            await console.next("event")
            held = [message.topic for message in acks if "/d/" in message.topic]
            unacknowledged = [len(session.awaiting) for session in centre_sessions(broker)]
            store.full = False
            await until(lambda: any(message.topic.endswith(f"{SMOKE}/d/ak") for message in acks))
            await until(lambda: not any(session.awaiting for session in centre_sessions(broker)))
            return held, unacknowledged

    held, unacknowledged = run(scenario())
    assert held == []
    assert sorted(unacknowledged) == [1, 1]
    assert len([line for line in caplog.messages if "disk is full" in line]) == 1
    assert len(store.load().numbers) == 2
    store.close()


def centre_sessions(broker):
    return [session for name, session in broker.sessions.items() if name.startswith("lilong-centre")]


def test_what_a_centre_had_received_but_not_stored_when_it_died_comes_to_the_next_one(tmp_path, monkeypatch):
    """Events have no stored-ack: the broker's memory of what was not acknowledged is what keeps them."""
    monkeypatch.setattr("lilong_tools.centre.ingest.RETRY_S", 0.01)
    broken = Disk(":memory:", TENANT)

    async def scenario():
        async with EmbeddedBroker() as broker, aio(broker) as client:
            async with centre_on(broker, store=broken) as centre:
                await centre.ingest.connected.wait()
                broken.full = True
                await give(client, event(DOOR, 1), raised(SMOKE))
                await until(lambda: centre.core.messages == 2)
            async with centre_on(broker, path=str(tmp_path / "next.db")) as centre:
                await until(lambda: centre.core.messages == 2)
                report = {"history": []}
                while not report["history"]:  # it is read beside the commit
                    _, report = await http(centre, f"/api/device/{DOOR}")
                return [row["what"] for row in report["history"]], len(centre.core.alarm_list())

    assert run(scenario()) == (["event"], 1)
    broken.close()


def test_more_than_the_inbox_holds_stays_with_the_broker_and_comes_later(monkeypatch, caplog):
    monkeypatch.setattr(link, "INBOX_MAX", 20)
    monkeypatch.setattr(link, "BACKOFF_S", (0.01,))
    monkeypatch.setattr("lilong_tools.centre.ingest.HELD_MAX", 1)
    monkeypatch.setattr("lilong_tools.centre.ingest.RETRY_S", 0.01)
    store = Disk(":memory:", TENANT)

    async def scenario():
        async with EmbeddedBroker() as broker, centre_on(broker, store=store) as centre, aio(broker) as client:
            await centre.ingest.connected.wait()
            store.full = True
            await give(client, raised(SMOKE, seq=1))
            await until(lambda: centre.core.messages == 1)
            await give(client, *(raised(SMOKE, seq=seq) for seq in range(2, 60)))
            await until(lambda: any("the broker keeps the rest" in line for line in caplog.messages))
            store.full = False
            while len((await centre.ingest.query(store.load)).numbers) < 59:
                pass

    run(scenario(), timeout_s=60)
    store.close()


def test_alarms_are_not_behind_a_backlog_of_anything_else():
    """With 3,000 births before it in the broker, an alarm is stored before most of them."""

    class Slow(Store):
        order: list[str] = []

        def commit(self, rows):
            self.order += [
                "alarm" if row.table == "alarm" else "birth" for row in rows if row.table in ("alarm", "recent")
            ]
            super().commit(rows)

    store = Slow(":memory:", TENANT)

    async def scenario():
        async with EmbeddedBroker() as broker, aio(broker) as client:
            async with centre_on(broker, store=store) as centre:
                await centre.ingest.connected.wait()
            births = [birth(DOOR, connection=number) for number in range(1, 3_001)]
            await asyncio.gather(*(client.publish(*message, 1) for message in births))
            await give(client, raised(SMOKE))
            async with centre_on(broker, store=store) as centre:
                await until(lambda: centre.core.messages == 3_001)
                await until(lambda: len(store.order) == 3_001)

    run(scenario(), timeout_s=60)
    assert store.order.index("alarm") < 1_000
    store.close()


def test_a_history_is_read_while_a_commit_takes_its_time(tmp_path):
    class Stuck(Store):
        free = threading.Event()

        def commit(self, rows):
            super().commit(rows[:1])
            assert self.free.wait(20)
            super().commit(rows[1:])

    store = Stuck(str(tmp_path / "centre.db"), TENANT)

    async def scenario():
        async with EmbeddedBroker() as broker, centre_on(broker, store=store) as centre, aio(broker) as client:
            await centre.ingest.connected.wait()
            await give(client, raised(SMOKE))
            await until(centre.core.alarm_list)
            try:
                async with asyncio.timeout(10):
                    status, report = await http(centre, f"/api/device/{SMOKE}")
            finally:
                store.free.set()
            return status, report["state"]

    assert run(scenario()) == (200, "alarm1")
    store.close()
