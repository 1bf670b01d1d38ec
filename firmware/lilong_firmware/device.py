"""One device, sans-io: told what happens and when, it answers with effects and its next deadline.

It imports no clock, no socket, no pin. Every input takes `now`, the uptime in ms since the cold start. What the
device wants done is appended to `out` (see `effects`); the host takes it all after each input, and calls `step`
when `deadline` has come.
"""

from lilong_protocol import frame, topics
from lilong_protocol.codes import (
    ALARM_SENSOR_FAULT,
    CMD_USE_EPOCH,
    DEFAULTS,
    Q_SENSOR,
    S_LOG_LEVEL,
    cap,
    latches,
    severity,
)

from .downlink import Downlink
from .draws import Draws
from .effects import ACCEPTED, ACKNOWLEDGED, CLEARED, NEVER, NOTE, OUTPUT, OWN_FAULT, PUBLISH, RAISED, RESTORED, STORED
from .episodes import ACTIVE_AGAIN, NUMBER, Episodes
from .episodes import RESTORED as CONDITION_ENDED
from .outbox import NO_ROOM, Outbox
from .outbox import STORED as ON_FLASH
from .sampling import Sampling
from .session import ONLINE, UPDATE_COMES, Session
from .uplink import Uplink

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from .log import Log
    from .rules import Rules
    from .store import Store
    from .update import Updating

BY_ITSELF, BY_OPERATOR = 0, 1  # why an alarm was cleared
SEVERE = 3  # CAP 1.2: below it are battery.low, sensor.fault and the like

SHARED: "dict[type[Rules], tuple[tuple[int, ...], list[int]]]" = {}  # periods of channels, and which are sampled
NOTHING: "dict[str, bytes]" = {}
NOT_CONFIGURED: "dict[int, Any]" = {0: 0, 1: {}}


class Identity:
    """Who a device is, and what it was given when it was provisioned.

    tenant; device: 16 hex digits; root: its 32-byte root key; beat_s, offline_s: its own where they differ from
    its kind's; data: what else its kind was given, by name; each kind says what it reads of it.
    """

    __slots__ = ("beat_s", "data", "device", "offline_s", "root", "tenant")

    def __init__(
        self,
        tenant: str,
        device: str,
        root: bytes,
        beat_s: "int | None" = None,
        offline_s: "int | None" = None,
        data: "dict[str, bytes]" = NOTHING,
    ) -> None:
        self.tenant = tenant
        self.device = device
        self.root = root
        self.beat_s = beat_s
        self.offline_s = offline_s
        self.data = data


class Device:
    """The rules of one kind between sensors and session.

    polls: sample quiet channels too, as a board does. settings: values in effect by number (`codes.S_...`). reported:
    the body of the report on them. epoch: of the keys. updating: makes for an offer what the host takes updates with;
    None where it takes none. faults: a bit for each channel whose sensor gives no value, and OWN_FAULT. awake: (seconds
    awake, wakings) on the last full day, of one that sleeps deeply.
    """

    __slots__ = (
        "_late", "_on", "_sampled", "awake", "damaged", "deadline", "downlink", "draws", "episodes", "epoch",
        "event_log", "faults", "identity", "out", "outbox", "reported", "rules", "sampling", "session", "settings",
        "store", "updating", "uplink",
    )  # fmt: skip

    def __init__(
        self,
        identity: Identity,
        rules: "type[Rules]",
        store: "Store",
        draws: Draws,
        polls: bool = False,
        boot: "int | None" = None,
    ) -> None:
        """`boot` None: the number after the stored one. The live fleet passes a fresh, rising one of its own."""
        records = store.items()
        known = dict(records)
        from .resume import next_boot, resume  # noqa: PLC0415  needed once

        boot = next_boot(store, known.get("boot", b"\0\0\0\0"), draws, boot)
        self.identity = identity
        self.out: list[tuple[Any, ...]] = []
        self.store = store
        self.draws = draws
        self.uplink = Uplink(identity.root, identity.tenant, identity.device, boot, draws.bytes(frame.NONCE_BYTES))
        self.downlink = Downlink(identity.root, identity.tenant, identity.device)
        self.outbox = Outbox(store, draws)
        self.episodes = Episodes(store)
        self.damaged = resume(records, store, self.outbox, self.episodes)
        self.event_log: Log | None = None
        if rules.LOG_EVENTS and store.LOGS:
            from .log import Log as EventLog  # noqa: PLC0415  it takes RAM

            log_store: Any = store
            self.event_log = EventLog(log_store, rules.LOG_EVENTS, known.get("sent", b""))
        self.settings: Sequence[int] = DEFAULTS
        self.reported = NOT_CONFIGURED
        self.epoch = 0
        self.updating: Callable[[Device], Updating | None] | None = None
        self.rules = rules(self)
        if rules not in SHARED:
            periods = tuple([channel[1] for channel in rules.CHANNELS])
            SHARED[rules] = periods, [channel for channel in range(len(periods)) if periods[channel]]
        periods, self._sampled = SHARED[rules]
        self.sampling = Sampling(periods, [channel[2] for channel in rules.CHANNELS], polls)
        self.session = Session(self, rules.KIND, identity.beat_s, identity.offline_s)
        self._on = False
        self._late = False  # the local signal of that is on
        self.faults = 0
        self.awake: tuple[int, int] | None = None
        self.deadline = NEVER
        if "epoch" in known or "config" in known or "crash" in known:
            from .rarely import take_up  # noqa: PLC0415  most devices never have one

            take_up(self, known)
        del records, known
        for code in self.episodes.codes():
            self.rules.resume(0, code)

    # ---- what happens to a device

    def start(self, now: int, wait: int = 0) -> None:
        """Power is on. What the sensors read then was told by `sense` before: a boot is no change of anything.

        wait: ms up to which the first connect waits, so that all whom one feeder feeds do not come at one time.
        """
        self._on = True
        rules = self.rules
        if rules.FINDS_FAULTS and self.active(ALARM_SENSOR_FAULT):
            self.faults |= 1 << OWN_FAULT  # until it finds otherwise
        rules.start(now)
        for channel in range(len(rules.CHANNELS)):
            if self.faults >> channel & 1:
                self._silent(now, channel)
        if not self.faults:
            self.restore(now, ALARM_SENSOR_FAULT, {})
        report = self.uplink.frame(now, frame.REPORTED_CONFIG, topics.CONFIG, self.reported)
        self.session.send(now, topics.CONFIG, report)
        waits = wait and not len(self.outbox)  # no alarm waits
        self.session.start(now, now + self.draws.below(wait) if waits else now)
        self._plan(now)

    def sense(self, now: int, channel: int, value: "int | None") -> None:
        """The value on a sensor channel is `value` from now on; None: its sensor gives none that can be trusted.

        The last value stays the present one, but while its sensor is silent nothing ends for what it says.
        """
        silent = self.faults >> channel & 1
        if value is None:
            if silent:
                return
            self.faults |= 1 << channel
            if self._on:
                self._silent(now, channel)
        else:
            self.sampling.values[channel] = value
            if silent:
                self.fault(now, channel, False, channel)
            if self._on and self.sampling.interrupts(channel):
                self.rules.sample(now, channel, value)
        if self._on:
            self._plan(now)

    def connected(self, now: int) -> None:
        """The broker has accepted the connection and the subscription to d/#."""
        self.session.connected(now)
        self.rules.linked(now, True)
        self._plan(now)

    def disconnected(self, now: int) -> None:
        """The link is lost, or could not be had."""
        self.session.disconnected(now)
        self.rules.linked(now, False)
        self._plan(now)

    def published(self, now: int) -> None:
        """The windowed message has its PUBACK."""
        self.session.published(now)
        self._plan(now)

    def received(self, now: int, cls: str, data: bytes, retained: bool) -> None:
        """A message on d/{cls}. A retained one is dropped but for configuration: no command may wait in a broker."""
        if retained and cls != topics.CONFIG:
            self.downlink.rejected += 1
            return
        try:
            message = self.downlink.open(cls, data)
            if message is not None:
                self.session.linger(now)
                self._handle(now, message)
        except frame.FrameError as error:
            self._answer(now, frame.ERROR, {0: error.code, 1: str(error)[:64]}, None)
        self._plan(now)

    def step(self, now: int) -> None:
        """`deadline` has come."""
        sampling = self.sampling
        rules = self.rules
        for channel in self._sampled:
            if not self.faults >> channel & 1 and sampling.take(channel, now):
                value = sampling.values[channel]
                if sampling.polls or not rules.quiet(channel, value):  # a channel before it may have woken it
                    rules.sample(now, channel, value)
        if now >= rules.deadline:
            rules.timer(now)
        self.session.step(now)
        self._plan(now)

    # ---- what the rules may ask

    def alarm(self, now: int, code: int, values: "dict[int, int]") -> None:
        """Raise an alarm, or say that one that had ended is there again. While it is open, nothing.

        Of an alarm that a kind has several of at once, `code` is its number + 256 * n, n from 1 in values[Q_CHILD]: an
        episode each.
        """
        severity, urgency, certainty = cap(code)
        episode = self.episodes.get(code)
        if episode is None:
            seq = self.uplink.next_seq(topics.ALARM)
            boot = self.uplink.boot
            self.out.append((NOTE, RAISED, code & NUMBER, boot, seq))
            body = {0: code & NUMBER, 1: severity, 2: urgency, 3: certainty, 4: values}
            stored = self._alarm_frame(now, code, frame.RAISE, body, None)
            self.episodes.open(code, boot, seq, stored)
        elif episode.restored:
            episode.restored = False
            episode.acknowledged = False  # what comes back calls again
            self._alarm_frame(
                now, code, frame.UPDATE, {0: code & NUMBER, 4: values, 5: ACTIVE_AGAIN}, (episode.boot, episode.seq)
            )
            self.episodes.keep(code)

    def restore(self, now: int, code: int, values: "dict[int, int]") -> None:
        """The condition of an alarm has ended: one that latches waits for its reset, another is over."""
        episode = self.episodes.get(code)
        if episode is None or episode.restored:
            return
        if not latches(code):
            self._clear(now, code, BY_ITSELF)
            return
        episode.restored = True
        self.out.append((NOTE, RESTORED, code & NUMBER, episode.boot, episode.seq))
        body = {0: code & NUMBER, 4: values, 5: CONDITION_ENDED}
        self._alarm_frame(now, code, frame.UPDATE, body, (episode.boot, episode.seq))
        self.episodes.keep(code)

    def fault(self, now: int, bit: int, there: bool, sensor: int) -> None:
        """A sensor has failed or is right again; of several at once the alarm names the first. `bit`: of `faults`."""
        if there:
            self.faults |= 1 << bit
            self.alarm(now, ALARM_SENSOR_FAULT, {Q_SENSOR: sensor})
        else:
            self.faults &= ~(1 << bit)
            if not self.faults and self._on:
                self.restore(now, ALARM_SENSOR_FAULT, {Q_SENSOR: sensor})

    def reset(self, now: int) -> int:
        """An operator's reset: clears every latched alarm whose condition has ended; a response code."""
        code = frame.NOT_FOUND
        for open_code in self.episodes.codes():
            episode = self.episodes.get(open_code)
            if episode is None or not latches(open_code):
                continue
            if episode.restored:
                self._clear(now, open_code, BY_OPERATOR)
                code = frame.OK if code == frame.NOT_FOUND else code
            else:
                code = frame.CONFLICT  # the danger is still there
        return code

    def active(self, code: int) -> bool:
        """The alarm is open and its condition still holds."""
        episode = self.episodes.get(code)
        return episode is not None and not episode.restored

    def in_danger(self) -> bool:
        """An alarm of a danger is open, not only of a device that needs care: that may be an update."""
        return bool([code for code in self.episodes.codes() if severity(code) >= SEVERE])

    def event(self, now: int, code: int, values: "dict[int, int]") -> None:
        """Tell what happened, in order, kept while the link is away."""
        seq = self.uplink.next_seq(topics.EVENT)
        data = self.uplink.frame(now, frame.EVENT, topics.EVENT, {0: code, 4: values})
        self.session.send(now, topics.EVENT, data, seq)

    def log(self, now: int, level: int, text: str) -> None:
        """A line for the backend's log. `level`: RFC 5424 severity, 0 emergency to 7 debug."""
        if level <= self.settings[S_LOG_LEVEL]:
            from .rarely import tell  # noqa: PLC0415

            tell(self, now, level, text)

    def output(self, name: str, value: int) -> None:
        """Drive a local output."""
        self.out.append((OUTPUT, name, value))

    def keep(self, name: str, value: int) -> None:
        """Keep a number, 0 to 2**32 - 1, across a restart. A store that fails costs only that."""
        try:
            self.store.put("k" + name, value.to_bytes(4, "big"))
        except OSError:
            pass

    def kept(self, name: str) -> int:
        """The number kept under a name of at most 16 letters, or 0."""
        return int.from_bytes(self.store.get("k" + name), "big")

    def publish(self, now: int, kind: int, cls: str, body: "dict[int, Any]") -> None:
        """Publish at QoS 0, now or never."""
        self.out.append((PUBLISH, cls, self.uplink.frame(now, kind, cls, body), 0, False))

    # ---- inside

    def _silent(self, now: int, channel: int) -> None:
        """A sensor has fallen silent: what is local first."""
        self.rules.silent(now, channel)
        self.fault(now, channel, True, channel)

    def _clear(self, now: int, code: int, reason: int) -> None:
        episode = self.episodes.get(code)
        if episode is None:
            return
        self.out.append((NOTE, CLEARED, code & NUMBER, episode.boot, episode.seq))
        self._alarm_frame(now, code, frame.CLEAR, {0: code & NUMBER, 6: reason}, (episode.boot, episode.seq))
        self.outbox.unmark(episode.boot, episode.seq)
        self.episodes.close(code)
        self.rules.cleared(now, code)

    def _alarm_frame(
        self, now: int, code: int, kind: int, body: "dict[int, Any]", ref: "tuple[int, int] | None"
    ) -> bool:
        """Send an alarm frame; True when it is stored. What it says of the episode is written after it (`resume`)."""
        boot = self.uplink.boot
        seq = self.uplink.next_seq(topics.ALARM)
        data = self.uplink.frame(now, kind, topics.ALARM, body, ref)
        became = self.outbox.add(now, code, kind, boot, seq, data)
        if became == NO_ROOM and self.session.state == ONLINE:
            self.out.append((PUBLISH, topics.ALARM, data, 1, False))
        self.episodes.told = (boot, seq)
        self.session.hurry(now)
        return became == ON_FLASH

    def _handle(self, now: int, message: frame.Frame) -> None:
        kind = message.kind
        if kind == frame.STORED_ACK:
            boot, seq = message.ref
            tag = message.body.get(0)
            code = self.outbox.stored(boot, seq, tag) if isinstance(tag, bytes) else None
            if code is not None:
                self.episodes.confirm(now, code, boot, seq)
                self.out.append((NOTE, STORED, code, boot, seq))
        elif kind == frame.TIME:
            session = self.session
            fresh = message.target == self.uplink.boot and message.nonce == self.uplink.nonce
            if fresh and session.asked is not None and message.body.get(0) == session.asked:
                if self.uplink.clock.set(now, session.asked, message.epoch):
                    self.out.append((NOTE, ACCEPTED, 0, self.uplink.boot, 0))
                    session.timed(now)
                    self.rules.timed(now)
                else:
                    session.asked = None
        elif kind in (frame.COMMAND, frame.OPERATOR_ACK, frame.REQUEST, frame.UPDATE_OFFER):
            self._obey(now, message)
        elif kind == frame.ANSWER:
            if message.nonce == self.uplink.nonce:
                self.rules.answered(now, message)
        elif kind == frame.CHUNK:
            fetch: Any
            for fetch in self.session.later:
                if fetch.WHAT == UPDATE_COMES:
                    fetch.take(now, message)
                    break
        else:
            from .rarely import handle  # noqa: PLC0415

            handle(self, now, message)

    def _obey(self, now: int, message: frame.Frame) -> None:
        uplink = self.uplink
        kept = self.downlink.response(message.counter)
        if kept is not None and message.target == uplink.boot and message.nonce == uplink.nonce:
            self.session.send(now, topics.RESPONSE, kept)
            return
        code = self.downlink.refusal(now, message, uplink.boot, uplink.nonce)
        body: dict[int, int] | None = {0: code}
        if code == 0:
            kind = message.kind
            if kind == frame.COMMAND:
                body = {0: self._command(now, message)}
            elif kind == frame.OPERATOR_ACK:
                body = {0: self._operator_ack(now, message)}
            else:
                from .rarely import carry_out  # noqa: PLC0415

                body = carry_out(self, now, message)
        if body is None:
            return
        data = self._answer(now, frame.RESPONSE, body, message.counter)
        if body[0] not in (frame.STALE, frame.CONFLICT):
            self.downlink.keep_response(message.counter, data)

    def _command(self, now: int, message: frame.Frame) -> int:
        command = message.body.get(0)
        arguments = message.body.get(1, {})
        if isinstance(command, bool) or not isinstance(command, int) or not isinstance(arguments, dict):
            return frame.BAD
        for key in arguments:
            if isinstance(arguments[key], bool) or not isinstance(arguments[key], int):
                return frame.INVALID
        if command == CMD_USE_EPOCH:
            from .rarely import change_epoch  # noqa: PLC0415

            return change_epoch(self, now, arguments)
        return self.rules.command(now, command, arguments)

    def _operator_ack(self, now: int, message: frame.Frame) -> int:
        boot, seq = message.ref
        code = self.episodes.find(boot, seq)
        if code is None:
            return frame.NOT_FOUND
        episode = self.episodes.get(code)
        if episode is not None and not episode.acknowledged:
            episode.acknowledged = True
            self.episodes.keep(code)
            self.out.append((NOTE, ACKNOWLEDGED, code & NUMBER, boot, seq))
            self.rules.acknowledged(now, code)
        return frame.OK

    def _answer(self, now: int, kind: int, body: "dict[int, Any]", counter: "int | None") -> bytes:
        data = self.uplink.frame(now, kind, topics.RESPONSE, body, None, counter)
        self.session.send(now, topics.RESPONSE, data)
        return data

    def _plan(self, now: int) -> None:
        session = self.session
        outbox = self.outbox
        outbox_deadline = late_at = NEVER
        if len(outbox):
            if session.state == ONLINE:
                for data in outbox.due(now):
                    self.out.append((PUBLISH, topics.ALARM, data, 1, False))
                outbox_deadline = outbox.deadline()
            late_at = outbox.late_at()
        sampling = self.sampling
        rules = self.rules
        for channel in self._sampled:
            silent = self.faults >> channel & 1
            quiet = not sampling.polls and rules.quiet(channel, sampling.values[channel])
            sampling.plan(channel, now, None if silent else quiet)
        if self._late:
            if late_at == NEVER:
                self._late = False
                self.output("fault", 0)
            late_at = NEVER
        elif now >= late_at:
            self._late = True
            self.output("fault", 1)
            late_at = NEVER
        self.deadline = min(session.deadline(), outbox_deadline, sampling.deadline(), rules.deadline, late_at)
