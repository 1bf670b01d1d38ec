"""The board's MQTT link: carries out CONNECT, PUBLISH and DISCONNECT on a socket, and tells what came of them.

One connection at a time, and of each the same course: TCP, CONNECT, the subscription to d/#, then frames both ways.
Every wait for the network has an end, every fault of it becomes `disconnected`. What a stalled network leaves
unsent is bounded: frames that the device repeats anyway are skipped meanwhile.
"""

import asyncio
import socket
from errno import EINPROGRESS
from select import POLLOUT, poll

from lilong_protocol import topics
from lilong_protocol.mqtt import CONNECTED, MESSAGE, PUBLISHED, READY, REFUSED, SUBSCRIBED, Client
from lilong_protocol.mqtt_packets import MqttError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from typing import Any, Protocol

    class Listener(Protocol):
        """Whom the link tells; each call comes from the event loop, between two awaits."""

        def connected(self, connection: int) -> None: ...
        def disconnected(self, why: str) -> None: ...
        def published(self) -> None: ...
        def received(self, cls: str, data: bytes, retained: bool) -> None:
            """A message; `data` is a view that holds until this returns."""


RESOLVE_MS = 5_000
TCP_MS = 5_000
SEND_MS = 10_000  # a peer that takes nothing for so long is dead
LOOK_MS = 60_000  # look at an idle connection at least so often
READ_BYTES = 256
UNSENT = 8  # packets beyond which frames that are repeated anyway are skipped
IN_FLIGHT = 32  # the same, for frames without their PUBACK


class Link:
    """The connections of one device. `clock` gives ms that never go back; `resolve` must not block for long."""

    __slots__ = (
        "_broken", "_client", "_clock", "_device", "_down", "_host", "_keepalive_s", "_leaving", "_listener", "_open",
        "_password", "_port", "_resolve", "_tenant", "_username", "_wake", "_will", "_windowed", "connection",
    )  # fmt: skip

    def __init__(
        self,
        listener: "Listener",
        tenant: str,
        device: str,
        host: str,
        port: int,
        keepalive_s: int,
        clock: "Callable[[], int]",
        resolve: "Callable[[str, int], Awaitable[Any]]",
        username: "str | None" = None,
        password: "bytes | None" = None,
    ) -> None:
        self._listener = listener
        self._tenant = tenant
        self._device = device
        self._host = host
        self._port = port
        self._keepalive_s = keepalive_s
        self._clock = clock
        self._resolve = resolve
        self._username = username
        self._password = password
        self._down = topics.down(tenant, device, "")
        self._client = Client()
        self._wake = asyncio.Event()
        self._will: bytes | None = None  # of the connection that is wanted next
        self._open = False  # from the start of a connection until its socket is closed
        self._leaving = False  # the device wants no more of it
        self._broken: Exception | None = None  # why nothing more can be read
        self._windowed = 0  # packet id of the windowed frame
        self.connection = 0  # how many have been asked for

    # ---- what the device asks for

    def connect(self, will: bytes) -> None:
        """Open a connection whose will is the sealed death frame `will`."""
        self._will = will
        self.connection += 1
        self._wake.set()

    def disconnect(self) -> None:
        """Leave in good order; of this connection nothing more is told."""
        self._will = None
        if self._open:
            self._leaving = True
            self._client.disconnect()
        self._wake.set()

    def publish(self, cls: str, frame: bytes, qos: int, windowed: bool) -> bool:
        """Queue a frame; False when it was skipped. `windowed`: tell `published` at its PUBACK."""
        client = self._client
        if client.state != READY:
            return False  # the connection has just broken: `disconnected` is on its way
        if not windowed and (len(client.out) > UNSENT or client.in_flight >= IN_FLIGHT):
            return False
        topic = topics.up(self._tenant, self._device, cls)
        pid = client.publish(topic, frame, qos, topics.retained(cls), self._clock())
        if windowed:
            self._windowed = pid
        self._wake.set()
        return True

    @property
    def busy(self) -> bool:
        """Something is under way: a connection opens or closes, or an answer is awaited."""
        client = self._client
        if self._open:
            return client.state != READY or client.in_flight > 0 or len(client.out) > 0
        return self._will is not None

    # ---- one connection after another

    async def run(self) -> None:
        """Serve the device for ever; only a fault of the program ends it."""
        while True:
            will = self._will
            if will is None:
                self._wake.clear()
                await self._wake.wait()
                continue
            self._will = self._broken = None
            self._windowed = 0
            self._leaving = False
            self._open = True
            why = ""
            try:
                await self._connection(will)
            except (OSError, MqttError, asyncio.TimeoutError, MemoryError) as error:  # noqa: UP041  not the builtin one
                why = str(error) or type(error).__name__
            finally:
                self._client.close()
                self._open = False
            if not self._leaving:
                self._listener.disconnected(why)

    async def _connection(self, will: bytes) -> None:
        address: Any = await asyncio.wait_for_ms(self._resolve(self._host, self._port), RESOLVE_MS)
        sock = socket.socket(address[0], address[1], address[2])
        try:
            sock.setblocking(False)
            try:
                sock.connect(address[-1])
            except OSError as error:
                if error.errno != EINPROGRESS:
                    raise
            await self._writable(sock)
            if not self._leaving:
                await self._talk(sock, will)
        finally:
            sock.close()

    async def _writable(self, sock: socket.socket) -> None:
        """Wait for TCP. A refusal shows as writable too, and then as the error of the first write."""
        poller = poll()
        poller.register(sock, POLLOUT)
        until = self._clock() + TCP_MS
        while not self._leaving and not poller.poll(0):
            if self._clock() > until:
                raise OSError("no TCP connection to %s:%d in %d ms" % (self._host, self._port, TCP_MS))
            await asyncio.sleep_ms(5)

    async def _talk(self, sock: socket.socket, will: bytes) -> None:
        client = self._client
        writer = asyncio.StreamWriter(sock)
        last_will = (topics.up(self._tenant, self._device, topics.STATE), will, 1, True)
        data = client.connect(self._clock(), self._device, self._keepalive_s, last_will, self._username, self._password)
        reader = asyncio.create_task(self._read(asyncio.StreamReader(sock)))
        try:
            while True:
                if data:
                    writer.write(data)
                    await asyncio.wait_for_ms(writer.drain(), SEND_MS)
                self._wake.clear()
                now = self._clock()
                client.step(now)
                data = client.take_packet()
                if data:
                    continue
                if self._broken is not None:
                    raise self._broken
                if self._leaving:
                    return
                deadline = client.deadline
                await self._woken(LOOK_MS if deadline is None else min(deadline - now, LOOK_MS))
        finally:
            reader.cancel()

    async def _woken(self, ms: int) -> None:
        try:
            await asyncio.wait_for_ms(self._wake.wait(), ms)
        except asyncio.TimeoutError:  # noqa: UP041
            pass  # time for the client's next step

    # ---- what arrives

    async def _read(self, stream: "asyncio.StreamReader") -> None:
        """Read until it breaks. `_talk` watches the client's deadlines meanwhile, and cancels this."""
        events: list[tuple[Any, ...]] = []
        buffer: Any = memoryview(bytearray(READ_BYTES))  # what is in it is told before more is read
        try:
            while True:
                size = await stream.readinto(buffer)
                if size is None:
                    continue
                if not size:
                    raise OSError("the broker closed the connection")
                try:
                    self._client.feed(buffer[:size], self._clock(), events)
                finally:
                    for event in events:
                        self._tell(event)
                    events.clear()
                self._wake.set()
        except Exception as error:  # told by `_talk`, whose task it breaks
            self._broken = error
            self._wake.set()

    def _tell(self, event: "tuple[Any, ...]") -> None:
        kind = event[0]
        client = self._client
        if kind == MESSAGE:
            topic = event[1]
            if topic.startswith(self._down):
                self._listener.received(topic[len(self._down) :], event[2], event[4])
        elif kind == PUBLISHED:
            if event[1] == self._windowed:
                self._windowed = 0
                self._listener.published()
        elif kind == CONNECTED:
            client.subscribe(topics.down_filter(self._tenant, self._device), 1, self._clock())
        elif kind == REFUSED:
            raise MqttError("the broker refused the connection: CONNACK code %d" % event[1])
        elif kind == SUBSCRIBED:
            if event[2] == 0x80:
                raise MqttError("the broker refused the subscription to %s#" % self._down)
            self._listener.connected(self.connection)
