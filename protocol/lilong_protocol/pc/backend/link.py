"""One connection to the broker that lasts: a persistent session, reconnects with backoff, a bounded inbox."""

import asyncio
import contextlib
import logging
import random
import socket
from collections import deque
from collections.abc import Callable, Sequence

from ..decided import Publish
from ..errors import BackendError
from .address import Address

try:
    import aiomqtt
    import paho.mqtt.client as mqtt
except ImportError as missing:
    raise BackendError(
        f"the backend speaks MQTT by aiomqtt, which is not installed ({missing}): pip install 'lilong[backend]'"
    ) from missing

MqttError = aiomqtt.MqttError

log = logging.getLogger("lilong.backend")

INBOX_MAX = 50_000
BACKOFF_S = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0)
KEEPALIVE_S = 30
FORGET_S = 3.0
REFUSED = 0x80  # of a SUBACK


class Arrival:
    """What arrived. `done` acknowledges it to the broker, which otherwise sends it again after a reconnect."""

    __slots__ = ("_connection", "_mid", "payload", "retain", "topic")

    def __init__(self, connection: mqtt.Client | None, mid: int, topic: str, payload: bytes, retain: bool) -> None:
        self._connection = connection  # the very one: on another the number would mean another message
        self._mid = mid
        self.topic = topic
        self.payload = payload
        self.retain = retain

    def done(self) -> None:
        if self._connection is not None:
            self._connection.ack(self._mid, 1)


def _queue_type(take: Callable[[aiomqtt.Message], None]) -> type[asyncio.Queue[aiomqtt.Message]]:
    """What aiomqtt fills: awaiting its own queue costs more than all the rest of a message's way."""

    class Inbox(asyncio.Queue[aiomqtt.Message]):
        def put_nowait(self, item: aiomqtt.Message) -> None:
            take(item)

    return Inbox


class Link:
    """Subscribes to `filters` at QoS 1; `inbox` fills and `arrived` is set while `run` goes on."""

    def __init__(self, address: Address, client_id: str, filters: Sequence[str], arrived: asyncio.Event) -> None:
        self.inbox: deque[Arrival] = deque()
        self.subscribed = asyncio.Event()
        self.dropped = 0  # QoS 0 messages for a full inbox
        self._address = address
        self._client_id = client_id
        self._filters = list(filters)
        self._arrived = arrived
        self._paho: mqtt.Client | None = None
        self._overrun = asyncio.Event()

    async def run(self) -> None:
        """Connect and stay connected until cancelled."""
        attempt = 0
        while True:
            client = self._connection()
            try:
                async with client:
                    granted = await client.subscribe([(topic, 1) for topic in self._filters])
                    if any((code if isinstance(code, int) else code.value) >= REFUSED for code in granted):
                        raise aiomqtt.MqttError(f"it refuses the subscription to {self._filters}; check its ACL")
                    self.subscribed.set()
                    if attempt:
                        log.warning("broker %s is back (%s)", self._address, self._client_id)
                    attempt = 0
                    await self._lost(client)
            except (aiomqtt.MqttError, OSError) as error:
                task = asyncio.current_task()
                if task is not None and task.cancelling():  # a broker that is stuck has drowned the cancellation
                    raise asyncio.CancelledError from error
                if attempt == 0:
                    log.warning(
                        "broker %s: %s; is it running there? trying again until it answers (%s)",
                        self._address, error, self._client_id,
                    )  # fmt: skip
            finally:
                client._client._sock_close()  # a connection that was cancelled while it came about stays open else
            wait_s = BACKOFF_S[min(attempt, len(BACKOFF_S) - 1)]
            attempt += 1
            await asyncio.sleep(wait_s * random.uniform(0.5, 1.0))

    def publish(self, publish: Publish) -> bool:
        """Hand a message to the connection; False while there is none.

        It may come before `subscribed`: what the broker kept arrives together with its answer to the subscription.
        """
        if self._paho is None or not self._paho.is_connected():
            return False
        self._paho.publish(publish.topic, publish.payload, publish.qos, publish.retain)
        return True

    async def forget(self) -> None:
        """After `run`: a clean session takes the place of the one that the broker keeps for this client."""
        with contextlib.suppress(aiomqtt.MqttError, OSError, TimeoutError):
            async with asyncio.timeout(FORGET_S), plain_client(self._address, self._client_id):
                pass

    def arrived(self, item: aiomqtt.Message) -> None:
        """A message, from within aiomqtt's reader."""
        if len(self.inbox) >= INBOX_MAX:
            if item.qos:
                self._overrun.set()  # never acknowledged: the broker sends it again on the next connection
            else:
                self.dropped += 1
            return
        payload = item.payload if isinstance(item.payload, bytes) else bytes(item.payload)
        connection = self._paho if item.qos else None
        self.inbox.append(Arrival(connection, item.mid, item.topic.value, payload, item.retain))
        self._arrived.set()

    def _connection(self) -> aiomqtt.Client:
        address = self._address
        client = aiomqtt.Client(
            address.host, address.port, username=address.username, password=address.password,
            identifier=self._client_id, clean_session=False, tls_context=address.tls,
            queue_type=_queue_type(self.arrived), keepalive=KEEPALIVE_S, max_inflight_messages=0,
            # A stored-ack must not wait for the ACK of the segment before it (Nagle): that is up to 40 ms.
            socket_options=[(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)],
        )  # fmt: skip
        client._disconnected.add_done_callback(lambda end: end.cancelled() or end.exception())  # told by `run`
        self._paho = client._client
        self._paho.manual_ack_set(True)  # before the broker can say anything
        self._paho.disable_logger()  # it formats a line for every packet
        return client

    async def _lost(self, client: aiomqtt.Client) -> None:
        """Until the connection ends, or must be ended because more came than there is room for."""
        overrun = asyncio.create_task(self._overrun.wait())
        try:
            await asyncio.wait((overrun, client._disconnected), return_when=asyncio.FIRST_COMPLETED)
        finally:
            overrun.cancel()
        if self._overrun.is_set():
            self._overrun.clear()
            log.warning("%s: more than %d messages wait; the broker keeps the rest", self._client_id, INBOX_MAX)
            return
        client._disconnected.result()


def plain_client(address: Address, client_id: str | None = None) -> aiomqtt.Client:
    """A client with a clean session."""
    return aiomqtt.Client(
        address.host, address.port, username=address.username, password=address.password, identifier=client_id,
        clean_session=True, tls_context=address.tls,
    )  # fmt: skip
