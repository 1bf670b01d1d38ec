"""The live wire: one device on a broker, its link cut by a session of its own id, hooks for hands and power."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from lilong_protocol import topics

from ...broker import Broker
from ..line import Line, kept, logged_in, open_line
from ..live import Live
from ..scenario import NotTriedError
from .wire import Heard

TICK_S = 0.02
LONGEST_MS = 130_000


@dataclass(frozen=True)
class Hands:
    """What does to a device what only hands, a relay or a debugger can; None: nothing does.

    stimulate: channel, value. renew: gives a device that remembers nothing. say: level of a line. fill_flash: full.
    """

    stimulate: Callable[[str, int], Awaitable[None]] | None = None
    restart: Callable[[], Awaitable[None]] | None = None
    renew: Callable[[], Awaitable[None]] | None = None
    say: Callable[[int], Awaitable[None]] | None = None
    crash: Callable[[], Awaitable[None]] | None = None
    fill_flash: Callable[[bool], Awaitable[None]] | None = None


T = TypeVar("T")


def _given(hand: T | None, instead: str) -> T:
    if hand is None:
        raise NotTriedError(instead)
    return hand


class MqttWire(Live[Heard]):
    """`async with MqttWire(...)`."""

    longest_ms = LONGEST_MS
    virtual = False

    def __init__(self, broker: Broker, tenant: str, device: str, root: bytes, hands: Hands | None = None) -> None:
        super().__init__()
        self._hands = hands or Hands()
        self.wiped = self._hands.renew is not None
        self._broker = broker
        self._tenant, self._device, self._root = tenant, device, root
        self._line: Line | None = None
        self._holder: asyncio.Task[None] | None = None
        self._held = asyncio.Event()
        self._back = True  # it has been heard since its link was last cut

    async def __aenter__(self) -> "MqttWire":
        self._line = await open_line(self._broker, f"lilong-conform-{self._device}", self._arrived)
        await self._line.subscribe(topics.up(self._tenant, self._device, "#"))
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.release()
        if self._line is not None:
            self._line.close()

    # ---- Wire

    def publish(self, cls: str, data: bytes, retained: bool = False) -> None:
        assert self._line is not None
        self._line.publish(topics.down(self._tenant, self._device, cls), data, 1, retained)

    async def power(self) -> None:
        hands = self._hands
        if hands.renew is not None:
            await hands.renew()
        elif hands.restart is not None:
            await hands.restart()
        elif not self._back:
            raise NotTriedError("the device did not come back when its link was cut: if it sleeps, give --restart")
        else:
            self._back = False
            await self.hold()
            await self.release()

    async def restart(self) -> None:
        await _given(self._hands.restart, "needs a restart: give --restart 'command'")()

    async def hold(self) -> None:
        """A session under the device's id ends its own; whenever it comes back, so do we."""
        if self._holder is None:
            self._held.clear()
            self._holder = asyncio.create_task(self._keep_holding())
            await self._held.wait()
            if self._holder.done():
                holder, self._holder = self._holder, None
                holder.result()
            await asyncio.sleep(TICK_S)

    async def release(self) -> None:
        if self._holder is not None:
            self._holder.cancel()
            try:
                await self._holder
            except asyncio.CancelledError:
                pass
            self._holder = None

    async def kept(self, cls: str) -> bytes | None:
        topic = topics.up(self._tenant, self._device, cls)
        return await kept(self._broker, f"lilong-conform-look-{self._device}", topic)

    def withhold_pubacks(self, withhold: bool) -> None:
        if withhold:
            raise NotTriedError("a broker that withholds PUBACKs is there in virtual time only (--simulate)")

    def deafen(self, deaf: bool) -> None:
        raise NotTriedError("a broker that answers no CONNECT is there in virtual time only (--simulate)")

    def attempts(self) -> list[int]:
        return []

    async def stimulate(self, channel: str, value: int) -> None:
        given = _given(self._hands.stimulate, "needs a stimulus: give --stimulus 'command {channel} {value}'")
        await given(channel, value)

    async def fill_flash(self, full: bool) -> None:
        await _given(self._hands.fill_flash, "flash that can be filled is there with --simulate only")(full)

    async def say(self, level: int) -> None:
        await _given(self._hands.say, "needs a line in its log: give --log 'command {level}'")(level)

    async def crash(self) -> None:
        await _given(self._hands.crash, "needs a fault of its program: give --crash 'command'")()

    # ---- inside

    def _arrived(self, topic: str, payload: bytes, qos: int, retained: bool) -> None:
        parts = topics.parse(topic)
        if parts is None:
            return
        self._back = self._back or not retained
        self._tell(Heard(self.now(), parts[3], payload, qos, retained))

    def _connected(self) -> list[tuple[str, Line]]:
        return [] if self._line is None else [("the runner", self._line)]

    async def _keep_holding(self) -> None:
        broker = logged_in(self._broker, self._device, self._root)
        line = None
        try:
            while True:
                line = await open_line(broker, self._device)
                self._held.set()
                await line.lost
        finally:
            self._held.set()
            if line is not None:
                line.close()
