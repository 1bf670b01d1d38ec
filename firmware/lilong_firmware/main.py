"""The board's own entry: configuration, store, device, link and peripherals, wired to one loop.

A board supplies a module `board` with CONFIG, the path of its configuration, and `Board(config)`. See `BoardLike`.
"""

import asyncio
import gc
import sys
from time import ticks_diff, ticks_ms

from lilong_protocol.codes import link

from .device import Device, Identity
from .draws import Draws
from .effects import ACCEPTED, CONNECT, DISCONNECT, NOTE, OUTPUT, PUBLISH, RESTART
from .kinds import rules
from .link import Link
from .uptime import Uptime

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Protocol

    from .rules import Rules

    class BoardLike(Protocol):
        """What the loop asks of a board. Channels and outputs go by the names that the device's kind gives them."""

        device: Device

        def uptime_ms(self) -> int:
            """Since power-on; never goes back and never wraps."""

        async def wait(self, deadline: int, link: Link) -> None:
            """Until the uptime is `deadline`, or `wake`, or `change` has something. It yields in any case."""

        def wake(self) -> None:
            """End `wait`: the deadline may be another."""

        def change(self) -> "tuple[str, int | None] | None":
            """The next change of a channel without a sampling period, since each of them tells at once."""

        def read(self, channel: str) -> "int | None":
            """The present value of any channel; None when there is none that can be trusted."""

        def output(self, name: str, value: int) -> None:
            """Drive a local output."""

        def seed(self) -> bytes:
            """At least 16 bytes from the board's generator."""

        async def resolve(self, host: str, port: int) -> "Any":
            """The first entry of getaddrinfo. A look-up that blocks would keep a sounder waiting."""

        def updating(self, device: Device) -> "Any":
            """Asked of one whose store has room for a log: its `Updating`, or None."""

        async def run(self) -> None:
            """Whatever the board itself has to do all the time, once its device runs."""

        def note(self, what: str, code: int, boot: int, seq: int) -> None:
            """What happened to an alarm; for a log or a lamp, as are the following. "restart": reset, choose again."""

        def online(self, connection: int) -> None: ...
        def offline(self, why: str) -> None: ...
        def sent(self, cls: str) -> None: ...
        def handled(self, cls: str) -> None: ...


class Host:
    """The wiring of one device on a board; it is the listener of its link."""

    def __init__(self, board: "BoardLike", settings: "dict[str, Any]") -> None:
        from .config import content, secure, store  # noqa: PLC0415  needed once

        kind: type[Rules] = rules(settings["kind"])
        identity = Identity(
            settings["tenant"],
            settings["device"],
            settings["root"],
            settings["beat_s"],
            settings["offline_s"],
            {name: content(path) for name, path in settings["data"].items()},
        )
        draws = Draws(settings["seed"] or board.seed())
        kept: Any = getattr(board, "store", store)(settings["store"])
        boot = settings["boot"]
        if boot is None and (settings["generation"] or settings["epoch"]):
            from .generation import begin  # noqa: PLC0415  most devices are provisioned once

            boot = begin(kept, settings["generation"] or 0, settings["epoch"] or 0, draws)
        self._board = board
        self.wait = (settings["wait"] or 0) * 1000
        self._turn: Any = None  # what runs may not be what is to run: it says when to restart
        self._modules = 0  # how many are loaded at rest
        self.device = Device(identity, kind, kept, draws, True, boot)
        if self.device.store.LOGS:
            self.device.updating = board.updating
        self._channels = {channel[0]: at for at, channel in enumerate(kind.CHANNELS)}
        self._sampled = [(at, channel[0]) for at, channel in enumerate(kind.CHANNELS) if channel[1]]
        keepalive_s = settings["keepalive_s"]
        self.link = Link(
            self,
            settings["tenant"],
            settings["device"],
            settings["host"],
            settings["port"],
            link(kind.KIND)[1] if keepalive_s is None else keepalive_s,
            Uptime(ticks_ms, ticks_diff),
            board.resolve,
            settings["username"],
            settings["password"] and settings["password"].encode(),
            secure(settings["tls"]),
        )

        self._slots: Any = getattr(board, "slots", None)  # until it is known that what runs is good
        if self._slots is not None and self._slots.running == self._slots.trial:
            from .trial import Trial  # noqa: PLC0415  by need

            self._turn = Trial(self._slots)
        self._access: Any = None  # another way to the backend than the one it was provisioned with
        if kept.LOGS and (kept.read("lacc1", 0, 1) or kept.read("lacc2", 0, 1)):
            from .access import Access  # noqa: PLC0415  most devices keep theirs

            self._access = Access(kept, settings["root"], settings)
            self._go()

    async def run(self) -> None:
        """Power is on. Sensors and deadlines have their turn here, the network has its own task."""
        now = self._board.uptime_ms()
        for name in self._channels:
            self.device.sense(now, self._channels[name], self._board.read(name))
        self.device.start(now, self.wait)
        self._act()
        while True:
            turn = self._turn
            deadline = self.device.deadline
            await self._board.wait(deadline if turn is None else min(deadline, turn.deadline), self.link)
            now = self._look()
            while self.device.deadline <= now:
                self.device.step(now)
                self._act()
            turn = self._turn
            if turn is not None and turn.step(now, self.device):
                self._board.note("restart", 0, 0, 0)

    # ---- what the link tells

    def connected(self, connection: int) -> None:
        self.device.connected(self._look())
        self._act()
        self._board.online(connection)

    def disconnected(self, why: str) -> None:
        self.device.disconnected(self._look())
        self._act()
        self._board.offline(why)

    def published(self) -> None:
        self.device.published(self._look())
        self._act()

    def received(self, cls: str, data: bytes, retained: bool) -> None:
        device = self.device
        now = self._look()
        try:
            device.received(now, cls, data, retained)
        except MemoryError:  # what of it is not done yet is dropped
            device.downlink.rejected += 1
            device.deadline = now  # and planned anew
        self._act()
        self._board.handled(cls)

    # ---- inside

    def _look(self) -> int:
        """Tell the device what its sensors say, before it is told anything else; the uptime."""
        board = self._board
        device = self.device
        now = board.uptime_ms()
        while True:
            change = board.change()
            for at, name in self._sampled:
                value = board.read(name)
                if value != device.sampling.values[at] or device.faults >> at & 1:  # None is no value
                    device.sense(now, at, value)
                    self._act()
            if change is None:
                return now
            device.sense(now, self._channels[change[0]], change[1])
            self._act()

    def _act(self) -> None:
        """Do what the device wants done: what is local first, so that no socket comes before a sounder."""
        out = self.device.out
        if len(sys.modules) > self._modules:
            self._forget()
        if out:
            for effect in out:
                if effect[0] == OUTPUT:
                    self._board.output(effect[1], effect[2])
            for effect in out:
                kind = effect[0]
                if kind == PUBLISH:
                    if self.link.publish(effect[1], effect[2], effect[3], effect[4]):
                        self._board.sent(effect[1])
                elif kind == CONNECT:
                    gc.collect()  # a quiet moment, before the buffers of a new connection
                    if self._access is not None and self._access.attempt():
                        self._go()
                    self.link.connect(effect[1])
                elif kind == DISCONNECT:
                    self.link.disconnect()
                    self._board.offline("")
                elif kind == NOTE:
                    if effect[1] == ACCEPTED:
                        now = self._board.uptime_ms()
                        if self._access is not None:
                            self._access.accepted(self.device, now)
                        if self._slots is not None:
                            from .trial import settle  # noqa: PLC0415  once in a boot

                            self._turn = settle(self.device, now, self._slots)
                            self._slots = None
                    self._board.note(effect[1], effect[2], effect[3], effect[4])
                elif kind == RESTART:
                    from .restart import Restart  # noqa: PLC0415  rarely

                    self._turn = Restart(self._board.uptime_ms())
            out.clear()
        self._board.wake()

    def _go(self) -> None:
        """The way whose turn it is."""
        from .config import secure  # noqa: PLC0415

        ways = self._access.ways()
        self.link.use(ways["host"], ways["port"], secure(ways["tls"]))
        join = getattr(self._board, "join", None)
        if join is not None:
            join(ways)

    def _forget(self) -> None:
        """What has been loaded for once has done its work: it is loaded again when it is needed."""
        here = __file__[: __file__.rindex("/")]
        for name in list(sys.modules):
            file = getattr(sys.modules[name], "__file__", "")
            if file != __file__ and file.startswith(here):
                del sys.modules[name]
        self._modules = len(sys.modules)
        gc.collect()


def _end(_: object, context: "dict[str, Any]") -> None:
    """A fault in one task ends all."""
    raise context["exception"]


def serve(board: "BoardLike", host: Host) -> None:
    """Run a device on a board for ever. A fault of the program ends it, and is kept: restarting is the board's."""
    loop = asyncio.get_event_loop()
    loop.set_exception_handler(_end)
    for task in (host.run(), host.link.run(), board.run()):
        asyncio.create_task(task)  # noqa: RUF006  MicroPython's loop keeps it
    try:
        loop.run_forever()
    except Exception as error:
        from .rarely import end  # noqa: PLC0415

        end(host.device, board.uptime_ms(), error)
        raise


def main() -> None:
    """What a board runs after its boot script."""
    from board import CONFIG, Board  # noqa: PLC0415  each board has its own

    from .config import load  # noqa: PLC0415  needed once

    settings = load(CONFIG)
    board = Board(settings)
    host = Host(board, settings)
    board.device = host.device
    del settings, load  # what is kept of it has its place by now
    serve(board, host)
