"""One shard of a live run in one process: worlds in real time, fleets over real MQTT, real MicroPython among them."""

import asyncio
import gc
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import heapify, heapreplace
from math import inf

from lilong_firmware.device import Device as Simulated
from lilong_protocol.registry import KIND

from ..estate import Device
from ..fleet.live import LiveFleet, Target
from ..fleet.live_board import LiveBoard
from ..fleet.process import BoardError
from ..fleet.provision import Provisioner
from ..fleet.spoken import speak
from ..truth import Expectation, TruthRow
from .accept import Accepter
from .answered import Answered
from .faults.live import BrokerHands
from .faults.live_run import LiveFaults
from .fingerprint import added
from .payload import Payload, Template
from .places import Part
from .play import Play
from .recording import LoadRecorder
from .scenario import Scenario

POWER_ON_PER_S = 1_000  # devices whose power comes on in a second: a feeder, not a thundering herd
ONLINE_TIMEOUT_S = 120.0
SETTLE_S = 5.0  # how long a backend may take to answer the last births with the time
LONGEST_LIMIT_MS = 170_000  # of an alarm: somebody beyond the fence is on the screen
LOOK_MS = 50  # how often it is asked whether the run is over
SLICE_S = 0.004  # the worlds' share of the event loop at a time


class RunError(Exception):
    """A run that could not be made; the text says what, where and what to do."""


class NotOnline(RunError):
    """Not all devices came online in time: what there is of the run can be told."""


@dataclass(frozen=True)
class Settings:
    """What one shard is asked to do. `keys`: estate key by tenant. `boards`: what is to be real MicroPython.

    boot: of every device.
    """

    scenario: Scenario
    parts: Sequence[Part]
    keys: Mapping[str, bytes]
    target: Target
    boards: Sequence[Device] = ()
    acknowledgement_expected: bool = False  # by an operator; else only once one has been seen
    hands: BrokerHands | None = None  # who can restart and freeze the broker, where a fault of the scenario does
    boot: int = field(default_factory=lambda: int(time.time()))  # fresh and rising: a backend remembers


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
        self._online_timeout_s = online_timeout_s
        self._settle_s = settle_s
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
        self.world_zero: float | None = None  # the run's clock when all were online and the worlds began
        self.boards: dict[str, LiveBoard] = {}
        self.fleets: list[LiveFleet] = []
        self.accepter: Accepter | None = None  # where the backend's stored-acks are not waited for
        self._stopping = asyncio.Event()
        self._horizon: float | None = None
        self._burnt: set[str] = set()
        self._dying: list[asyncio.Future[None]] = []  # boards that burnt
        self.faults: LiveFaults | None = None

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
        gc.disable()  # each look at all these objects would stop every device for a third of a second
        try:
            await self._bring_up()
        finally:
            gc.freeze()  # they are here to stay
            gc.enable()

    async def _bring_up(self) -> None:
        settings = self.settings
        if settings.scenario.accept != "stored":
            accepter = self.accepter = Accepter(settings.keys)
            at_once = settings.scenario.accept == "puback"
            self.recorder.on_puback = accepter.at_puback if at_once else accepter.arrived
        real = {device.id: device for device in settings.boards}
        made = Answered if settings.scenario.telemetry_qos == 1 else Simulated
        makers: list[Provisioner] = []
        for play, part in zip(self.plays, settings.parts, strict=True):
            place = part.place
            play.fleet = fleet = LiveFleet(place.tenant, settings.target, self.recorder, self.clock)
            self.fleets.append(fleet)
            if self.template is not None:
                fleet.speech = Payload(self.template, place.tenant, part.devices, self.epoch_zero)
            maker = Provisioner(place.estate, settings.keys[place.tenant], place.seed, settings.scenario.rate, made)
            makers.append(maker)
            for device in part.devices:
                if device.id in real:
                    board = LiveBoard(device, maker, fleet, settings.boot, play.initial.get(device.id, {}))
                    self.boards[device.id] = board
        # All of them, whatever becomes of one: a board that is still starting cannot be stopped.
        for told in await asyncio.gather(*(board.start() for board in self.boards.values()), return_exceptions=True):
            if isinstance(told, BoardError):
                raise RunError(f"a real MicroPython device did not start: {told}") from told
            if isinstance(told, BaseException):
                raise told
        await self._power_on(makers)
        await self._all_online()

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
        await self._pump(agenda, lambda: end is not None and zero + agenda[0][0] > end and self.clock() >= end)
        if self.faults is not None:
            await self.faults.finish()
        # The drain: the worlds go on, so that what has begun ends, but what they do now is not judged.
        last = self._last_limit()
        if self.faults is not None:
            last = max(last, self.faults.last_limit(self._judged()))
        await self._pump(agenda, lambda: self.clock() >= last or not self._waiting())

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

    # ---- inside

    def _sense(self, play: Play, device: str, channel: str, value: int) -> None:
        if self.faults is not None and self.faults.keeps(device, channel, value):
            return
        board = self.boards.get(device)
        if board is not None:
            board.set(channel, value)
        elif play.fleet is not None:
            play.fleet.sense(device, channel, value, (self.world_zero or 0.0) + play.now)

    def _destroyed(self, play: Play, device: str) -> None:
        self._burnt.add(device)
        if self.faults is not None:
            self.faults.timeline.burnt(device)
        board = self.boards.pop(device, None)
        if board is not None:
            self._dying.append(asyncio.ensure_future(board.stop()))
        elif play.fleet is not None:
            play.fleet.destroy(device)

    async def _power_on(self, makers: Sequence[Provisioner]) -> None:
        """One device after another, evenly over the ramp."""
        settings = self.settings
        ramp_s = settings.scenario.ramp_s
        per_ms = POWER_ON_PER_S / 1000 if ramp_s is None else len(self.devices) / max(ramp_s * 1000, 0.001)
        started = self.clock()
        count = 0
        for play, part, maker in zip(self.plays, settings.parts, makers, strict=True):
            assert play.fleet is not None
            for placed in part.devices:
                if placed.id in self.boards:
                    continue
                while count >= (self.clock() - started) * per_ms:
                    if self._stopping.is_set():
                        return
                    await asyncio.sleep(0.01)
                count += 1
                base = play.fleet.now()
                self.recorder.bases[placed.id] = base
                if self.accepter is not None:
                    self.accepter.join(play.fleet, placed.id)
                device = maker.device(placed, settings.boot)
                if self.template is not None:
                    speak(device, seals=False)
                play.fleet.add(placed.id, device, base, play.initial.get(placed.id, {}))

    async def _all_online(self) -> None:
        """All have been accepted by the broker once, and by the backend if it answers births at all."""
        wanted = len(self.devices)
        recorder = self.recorder
        began = self.clock()
        linked_at: float | None = None
        while not self._stopping.is_set():
            now = self.clock()
            if len(recorder.accepted) >= wanted:
                return
            if len(recorder.linked) >= wanted and linked_at is None:
                linked_at = now
            settled = linked_at is not None and now - linked_at > self._settle_s * 1000
            if settled and (not recorder.accepted or self.settings.scenario.accept == "puback"):
                return  # a backend that does not speak of time, or is not asked: what it accepts is not observed
            if now - began > self._online_timeout_s * 1000:
                raise NotOnline(
                    f"only {len(recorder.linked)} of {wanted} devices connected and {len(recorder.accepted)} accepted "
                    f"by the backend after {self._online_timeout_s:g} s; {self._why()}"
                )
            await self._pause(0.05)

    def _why(self) -> str:
        troubles = sorted(self.troubles.items(), key=lambda item: -item[1])
        if not troubles:
            return "no link broke: is the backend running, and does it use the same estate key?"
        return "most often: " + "; ".join(f"{why} ({count} times)" for why, count in troubles[:3])

    async def _pump(self, agenda: list[tuple[float, int]], over: Callable[[], bool]) -> None:
        """Steps the worlds up to the present, an instant at a time, never starving the sockets, until it is over.

        agenda: a heap of (world time of its next event, which play).
        """
        zero = self.world_zero or 0.0
        while not self._stopping.is_set() and not over():
            now = self.clock()
            slice_end = time.monotonic() + SLICE_S
            while zero + agenda[0][0] <= now and time.monotonic() < slice_end:
                due, number = agenda[0]
                self.recorder.lag(self.clock() - zero - due)
                play = self.plays[number]
                play.step()
                heapreplace(agenda, (play.peek(), number))
            if self.faults is not None:
                self.faults.step(now)
            wait = min(zero + agenda[0][0], now + LOOK_MS) - self.clock()
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
        if self.faults is not None:
            if self.faults.timeline.waiting:
                return True
            rows = self.faults.possible(rows)
        for_people = {(row.device, row.code) for row in rows if row.limits.get("acknowledged_ms") is not None}
        alarms = self.recorder.alarms.values()
        if not self.settings.acknowledgement_expected and all(alarm.acknowledged is None for alarm in alarms):
            for_people.clear()
        answered = Counter(
            (alarm.device, alarm.code)
            for alarm in alarms
            if alarm.stored is not None
            and (alarm.acknowledged is not None or (alarm.device, alarm.code) not in for_people)
        )
        return not Counter((row.device, row.code) for row in rows) <= answered
