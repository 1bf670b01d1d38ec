"""The backend's side of one device, sans-io: keys, what was seen, honest answers, and whatever else is asked of it."""

from bisect import bisect_left
from collections.abc import Callable

from lilong_protocol import codes, frame, topics
from lilong_protocol.keys import frame_key
from lilong_protocol.registry import KIND_BY_NUMBER
from lilong_protocol.seal import UP, Seal
from lilong_simulator.stimuli import ALARMS, Alarm, Stimulus, alarm_name

from ..scenario import NotTriedError
from .maker import Maker
from .seen import Seen
from .speaker import Speaker
from .wire import Heard, Wire

BIRTH_MS = 75_000  # the longest wait of LIL-SESSION-005, and what a connection takes
ANSWER_MS = 5_000
SOON_MS = 400
UNKNOWN_COMMAND = 4_000_000_000
EPOCHS = 4  # key epochs that are tried on what comes


class Bench(Speaker):
    """Plays the backend. `acknowledges`, `tells_time`: whether it answers as an honest one does.

    `seen`: all that the device has published on this wire. `maker`: of its firmware, where he is played too.
    """

    def __init__(
        self, wire: Wire, tenant: str, device: str, root: bytes, counter: int = 0, patience: float = 1.0,
        maker: Maker | None = None,
    ) -> None:  # fmt: skip
        super().__init__(wire, tenant, device, root, counter)
        self.patience = patience
        self.maker = maker
        self.acknowledges = True
        self.tells_time = True
        self.overflows = False  # the device is made to give events up: their numbers leave gaps
        self.seen: list[Seen] = []
        self._live: dict[int, list[int]] = {}  # by kind of message: where in `seen` those are that came live
        self.connection = 0
        self.kind: int | None = None
        self.always_on = True
        self.beat_s: int | None = None
        self.configured = 0  # version of the configuration in effect, as far as it has been told
        self.present = False
        self._up = [Seal(frame_key(root, UP, epoch), tenant, device, UP, epoch) for epoch in range(EPOCHS)]
        wire.listen(self._take)

    # ---- what has come

    def recent(self) -> tuple[str, ...]:
        """The latest frames of both directions, decoded."""
        return self._trace.lines()

    def words(self, one: Seen) -> str:
        """A frame decoded."""
        return self._trace.line(one.at / 1000, topics.up(self.tenant, self.device, one.cls), one.data)

    def mark(self) -> int:
        """The place in `seen` from which on something is looked for."""
        return len(self.seen)

    def of(self, kind: int, since: int = 0, code: int | None = None) -> list[Seen]:
        """The frames of a kind of message that came live, repeats included; `code`: of one alarm or event."""
        places = self._live.get(kind, [])
        found = [self.seen[place] for place in places[bisect_left(places, since) :]]
        return found if code is None else [one for one in found if one.body.get(0) == code]

    def responses(self, counter: int, since: int = 0) -> list[Seen]:
        """The responses to a counter, repeats included."""
        return [one for one in self.of(frame.RESPONSE, since) if one.frame.counter == counter]

    async def until(self, condition: Callable[[], bool], at_most_ms: float) -> bool:
        """Let time pass until that is true, for so long at most."""
        return await self.wire.wait(condition, int(at_most_ms * self.patience))

    async def quiet(self, ms: float) -> None:
        """Let time pass."""
        await self.until(lambda: False, ms)

    async def obtain(self, what: str, find: Callable[[], list[Seen]], at_most_ms: float) -> Seen:
        """The first that is found; NotTriedError when none comes."""
        if not await self.until(lambda: bool(find()), at_most_ms):
            raise NotTriedError(f"not seen in {at_most_ms * self.patience / 1000:.0f} s: {what}")
        return find()[0]

    # ---- beginning, link, power

    async def begin(self) -> None:
        """Have a device there whose session is known, and nothing open."""
        since = self.mark()
        await self.wire.power()
        await self.born(since, "a birth")
        if not self.wire.wiped:
            await self._clean()

    async def end(self) -> None:
        """What is left open `begin` ends: the device may be another one by then."""

    async def born(self, since: int, what: str) -> Seen:
        """The next live birth."""
        return await self.obtain(what, lambda: self.of(frame.BIRTH, since), BIRTH_MS)

    async def cut(self, meanwhile: Callable[[], object] = lambda: None) -> Seen:
        """Break the link, do something while it is down, and give the birth of the next connection."""
        await self.wire.hold()
        since = self.mark()
        meanwhile()
        await self.wire.release()
        return await self.born(since, "a birth after its link had been cut")

    async def restart(self) -> Seen:
        """Restart the device and give its birth."""
        since = self.mark()
        await self.wire.restart()
        return await self.born(since, "a birth after its restart")

    def beat_ms(self) -> int:
        """Within this time a heartbeat comes; NotTriedError when none does soon."""
        if not self.always_on or not self.beat_s or self.beat_s * 1000 > self.wire.longest_ms:
            raise NotTriedError(f"a {self.kind_name()} sends no heartbeat soon")
        return self.beat_s * 1000 + 2_000

    # ---- stimuli

    def alarms(self) -> tuple[Alarm, Alarm]:
        """Two alarms that can be caused at any device of its kind."""
        found = ALARMS.get(self.kind or -1)
        if found is None:
            raise NotTriedError(f"no stimulus is known here for a device of kind {self.kind}")
        return found[0], found[1]

    async def apply(self, stimulus: Stimulus) -> None:
        """Bring its channels to their values."""
        for channel, value in stimulus.steps:
            await self.wire.stimulate(channel, value)

    async def begins(self, alarm: Alarm) -> Seen:
        """Cause an alarm and give its raise."""
        since = self.mark()
        await self.apply(alarm.begin)
        raised = await self.told(frame.RAISE, alarm, since, alarm.begin)
        if raised is None:
            raise NotTriedError(f"not seen: a raise of {alarm_name(alarm.code)} after its stimulus")
        return raised

    async def ends(self, alarm: Alarm) -> None:
        """Let the condition of an alarm end."""
        if not alarm.end.steps:
            raise NotTriedError(f"{alarm_name(alarm.code)} ends by a reset only")
        await self.apply(alarm.end)

    async def told(self, kind: int, alarm: Alarm, since: int, after: Stimulus) -> Seen | None:
        """The last raise, update or clear of an alarm that comes in time after its stimulus; None when none does."""
        await self.until(lambda: bool(self.of(kind, since, alarm.code)), (after.within_s + 3) * 1000)
        found = self.of(kind, since, alarm.code)
        return found[-1] if found else None

    # ---- what is said to it

    async def answer(self, payload: bytes, cls: str = topics.COMMAND) -> Seen | None:
        """Send something that has a counter; its response, None when none has come."""
        counter = frame.unpack(payload).counter
        since = self.mark()
        self.say(cls, payload)
        await self.until(lambda: bool(self.responses(counter, since) or self.of(frame.ERROR, since)), ANSWER_MS)
        found = self.responses(counter, since)
        return found[0] if found else None

    async def code_of(self, payload: bytes, cls: str = topics.COMMAND) -> int | None:
        """As `answer`: the response's code."""
        answer = await self.answer(payload, cls)
        return None if answer is None else answer.body.get(0)

    async def settle(self) -> bool:
        """Until everything sent before has been handled: the device answers one by one. False when it says nothing."""
        payload = self.order(UNKNOWN_COMMAND)
        counter = frame.unpack(payload).counter
        since = self.mark()
        self.say(topics.COMMAND, payload)
        return await self.until(lambda: bool(self.responses(counter, since)), ANSWER_MS)

    def acknowledge_all(self) -> None:
        """Tell of every alarm frame of this run that it is stored, and go on doing so."""
        self.acknowledges = True
        for one in {one.data: one for one in self.seen if one.cls == topics.ALARM and one.problem is None}.values():
            self.say(topics.ACK, self.stored(one))

    async def tested(self, since: int) -> list[Seen]:
        """The events that a self-test has left."""
        await self.settle()
        await self.quiet(SOON_MS)  # an event may have waited behind others
        return self.of(frame.EVENT, since, codes.EVENT_TESTED)

    # ---- inside

    async def _clean(self) -> None:
        """End what an earlier scenario, or somebody else, has left open."""
        try:
            for alarm in self.alarms():
                await self.ends(alarm)
        except NotTriedError:
            pass  # whoever has no stimuli has caused no alarm here
        await self.code_of(self.order(codes.CMD_RESET))

    def _take(self, heard: Heard) -> None:
        self._trace.up(self.device, heard.cls, heard.data)
        one = Seen(heard)
        one.open(self._up)
        if not one.retained:
            self._live.setdefault(one.kind, []).append(len(self.seen))
        self.seen.append(one)
        if one.problem is None:
            self._learn(one)

    def _learn(self, one: Seen) -> None:
        kind, told = one.kind, one.frame
        self.epoch = max(self.epoch, one.epoch)  # the newest that the device has used
        if kind == frame.DEATH:
            self.present = self.present and (told.boot, one.body.get(0)) != (self.boot, self.connection)
            return
        if kind == frame.BIRTH:
            self.connection, self.kind, self.beat_s = one.body[1], one.body[0], one.body.get(3)
            self.always_on = one.body.get(5) is not False
            self.configured = max(self.configured, one.body.get(10) or 0)
        elif kind == frame.REPORTED_CONFIG:
            self.configured = max(self.configured, one.body[0])
        if told.boot is None or (self.boot is not None and told.boot < self.boot):
            if kind in (frame.RAISE, frame.UPDATE, frame.CLEAR):
                self._honest(one)  # of an earlier boot, from the outbox
            return
        if told.boot != self.boot:
            self.boot, self._started = told.boot, None
        if told.nonce is not None:
            self.nonce = told.nonce
        if one.retained:
            return
        self.present = True
        if told.uptime is not None:
            started = one.at - told.uptime  # plus what it was on its way
            self._started = started if self._started is None else min(self._started, started)
        self._honest(one)

    def _honest(self, one: Seen) -> None:
        """What a backend answers."""
        if one.cls == topics.ALARM and self.acknowledges:
            self.say(topics.ACK, self.stored(one))
        asks = one.kind == frame.BIRTH or (one.kind == frame.HEARTBEAT and one.body.get(4) is True)
        if asks and self.tells_time and not one.retained:
            self.say(topics.COMMAND, self.time(one))

    def kind_name(self) -> str:
        """The kind of device in words."""
        known = KIND_BY_NUMBER.get(self.kind or -1)
        return f"kind {self.kind}" if known is None else known.label.en
