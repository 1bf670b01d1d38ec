"""A wire in virtual time: a backend made of decisions and commits, with a broker that sends again what it has lost."""

from collections.abc import Callable, Iterable
from typing import NamedTuple, Protocol

from lilong_protocol import topics
from lilong_protocol.pc.decided import Publish
from lilong_protocol.seal import DOWN

from ..virtual import EPOCH_MS, Virtual
from .wire import Heard, Row

LATENCY_MS = 20
COMMIT_MS = 5


class Out(NamedTuple):
    """What a batch of decisions comes to: to be stored, then fed, then published. early: published at once instead."""

    publishes: Iterable[Publish]
    store: Callable[[], None]
    feed: Iterable[Row]
    early: bool = False


class Application(Protocol):
    """A backend of decisions; its constructor takes the state that was stored."""

    def receive(self, now_ms: int, topic: str, payload: bytes, retained: bool) -> None: ...
    def step(self, now_ms: int) -> None: ...
    @property
    def deadline(self) -> int | None: ...
    def take(self) -> Out: ...
    def command(self, now_ms: int, device: str) -> None: ...
    def acknowledge(self, now_ms: int, device: str, boot: int, seq: int) -> None: ...
    def configure(self, now_ms: int, device: str) -> None: ...
    def offer(self, now_ms: int, device: str) -> None: ...
    def rotate(self, now_ms: int, device: str, epoch: int) -> None: ...


class VirtualWire(Virtual[Heard]):
    """`make(epoch_ms)` starts the application from whatever it has stored."""

    def __init__(self, tenant: str, make: Callable[[int], Application], feed: bool = True) -> None:
        super().__init__()
        self.epochs: dict[str, int] = {}
        self.generations: dict[str, int] = {}
        self._tenant = tenant
        self._make = make
        self._life = 0  # what was under way in an earlier one is lost
        self._feed: list[Row] | None = [] if feed else None
        self._waiting: list[tuple[str, bytes, bool]] = []  # messages that the broker has no PUBACK for
        self._kept: dict[tuple[str, str], bytes] = {}  # retained downlinks
        self._application = make(self.epoch())

    # ---- Wire

    def publish(self, device: str, cls: str, data: bytes) -> None:
        self._deliver((topics.up(self._tenant, device, cls), data, False))

    publish_stranger = publish

    def publish_kept(self, device: str, cls: str, data: bytes) -> None:
        self._deliver((topics.up(self._tenant, device, cls), data, True))

    def observed(self) -> list[Row] | None:
        return self._feed

    async def kept(self, device: str, cls: str) -> bytes | None:
        return self._kept.get((device, cls))

    async def kill(self) -> None:
        self._life += 1
        self._application = self._make(self.epoch())
        waiting, self._waiting = self._waiting, []
        for message in waiting:
            self._deliver(message)

    async def command(self, device: str) -> None:
        self._application.command(self.epoch(), device)
        self._work()

    async def acknowledge(self, device: str, boot: int, seq: int) -> None:
        self._application.acknowledge(self.epoch(), device, boot, seq)
        self._work()

    async def configure(self, device: str) -> None:
        self._application.configure(self.epoch(), device)
        self._work()

    async def offer(self, device: str) -> None:
        self._application.offer(self.epoch(), device)
        self._work()

    def generation(self, device: str) -> int:
        self.generations[device] = self.generations.get(device, 0) + 1
        return self.generations[device]

    async def rotate(self, device: str, epoch: int) -> None:
        self._application.rotate(self.epoch(), device, epoch)
        self._work()

    # ---- inside

    def _due(self) -> int | None:
        deadline = self._application.deadline
        return None if deadline is None else deadline - EPOCH_MS

    def _step(self) -> None:
        deadline = self._application.deadline
        if deadline is not None and deadline <= self.epoch():
            self._application.step(self.epoch())
            self._work()

    def _deliver(self, message: tuple[str, bytes, bool]) -> None:
        self._waiting.append(message)
        self._at(LATENCY_MS, lambda: self._arrived(message))

    def _arrived(self, message: tuple[str, bytes, bool]) -> None:
        if message in self._waiting:
            self._application.receive(self.epoch(), *message)
            self._work([message])

    def _work(self, done: Iterable[tuple[str, bytes, bool]] = ()) -> None:
        out, life = self._application.take(), self._life
        publishes = list(out.publishes)
        if out.early:
            self._finish(publishes, done)

        def commit() -> None:
            if life != self._life:
                return
            out.store()
            if self._feed is not None:
                self._feed += out.feed
            if not out.early:
                self._finish(publishes, done)

        self._at(10 * COMMIT_MS if out.early else COMMIT_MS, commit)

    def _finish(self, publishes: list[Publish], done: Iterable[tuple[str, bytes, bool]]) -> None:
        for message in done:
            if message in self._waiting:
                self._waiting.remove(message)
        for one in publishes:
            self._at(LATENCY_MS, lambda one=one: self._told(one))  # type: ignore[misc]

    def _told(self, one: Publish) -> None:
        parts = topics.parse(one.topic)
        if parts is not None and parts[2] == DOWN:
            if one.retain:
                self._kept[parts[1], parts[3]] = one.payload
            self._take(Heard(self._now, parts[1], parts[3], one.payload))
