"""A `Backend` on a real broker, and scripted devices on connections of their own."""

import asyncio
from contextlib import asynccontextmanager

import aiomqtt
from engine_world import KEY, SMOKE, SMOKE_KIND, TENANT, Scripted
from lilong_protocol import frame, topics
from lilong_protocol.pc.backend import Backend

PROBE = b"is anything before me?"


def run(coroutine, timeout_s=30):
    async def bounded():
        async with asyncio.timeout(timeout_s):
            return await coroutine

    return asyncio.run(bounded())


def url_of(broker):
    return f"mqtt://{broker.host}:{broker.port}"


def backend_at(broker, state, tenants=(TENANT,), keys=KEY, **options):
    return Backend(url_of(broker), keys, tenants=tenants, state=state, **options)


class Wire:
    """A scripted device on a real connection."""

    def __init__(self, client, device):
        self.client = client
        self.device = device
        self._messages = aiter(client.messages)

    async def say(self, *messages):
        for topic, data, retain in messages or self.device.sent:
            await self.client.publish(topic, data, 1, retain)
        self.device.sent = []

    async def hear(self, kind=None):
        """The next message to the device, decoded; None for the probe."""
        while True:
            message = await anext(self._messages)
            if message.payload == PROBE:
                return None
            told = frame.unpack(self.device.down.open(topics.parse(message.topic.value)[3], message.payload))
            if kind in (None, told.kind):
                return told

    async def probe(self):
        """All that has come before a message that is sent now."""
        await self.client.publish(topics.down(self.device.tenant, self.device.device, "cm"), PROBE, 1)
        heard = []
        while (told := await self.hear()) is not None:
            heard.append(told.kind)
        return heard


@asynccontextmanager
async def device_at(broker, device=None):
    device = device or Scripted(SMOKE, SMOKE_KIND)
    async with aiomqtt.Client(broker.host, broker.port) as client:
        await client.subscribe(topics.down_filter(device.tenant, device.device), qos=1)
        yield Wire(client, device)


async def next_with(batches, *kinds):
    """The next batch that has a message of each of these kinds; those before it are stored."""
    async for batch in batches:
        if set(kinds) <= {message.kind for message in batch.messages}:
            return batch
        await batch.stored()
    raise AssertionError("the backend ended")
