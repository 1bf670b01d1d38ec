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

from .waiting import Bell, readable

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
SEND_MS = 10_000  # a peer that does not take a packet in so long is dead
STALLED_MS = 5  # (ours) between two tries to send to one that is slow
LOOK_MS = 60_000  # look at an idle connection at least so often
READ_BYTES = 128
UNSENT = 8  # packets beyond which frames that are repeated anyway are skipped
IN_FLIGHT = 32  # the same, for frames without their PUBACK
class Link:
    """The connections of one device. `clock` gives ms that never go back; `resolve` must not block for long.

    secure: makes of a TCP socket and the host's name one that speaks TLS, and need not shake hands at once.
    """

    __slots__ = (
        "_address", "_broken", "_client", "_clock", "_device", "_down", "_host", "_keepalive_s", "_leaving",
        "_listener", "_open", "_password", "_port", "_resolve", "_secure", "_tenant", "_username", "_wake", "_will",
        "_windowed", "apart", "connection", "looked_at",
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
        secure: "Callable[[Any, str], Any] | None" = None,
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
        self._secure = secure
        self._down = topics.down(tenant, device, "")
        self._client = Client()
        self._wake = Bell()
        self._will: bytes | None = None  # of the connection that is wanted next
        self._open = False  # from the start of a connection until its socket is closed
        self._leaving = False  # the device wants no more of it
        self._broken: Exception | None = None  # why there is no address, or nothing more can be read
        self._address: Any = None  # of the broker, as getaddrinfo has it
        self._windowed = 0  # packet id of the windowed frame
        self.connection = 0  # how many have been asked for
        self.looked_at = 0  # when the link's task last went on
        self.apart = False  # in the network's hands: nothing of the device is under way (`standstill`)

    # ---- what the device asks for

    def connect(self, will: bytes) -> None:
        """Open a connection whose will is the sealed death frame `will`."""
        self._will = will
        self.connection += 1
        self._wake.ring()

    def use(self, host: str, port: int, secure: "Callable[[Any, str], Any] | None") -> None:
        """From the next connection on."""
        self._host = host
        self._port = port
        self._secure = secure

    def disconnect(self) -> None:
        """Leave in good order; of this connection nothing more is told."""
        self._will = None
        if self._open:
            self._leaving = True
            self._client.disconnect()
        self._wake.ring()

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
        self._wake.ring()
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
            self.looked_at = self._clock()
            if will is None:
                self._wake.rings = False
                await self._wake.wait(LOOK_MS)
                continue
            self._will = self._broken = None
            self._windowed = 0
            self._leaving = False
            self._open = True
            why = ""
            try:
                await self._connection(will)
            except (OSError, ValueError, MemoryError) as error:  # ValueError: of MQTT, or of a certificate
                why = " ".join(str(error).split()) or type(error).__name__  # mbedTLS tells in lines
            finally:
                self.apart = False
                self._client.close()
                self._open = False
            if not self._leaving:
                self._listener.disconnected(why)

    async def _connection(self, will: bytes) -> None:
        await self._resolved()
        address = self._address
        if self._leaving:
            return
        sock = socket.socket(address[0], address[1], address[2])
        try:
            sock.setblocking(False)
            # No packet waits until the one before is acknowledged, which a peer may put off by 40 ms and more (RFC 9293
            # 3.7.4, 3.8.6.3). Level 6 is IPPROTO_TCP; MicroPython for unix names neither, and Linux and macOS have 1.
            sock.setsockopt(6, getattr(socket, "TCP_NODELAY", 1), 1)
            try:
                sock.connect(address[-1])
            except OSError as error:
                if error.errno != EINPROGRESS:
                    raise
            await self._writable(sock)
            if not self._leaving:
                await self._talk(sock, self._secured(sock), will)
        finally:
            sock.close()

    def _secured(self, sock: socket.socket) -> "Any":
        if self._secure is None:
            return sock
        self.apart = True
        secured = self._secure(sock, self._host)
        self.apart = False
        return secured

    async def _resolved(self) -> None:
        """Wait for the address."""
        self._address = None
        look_up = asyncio.create_task(self._look_up())
        until = self._clock() + RESOLVE_MS
        while self._address is None and not self._leaving:
            if self._broken is not None:
                raise self._broken
            left = until - self._clock()
            if left <= 0:
                look_up.cancel()
                raise OSError("no address of %s in %d ms" % (self._host, RESOLVE_MS))
            self._wake.rings = False
            await self._wake.wait(left)
        look_up.cancel()

    async def _look_up(self) -> None:
        try:
            self._address = await self._resolve(self._host, self._port)
        except Exception as error:  # told by `_resolved`
            self._broken = error
        self._wake.ring()

    async def _writable(self, sock: socket.socket) -> None:
        """Wait for TCP. A refusal shows as writable too, and then as the error of the first write."""
        poller = poll()
        poller.register(sock, POLLOUT)
        until = self._clock() + TCP_MS
        while not self._leaving and not poller.poll(0):
            if self._clock() > until:
                raise OSError("no TCP to %s:%d in %d ms" % (self._host, self._port, TCP_MS))
            await asyncio.sleep_ms(STALLED_MS)

    async def _talk(self, raw: socket.socket, sock: "Any", will: bytes) -> None:
        client = self._client
        last_will = (topics.up(self._tenant, self._device, topics.STATE), will, 1, True)
        data = client.connect(self._clock(), self._device, self._keepalive_s, last_will, self._username, self._password)
        reader = asyncio.create_task(self._read(raw, sock))
        try:
            while True:
                if data:
                    await self._send(sock, data)
                self._wake.rings = False
                self.looked_at = now = self._clock()
                client.step(now)
                data = client.take_packet()
                if data:
                    continue
                if self._broken is not None:
                    raise self._broken
                if self._leaving:
                    return
                deadline = client.deadline
                await self._wake.wait(LOOK_MS if deadline is None else min(deadline - now, LOOK_MS))
        finally:
            reader.cancel()

    async def _send(self, sock: "Any", data: bytes) -> None:
        """Write a packet; what the network does not take at once it is offered again. It yields in any case."""
        rest = memoryview(data)
        until = self._clock() + SEND_MS
        while True:
            self.apart = True
            taken = sock.write(rest)
            self.apart = False
            rest = rest[taken or 0 :]
            await asyncio.sleep_ms(STALLED_MS if len(rest) else 0)
            if not len(rest):
                return
            if self._broken is not None:  # a handshake that failed in a read never takes what is written
                raise self._broken
            if self._clock() > until:
                raise OSError("no packet taken in %d ms" % SEND_MS)

    # ---- what arrives

    async def _read(self, raw: socket.socket, sock: "Any") -> None:
        """Read until it breaks. `_talk` watches the client's deadlines meanwhile, and cancels this.

        raw: the TCP socket, to be waited for: what TLS holds of it has been read when there is nothing more to read.
        """
        events: list[tuple[Any, ...]] = []
        buffer: Any = memoryview(bytearray(READ_BYTES))  # what is in it is told before more is read
        try:
            while True:
                self.apart = True
                size = sock.readinto(buffer)
                self.apart = False
                if size is None:
                    await readable(raw)
                    continue
                if not size:
                    raise OSError("closed by the broker")
                try:
                    self._client.feed(buffer[:size], self._clock(), events)
                finally:
                    for event in events:
                        self._tell(event)
                    events.clear()
                self._wake.ring()
                await asyncio.sleep_ms(0)
        except Exception as error:  # told by `_talk`, whose task it breaks
            self.apart = False
            self._broken = error
            self._wake.ring()

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
            raise MqttError("the broker refused: CONNACK %d" % event[1])
        elif kind == SUBSCRIBED:
            if event[2] == 0x80:
                raise MqttError("no subscription to %s#" % self._down)
            self._listener.connected(self.connection)
