"""Looking a host's name up without stopping the loop: a board's getaddrinfo blocks for up to a quarter of a minute.

One question for an A record over UDP (RFC 1035), asked twice. The last address that was found serves while no server
answers: a broker rarely moves, and its certificate says who it is.
"""

import asyncio
import os
import socket

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

PORT = 53
TRIES = 2
ANSWER_MS = 2_000
LOOK_MS = 20
_A, _IN, _POINTER = 1, 1, 0xC0
_HEADER = 12


class Resolver:
    """server: gives the address of the network's DNS server, as DHCP has told it. known: what an earlier one knew."""

    __slots__ = ("_answer_ms", "_known", "_port", "_server")

    def __init__(
        self, server: "Callable[[], str]", port: int = PORT, answer_ms: int = ANSWER_MS,
        known: "dict[str, str] | None" = None,
    ) -> None:  # fmt: skip
        self._server = server
        self._port = port
        self._answer_ms = answer_ms
        self._known: dict[str, str] = {} if known is None else known  # one name

    async def __call__(self, host: str, port: int) -> "Any":
        """The first entry of getaddrinfo; OSError when the name has no address that anybody knows."""
        address = host
        if not numeric(host):
            try:
                address = await self._ask(host)
                self._known.clear()
                self._known[host] = address
            except OSError:
                if host not in self._known:
                    raise
                address = self._known[host]
        return socket.getaddrinfo(address, port, 0, socket.SOCK_STREAM)[0]

    async def _ask(self, host: str) -> str:
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            sock.setblocking(False)
            there = socket.getaddrinfo(self._server(), self._port, 0, socket.SOCK_DGRAM)[0][-1]
            for _ in range(TRIES):
                number = os.urandom(2)
                sock.sendto(question(host, number), there)
                for _ in range(self._answer_ms // LOOK_MS):
                    await asyncio.sleep_ms(LOOK_MS)
                    try:
                        data = sock.recv(512)
                    except OSError:
                        continue  # nothing yet
                    address = answer(data, number)
                    if address is not None:
                        return address
        finally:
            sock.close()
        raise OSError("the DNS server %s does not answer for %s" % (self._server(), host))


def numeric(host: str) -> bool:
    """An IPv4 address, which needs no look-up."""
    parts = host.split(".")
    return len(parts) == 4 and all([part.isdigit() and int(part) < 256 for part in parts])


def question(host: str, number: bytes) -> bytes:
    """4.1: header and one question; ValueError for what is no name."""
    labels = [label.encode() for label in host.split(".")]
    if not all([0 < len(label) < 64 for label in labels]) or len(host) > 253:
        raise ValueError("%s is no host's name" % host)
    name = b"".join([bytes([len(label)]) + label for label in labels])
    return number + b"\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00" + name + b"\x00\x00\x01\x00\x01"


def answer(data: bytes, number: bytes) -> "str | None":
    """The first A record; None for what is no answer to this question, OSError when it says that there is none."""
    if len(data) < _HEADER or data[:2] != number or not data[2] & 0x80:
        return None
    if data[3] & 15:
        raise OSError("the DNS server knows no such name (RCODE %d)" % (data[3] & 15))
    at = _HEADER
    try:
        for _ in range(data[4] << 8 | data[5]):
            at = _behind_name(data, at) + 4
        for _ in range(data[6] << 8 | data[7]):
            at = _behind_name(data, at)
            kind = data[at] << 8 | data[at + 1]
            size = data[at + 8] << 8 | data[at + 9]
            at += 10
            if at + size > len(data):
                return None
            if kind == _A and size == 4:
                return ".".join([str(part) for part in data[at : at + 4]])
            at += size
    except IndexError:
        return None
    raise OSError("the name has no IPv4 address")


def _behind_name(data: bytes, at: int) -> int:
    """4.1.4: a name ends with an empty label or with a pointer. It goes forward only, so it ends."""
    while data[at]:
        if data[at] & _POINTER == _POINTER:
            return at + 2
        at += data[at] + 1
    return at + 1
