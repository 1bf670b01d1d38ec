"""Opens a fleet's connections: so many at a time as its target allows, from one source address after another."""

import asyncio
import errno
import socket
import ssl
from collections import deque
from itertools import cycle
from typing import Any

from .connection import Connection, Member, Secure
from .cut_offs import CutOffs
from .dial import Target
from .hub import hub
from .refusal import no_tls
from .websocket import Framing

PROBE_S = 3.0
SLICE = 32  # connections begun before the event loop gets its turn

_SHARED: "dict[tuple[int, Target], Dialer]" = {}

Address = tuple[int, tuple[Any, ...]]  # family, and what connect takes


class Dialer:
    """A connection counts as being opened until the broker has answered its CONNECT, or it has ended."""

    def __init__(self, target: Target, loop: asyncio.AbstractEventLoop) -> None:
        self.users = 0
        self.target = target
        self.hub = hub(loop)
        self.cut_offs = CutOffs()
        self._loop = loop
        self._make = Connection if target.tls is None else Secure
        self._line: deque[Connection] = deque()
        self._opening = 0
        self._addresses: list[Address] = []
        self._resolving: asyncio.Task[None] | None = None
        self._sources = cycle(target.sources or (None,))
        self._pumping = False
        self._at = f"{target.host}:{target.port}"

    def connection(self, member: Member, will: bytes, wanted: float) -> Connection:
        """A connection of a device, in line to be opened."""
        connection = self._make(member, self, will, wanted)
        self._line.append(connection)
        self._wake()
        return connection

    def freed(self) -> None:
        """One that was being opened is not any more."""
        self._opening -= 1
        if self._line:
            self._wake()

    async def close(self) -> None:
        """The last fleet that closes it ends it."""
        self.users -= 1
        if self.users:
            return
        _SHARED.pop((id(self._loop), self.target), None)
        self._line.clear()
        if self._resolving is not None:
            self._resolving.cancel()
            await asyncio.gather(self._resolving, return_exceptions=True)
        self.hub.close()

    # ---- what connections ask

    def upgrade(self) -> Framing | None:
        """The WebSocket over which MQTT goes."""
        target = self.target
        return None if target.path is None else Framing(target.host, target.port, target.path)

    def wrap(self, sock: socket.socket, device: str) -> ssl.SSLSocket:
        """TLS over a connected socket; the handshake is to come."""
        tls = self.target.tls
        assert tls is not None
        context = tls if isinstance(tls, ssl.SSLContext) else tls(device)
        return context.wrap_socket(sock, server_hostname=self.target.host, do_handshake_on_connect=False)

    def trouble(self, error: OSError) -> str:
        """Why a connection could not be had; the next may find the host elsewhere."""
        self._addresses.clear()
        why = error.strerror or str(error)
        if error.errno == errno.EADDRNOTAVAIL:
            why += ": no local port is left at the source addresses, or one is not of this machine"
        elif error.errno in (errno.EMFILE, errno.ENFILE):
            why += ": raise the limit with ulimit -n, or use more processes"
        return f"no connection to {self._at}: {why}"

    def tls_trouble(self, error: ssl.SSLError) -> str:
        return no_tls(self._at, error)

    # ---- inside

    def _wake(self) -> None:
        if not self._pumping:
            self._pumping = True
            self._loop.call_soon(self._pump)

    def _pump(self) -> None:
        """Begin the first in line."""
        self._pumping = False
        line = self._line
        if line and not self._addresses:
            if self._resolving is None:
                self._resolving = self._loop.create_task(self._resolve())
            return
        for _ in range(SLICE):
            if not line or self._opening >= self.target.opening:
                return
            if not self._addresses:
                break  # the last failed at once: the host is looked for anew
            connection = line.popleft()
            if connection.member is not None:  # else its device had no more patience
                self._opening += 1
                connection.open(*self._addresses[0], next(self._sources))
        self._wake()

    async def _resolve(self) -> None:
        host, port = self.target.host, self.target.port
        try:
            found = await self._loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError as error:
            waiting, self._line = self._line, deque()
            for connection in waiting:
                connection.fail(self.trouble(error))
        else:
            self._addresses = await self._best([(family, address) for family, _, _, _, address in found])
            self._wake()
        self._resolving = None

    async def _best(self, addresses: list[Address]) -> list[Address]:
        """Of several, the first that answers."""
        for family, address in addresses if len(addresses) > 1 else ():
            with socket.socket(family, socket.SOCK_STREAM) as probing:
                probing.setblocking(False)
                try:
                    async with asyncio.timeout(PROBE_S):
                        await self._loop.sock_connect(probing, address)
                except (OSError, TimeoutError):
                    continue
                return [(family, address)]
        return addresses[:1]


def dialer(target: Target) -> Dialer:
    """The dialer of this event loop for a target; fleets with the same target share it until each has closed it."""
    loop = asyncio.get_running_loop()
    there = _SHARED.get((id(loop), target))
    if there is None:
        there = _SHARED[id(loop), target] = Dialer(target, loop)
    there.users += 1
    return there
