"""A real MicroPython device against the embedded broker; the backend's answers are in the test's hand."""

import asyncio
import functools
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, Self

import pytest
from lilong_protocol import frame, topics
from lilong_protocol.cbor import MAX_FRAME
from lilong_protocol.keys import device_root, frame_key
from lilong_protocol.seal import DOWN, UP, Seal, frame_tag
from lilong_simulator.fleet.board_config import BoardConfig
from lilong_simulator.fleet.board_lines import Sent as HandedOver
from lilong_simulator.fleet.process import HEAP, BoardProcess, available
from lilong_tools.broker.embedded import EmbeddedBroker
from lilong_tools.broker.embedded_client import Message

TENANT = "music_plaza"
DEVICE = "a4cf12fffe0b3c5d"
# What must be free of a board's heap whatever it does: the longest frame as it came and opened, and another as it is
# written and sealed. (What a collection still finds by a stale pointer differs by some hundred bytes from run to run.)
RESERVE = 4 * MAX_FRAME
EPOCH = 1_800_000_000_000  # wall time, in ms, of the device's uptime 0
ESTATE_KEY = bytes(range(32))
ROOT_KEY = device_root(ESTATE_KEY, TENANT, DEVICE)
UPLINK = Seal(frame_key(ROOT_KEY, UP), TENANT, DEVICE, UP)
DOWNLINK = Seal(frame_key(ROOT_KEY, DOWN), TENANT, DEVICE, DOWN)

class Inbox:
    """Things that arrive one after another; a test takes them in order."""

    def __init__(self) -> None:
        self._items: deque[Any] = deque()
        self._arrived = asyncio.Event()
        self.all: list[Any] = []

    def put(self, item: Any) -> None:
        self._items.append(item)
        self.all.append(item)
        self._arrived.set()

    async def take(self, wanted: Callable[[Any], bool] = lambda _: True) -> Any:
        """The next that is wanted; those before it are passed over."""
        async with asyncio.timeout(30):
            while True:
                while self._items:
                    item = self._items.popleft()
                    if wanted(item):
                        return item
                self._arrived.clear()
                await self._arrived.wait()

    async def grown(self) -> None:
        """Until there is one more."""
        self._arrived.clear()
        await self._arrived.wait()

    async def take_a(self, kind: Any, *start: Any) -> Any:
        """The next of a type whose first fields are `start`."""
        return await self.take(lambda item: type(item) is kind and tuple(item)[: len(start)] == start)


class Sent:
    """A frame as the broker got it: its bytes and what they say."""

    def __init__(self, message: Message) -> None:
        self.topic = message.topic
        self.cls = message.topic.rpartition("/")[2]
        self.data = message.payload
        self.retain = message.retain
        self.frame = frame.unpack(UPLINK.open(self.cls, message.payload))
        self.kind = self.frame.kind
        self.body = self.frame.body


class Broker(EmbeddedBroker):
    """Gives each message to an inbox too, and to `answer` before its sender has the PUBACK."""

    def __init__(self) -> None:
        super().__init__(port=0)
        self.messages = Inbox()
        self.answer: Callable[[Sent], None] = lambda _: None

    def publish(self, message: Message) -> None:
        super().publish(message)
        if "/u/" in message.topic:
            self.messages.put(message)
            self.answer(Sent(message))


class BoardCase:
    """One device and its broker, for `async with`. `changes` are fields of BoardConfig."""

    def __init__(self, kind: str, stepped: bool = True, heap: str = HEAP, **changes: Any) -> None:
        reason = available()
        if reason is not None:
            pytest.skip(reason)
        self.broker = Broker()
        self.lines = Inbox()
        self._sent: list[Sent] = []
        self.process = BoardProcess(self.lines.put, heap=heap)
        self._config = {"kind": kind, "stepped": stepped, "seed": b"seed", **changes}

    async def __aenter__(self) -> Self:
        await self.broker.start()
        try:
            await self.process.start(
                BoardConfig(tenant=TENANT, device=DEVICE, root=ROOT_KEY, host="127.0.0.1", port=self.broker.port,
                            **self._config)
            )  # fmt: skip
        except BaseException:
            await self.broker.stop()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.process.stop()
        await self.broker.stop()

    async def at(self, uptime_ms: int, *changes: tuple[str, int]) -> None:
        """As the process has it; and the broker has all that was sent, QoS 0 too."""
        await self.process.at(uptime_ms, *changes)
        handed_over = sum(isinstance(line, HandedOver) for line in self.lines.all)
        async with asyncio.timeout(30):
            while len([sent for sent in self.frames() if sent.kind != frame.DEATH]) < handed_over:
                await self.broker.messages.grown()

    async def frame(self, kind: int) -> Sent:
        """The next frame of a kind that the broker gets."""
        while True:
            sent = Sent(await self.broker.messages.take())
            if sent.kind == kind:
                return sent

    def frames(self, kind: int | None = None) -> list[Sent]:
        """All that the broker has got so far, of one kind or of any."""
        self._sent += map(Sent, self.broker.messages.all[len(self._sent) :])  # each is opened once
        return [sent for sent in self._sent if kind in (None, sent.kind)]

    def deliver(self, cls: str, data: bytes, retain: bool = False) -> None:
        """Publish bytes to the device."""
        self.broker.publish(Message(topics.down(TENANT, DEVICE, cls), data, 1, retain))

    def backend(self, sent: Sent) -> None:
        """Answer as a backend does: an alarm with its stored-ack, the question for the time with the time."""
        if sent.cls == topics.ALARM:
            self.store(sent)
        elif sent.kind == frame.BIRTH or (sent.kind == frame.HEARTBEAT and sent.body.get(4)):
            payload = frame.pack(
                frame.TIME, {0: sent.frame.uptime}, epoch=EPOCH + sent.frame.uptime, target=sent.frame.boot,
                nonce=sent.frame.nonce,
            )  # fmt: skip
            self.deliver(topics.COMMAND, DOWNLINK.seal(topics.COMMAND, payload))

    def store(self, sent: Sent) -> None:
        """Acknowledge an alarm frame as a backend does after its commit."""
        body = {0: frame_tag(sent.data)}
        payload = frame.pack(frame.STORED_ACK, body, ref=(sent.frame.boot, sent.frame.seq))
        self.deliver(topics.ACK, DOWNLINK.seal(topics.ACK, payload))


def in_loop(test: Callable[..., Awaitable[None]]) -> Callable[..., None]:
    """A test that is a coroutine."""

    @functools.wraps(test)
    def whole(*arguments: Any, **options: Any) -> None:
        async def main() -> None:
            await test(*arguments, **options)

        asyncio.run(main())

    return whole
