"""What an application gets at once: decided, and acknowledged only after the application has made it durable."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..decided import Decided, StateRow
from ..message import Message
from ..order import Order
from ..received import Gap, Incident
from .link import Arrival
from .tenants import add

if TYPE_CHECKING:
    from .backend import Backend


class Batch:
    """`messages` to be made durable, then `await batch.stored()`. Until then nobody has been told that they came.

    Each message comes once in effect: exactly once where `state` is stored in the same transaction as what is made of
    them, at least once (under the same `message.key`) where the backend keeps its state in a file of its own.
    """

    def __init__(self, backend: Backend, decided: Decided, arrivals: list[Arrival]) -> None:
        self._backend = backend
        self._decided = decided
        self.arrivals = arrivals
        self._told = len(decided.orders), len(decided.given_up)  # at least so many of them the application can see

    @property
    def messages(self) -> list[Message]:
        """Births, heartbeats, telemetry, events, alarms, responses, logs ... in the order in which they count."""
        return self._decided.messages

    @property
    def kept(self) -> list[Message]:
        """Alarm and event frames as they arrived, each once, for an archive: also those nobody understands."""
        return self._decided.kept

    @property
    def gaps(self) -> list[Gap]:
        """Events that never came."""
        return self._decided.gaps

    @property
    def incidents(self) -> list[Incident]:
        """Refusals that somebody should look at."""
        return self._decided.incidents

    @property
    def sessions(self) -> dict[str, str]:
        """never, online, asleep or offline, of the devices where that has changed."""
        return self._decided.sessions

    @property
    def given_up(self) -> list[Order]:
        """Orders that have ended without an answer: by their `code` never answered (0) or of an earlier boot (412)."""
        return self._all().given_up

    @property
    def orders(self) -> list[Order]:
        """Orders that are new, sent, answered or over, as they stand; those of a moment ago too.

        What changes after the last look, until it is `stored()`, is told by the next batch.
        """
        return self._all().orders

    @property
    def state(self) -> list[StateRow]:
        """The rows that must be durable with it, of a backend without a state file.

        Read it last, within the transaction: what was asked of devices since is part of it then.
        """
        self.fold()
        return self._decided.state

    async def stored(self) -> None:
        """It is durable: acknowledges alarms to their devices and messages to the broker, sends what has waited for it.

        BackendError when the state file cannot be written: nothing is acknowledged; call it again when that is mended.
        """
        await self._backend.finish(self)

    def fold(self) -> None:
        """Take in what was decided since, while this is the last batch."""
        if self._backend.is_last(self):
            add(self._decided, self._backend.decided_since())

    def untold(self) -> Decided:
        """Of what was taken in: what the application has not seen."""
        orders, given_up = self._told
        return Decided(orders=self._decided.orders[orders:], given_up=self._decided.given_up[given_up:])

    def _all(self) -> Decided:
        self.fold()
        self._told = len(self._decided.orders), len(self._decided.given_up)
        return self._decided

    @property
    def decided(self) -> Decided:
        return self._decided
