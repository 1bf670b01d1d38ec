"""The session of a device: when it connects, what it says of itself, what waits for the link.

An always-on kind stays connected and beats. A sleeping kind connects at its beat or when it has something to
say, reports, stays while something is open, and leaves.
"""

from lilong_protocol import frame, topics
from lilong_protocol.codes import link

from .clock import MAX_ROUND_TRIP_MS
from .effects import CONNECT, DISCONNECT, NEVER, PUBLISH

FIRMWARE_VERSION = "0.1.0"

# Reconnect: exponential backoff with full jitter, each wait drawn from [0, min(CAP, BASE << attempt)).
BACKOFF_BASE_MS = 4_000
BACKOFF_CAP_MS = 60_000
CONNECT_TIMEOUT_MS = 15_000  # no CONNACK and SUBACK by then: begin anew
LINGER_MS = 2_000  # a sleeping kind stays this long after the last frame either way
AWAKE_FOR_ALARM_MS = 3_600_000  # and this long after the stored-ack of an alarm that waits for its reset
TIME_WANTED_AFTER_MS = 86_400_000  # clocks are synchronised daily (GB 50396 5.2.2)
ROWS_MAX = 24  # rows of a telemetry batch: more of the widest kind do not fit into a frame
QUEUE_MAX = 20  # (ours) events and responses that wait for the link in RAM, beside a full outbox in a heap of 64 KB

LONG_AGO = -NEVER

DOWN, CONNECTING, ONLINE = 0, 1, 2
EVENTS_AGAIN, UPDATE_COMES, LOG_LINES, OUTAGE = 0, 1, 2, 3  # what a source is
COLD_START, RECONNECTED, ASKED = 0, 1, 2

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Protocol

    from .device import Device

    class Source(Protocol):
        """What is sent when nothing else waits: events wanted again, pieces of an update, the log, telemetry kept."""

        WHAT: int  # EVENTS_AGAIN ...: its class may be another after its module has been loaded again
        deadline: int  # uptime in ms of the next `step`

        def first(self, now: int) -> "tuple[str, bytes, int] | None":
            """Class and frame to be sent next, the same until `sent`; the number is not used."""

        def sent(self, now: int, data: bytes) -> bool:
            """A frame has its PUBACK; True when it was this source's. One that has no more removes itself."""

        def step(self, now: int) -> None: ...


class Session:
    """Connection state, heartbeat, telemetry, and the line of QoS 1 messages with one in flight.

    `later`: what is sent when nothing else waits.
    The line is in the order of what happened. Where there is a log, only what is not in it stands in the queue; a
    response waits there for the events of this connection that came before it, but not for a backlog.
    """

    __slots__ = (
        "_attempt", "_beat_at", "_beat_ms", "_birth_in_flight", "_connection", "_device", "_flying", "_logged",
        "_next_at", "_passed", "_queue", "_rows", "_sleeps", "_telemetry_ms", "_timed_at", "asked", "dropped", "later",
        "offline_s", "reborn_at", "state",
    )  # fmt: skip

    def __init__(self, device: "Device", kind: int, beat_s: "int | None", offline_s: "int | None") -> None:
        always_on, _, default_beat_s, default_offline_s, telemetry_s = link(kind)
        self._device = device
        self._sleeps = not always_on
        self._beat_ms = (beat_s or default_beat_s) * 1000
        self.offline_s = offline_s or default_offline_s
        self._telemetry_ms = telemetry_s * 1000
        self._beat_at = 0
        self._next_at = NEVER  # down: when to connect; connecting: when to give up; online: when to leave
        self._attempt = 0
        self._connection = 0
        self._queue: list[tuple[str, bytes, int]] = []  # class, frame; number of an event, else `_logged`
        self.later: Any = ()  # Sources; whoever adds one makes the list
        self._logged = 0  # events that went into the log
        self._passed = 0  # those of them for which no response waits any more
        self._flying: bytes | None = None  # the frame in flight
        self._birth_in_flight = False
        self._rows: Any = ()  # (uptime, values) in a list, once there are any: most kinds have none
        self.asked: int | None = None  # uptime of the open question for the time
        self._timed_at: int | None = None  # uptime of the last answer to it
        self.reborn_at = LONG_AGO  # uptime of the last birth that was asked for
        self.dropped = 0  # events given up because the queue was full
        self.state = DOWN

    def start(self, now: int, connect_at: int) -> None:
        self._beat_at = now + 1 + self._device.draws.below(self._beat_ms)
        self._next_at = connect_at

    # ---- the link

    def connected(self, now: int) -> None:
        """The broker has accepted connection and subscription: say who is here, then all that waits."""
        device = self._device
        self.state = ONLINE
        self._passed = self._logged
        self._next_at = NEVER
        self.linger(now)
        self._birth_in_flight = True
        self._window(topics.STATE, self.birth(now, COLD_START if self._connection == 1 else RECONNECTED))
        device.outbox.renew(now)

    def birth(self, now: int, reason: int) -> bytes:
        """A frame that says who is here; it opens the question for the time."""
        device = self._device
        self.asked = now
        body = {
            0: device.rules.KIND,
            1: self._connection,
            2: FIRMWARE_VERSION,
            3: self._beat_ms // 1000,
            4: self.offline_s,
            5: not self._sleeps,
            6: reason,
            8: len(device.outbox),
            9: device.epoch,
            10: device.reported[0],
        }
        if not device.rules.PRIVATE:
            body[7] = device.rules.report()
        return device.uplink.frame(now, frame.BIRTH, topics.STATE, body)

    def disconnected(self, now: int) -> None:
        """The link is gone, or could not be had."""
        if self.state != DOWN:
            self._down()
            window = min(BACKOFF_CAP_MS, BACKOFF_BASE_MS << min(self._attempt, 8))
            self._attempt += 1
            self._next_at = now + self._device.draws.below(window)

    def published(self, now: int) -> None:
        """The message in flight has its PUBACK."""
        data = self._flying
        if not data:
            return
        self._flying = None
        log = self._device.event_log
        if self._birth_in_flight:
            self._birth_in_flight = False
            self._attempt = 0
            if self._device.rules.PRIVATE:
                self._heartbeat(now, False)
        elif log and log.first() == data:
            log.sent()
            self._passed += 1
        else:
            for item in self._queue:
                if item[1] is data:
                    self._queue.remove(item)
                    break
            else:
                for source in self.later:
                    if source.sent(now, data):
                        break
        self.linger(now)
        self.pump(now)

    def send(self, now: int, cls: str, data: bytes, seq: int = 0) -> None:
        """Queue an event or a response; it is sent once more after each reconnect until its PUBACK."""
        queue = self._queue
        if cls == topics.EVENT:
            queue.append((cls, data, seq))
            self._log_events()
        else:
            queue.append((cls, data, self._logged))
        if len(queue) > QUEUE_MAX:
            at = 0
            while at < QUEUE_MAX and (queue[at][0] != topics.EVENT or queue[at][1] is self._flying):
                at += 1
            queue.pop(at)
            self.dropped += 1
        self.wake(now)
        self.linger(now)
        self.pump(now)

    def wake(self, now: int) -> None:
        """Something is to be said: a sleeping kind connects now."""
        if self._sleeps and self._attempt == 0:
            self.hurry(now)

    def hurry(self, now: int) -> None:
        """An alarm: connect now, whatever the backoff says."""
        if self.state == DOWN:
            self._next_at = now

    def timed(self, now: int) -> None:
        """The open question for the time has its answer."""
        self.asked = None
        self._timed_at = now

    def linger(self, now: int) -> None:
        """A frame went up or came down: one that sleeps stays a little longer."""
        if self._sleeps and self.state == ONLINE:
            self._next_at = now + LINGER_MS

    # ---- time

    def deadline(self) -> int:
        deadline = min(self._beat_at, self._next_at)
        for source in self.later:
            deadline = min(deadline, source.deadline)
        return deadline

    def step(self, now: int) -> None:
        if now >= self._beat_at:
            self._beat(now)
        for source in self.later:
            if now >= source.deadline:
                source.step(now)
                break  # it may have gone; another has its turn at once
        if now >= self._next_at:
            self._transition(now)

    def set_beat(self, now: int, beat_s: int) -> None:
        """Beat at another rate from now on."""
        beat_ms = beat_s * 1000
        if beat_ms != self._beat_ms:
            if self._rows != ():  # what was measured at the rate before is told
                self._beat_ms = self._telemetry_ms
                self._beat(now)
            self._beat_ms = beat_ms
            self._beat_at = now + beat_ms

    def _transition(self, now: int) -> None:
        device = self._device
        if self.state == DOWN:
            self.state = CONNECTING
            self._connection += 1
            self._next_at = now + CONNECT_TIMEOUT_MS
            device.out.append((CONNECT, device.uplink.will(self._connection)))
        elif self.state == CONNECTING:
            device.out.append((DISCONNECT,))
            self.disconnected(now)
        elif self._may_sleep(now):
            device.out.append((DISCONNECT,))
            self._down()
            self._next_at = NEVER
        else:
            self.linger(now)

    def _may_sleep(self, now: int) -> bool:
        device = self._device
        if self._first(now) or self._flying or len(device.outbox) or self.later:
            return False
        if self.asked is not None and now - self.asked <= MAX_ROUND_TRIP_MS:
            return False  # an answer would still be taken
        heard_at = device.episodes.waiting()
        return heard_at is None or now - heard_at > AWAKE_FOR_ALARM_MS

    def _beat(self, now: int) -> None:
        while self._beat_at <= now:
            self._beat_at += self._beat_ms
        device = self._device
        if self.state == ONLINE:
            self._heartbeat(now, True)
        else:
            self.wake(now)  # a kind that sleeps: the birth that follows tells everything
        if self._telemetry_ms:
            rows = self._rows or []
            rows.append((now, device.rules.report()))
            if len(rows) * self._beat_ms >= self._telemetry_ms or len(rows) >= ROWS_MAX:
                from .columns import tell  # noqa: PLC0415  most kinds send none

                tell(device, now, rows)
                rows = []
            self._rows = rows

    def _heartbeat(self, now: int, asks: bool) -> None:
        """`asks`: for the time, once a day."""
        device = self._device
        body: dict[int, Any] = {
            0: len(device.outbox),
            1: device.downlink.rejected,
            2: self.dropped + device.outbox.evicted + device.damaged,
        }
        if device.event_log:
            body[2] += device.event_log.dropped
        if self._telemetry_ms == 0:
            body[3] = device.rules.report()
        if asks and (self._timed_at is None or now - self._timed_at >= TIME_WANTED_AFTER_MS):
            self.asked = now
            body[4] = True
        device.publish(now, frame.HEARTBEAT, topics.HEARTBEAT, body)

    # ---- inside

    def _down(self) -> None:
        self.state = DOWN
        self._flying = None
        self._birth_in_flight = False

    def _window(self, cls: str, data: bytes) -> None:
        self._flying = data
        self._device.out.append((PUBLISH, cls, data, 1, True))

    def _first(self, now: int) -> "tuple[str, bytes, int] | None":
        """What is to be sent next."""
        log = self._device.event_log
        first = self._queue[0] if self._queue else None
        if log and (not first or first[0] == topics.EVENT or first[2] > self._passed):
            data = log.first()
            if data:
                return (topics.EVENT, data, 0)
        for source in self.later:
            first = first or source.first(now)
        return first

    def _log_events(self) -> None:
        """What waits in RAM goes into the log, as far as it can be written."""
        log = self._device.event_log
        at = 0
        while log and at < len(self._queue):
            cls, data, seq = self._queue[at]
            if cls != topics.EVENT:
                at += 1
            elif log.append(self._device.uplink.boot, seq, data):
                self._queue.pop(at)
                self._logged += 1
            else:
                break

    def pump(self, now: int) -> None:
        """Send what is next, if nothing is in flight."""
        if self.state == ONLINE and not self._flying:
            first = self._first(now)
            if first:
                self._window(first[0], first[1])
