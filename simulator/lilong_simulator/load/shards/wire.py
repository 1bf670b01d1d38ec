"""Messages between the conductor of a run and its workers: JSON objects over a TCP connection, each with its length."""

from __future__ import annotations

import asyncio
import json
import socket
from typing import Any

LENGTH = 4
MOST = 1 << 30  # bytes of one message: the result of a shard with everything that it saw
KEEP_ALIVE = [((socket.SOL_SOCKET, socket.SO_KEEPALIVE), 1)]  # a machine that is gone says nothing
if hasattr(socket, "TCP_KEEPIDLE"):  # after 5 s of silence, each 5 s, three times
    KEEP_ALIVE += [
        ((socket.IPPROTO_TCP, socket.TCP_KEEPIDLE), 5), ((socket.IPPROTO_TCP, socket.TCP_KEEPINTVL), 5),
        ((socket.IPPROTO_TCP, socket.TCP_KEEPCNT), 3),
    ]  # fmt: skip


class Wire:
    """One end. `receive` gives None when the other end has gone, however it went."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        sock = writer.get_extra_info("socket")
        for option, value in KEEP_ALIVE if sock is not None else ():
            sock.setsockopt(*option, value)

    def tell(self, what: str, **more: Any) -> None:
        """Queue a message {"what": what, ...}; one for an end that has gone is dropped."""
        data = json.dumps({"what": what, **more}, ensure_ascii=False).encode()
        if not self._writer.is_closing():
            self._writer.write(len(data).to_bytes(LENGTH, "big") + data)

    @property
    def waiting(self) -> int:
        """Bytes that were told and have not left this process."""
        return self._writer.transport.get_write_buffer_size()

    async def drained(self) -> None:
        """Until what was told has left this process, or the other end has gone."""
        try:
            await self._writer.drain()
        except OSError:
            return

    async def receive(self) -> dict[str, Any] | None:
        try:
            length = int.from_bytes(await self._reader.readexactly(LENGTH), "big")
            if length > MOST:
                return None
            message = json.loads(await self._reader.readexactly(length))
        except (OSError, EOFError, ValueError):
            return None
        return message if isinstance(message, dict) and isinstance(message.get("what"), str) else None

    def abort(self) -> None:
        """End it now, whatever has not been sent."""
        self._writer.transport.abort()

    async def close(self) -> None:
        self._writer.close()
        try:
            await self._writer.wait_closed()
        except OSError:
            return
