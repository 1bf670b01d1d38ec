"""The embedded broker: MQTT 3.1.1 as aiomqtt and the devices' client see it, and the faults that tests steer."""

import asyncio
import socket
import sys
from contextlib import asynccontextmanager

import aiomqtt
import pytest
from lilong_protocol.mqtt import CONNECTED, MESSAGE, PUBLISHED, REFUSED
from lilong_protocol.mqtt_packets import connect_packet, puback_packet, publish_packet, subscribe_packet
from lilong_tools.broker import BrokerError, embedded_client, open_broker, probe
from lilong_tools.broker.embedded import EmbeddedBroker, Received
from lilong_tools.broker.limits import raise_file_limit
from mqtt_peer import Peer, now_ms, open_peer, peer_of, run


def aio(broker, identifier=None, **options):
    return aiomqtt.Client(broker.host, broker.port, identifier=identifier, timeout=10, **options)


async def next_message(client):
    return await anext(aiter(client.messages))


@asynccontextmanager
async def broker_and_peer(client_id="peer", **options):
    async with EmbeddedBroker(**options) as broker, peer_of(broker, client_id) as peer:
        yield broker, peer


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


# ---- persistent sessions ----


def test_a_persistent_session_gets_what_came_while_it_was_away():
    async def scenario():
        async with EmbeddedBroker() as broker, aio(broker) as device:
            async with aio(broker, "centre", clean_session=False) as centre:
                await centre.subscribe("u/#", 1)
            for i in range(500):
                await device.publish(f"u/{i}", b"x", 1)
            await device.publish("u/hb", b"x", 0)
            async with aio(broker, "centre", clean_session=False) as centre:
                got = [str((await next_message(centre)).topic) for _ in range(500)]
                await device.publish("u/live", b"x", 1)
                got.append(str((await next_message(centre)).topic))
                return got

    assert run(scenario()) == [f"u/{i}" for i in range(500)] + ["u/live"]


def test_what_a_persistent_session_did_not_acknowledge_is_sent_again_with_dup():
    async def scenario():
        async with broker_and_peer("device") as (broker, device):
            connect = connect_packet("centre", 60, clean=False)
            reader, writer = await asyncio.open_connection(broker.host, broker.port)
            writer.write(connect + subscribe_packet(1, "u/#", 1))
            assert await reader.readexactly(9) == b"\x20\x02\x00\x00\x90\x03\x00\x01\x01"
            for payload in (b"one", b"two"):
                device.publish("u", payload)
                packet = publish_packet("u", payload, 1, False, 1 if payload == b"one" else 2)
                assert await reader.readexactly(len(packet)) == packet
            writer.write(puback_packet(1))
            writer.write_eof()
            assert await reader.read() == b""
            writer.close()
            reader, writer = await asyncio.open_connection(broker.host, broker.port)
            writer.write(connect)
            again = b"\x20\x02\x01\x00" + publish_packet("u", b"two", 1, False, 2, True)
            assert await reader.readexactly(len(again)) == again
            writer.close()

    run(scenario())


def test_the_queue_of_an_absent_session_is_bounded_and_what_is_lost_is_counted(monkeypatch):
    monkeypatch.setattr(embedded_client, "MAX_QUEUED", 10)

    async def scenario():
        async with EmbeddedBroker() as broker, aio(broker) as device:
            async with aio(broker, "centre", clean_session=False) as centre:
                await centre.subscribe("u/#", 1)
            for i in range(15):
                await device.publish(f"u/{i}", b"x", 1)
            assert broker.dropped == 5
            async with aio(broker, "centre", clean_session=False) as centre:
                return [str((await next_message(centre)).topic) for _ in range(10)]

    assert run(scenario()) == [f"u/{i}" for i in range(10)]


def test_a_slow_client_has_a_bounded_number_in_flight_and_loses_nothing(monkeypatch):
    monkeypatch.setattr(embedded_client, "MAX_IN_FLIGHT", 3)

    async def scenario():
        async with broker_and_peer("device") as (broker, device):
            reader, writer = await asyncio.open_connection(broker.host, broker.port)
            writer.write(connect_packet("slow", 60) + subscribe_packet(1, "u", 1))
            await reader.readexactly(9)
            for i in range(8):
                device.publish("u", bytes([i]))
                await device.wait_for(PUBLISHED)
            session = broker.sessions["slow"]
            assert (len(session.awaiting), len(session.queue)) == (3, 5)
            got = []
            for pid in range(1, 9):
                packet = await reader.readexactly(len(publish_packet("u", b"i", 1, False, pid)))
                got.append(packet[-1])
                writer.write(puback_packet(pid))
            writer.close()
            return got

    assert run(scenario()) == list(range(8))


def test_an_id_that_a_client_has_not_acknowledged_is_not_used_again():
    async def scenario():
        async with broker_and_peer("device") as (broker, device):
            reader, writer = await asyncio.open_connection(broker.host, broker.port)
            writer.write(connect_packet("slow", 60) + subscribe_packet(1, "u", 1))
            await reader.readexactly(9)
            device.publish("u", b"1")
            await device.wait_for(PUBLISHED)
            broker.sessions["slow"].last_id = 65_535  # as after 65,534 messages more
            device.publish("u", b"2")
            expected = publish_packet("u", b"1", 1, False, 1) + publish_packet("u", b"2", 1, False, 2)
            assert await reader.readexactly(len(expected)) == expected
            writer.close()

    run(scenario())


def test_a_clean_connection_ends_the_persistent_session_of_its_client_id():
    async def scenario():
        async with EmbeddedBroker() as broker:
            async with aio(broker, "centre", clean_session=False) as centre:
                await centre.subscribe("u/#", 1)
            assert "centre" in broker.sessions
            async with aio(broker, "centre", clean_session=True) as centre:
                await centre.publish("u/1", b"x", 1)
                assert not broker.sessions["centre"].filters
            assert broker.sessions == {}
            async with aio(broker) as device:
                await device.publish("u/hb", b"x", 0)
                await device.publish("fence", b"x", 1)
            assert broker.dropped == 0, "no session is left for which there would be something to drop"

    run(scenario())


# ---- what is refused ----


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "example.org", ""])
def test_it_listens_on_loopback_only(host):
    with pytest.raises(BrokerError, match="listens on loopback only"):
        EmbeddedBroker(host)


def test_a_port_in_use_is_named():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(
            BrokerError, match=f"cannot listen on 127.0.0.1:{port} .*in use.*: stop what holds the port"
        ):
            run(EmbeddedBroker(port=port).start())


def test_a_client_that_breaks_mqtt_is_cut_and_the_others_stay():
    async def scenario():
        complaints = []
        async with broker_and_peer("good") as (broker, good):
            broker.complain = complaints.append
            for data in (
                b"GET / HTTP/1.1\r\n\r\n",
                subscribe_packet(1, "a", 1),
                connect_packet("bad", 60) + b"\x34\x05\x00\x01a\x00\x01",
                connect_packet("bad", 60) + b"\x30\xff\xff\xff\x7f",
                connect_packet("bad", 60) + publish_packet("/" * 300, b"", 0, False),
                connect_packet("bad", 60) + connect_packet("bad", 60),
                connect_packet("bad", 60) + subscribe_packet(1, "a/#/b", 1),
            ):
                reader, writer = await asyncio.open_connection(broker.host, broker.port)
                writer.write(data)
                assert await reader.read() in (b"", b"\x20\x02\x00\x00")
                writer.close()
            good.publish("x")
            await good.wait_for(PUBLISHED)
            assert broker.refused == 7
            assert list(broker.sessions) == ["good"]
            return complaints

    complaints = run(scenario())
    assert complaints[1] == "a new connection broke MQTT 3.1.1: the first packet is not CONNECT"
    assert complaints[2] == "client 'bad' broke MQTT 3.1.1: PUBLISH: first byte 0x34 is reserved or of QoS 2"


def test_what_follows_a_disconnect_is_not_looked_at():
    async def scenario():
        async with EmbeddedBroker() as broker:
            reader, writer = await asyncio.open_connection(broker.host, broker.port)
            rest = publish_packet("u", b"x", 1, True, 1) + connect_packet("d2", 60)
            writer.write(connect_packet("d1", 60) + b"\xe0\x00" + rest)
            assert await reader.read() == b"\x20\x02\x00\x00"
            writer.close()
            assert (broker.received, broker.refused, broker.sessions) == (0, 0, {})

    run(scenario())


def test_a_client_of_another_mqtt_version_is_told_so():
    async def scenario():
        async with EmbeddedBroker() as broker:
            reader, writer = await asyncio.open_connection(broker.host, broker.port)
            writer.write(b"\x10\x0e\x00\x04MQTT\x05\x02\x00\x3c\x00\x00\x01a")
            assert await reader.read() == b"\x20\x02\x00\x01"
            writer.close()
            reader, writer = await asyncio.open_connection(broker.host, broker.port)
            writer.write(connect_packet("", 60, clean=False))
            assert await reader.read() == b"\x20\x02\x00\x02"
            writer.close()

    run(scenario())


def test_a_refusal_reaches_the_devices_client_as_an_event():
    async def scenario():
        async with EmbeddedBroker() as broker:
            _, peer = await asyncio.get_running_loop().create_connection(Peer, broker.host, broker.port)
            packet = bytearray(peer.client.connect(now_ms(), "d1", 60))
            packet[8] = 3
            peer.transport.write(packet)
            assert await peer.wait_for(REFUSED) == (REFUSED, 1)

    run(scenario())


# ---- faults ----


def test_a_frozen_broker_takes_bytes_and_connections_and_answers_when_it_thaws():
    async def scenario():
        async with broker_and_peer() as (broker, peer):
            broker.freeze()
            pid = peer.publish("x")
            late = await open_peer(broker, "late")
            while sum(len(connection.held) > 0 for connection in broker.connections) < 2:
                await asyncio.sleep(0)
            assert peer.events == []
            assert late.events == []
            broker.thaw()
            await peer.wait_for(PUBLISHED, pid)
            await late.wait_for(CONNECTED)
            late.disconnect()

    run(scenario())


def test_a_frozen_broker_cuts_nobody_for_silence_that_it_did_not_hear():
    async def scenario():
        now = 0.0
        async with EmbeddedBroker(clock=lambda: now) as broker, peer_of(broker, "device", 60) as peer:
            broker.freeze()
            peer.publish("x")
            while not all(connection.held for connection in broker.connections):
                await asyncio.sleep(0)
            now = 1000.0
            broker.sweep()
            broker.thaw()
            broker.sweep()
            await peer.wait_for(PUBLISHED)

    run(scenario())


def test_a_puback_can_be_withheld_from_anyone_or_from_one_client():
    async def scenario():
        async with broker_and_peer("a") as (broker, a), peer_of(broker, "b") as b:
            await b.subscribe("x", 1)
            broker.drop_pubacks(2, "a")
            lost = [a.publish("x", b"1"), a.publish("x", b"2")]
            kept = a.publish("x", b"3")
            assert await a.wait_for(PUBLISHED) == (PUBLISHED, kept)
            assert lost[0] != kept
            assert a.client.in_flight == 2
            assert [(await b.wait_for(MESSAGE))[2] for _ in range(3)] == [b"1", b"2", b"3"]
            broker.drop_pubacks()
            b.publish("y")
            kept = b.publish("y")
            assert await b.wait_for(PUBLISHED) == (PUBLISHED, kept)

    run(scenario())


def test_a_delivery_can_be_duplicated():
    async def scenario():
        async with broker_and_peer() as (broker, peer):
            await peer.subscribe("x", 1)
            broker.duplicate()
            peer.publish("x", b"1")
            peer.publish("x", b"2")
            return [(await peer.wait_for(MESSAGE))[2] for _ in range(3)]

    assert run(scenario()) == [b"1", b"1", b"2"]


def test_dropping_a_client_that_is_not_there_is_a_key_error():
    async def scenario():
        async with EmbeddedBroker() as broker:
            with pytest.raises(KeyError):
                broker.drop("nobody")

    run(scenario())


def test_a_record_holds_the_last_messages_as_they_arrived():
    async def scenario():
        async with broker_and_peer("d1") as (broker, peer):
            peer.publish("before")
            await peer.wait_for(PUBLISHED)
            assert broker.log is None
            log = broker.record(2)
            for payload in (b"1", b"2", b"3"):
                peer.publish("u/st", payload, retain=True)
                await peer.wait_for(PUBLISHED)
            assert broker.received == 4
            return list(log)

    assert run(scenario()) == [
        Received("d1", "u/st", b"2", 1, True, False),
        Received("d1", "u/st", b"3", 1, True, False),
    ]


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
            sys.executable, "-m", "lilong_tools.broker.embedded", "--port", "0", "--until-eof",
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        assert (await process.stdout.readline()).startswith(b"listening 127.0.0.1 ")
        process.stdin.close()
        return await process.wait()

    assert run(scenario()) == 0
