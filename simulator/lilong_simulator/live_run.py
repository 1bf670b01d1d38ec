"""A live run: the world in real time, the fleet over real MQTT, real MicroPython processes among it."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import inf

from lilong_protocol.registry import KIND

from .estate import Device, Estate
from .fleet.live import LiveFleet, Target
from .fleet.live_board import LiveBoard
from .fleet.process import BoardError
from .fleet.provision import Provisioner
from .incidents import Incident
from .recorder import Recorder
from .truth import TruthRow
from .world import World

POWER_ON_PER_S = 1_000  # devices whose power comes on in a second: a feeder, not a thundering herd
ONLINE_TIMEOUT_S = 120.0
SETTLE_S = 5.0  # how long a backend may take to answer the last births with the time
LONGEST_LIMIT_MS = 170_000  # of an alarm: somebody beyond the fence is on the screen
LOOK_MS = 50  # how often it is asked whether the run is over
SLICE_S = 0.004  # the world's share of the event loop at a time


class RunError(Exception):
    """A run that could not be made; the text says what, where and what to do."""


@dataclass(frozen=True)
class Settings:
    """What a live run is asked to do. `boards`: ids of the devices that are real MicroPython processes."""

    estate: Estate
    estate_key: bytes
    host: str
    port: int
    seed: int
    start: datetime
    duration_s: float | None  # None: until it is stopped
    incidents: Sequence[Incident]
    boards: Sequence[Device] = ()
    username: str | None = None
    password: bytes | None = None


class LiveRun:
    """One live run; `clock` is its time in ms, `epoch_zero` the Unix time in ms at its zero."""

    def __init__(
        self,
        settings: Settings,
        recorder: Recorder,
        online_timeout_s: float = ONLINE_TIMEOUT_S,
        settle_s: float = SETTLE_S,
    ) -> None:
        self.settings = settings
        self.recorder = recorder
        self._online_timeout_s = online_timeout_s
        self._settle_s = settle_s
        self.world = World(
            settings.estate, settings.seed, settings.start, settings.incidents, self._sense, self._destroyed
        )
        self.world_zero: float | None = None  # the run's clock when all were online and the world began
        self._zero = time.monotonic()
        self.epoch_zero = time.time() * 1000
        self.boot = int(time.time())  # fresh and rising: else a backend's memory makes it look fast
        self.boards: dict[str, LiveBoard] = {}
        self._fleet: LiveFleet | None = None
        self._stopping = asyncio.Event()
        self._horizon: float | None = None
        self._burnt: set[str] = set()
        self._dying: list[asyncio.Future[None]] = []  # boards that burnt

    def clock(self) -> float:
        """Milliseconds since the run began."""
        return (time.monotonic() - self._zero) * 1000

    @property
    def horizon(self) -> float:
        """The end of what is judged, on the run's clock."""
        return inf if self._horizon is None else self._horizon

    @property
    def truth(self) -> list[TruthRow]:
        return self.world.truth

    @property
    def troubles(self) -> dict[str, int]:
        """Why links broke or could not be had, and how often."""
        return self._fleet.troubles if self._fleet else {}

    @property
    def stopped(self) -> bool:
        return self._stopping.is_set()

    @property
    def world_now(self) -> float:
        """How long the world has been running, in ms."""
        return 0.0 if self.world_zero is None else self.clock() - self.world_zero

    @property
    def lost(self) -> int:
        """How many always-on devices are not connected now."""
        kept = (device for device in self.settings.estate.devices if KIND[device.kind].link.always_on)
        burnt = self._burnt
        return sum(1 for device in kept if device.id not in self.recorder.online and device.id not in burnt)

    def stop(self) -> None:
        """End the run early: the drain is left out, and only what has passed its limits is judged."""
        self._horizon = min(self.horizon, self.clock() - LONGEST_LIMIT_MS)
        self._stopping.set()

    # ---- the phases

    async def bring_up(self) -> None:
        """Power everything on, wait until the backend knows all of them; RunError when that does not come."""
        settings = self.settings
        target = Target.all_as(settings.host, settings.port, settings.username, settings.password)
        fleet = LiveFleet(settings.estate.id, target, self.recorder, self.clock)
        self._fleet = fleet
        provisioner = Provisioner(settings.estate, settings.estate_key, settings.seed)
        values: dict[str, dict[str, int]] = {}  # what sensors read at power-on: a boot is no change of anything
        for device_id, channel, value in self.world.initial():
            values.setdefault(device_id, {})[channel] = value
        real = {device.id for device in settings.boards}
        for device in settings.boards:
            self.boards[device.id] = LiveBoard(
                device, provisioner, fleet, self.boot, values.get(device.id, {})
            )
        # All of them, whatever becomes of one: a board that is still starting cannot be stopped.
        for told in await asyncio.gather(*(board.start() for board in self.boards.values()), return_exceptions=True):
            if isinstance(told, BoardError):
                raise RunError(f"a real MicroPython device did not start: {told}") from told
            if isinstance(told, BaseException):
                raise told
        started = self.clock()
        count = 0
        for placed in settings.estate.devices:
            if placed.id in real:
                continue
            while count >= (self.clock() - started) * POWER_ON_PER_S / 1000:
                await asyncio.sleep(0.01)
            count += 1
            fleet.add(placed.id, provisioner.device(placed, self.boot), fleet.now(), values.get(placed.id, {}))
        await self._all_online()

    async def play(self) -> None:
        """The world begins and runs for the duration, then until nothing can come in time any more."""
        self.world_zero = zero = self.clock()
        duration_s = self.settings.duration_s
        end = None if duration_s is None else self.world_zero + duration_s * 1000
        self._horizon = end
        await self._pump(lambda: end is not None and zero + self.world.env.peek() > end and self.clock() >= end)
        # The drain: the world goes on, so that what has begun ends, but what it does now is not judged.
        last = self._last_limit()
        await self._pump(lambda: self.clock() >= last or not self._waiting())

    async def close(self) -> None:
        """Leave in good order."""
        ends = [*self._dying, *(board.stop() for board in self.boards.values())]
        await asyncio.gather(*ends, return_exceptions=True)
        if self._fleet is not None:
            await self._fleet.close()

    # ---- inside

    def _sense(self, device: str, channel: str, value: int) -> None:
        board = self.boards.get(device)
        if board is not None:
            board.set(channel, value)
        elif self._fleet is not None:
            self._fleet.sense(device, channel, value, (self.world_zero or 0.0) + self.world.env.now)

    def _destroyed(self, device: str) -> None:
        self._burnt.add(device)
        board = self.boards.pop(device, None)
        if board is not None:
            self._dying.append(asyncio.ensure_future(board.stop()))
        elif self._fleet is not None:
            self._fleet.destroy(device)

    async def _all_online(self) -> None:
        """All have been accepted by the broker once, and by the backend if it answers births at all."""
        wanted = len(self.settings.estate.devices)
        recorder = self.recorder
        began = self.clock()
        linked_at: float | None = None
        while not self._stopping.is_set():
            now = self.clock()
            if len(recorder.accepted) >= wanted:
                return
            if len(recorder.linked) >= wanted and linked_at is None:
                linked_at = now
            if linked_at is not None and now - linked_at > self._settle_s * 1000 and not recorder.accepted:
                return  # a backend that does not speak of time: what it accepts is not observed
            if now - began > self._online_timeout_s * 1000:
                raise RunError(
                    f"only {len(recorder.linked)} of {wanted} devices connected and {len(recorder.accepted)} accepted "
                    f"by the backend after {self._online_timeout_s:g} s; {self._why()}"
                )
            await self._pause(0.05)

    def _why(self) -> str:
        troubles = sorted(self.troubles.items(), key=lambda item: -item[1])
        if not troubles:
            return "no link broke: is the backend running, and does it use the same estate key?"
        return "most often: " + "; ".join(f"{why} ({count} times)" for why, count in troubles[:3])

    async def _pump(self, over: Callable[[], bool]) -> None:
        """Steps the world up to the present, an instant at a time, never starving the sockets, until it is over."""
        env = self.world.env
        zero = self.world_zero or 0.0
        while not self._stopping.is_set() and not over():
            now = self.clock()
            slice_end = time.monotonic() + SLICE_S
            while zero + env.peek() <= now and time.monotonic() < slice_end:
                self.recorder.lag(self.clock() - zero - env.peek())
                env.step()
            wait = min(zero + env.peek(), now + LOOK_MS) - self.clock()
            await self._pause(max(0.0, wait / 1000))

    async def _pause(self, seconds: float) -> None:
        """Sleep, or less when the run is stopped."""
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        try:
            await asyncio.wait_for(self._stopping.wait(), seconds)
        except TimeoutError:
            pass

    def _judged(self) -> list[TruthRow]:
        """The rows that must be raised and whose crossing came before the horizon."""
        horizon = self.horizon
        zero = self.world_zero or 0.0
        return [row for row in self.truth if row.expect == "must" and zero + row.crossing_ms <= horizon]

    def _last_limit(self) -> float:
        zero = self.world_zero or 0.0
        limits = [
            row.crossing_ms + max([limit for limit in row.limits.values() if limit is not None], default=0)
            for row in self._judged()
        ]
        return zero + max(limits, default=0)

    def _waiting(self) -> bool:
        """Whether something that must come has not: an alarm of the truth, a stored-ack, an acknowledgement."""
        rows = self._judged()
        for_people = {(row.device, row.code) for row in rows if row.limits.get("acknowledged_ms") is not None}
        answered = Counter(
            (alarm.device, alarm.code)
            for alarm in self.recorder.alarms.values()
            if alarm.stored is not None
            and (alarm.acknowledged is not None or (alarm.device, alarm.code) not in for_people)
        )
        return not Counter((row.device, row.code) for row in rows) <= answered
