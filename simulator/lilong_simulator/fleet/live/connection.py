"""One transport under one device's MQTT client."""

import asyncio
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from .member import LiveDevice


class Connection(asyncio.Protocol):
    """One connection of a device. Once the device has left it, nothing more is told of it."""

    __slots__ = ("member", "transport")

    def __init__(self, member: "LiveDevice") -> None:
        self.member: LiveDevice | None = member
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        if self.member is None:
            self.transport.abort()  # the device had no more patience
        else:
            self.member.opened()

    def data_received(self, data: bytes) -> None:
        if self.member is not None:
            self.member.arrived(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self.fail(str(exc or "closed by the broker"))

    def fail(self, why: str) -> None:
        """The connection is gone, or could not be had."""
        if self.member is not None:
            self.member.broken(why)

    def leave(self, farewell: bytes | None) -> None:
        """The device wants no more of it: after a last packet, or at once."""
        self.member = None
        if self.transport is None:
            return
        if farewell is None:
            self.transport.abort()
        else:
            self.transport.write(farewell)
            self.transport.close()
