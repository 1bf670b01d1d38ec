"""A connection to the broker for a conformance run: the devices' own sans-io MQTT client on asyncio."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any, cast

from lilong_protocol import mqtt
from lilong_protocol.keys import broker_password
from lilong_protocol.mqtt_packets import MqttError

from ..broker import Broker, BrokerError

CONNECT_S = 10.0
KEEPALIVE_S = 30
KEPT_S = 1.0  # a retained message comes at once after the SUBACK
LIMIT = 1 << 16  # bytes of a packet

Take = Callable[[str, bytes, int, bool], None]
"""topic, payload, QoS, retained"""
Will = tuple[str, bytes, int, bool]
"""topic, payload, QoS, retain"""


class Line(asyncio.Protocol):
    """`take` gets every message. `lost` is done when the connection has ended."""

    def __init__(self, take: Take) -> None:
        loop = asyncio.get_running_loop()
        self.lost: asyncio.Future[str] = loop.create_future()
        self._loop = loop
        self._take = take
        self._client = mqtt.Client(LIMIT)
        self._transport: asyncio.Transport | None = None
        self._waiting: dict[tuple[int, int], asyncio.Future[int]] = {}
        self._ready: asyncio.Future[None] = loop.create_future()
        self._timer: asyncio.TimerHandle | None = None

    def publish(self, topic: str, payload: bytes, qos: int = 1, retain: bool = False) -> None:
        """Publish now. BrokerError when the connection is gone."""
        try:
            self._client.publish(topic, payload, qos, retain, self._now())
        except MqttError as error:
            raise BrokerError(f"cannot publish on {topic}: {error}") from None
        self._flush()

    async def subscribe(self, topic_filter: str, qos: int = 1) -> None:
        """Until the broker has granted it; BrokerError when it does not."""
        pid = self._client.subscribe(topic_filter, qos, self._now())
        granted = self._loop.create_future()
        self._waiting[(mqtt.SUBSCRIBED, pid)] = granted
        self._flush()
        if await asyncio.wait_for(granted, CONNECT_S) > 1:
            raise BrokerError(f"the broker refuses the subscription to {topic_filter}: check its access list")

    def close(self, farewell: bool = True) -> None:
        """Leave; without a farewell as by a broken link."""
        if self._transport is not None:
            if farewell:
                self._client.disconnect()
                self._transport.write(self._client.take())
                self._transport.close()
            else:
                self._transport.abort()
        if self._timer is not None:
            self._timer.cancel()

    # ---- asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        events: list[tuple[Any, ...]] = []
        try:
            self._client.feed(data, self._now(), events)
        except MqttError as error:
            self._end(str(error))
        self._flush()  # a PUBACK first: what follows may close the line
        for event in events:
            self._event(event)

    def connection_lost(self, exc: Exception | None) -> None:
        self._end(str(exc or "closed by the broker"))

    # ---- inside

    def _now(self) -> int:
        return int(self._loop.time() * 1000)

    def _event(self, event: tuple[Any, ...]) -> None:
        what = event[0]
        if what == mqtt.MESSAGE:
            self._take(event[1], event[2], event[3], event[4])
        elif what == mqtt.CONNECTED:
            self._ready.set_result(None)
        elif what == mqtt.REFUSED:
            self._end(f"the broker refuses the connection (CONNACK code {event[1]})")
        elif what == mqtt.SUBSCRIBED:
            self._waiting.pop((what, event[1])).set_result(event[2])

    def _flush(self) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(self._client.take())
        if self._timer is not None:
            self._timer.cancel()
        due = self._client.deadline
        if due is not None:
            self._timer = self._loop.call_later(max(0.0, due / 1000 - self._loop.time()), self._step)

    def _step(self) -> None:
        try:
            self._client.step(self._now())
        except MqttError as error:
            self._end(str(error))
        self._flush()

    def _end(self, why: str) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._transport is not None:
            self._transport.abort()
        waiting: list[asyncio.Future[Any]] = [self._ready, *self._waiting.values()]
        for one in waiting:
            if not one.done():
                one.set_exception(BrokerError(why))
        if not self.lost.done():
            self.lost.set_result(why)

    def start(self, client_id: str, broker: Broker, will: Will | None) -> "asyncio.Future[None]":
        """Send CONNECT; done with the CONNACK."""
        assert self._transport is not None
        password = None if broker.password is None else broker.password.encode()
        self._transport.write(
            self._client.connect(self._now(), client_id, KEEPALIVE_S, will, broker.username, password)
        )
        return self._ready


def logged_in(broker: Broker, device: str, root: bytes) -> Broker:
    """As a device reaches it: with a login of its own where the broker wants one."""
    if broker.username is None:
        return broker
    return replace(broker, username=device, password=broker_password(root))


async def kept(broker: Broker, client_id: str, topic: str) -> bytes | None:
    """What the broker keeps for a topic."""
    found: list[bytes] = []
    came = asyncio.Event()

    def take(_topic: str, data: bytes, _qos: int, _retained: bool) -> None:
        found.append(data)
        came.set()

    line = await open_line(broker, client_id, take)
    try:
        await line.subscribe(topic)
        with suppress(TimeoutError):
            await asyncio.wait_for(came.wait(), KEPT_S)
    finally:
        line.close()
    return found[0] if found else None


async def open_line(broker: Broker, client_id: str, take: Take = lambda *_: None, will: Will | None = None) -> Line:
    """A connected line; BrokerError when there is none to be had."""
    loop = asyncio.get_running_loop()
    tls = None if broker.tls is None else broker.tls.context()
    where = f"broker {broker.host}:{broker.port}"
    line = None
    try:
        async with asyncio.timeout(CONNECT_S):
            _, line = await loop.create_connection(lambda: Line(take), broker.host, broker.port, ssl=tls)
            await line.start(client_id, broker, will)
    except TimeoutError:
        if line is not None:
            line.close(farewell=False)
        raise BrokerError(f"{where}: no answer in {CONNECT_S:.0f} s; is it an MQTT broker?") from None
    except OSError as error:
        raise BrokerError(f"{where}: {error.strerror or error}; is it running there?") from None
    return line
