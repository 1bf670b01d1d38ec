"""One shard of a live run in one process: worlds in real time, fleets over real MQTT, real MicroPython among them."""

import asyncio
import gc
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from heapq import heapify, heapreplace
from math import inf

from lilong_protocol.registry import KIND

from ..data_faults.live import LiveDataFaults
from ..estate import Device
from ..fleet.live import LiveFleet
from ..fleet.live_board import LiveBoard
from ..incidents import stranger
from ..incidents.attacks import Attack
from ..said import Said
from ..truth import Expectation, TruthRow
from .accept import Accepter
from .bring_up import BringUp
from .buses import LiveBuses
from .drain import Drain
from .faults.live_run import LiveFaults
from .fingerprint import added
from .live_app import LiveApp
from .live_stranger import LiveStranger
from .payload import Template
from .play import Play
from .recording import LoadRecorder
from .refusals import Refusals
from .settings import ONLINE_TIMEOUT_S, SETTLE_S, Settings
from .take_overs import TakeOvers

LONGEST_LIMIT_MS = 170_000  # of an alarm: somebody beyond the fence is on the screen
LOOK_MS = 50  # how often it is asked whether the run is over
SLICE_S = 0.004  # the worlds' share of the event loop at a time


class LiveRun:
    """One shard; `clock` is its time in ms, `epoch_zero` the Unix time in ms at its zero.

    zero_ns: CLOCK_MONOTONIC at the clock's 0, so that the shards of one machine share one clock; None: now.
    """

    def __init__(
        self,
        settings: Settings,
        online_timeout_s: float = ONLINE_TIMEOUT_S,
        settle_s: float = SETTLE_S,
        zero_ns: int | None = None,
    ) -> None:
        self.settings = settings
        self._bring_up = BringUp(self, online_timeout_s, settle_s)
        self._zero_ns = time.monotonic_ns() if zero_ns is None else zero_ns
        self.epoch_zero = (time.time_ns() - (time.monotonic_ns() - self._zero_ns)) / 1e6
        self.recorder = LoadRecorder(self.clock)
        self.recorder.boot = settings.boot
        if settings.scenario.telemetry_qos == 1:
            self.recorder.quiet_classes.clear()
        template = settings.scenario.template
        self.template = None if template is None else Template.parse(*template)
        many = sum(group.copies for group in settings.scenario.estates) > 1
        start = settings.scenario.start
        self.plays = [Play(part, start, self._sense, self._destroyed, many) for part in settings.parts]
        self.devices = [device for part in settings.parts for device in part.devices]
        worlds = {device.id: play.world for play in self.plays for device in play.part.devices}
        self.stranger = LiveStranger(settings.target, self.recorder.overheard)
        self.app = None if settings.app is None else LiveApp(settings.app)
        for play in self.plays:
            place = play.part.place
            own = {device.id for device in play.part.devices}
            heard = set(stranger.victims(place.estate, place.incidents)) & own
            self.recorder.overheard.update((device, {}) for device in heard)
            listened = set(stranger.listened(place.estate, place.incidents)) & own
            self.recorder.said.update((device, Said()) for device in listened)
            play.world.stranger = partial(self._attacked, play, own)
            if self.app is not None:
                play.world.app = partial(self._asked, self.app, own)
                # It rains once, however many estates stand in it: whoever hosts the first of them tells.
                if place.first and place.devices[0].id in own:
                    play.world.weather = self.app.weather
        self.recorder.on_output = lambda device, name, value: worlds[device].felt(device, name, value)
        self.world_zero: float | None = None  # the run's clock when all were online and the worlds began
        self.boards: dict[str, LiveBoard] = {}
        self.fleets: list[LiveFleet] = []
        self.refusals = Refusals(lambda: self.fleets, self.recorder.linked, self.clock)
        self.take_overs = TakeOvers(lambda: self.fleets, len(self.devices))
        self.accepter: Accepter | None = None  # where the backend's stored-acks are not waited for
        self._stopping = asyncio.Event()
        self._horizon: float | None = None
        self._burnt: set[str] = set()
        self._dying: list[asyncio.Future[None]] = []  # boards that burnt
        self.faults: LiveFaults | None = None
        self.recorder.bus = self.buses = LiveBuses(self)
        self.data_faults: LiveDataFaults | None = None

    def clock(self) -> float:
        """Milliseconds since the run began."""
        return (time.monotonic_ns() - self._zero_ns) / 1e6

    @property
    def horizon(self) -> float:
        """The end of what is judged, on the run's clock."""
        return inf if self._horizon is None else self._horizon

    @property
    def truth(self) -> list[TruthRow]:
        """What the worlds did to devices of this shard; times in ms of world time."""
        return [row for play in self.plays for row in play.truth]

    @property
    def expectations(self) -> list[Expectation]:
        """What has to follow at devices of this shard."""
        return [one for play in self.plays for one in play.expectations]

    @property
    def stimuli(self) -> tuple[int, str]:
        """How many changes of sensors the worlds brought within the duration, and a sum over them."""
        prints = [play.fingerprint for play in self.plays]
        return added([(one.count, f"{one.sum:x}") for one in prints])

    @property
    def troubles(self) -> dict[str, int]:
        """Why links broke or could not be had, and how often."""
        return dict(sum((Counter(fleet.troubles) for fleet in self.fleets), Counter()))

    @property
    def stopped(self) -> bool:
        return self._stopping.is_set()

    @property
    def world_now(self) -> float:
        """How long the worlds have been running, in ms."""
        return 0.0 if self.world_zero is None else self.clock() - self.world_zero

    @property
    def lost(self) -> int:
        """How many always-on devices are not connected now."""
        online, burnt = self.recorder.online, self._burnt
        kept = (device.id for device in self.devices if KIND[device.kind].link.always_on)
        return sum(1 for device in kept if device not in online and device not in burnt)

    def stop(self) -> None:
        """End the run early: the drain is left out, and only what has passed its limits is judged."""
        self._horizon = min(self.horizon, self.clock() - LONGEST_LIMIT_MS)
        self._stopping.set()

    # ---- the phases

    async def bring_up(self) -> None:
        """Power everything on, wait until the backend knows all of them; RunError when that does not come."""
        await self._bring_up.all()

    async def play(self, world_zero: float | None = None) -> None:
        """The worlds begin and run for the duration, then until nothing can come in time any more.

        world_zero: the run's clock at which they begin, the same for all shards; None: now.
        """
        self.world_zero = zero = self.clock() if world_zero is None else world_zero
        duration_s = self.settings.scenario.duration_s
        end = None if duration_s is None else zero + duration_s * 1000
        self._horizon = end
        for play in self.plays:
            play.fingerprint.until_ms = inf if duration_s is None else duration_s * 1000
        agenda = [(play.peek(), number) for number, play in enumerate(self.plays)]
        heapify(agenda)
        if self.settings.scenario.faults:
            self.faults = LiveFaults(self, zero)
        if self.settings.scenario.data_faults:
            self.data_faults = LiveDataFaults(self, zero)
        await self._pump(agenda, lambda: end is not None and zero + agenda[0][0] > end and self.clock() >= end)
        if self.data_faults is not None:
            self.data_faults.finish()
        if self.faults is not None:
            await self.faults.finish()
        # The drain: the worlds go on, so that what has begun ends, but what they do now is not judged.
        drain = Drain(self)
        last = drain.last_limit
        await self._pump(agenda, lambda: self.clock() >= last or not drain.waiting)

    async def pause(self, seconds: float) -> None:
        """Sleep, or less when the run is stopped."""
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        try:
            await asyncio.wait_for(self._stopping.wait(), seconds)
        except TimeoutError:
            pass

    async def close(self) -> None:
        """Leave in good order; what has no PUBACK by then is in flight."""
        gc.unfreeze()
        if self.faults is not None:
            await self.faults.finish()
        self.recorder.over = True
        for fleet in self.fleets:
            for member in fleet.members.values():
                for _, cls, _ in member.flight:
                    self.recorder.measures.counts_of(cls).in_flight += 1
                member.flight = ()
        ends = [*self._dying, *(board.stop() for board in self.boards.values())]
        await asyncio.gather(*ends, return_exceptions=True)
        for fleet in self.fleets:
            await fleet.close()
        await self.stranger.close()
        if self.app is not None:
            await self.app.close()

    # ---- inside

    def _attacked(self, play: Play, own: set[str], attack: Attack, victim: Device | None) -> None:
        """By the shard that hosts whom it has heard; who has heard nobody, by the one with the first device."""
        by = play.part.place.devices[0].id if victim is None else victim.id
        if by in own:
            self.stranger.attack(play.part.place.estate, attack, victim)

    def _asked(self, app: LiveApp, own: set[str], device: str, command: str) -> None:
        """By the shard that hosts the device: each plays the whole world."""
        if device in own:
            app.ask(device, command)

    def _sense(self, play: Play, device: str, channel: str, value: int | None) -> None:
        if self.faults is not None and self.faults.keeps(device, channel, value):
            return
        if self.data_faults is not None and self.data_faults.keeps(device, channel, value):
            return
        board = self.boards.get(device)
        if board is not None:
            board.set(channel, value)
        elif play.fleet is not None:
            play.fleet.sense(device, channel, value, (self.world_zero or 0.0) + play.now)

    def _destroyed(self, play: Play, device: str) -> None:
        self.recorder.burnt[device] = self.clock()
        self._burnt.add(device)
        self.buses.power(device, False)
        if self.faults is not None:
            self.faults.timeline.burnt(device)
        board = self.boards.pop(device, None)
        if board is not None:
            self._dying.append(asyncio.ensure_future(board.stop()))
        elif play.fleet is not None:
            play.fleet.destroy(device)

    async def _pump(self, agenda: list[tuple[float, int]], over: Callable[[], bool]) -> None:
        """Steps the worlds up to the present, an instant at a time, never starving the sockets, until it is over.

        agenda: a heap of (world time of its next event, which play).
        """
        zero = self.world_zero or 0.0
        while not self._stopping.is_set() and not over():
            now = self.clock()
            self.take_overs.look()
            slice_end = time.monotonic() + SLICE_S
            while zero + agenda[0][0] <= now and time.monotonic() < slice_end:
                due, number = agenda[0]
                self.recorder.lag(self.clock() - zero - due)
                play = self.plays[number]
                play.step()
                heapreplace(agenda, (play.peek(), number))
            if self.faults is not None:
                self.faults.step(now)
            if self.data_faults is not None:
                self.data_faults.step(now)
            faulted = inf if self.faults is None else self.faults.timeline.due
            if self.data_faults is not None:
                faulted = min(faulted, self.data_faults.due)
            wait = min(zero + agenda[0][0], now + LOOK_MS, faulted) - self.clock()
            await self.pause(max(0.0, wait / 1000))
