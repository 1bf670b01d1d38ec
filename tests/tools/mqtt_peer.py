"""The devices' MQTT client on an asyncio transport, with waits in place of sleeps: for tests of brokers."""

import asyncio
import time
from contextlib import asynccontextmanager

import aiomqtt
from lilong_protocol.mqtt import CONNECTED, SUBSCRIBED, Client
from lilong_tools.broker.embedded import EmbeddedBroker


def now_ms():
    return int(time.monotonic() * 1000)


class Peer(asyncio.Protocol):
    """`events` holds what came and was not waited for yet; `lost` is set when the connection is gone."""

    def __init__(self):
        self.client = Client(65_536)
        self.events = []
        self.lost = asyncio.Event()
        self._news = asyncio.Event()

    def connection_made(self, transport):
        self.transport = transport

    def connection_lost(self, exc):
        self.lost.set()
        self._news.set()

    def data_received(self, data):
        self.client.feed(data, now_ms(), self.events)
        self.flush()
        self._news.set()

    def flush(self):
        self.transport.write(self.client.take())

    async def wait_for(self, *start):
        """Take the first event that begins with `start` from `events`, waiting for it if need be."""
        while True:
            for i, event in enumerate(self.events):
                if event[: len(start)] == start:
                    return self.events.pop(i)
            assert not self.lost.is_set(), f"connection lost before {start}; had {self.events}"
            self._news.clear()
            await self._news.wait()

    def publish(self, topic, payload=b"x", qos=1, retain=False):
        pid = self.client.publish(topic, payload, qos, retain, now_ms())
        self.flush()
        return pid

    async def subscribe(self, topic_filter, qos=1):
        pid = self.client.subscribe(topic_filter, qos, now_ms())
        self.flush()
        return (await self.wait_for(SUBSCRIBED, pid))[2]

    def disconnect(self):
        self.client.disconnect()
        self.flush()
        self.transport.close()


async def open_peer(broker, client_id="peer", keepalive_s=60, will=None):
    """A peer whose transport is up and whose CONNECT is sent."""
    _, peer = await asyncio.get_running_loop().create_connection(Peer, broker.host, broker.port)
    peer.transport.write(peer.client.connect(now_ms(), client_id, keepalive_s, will))
    return peer


@asynccontextmanager
async def peer_of(broker, client_id="peer", keepalive_s=60, will=None):
    """A connected peer, disconnected at the end."""
    peer = await open_peer(broker, client_id, keepalive_s, will)
    await peer.wait_for(CONNECTED)
    try:
        yield peer
    finally:
        peer.disconnect()


def aio(broker, identifier=None, **options):
    return aiomqtt.Client(broker.host, broker.port, identifier=identifier, timeout=10, **options)


async def next_message(client):
    return await anext(aiter(client.messages))


@asynccontextmanager
async def broker_and_peer(client_id="peer", **options):
    async with EmbeddedBroker(**options) as broker, peer_of(broker, client_id) as peer:
        yield broker, peer


def run(coroutine, timeout_s=30):
    """Run one test's coroutine to its end, or fail."""

    async def bounded():
        async with asyncio.timeout(timeout_s):
            return await coroutine

    return asyncio.run(bounded())
