"""The faults that tests can have the embedded broker commit."""

import asyncio

import pytest
from lilong_protocol.mqtt import CONNECTED, MESSAGE, PUBLISHED
from lilong_tools.broker.embedded import EmbeddedBroker
from lilong_tools.broker.embedded_client import Message
from mqtt_peer import broker_and_peer, open_peer, peer_of, run


async def turns_of_the_loop():
    """Enough of them for a broker that is not frozen to answer what was sent before."""
    for _ in range(100):
        await asyncio.sleep(0)


def test_a_frozen_broker_takes_bytes_and_connections_and_answers_when_it_thaws():
    async def scenario():
        async with broker_and_peer() as (broker, peer):
            broker.freeze()
            pid = peer.publish("x")
            late = await open_peer(broker, "late")
            await turns_of_the_loop()
            assert len(broker.connections) == 2
            assert broker.received == 0
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
            await turns_of_the_loop()
            now = 1000.0
            broker.sweep()
            broker.thaw()
            broker.sweep()
            await peer.wait_for(PUBLISHED)
            now = 1090.1
            broker.sweep()
            assert "device" not in broker.sessions

    run(scenario())


def test_a_puback_can_be_withheld_of_a_message_that_is_delivered():
    async def scenario():
        async with broker_and_peer("a") as (broker, a), peer_of(broker, "b") as b:
            await b.subscribe("x", 1)
            broker.drop_pubacks(2)
            lost = [a.publish("x", b"1"), a.publish("x", b"2")]
            kept = a.publish("x", b"3")
            assert await a.wait_for(PUBLISHED) == (PUBLISHED, kept)
            assert kept not in lost
            assert a.client.in_flight == 2
            assert [(await b.wait_for(MESSAGE))[2] for _ in range(3)] == [b"1", b"2", b"3"]

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
            assert not broker.log
            log = broker.record(2)
            for payload in (b"1", b"2", b"3"):
                peer.publish("u/st", payload, retain=True)
                await peer.wait_for(PUBLISHED)
            assert broker.received == 4
            return list(log)

    assert run(scenario()) == [
        Message("u/st", b"2", 1, True),
        Message("u/st", b"3", 1, True),
    ]
