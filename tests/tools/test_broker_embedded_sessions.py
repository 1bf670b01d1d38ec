"""The embedded broker: sessions that outlive their connection, and what is refused."""

import asyncio
import socket
from pathlib import Path

import pytest
from lilong_protocol.mqtt import PUBLISHED, REFUSED
from lilong_protocol.mqtt_packets import connect_packet, puback_packet, publish_packet, subscribe_packet
from lilong_tools.broker import BrokerError, embedded, embedded_client, topic_tree
from lilong_tools.broker.embedded import EmbeddedBroker
from mqtt_peer import Peer, aio, broker_and_peer, next_message, now_ms, run

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


def test_the_whole_broker_is_at_most_400_lines():
    files = [Path(module.__file__) for module in (embedded, embedded_client, topic_tree)]
    assert sum(len(file.read_text().splitlines()) for file in files) <= 400


# ---- what is refused ----


def test_it_listens_on_loopback_only():
    async def scenario():
        async with EmbeddedBroker() as broker:
            assert [place.getsockname() for place in broker._server.sockets] == [("127.0.0.1", broker.port)]

    run(scenario())


def test_a_port_in_use_is_named():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(
            BrokerError, match=f"cannot listen on 127.0.0.1:{port} .*in use.*: stop what holds the port"
        ):
            run(EmbeddedBroker(port=port).start())


def test_a_client_that_breaks_mqtt_is_cut_and_the_others_stay(capsys):
    async def scenario():
        async with broker_and_peer("good") as (broker, good):
            for data in (
                b"GET / HTTP/1.1\r\n\r\n",
                subscribe_packet(1, "a", 1),
                connect_packet("bad", 60) + b"\x34\x05\x00\x01a\x00\x01",
                connect_packet("bad", 60) + b"\x30\xff\xff\xff\x7f",
                connect_packet("bad", 60) + connect_packet("bad", 60),
                connect_packet("bad", 60) + subscribe_packet(1, "a/#/b", 1),
            ):
                reader, writer = await asyncio.open_connection(broker.host, broker.port)
                writer.write(data)
                assert await reader.read() in (b"", b"\x20\x02\x00\x00")
                writer.close()
            good.publish("x")
            await good.wait_for(PUBLISHED)
            assert broker.refused == 6
            assert list(broker.sessions) == ["good"]

    run(scenario())
    complaints = capsys.readouterr().err.splitlines()
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
