"""Workers as processes of this machine."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from ..errors import RunError
from . import node
from .job import Order


class Processes:
    """A `Starter`. command: what follows the interpreter to make a worker of it, as ("-m", "module")."""

    def __init__(self, command: Sequence[str]) -> None:
        self._command = tuple(command)
        self._tokens: dict[int, str] = {}

    async def start(self, order: Order) -> None:
        try:
            node.start(order.to_json(), self._command)
        except (OSError, MemoryError) as error:
            why = getattr(error, "strerror", None) or "there is not enough memory"
            raise RunError(
                f"shard {order.index} of {order.count} cannot start: no process for it ({why}); use fewer workers"
            ) from None
        self._tokens[order.index] = order.token

    async def words(self, index: int) -> str | None:
        return node.words(self._tokens[index], index)

    async def end(self, index: int) -> None:
        if index in self._tokens:
            await asyncio.to_thread(node.end, self._tokens[index], index)
