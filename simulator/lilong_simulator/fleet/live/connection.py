"""One socket under one device's MQTT client: plain TCP, and what TLS and WebSocket lay over it."""

import errno
import os
import socket
import ssl
import sys
from time import monotonic
from typing import TYPE_CHECKING, Any, Protocol

from .credentials import CredentialsError
from .hub import READ, WRITE
from .refusal import NO_CONNACK, no_upgrade
from .websocket import Framing, WebSocketError

if TYPE_CHECKING:
    from .dialer import Dialer

PIECE = 4_096  # bytes read at a time: an MQTT packet is at most 2 KB
NONE, CONNECTING, SHAKING, UPGRADING, OPEN = range(5)  # what a connection is at

CLOSED = "closed by the broker"

# Linux: the port is chosen at connect, so that one source has its ports for each broker anew.
NO_PORT = 24 if sys.platform == "linux" else None


class Member(Protocol):
    """The client that a connection is for."""

    id: str

    def opened(self, will: bytes) -> None:
        """Bytes can be sent: CONNECT, with that will."""

    def arrived(self, data: bytes) -> None: ...

    def broken(self, why: str) -> None:
        """The link is gone, or could not be had."""


class Connection:
    """One connection of a device. Once the device has left it, nothing more is told of it.

    A socket is held by its descriptor: an object for each takes 80 bytes more.
    """

    __slots__ = ("_counted", "_dialer", "_fd", "_framing", "_stage", "_unsent", "_will", "member", "online", "wanted")

    def __init__(self, member: Member, dialer: "Dialer", will: bytes, wanted: float) -> None:
        """wanted: when the device wanted it, ms of the run's clock."""
        self.member: Member | None = member
        self.wanted: float | None = wanted
        self.online = False  # the broker has accepted the device's session
        self._will = will
        self._dialer = dialer
        self._fd = -1
        self._stage = NONE
        self._counted = False  # among those that are being opened
        self._unsent = b""
        self._framing: Framing | None = None

    def open(self, family: int, address: tuple[Any, ...], source: str | None) -> None:
        """Begin."""
        self._counted = True
        try:
            with socket.socket(family, socket.SOCK_STREAM) as sock:
                _begin(sock, address, source)
                self._fd = sock.detach()
        except OSError as error:
            self.fail(self._dialer.trouble(error))
        else:
            self._stage = CONNECTING
            self._dialer.hub.watch(self._fd, self, WRITE)

    def write(self, data: bytes) -> None:
        """Send, now or when the broker takes it."""
        if self._stage == OPEN:
            self._send(data if self._framing is None else self._framing.wrap(data))

    @property
    def stalled(self) -> bool:
        """The broker takes nothing at present."""
        return self._unsent != b""

    def answered(self) -> None:
        """The broker has accepted or refused it: another may be opened."""
        if self._counted:
            self._counted = False
            self._dialer.freed()

    def leave(self, farewell: bytes | None) -> None:
        """The device wants no more of it: after a last packet, or at once."""
        if farewell:
            self.write(farewell)
        self.member = None
        self._end()

    def fail(self, why: str) -> None:
        """The connection is gone, or could not be had."""
        if self.member is None:
            self._end()
            return
        if self.online:
            self._dialer.cut_offs.note(self.member.id, monotonic())
        self.member.broken(why)

    # ---- what the hub tells

    def ready(self, mask: int) -> None:
        try:
            if self._stage == OPEN:
                if mask & ~WRITE:
                    self._read()
                if mask & WRITE and self._unsent:
                    self._flush()
            elif self._stage == CONNECTING:
                self._connected()
            elif self._stage == SHAKING:
                self._shake()
            else:
                self._read()
        except BlockingIOError:
            pass
        except ssl.SSLError as error:
            self.fail(self._dialer.tls_trouble(error))
        except OSError as error:
            if self._stage != OPEN:
                self.fail(self._dialer.trouble(error))
            else:
                self.fail(NO_CONNACK if self._counted else error.strerror or str(error))
        except (WebSocketError, CredentialsError) as error:
            self.fail(str(error) if self._stage == OPEN else no_upgrade(str(error)))

    # ---- inside

    def _connected(self) -> None:
        """TCP has come about, or not."""
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM, 0, self._fd) as sock:
            error = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            sock.detach()
        if error:
            raise OSError(error, os.strerror(error))
        self._secured()

    def _shake(self) -> None:
        """The handshake of TLS goes on."""

    def _secured(self) -> None:
        """Bytes can be sent."""
        self._dialer.hub.change(self._fd, self, READ)
        framing = self._dialer.upgrade()
        if framing is None:
            self._opened()
        else:
            self._framing = framing
            self._stage = UPGRADING
            self._send(framing.take())

    def _opened(self) -> None:
        self._stage = OPEN
        will, self._will = self._will, b""  # the broker has it now
        if self.member is not None:
            self.member.opened(will)

    def _read(self) -> None:
        data = self._take()
        if data:
            self._arrived(data)
        else:
            self.fail(NO_CONNACK if self._counted and self._stage == OPEN else CLOSED)

    def _take(self) -> bytes:
        return os.read(self._fd, PIECE)

    def _give(self, data: bytes) -> int:
        return os.write(self._fd, data)

    def _arrived(self, data: bytes) -> None:
        framing = self._framing
        if framing is not None:
            data = framing.feed(data)
            if framing.out:
                self._send(framing.take())
            if self._stage == UPGRADING:
                if not framing.open:
                    return
                self._opened()
        if data and self.member is not None:
            self.member.arrived(data)

    def _send(self, data: bytes) -> None:
        if self._unsent:
            self._unsent += data
            return
        try:
            sent = self._give(data)
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            sent = 0
        except OSError:
            return  # what is to be read says how it ended
        if sent < len(data):
            self._unsent = data[sent:]
            self._dialer.hub.change(self._fd, self, READ | WRITE)

    def _flush(self) -> None:
        unsent, self._unsent = self._unsent, b""
        self._send(unsent)
        if not self._unsent:
            self._dialer.hub.change(self._fd, self, READ)

    def _end(self) -> None:
        self.answered()
        if self._stage != NONE:
            self._stage = NONE
            self._dialer.hub.drop(self._fd)


class Secure(Connection):
    """The same over TLS."""

    __slots__ = ("_tls",)

    _tls: ssl.SSLSocket

    def _secured(self) -> None:
        if self._stage == SHAKING:
            super()._secured()
            return
        assert self.member is not None
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM, 0, self._fd) as sock:
            sock.setblocking(False)  # as it is, which the new object does not know
            try:
                self._tls = self._dialer.wrap(sock, self.member.id)
            finally:
                if sock.fileno() >= 0:
                    sock.detach()
        self._stage = SHAKING
        self._shake()

    def _shake(self) -> None:
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            self._dialer.hub.change(self._fd, self, READ)
        except ssl.SSLWantWriteError:
            self._dialer.hub.change(self._fd, self, WRITE)
        else:
            self._secured()

    def _read(self) -> None:
        """All that has been decrypted: of that the hub knows nothing."""
        try:
            while self._stage != NONE:
                super()._read()
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            pass

    def _take(self) -> bytes:
        return self._tls.recv(PIECE)

    def _give(self, data: bytes) -> int:
        return self._tls.send(data)

    def _end(self) -> None:
        if self._stage >= SHAKING:
            self._tls.detach()  # the descriptor is the hub's
        super()._end()


def _begin(sock: socket.socket, address: tuple[Any, ...], source: str | None) -> None:
    """Connect, without waiting for it; OSError when that cannot be."""
    sock.setblocking(False)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if source is not None:
        if NO_PORT is not None and sock.family == socket.AF_INET:
            sock.setsockopt(socket.IPPROTO_IP, NO_PORT, 1)
        sock.bind((source, 0))
    error = sock.connect_ex(address)
    if error and error != errno.EINPROGRESS:
        raise OSError(error, os.strerror(error))
