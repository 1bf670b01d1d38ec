"""What an application may ask of devices through its `Backend`; it leaves with the batch at hand, or makes its own."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TypeVar

from ..desired import Configuration
from ..engine import Engine
from ..errors import BackendError
from ..message import Message
from ..order import Order
from ..updates import Artifact, Progress

T = TypeVar("T")


class Asking(ABC):
    """The wishes of a backend. Each raises RequestError for what cannot be carried out: what, where, what to do."""

    @abstractmethod
    def engine(self, tenant: str) -> Engine:
        """That of an estate."""

    @abstractmethod
    def now(self) -> int:
        """Epoch ms by the clock of the backend; it never goes back."""

    @abstractmethod
    def wake(self) -> None:
        """There is something to send."""

    def command(
        self,
        tenant: str,
        device: str,
        name: str,
        arguments: dict[str, int] | None = None,
        *,
        operator: str | None = None,
        cause: str = "operator",
        insists: bool = False,
        label: str | None = None,
    ) -> Order:
        """Tell a device to do something; its answer is the response whose `order` this is, else it is `given_up`.

        name: a command of the registry that the kind of device takes (protocol/REFERENCE.md, commands).
        arguments: integers by the registry's names, in its units and ranges; all of them, no other.
        operator: who wants it, 1 to 64 characters; None: nobody, the application by itself.
        cause: what it is for, 1 to 200 characters; `engine(tenant).orders.withdraw` ends the orders of one cause.
        insists: sent anew until it is answered, also to a device that is away and to a new boot; for what does no harm
        twice. Else it is for the present boot, and goes out now or with the device's next sign of life.
        label: how complaints name the device; its id by default.
        """
        return self._wish(
            lambda now: self.engine(tenant).command(
                now, device, name, arguments, operator=operator, cause=cause, insists=insists, label=label
            )
        )

    def acknowledge(self, raised: Message, operator: str) -> Order:
        """A person has taken notice of an alarm; its raise, or any later message of it, is given."""
        alarm = raised.alarm
        if alarm is None:
            raise BackendError(f"{raised!r}: no alarm; acknowledge a raise, an update or a clear")
        engine = self.engine(raised.tenant)
        return self._wish(lambda now: engine.acknowledge(now, raised.device, (alarm.boot, alarm.seq), operator))

    def answer(self, asked: Message, elsewhere: bool) -> None:
        """Tell a door that has asked (event `door.asked`) whether the card has just been used elsewhere.

        It waits 600 ms and needs no answer: a backend that has no opinion gives none (LIL-ASK-005).
        """
        self._wish(lambda _: self.engine(asked.tenant).answer(asked, elsewhere))

    def configure(self, tenant: str, device: str, settings: dict[str, int]) -> int:
        """As `Engine.configure`."""
        return self._wish(lambda _: self.engine(tenant).configure(device, settings))

    def configuration(self, tenant: str, device: str) -> Configuration:
        """What a device shall have and what it has reported."""
        return self.engine(tenant).configuration(device)

    def offer(self, tenant: str, device: str, artifact: Artifact) -> Order:
        """As `Engine.offer`."""
        return self._wish(lambda now: self.engine(tenant).offer(now, device, artifact))

    def provide(self, tenant: str, artifact: Artifact) -> None:
        """Hold the bytes of an artifact ready that was offered before a restart."""
        self._wish(lambda now: self.engine(tenant).provide(now, artifact))

    def progress(self, tenant: str, device: str) -> Progress | None:
        """Of the update that a device was offered last."""
        return self.engine(tenant).progress(device)

    def use_epoch(self, tenant: str, device: str, epoch: int) -> Order:
        """As `Engine.use_epoch`."""
        return self._wish(lambda now: self.engine(tenant).use_epoch(now, device, epoch))

    def _wish(self, wish: Callable[[int], T]) -> T:
        result = wish(self.now())
        self.wake()
        return result
