"""The embedded broker as aiomqtt and the devices' client see it: messages, wills, and an estate of both."""

import asyncio
import socket
import sys

import pytest
from lilong_protocol.mqtt import CONNECTED, MESSAGE, PUBLISHED
from lilong_tools.broker import BrokerError, open_broker, probe
from lilong_tools.broker.embedded import EmbeddedBroker
from lilong_tools.broker.limits import raise_file_limit
from mqtt_peer import aio, broker_and_peer, next_message, open_peer, peer_of, run

# ---- messages ----


def test_a_subscriber_gets_what_matches_at_the_lower_of_the_two_qos():
    async def scenario():
        async with EmbeddedBroker() as broker, aio(broker) as a, aio(broker) as b:
            await a.subscribe([("lilong/1/+/+/u/#", 1), ("other/#", 0)])
            await b.publish("lilong/1/t/d/u/al", b"1", 1)
            await b.publish("lilong/1/t/d/u/hb", b"2", 0)
            await b.publish("lilong/1/t/d/d/ak", b"3", 1)
            await b.publish("other/x", b"4", 1)
            got = [await next_message(a) for _ in range(3)]
            return [(str(m.topic), m.payload, m.qos, m.retain) for m in got]

    assert run(scenario()) == [
        ("lilong/1/t/d/u/al", b"1", 1, False),
        ("lilong/1/t/d/u/hb", b"2", 0, False),
        ("other/x", b"4", 0, False),
    ]


def test_a_subscription_with_qos_2_is_granted_1():
    async def scenario():
        async with EmbeddedBroker() as broker, aio(broker) as a:
            granted = await a.subscribe([("x", 2), ("y", 1), ("z", 0)])
            await a.publish("x", b"", 1)
            return [int(getattr(code, "value", code)) for code in granted], (await next_message(a)).qos

    assert run(scenario()) == ([1, 1, 0], 1)


def test_the_messages_of_a_client_arrive_whole_and_in_order():
    async def scenario():
        async with EmbeddedBroker() as broker, aio(broker) as a, aio(broker) as b:
            await a.subscribe("n/#", 1)
            for i in range(300):
                await b.publish(f"n/{i}", bytes(i * 10), 1)
            got = [await next_message(a) for _ in range(300)]
            return [(str(m.topic), len(m.payload)) for m in got]

    assert run(scenario()) == [(f"n/{i}", i * 10) for i in range(300)]


def test_overlapping_subscriptions_give_one_copy_at_the_highest_qos():
    async def scenario():
        async with broker_and_peer() as (broker, peer), aio(broker) as other:
            for topic_filter, qos in (("a/#", 0), ("a/+", 1), ("a/b", 0)):
                await peer.subscribe(topic_filter, qos)
            await other.publish("a/b", b"x", 1)
            await other.publish("a", b"last", 1)
            assert await peer.wait_for(MESSAGE, "a") == (MESSAGE, "a", b"last", 0, False)
            assert peer.events == [(MESSAGE, "a/b", b"x", 1, False)]

    run(scenario())


def test_nothing_more_comes_after_unsubscribe():
    async def scenario():
        async with EmbeddedBroker() as broker, aio(broker) as a:
            await a.subscribe([("x", 1), ("y", 1)])
            await a.unsubscribe("x")
            await a.publish("x", b"", 1)
            await a.publish("y", b"", 1)
            return str((await next_message(a)).topic)

    assert run(scenario()) == "y"


def test_a_retained_message_is_given_to_whoever_subscribes_later_until_it_is_cleared():
    async def scenario():
        async with broker_and_peer() as (broker, peer), aio(broker) as other:
            await other.publish("t/1/st", b"born", 1, retain=True)
            await other.publish("t/2/st", b"born too", 1, retain=True)
            await other.publish("t/2/st", b"", 1, retain=True)
            await other.publish("t/3/st", b"not kept", 1)
            await peer.subscribe("t/+/st", 1)
            await peer.subscribe("fence", 1)
            assert peer.events == [(MESSAGE, "t/1/st", b"born", 1, True)]
            await other.publish("t/1/st", b"anew", 1, retain=True)
            assert await peer.wait_for(MESSAGE, "t/1/st", b"anew") == (MESSAGE, "t/1/st", b"anew", 1, False)

    run(scenario())


def test_a_leading_wildcard_does_not_see_the_brokers_own_topics():
    async def scenario():
        async with broker_and_peer() as (broker, peer):
            await peer.subscribe("#", 1)
            await peer.subscribe("$SYS/#", 1)
            await peer.subscribe("fence", 1)
            assert peer.events == [(MESSAGE, "$SYS/broker/version", broker.version.encode(), 0, True)]

    run(scenario())


# ---- wills ----


def test_a_broken_connection_publishes_the_will_and_a_disconnect_does_not():
    async def scenario():
        async with broker_and_peer() as (broker, peer):
            await peer.subscribe("will/#", 1)
            async with peer_of(broker, "good", will=("will/good", b"dead", 1, True)):
                pass
            lost = await open_peer(broker, "bad", will=("will/bad", b"dead", 1, True))
            await lost.wait_for(CONNECTED)
            broker.drop("bad")
            assert await peer.wait_for(MESSAGE) == (MESSAGE, "will/bad", b"dead", 1, False)
            await lost.lost.wait()
            async with peer_of(broker, "late") as late:
                await late.subscribe("will/#", 1)
                assert await late.wait_for(MESSAGE) == (MESSAGE, "will/bad", b"dead", 1, True)

    run(scenario())


def test_a_client_that_vanishes_leaves_its_will():
    async def scenario():
        async with EmbeddedBroker() as broker, aio(broker) as watcher:
            await watcher.subscribe("will", 1)
            peer = await open_peer(broker, "gone", will=("will", b"dead", 1, False))
            await peer.wait_for(CONNECTED)
            peer.transport.abort()
            return (await next_message(watcher)).payload

    assert run(scenario()) == b"dead"


def test_a_second_connection_with_the_same_client_id_takes_over():
    async def scenario():
        async with broker_and_peer("watcher") as (broker, watcher):
            await watcher.subscribe("#", 1)
            first = await open_peer(broker, "device", will=("will", b"first", 1, False))
            await first.wait_for(CONNECTED)
            await first.subscribe("mine", 1)
            async with peer_of(broker, "device", will=("will", b"second", 1, False)) as second:
                await first.lost.wait()
                assert await watcher.wait_for(MESSAGE) == (MESSAGE, "will", b"first", 1, False)
                second.publish("mine", b"x", 1)
                await second.wait_for(PUBLISHED)
                assert second.events == [], "a clean session starts without the subscriptions of the one before"
                assert len(broker.sessions) == 2

    run(scenario())


def test_silence_of_one_and_a_half_keepalives_ends_a_connection():
    async def scenario():
        now = 0.0
        async with EmbeddedBroker(clock=lambda: now) as broker, peer_of(broker, "watcher", 0) as watcher:
            await watcher.subscribe("will", 1)
            peer = await open_peer(broker, "device", 60, will=("will", b"dead", 1, False))
            await peer.wait_for(CONNECTED)
            now = 50.0
            peer.publish("x")
            await peer.wait_for(PUBLISHED)
            now = 140.0
            broker.sweep()
            assert "device" in broker.sessions
            now = 140.1
            broker.sweep()
            assert "device" not in broker.sessions
            assert (await watcher.wait_for(MESSAGE))[2] == b"dead"
            await peer.lost.wait()

    run(scenario())


def test_a_connection_that_never_says_connect_is_ended():
    async def scenario():
        now = 0.0
        async with EmbeddedBroker(clock=lambda: now) as broker:
            reader, writer = await asyncio.open_connection(broker.host, broker.port)
            async with peer_of(broker):
                now = 10.1
                broker.sweep()
                assert await reader.read() == b""
            writer.close()

    run(scenario())


# ---- an estate, and a process of its own ----


DEVICES = 2_201


@pytest.mark.skipif(raise_file_limit() < 2 * DEVICES + 200, reason="this machine allows too few open files")
def test_it_carries_every_device_of_the_reference_estate():
    async def one(broker, i, centre):
        base = f"lilong/1/music_plaza/{i:016x}"
        peer = await open_peer(broker, f"{i:016x}", 60, (f"{base}/u/st", bytes(70), 1, True))
        await peer.wait_for(CONNECTED)
        assert await peer.subscribe(f"{base}/d/#", 1) == 1
        await peer.wait_for(PUBLISHED, peer.publish(f"{base}/u/st", b"birth %d" % i, 1, True))
        centre.publish(f"{base}/d/ak", b"ack %d" % i, 0)
        assert (await peer.wait_for(MESSAGE))[1:3] == (f"{base}/d/ak", b"ack %d" % i)
        assert peer.events == []
        return peer

    async def scenario():
        async with broker_and_peer("centre") as (broker, centre):
            await centre.subscribe("lilong/1/+/+/u/#", 1)
            peers = await asyncio.gather(*(one(broker, i, centre) for i in range(DEVICES)))
            births = {(await centre.wait_for(MESSAGE))[2] for _ in range(DEVICES)}
            async with peer_of(broker, "late") as late:
                await late.subscribe("lilong/1/+/+/u/st", 1)
                retained = {(await late.wait_for(MESSAGE))[2] for _ in range(DEVICES)}
            assert broker.refused == broker.dropped == 0
            for peer in peers:
                peer.disconnect()
            return births, retained

    births, retained = run(scenario(), 120)
    assert births == retained == {b"birth %d" % i for i in range(DEVICES)}


def test_in_a_process_of_its_own_it_serves_until_the_block_ends():
    async def scenario():
        async with open_broker(None, kind="embedded") as broker:
            assert broker.kind == "embedded"
            assert broker.describe() == f"lilong embedded broker 1.0 at 127.0.0.1:{broker.port}"
            async with aio(broker) as a:
                await a.subscribe("x", 1)
                await a.publish("x", b"y", 1)
                assert (await next_message(a)).payload == b"y"
        with pytest.raises(BrokerError, match=f"no broker at 127.0.0.1:{broker.port}"):
            await probe(broker.host, broker.port)

    run(scenario())


def test_in_a_process_of_its_own_it_tells_that_its_port_is_taken():
    async def scenario(port):
        async with open_broker(None, port, kind="embedded"):
            pass

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(BrokerError, match=f"cannot listen on 127.0.0.1:{port}"):
            run(scenario(port))


def test_its_process_ends_when_its_parent_does():
    async def scenario():
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "lilong_tools.broker.embedded", "--port", "0",
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        assert (await process.stdout.readline()).startswith(b"listening 127.0.0.1 ")
        process.stdin.close()
        return await process.wait()

    assert run(scenario()) == 0
