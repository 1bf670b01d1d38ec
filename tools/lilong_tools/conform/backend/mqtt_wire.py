"""The live wire: each device played has a connection of its own, with its will; hooks kill, command, acknowledge."""

import os
import signal
from collections.abc import Iterable
from dataclasses import dataclass

from lilong_protocol import topics

from ...broker import Broker
from ...inputs import InputError
from ..hooks import call
from ..line import Line, kept, logged_in, open_line
from ..live import Live
from ..scenario import NotTriedError
from .feed import FeedFile
from .wire import Heard, Row

POLL_S = 0.05  # how often the feed is looked at


@dataclass(frozen=True)
class Hooks:
    """Shell commands, or None. kill: ends the backend, may be a process id; restart: starts it."""

    kill: str | None = None
    restart: str | None = None
    command: str | None = None
    acknowledge: str | None = None
    configure: str | None = None
    offer: str | None = None


class MqttWire(Live[Heard]):
    """`async with MqttWire(...)`: the devices of `roots` are on the broker until the block ends."""

    longest_ms = 60_000

    def __init__(
        self, broker: Broker, tenant: str, roots: dict[str, bytes], hooks: Hooks, feed: FeedFile | None = None
    ) -> None:
        super().__init__()
        self.poll_s = None if feed is None else POLL_S
        self.epochs: dict[str, int] = {}
        self.generations: dict[str, int] = {}
        self._broker, self._tenant, self._roots = broker, tenant, roots
        self._hooks, self._feed = hooks, feed
        self._lines: dict[str, Line] = {}

    async def __aenter__(self) -> "MqttWire":
        for device in self._roots:
            self._lines[device] = line = await open_line(self._login(device), device, self._arrived)
            await line.subscribe(topics.down_filter(self._tenant, device))
        return self

    async def __aexit__(self, *_: object) -> None:
        for device, line in self._lines.items():
            if not line.lost.done():
                line.publish(topics.up(self._tenant, device, topics.STATE), b"", 1, True)
                line.close()

    # ---- Wire

    def publish(self, device: str, cls: str, data: bytes) -> None:
        qos = topics.up_qos(cls)
        self._lines[device].publish(topics.up(self._tenant, device, cls), data, qos, topics.retained(cls))

    def publish_stranger(self, device: str, cls: str, data: bytes) -> None:
        if self._broker.username is not None:
            raise NotTriedError("the access list of a broker with logins keeps strangers out")
        line = next(iter(self._lines.values()))
        line.publish(topics.up(self._tenant, device, cls), data, topics.up_qos(cls), False)

    def publish_kept(self, device: str, cls: str, data: bytes) -> None:
        raise NotTriedError("a broker marks as retained only what it had before a backend subscribed: in tests only")

    def observed(self) -> list[Row] | None:
        return None if self._feed is None else self._feed.look()

    async def kept(self, device: str, cls: str) -> bytes | None:
        topic = topics.down(self._tenant, device, cls)
        return await kept(self._login(device), f"lilong-conform-look-{device}", topic)

    async def kill(self) -> None:
        hooks = self._hooks
        if hooks.restart is None and hooks.kill is None:
            raise NotTriedError("needs --kill 'command or process id' and --restart 'command'")
        if hooks.kill is not None and hooks.kill.isdigit():
            try:
                os.kill(int(hooks.kill), signal.SIGKILL)
            except OSError as error:
                raise InputError(
                    f"--kill {hooks.kill}: {error.strerror}; give a command where the id changes"
                ) from None
        elif hooks.kill is not None:
            await call("--kill", hooks.kill)
        if hooks.restart is not None:
            await call("--restart", hooks.restart)

    async def command(self, device: str) -> None:
        if self._hooks.command is None:
            raise NotTriedError("needs --command 'order {device}': has the backend command a device, whatever it is")
        await call("--command", self._hooks.command, device=device)

    async def acknowledge(self, device: str, boot: int, seq: int) -> None:
        if self._hooks.acknowledge is None:
            raise NotTriedError("needs --acknowledge 'acknowledge {alarm}': what a person at the backend would do")
        alarm = f"{device}-{boot}-{seq}"
        await call("--acknowledge", self._hooks.acknowledge, device=device, boot=boot, seq=seq, alarm=alarm)

    async def configure(self, device: str) -> None:
        if self._hooks.configure is None:
            raise NotTriedError("needs --configure 'configure {device}': has it desire another configuration each time")
        await call("--configure", self._hooks.configure, device=device)

    async def offer(self, device: str) -> None:
        if self._hooks.offer is None:
            raise NotTriedError("needs --offer 'offer {device}': has it offer an update, whatever it is")
        await call("--offer", self._hooks.offer, device=device)

    def generation(self, device: str) -> int:
        raise NotTriedError("boots of another generation would be above those of later runs: in tests only")

    async def rotate(self, device: str, epoch: int) -> None:
        raise NotTriedError("a rotation of keys cannot be undone: in tests only")

    # ---- inside

    def _login(self, device: str) -> Broker:
        """With what is the device's where devices log in."""
        return logged_in(self._broker, device, self._roots[device])

    def _arrived(self, topic: str, payload: bytes, _qos: int, _retained: bool) -> None:
        parts = topics.parse(topic)
        if parts is not None:
            self._tell(Heard(self.now(), parts[1], parts[3], payload))

    def _connected(self) -> Iterable[tuple[str, Line]]:
        return self._lines.items()
