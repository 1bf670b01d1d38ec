"""The backend of one tenant, sans-io: messages and wishes in; what happened, what to store, what to publish out.

No clock, socket or disk. The caller passes epoch ms, stores what `take` gives (its own effects and the state rows, best
in one transaction), and only then lets the publishes of that batch leave and acknowledges its messages to the broker.
An engine made from the rows that were stored goes on where the last one stopped.
"""

from collections.abc import Callable, Container, Iterable
from random import Random

from .. import frame, topics
from ..seal import frame_tag
from .decided import Decided, StateRow
from .desired import Configuration
from .memory import Remembered, config_row, device_row, number_row, order_row, update_row
from .message import Message
from .order import OFFER
from .presence import Planned, Presence
from .received import FRESH, MALFORMED, REPEAT, Gap
from .receiver import Receiver
from .roots import KeySource
from .wishes import EPOCH_CAUSE, Wishes, alarm_cause

ACTIVE_AGAIN = 1  # the state that an alarm's update tells
REMIND_MS = 600_000  # (ours) between two publishes of a configuration that is not reported
_ANSWERS = (frame.RESPONSE, frame.ERROR, frame.DEATH)
_CONFIG_VERSION, _STATE, _TIME_WANTED, _COUNT = 10, 5, 4, 1  # in bodies


class Engine(Wishes):
    """Verifies, deduplicates, orders and dates; acknowledges alarms, tells the time, asks for what is missing, follows
    orders up, keeps configuration and updates going, and knows who is there.

    `known`: the devices that may speak (None: all that have a key). `planned`: what is known of a device that has not
    said it itself. `awake`: a device that sleeps as a rule is awake now all the same. `state`: rows of a former run.
    `chance`: of the jitter in the pauses of orders; by default the same for a tenant at each start.
    """

    def __init__(
        self,
        tenant: str,
        keys: KeySource,
        start_ms: int,
        state: Iterable[StateRow] = (),
        known: Container[str] | None = None,
        planned: Callable[[str], Planned | None] = lambda _: None,
        awake: Callable[[int, str], bool] | None = None,
        chance: Random | None = None,
    ) -> None:
        receiver = Receiver(tenant, keys, known)
        super().__init__(receiver, Presence(receiver.peer, planned), awake, chance or Random(tenant))
        self.tenant = tenant
        self.arrived = 0  # messages, whatever they were
        self._now_ms = start_ms
        self._decided = Decided()
        self._backfills: dict[str, int] = {}  # device: counter of the request
        self._reminded: dict[str, int] = {}  # device: epoch ms
        self._turned: list[Message] = []  # events that had their turn: to be stored whole no more
        self._restore(start_ms, Remembered(tenant, state, self._remembers(known)))

    # ---- in

    def receive(self, now_ms: int, topic: str, payload: bytes, retained: bool) -> list[Message]:
        """A message of the broker; those whose turn it makes it, which are in the batch too. Never raises."""
        self._now_ms = now_ms
        self.arrived += 1
        message = self.receiver.receive(now_ms, topic, payload, retained)
        if message is None:
            return []
        first = len(self._decided.messages)
        if message.cls == topics.ALARM:
            self._alarm(now_ms, message)
        elif message.cls == topics.EVENT:
            if message.fate != REPEAT:
                self._keep(now_ms, message)
            self._release(now_ms)
        elif message.fate == FRESH:
            self._other(now_ms, message)
        if message.revived:
            self._back[message.device] = True
        elif self._resumes(message):
            self._back.setdefault(message.device, False)
        return self._decided.messages[first:]

    def step(self, now_ms: int) -> list[Message]:
        """`deadline` has come; the events whose turn it is."""
        self._now_ms = now_ms
        first = len(self._decided.messages)
        self.receiver.step(now_ms)
        self._release(now_ms)
        self.presence.step(now_ms)
        self.orders.step(now_ms)
        return self._decided.messages[first:]

    # ---- out

    @property
    def deadline(self) -> int | None:
        """Epoch ms of the next wanted `step`; None when there is none."""
        due = (self.receiver.deadline, self.presence.supervision.deadline, self.orders.deadline)
        return min((at for at in due if at is not None), default=None)

    def take(self) -> Decided:
        """All that has been decided since the last call."""
        self.proceed(self._now_ms)
        decided, self._decided = self._decided, Decided()
        decided.incidents = self.receiver.take_incidents()
        decided.sessions, decided.lost = self.take_sessions(), self.presence.take_lost()
        decided.orders, decided.given_up = self.orders.take_changed(), self.orders.take_given_up()
        for order in decided.orders:
            self._touched[order.device] = None  # its counter
        decided.publishes, self._publishes = self._publishes, []
        decided.state, self._rows = self._rows, []
        decided.state += [order_row(self.tenant, order) for order in decided.orders]
        numbers = {message.key: message for message in (*decided.kept, *self._turned)}
        decided.state += [number_row(message, self.receiver.peer(message.device)) for message in numbers.values()]
        self._turned = []
        self._touched |= dict.fromkeys(decided.lost)
        counter, silence = self.orders.counter, self.presence.supervision.silence
        for device in self._touched:
            if self.receiver.find(device) is not None:
                decided.state.append(device_row(self.receiver, device, counter(device), silence(device)))
        self._touched = {}
        return decided

    @property
    def refused(self) -> dict[str, int]:
        """How many messages were refused, by reason."""
        return self.receiver.refused

    def session(self, device: str) -> str:
        """never, online, asleep or offline."""
        return self.presence.state(device)

    def take_sessions(self) -> dict[str, str]:
        """The `sessions` of the batch to be, for an application that reacts to them before `take`."""
        return self.presence.take_changed()

    # ---- inside

    def _keep(self, now_ms: int, message: Message) -> None:
        """An alarm or event frame that was not there before."""
        self._decided.kept.append(message)
        self._alive(now_ms, message)

    def _alive(self, now_ms: int, message: Message) -> None:
        self._touched[message.device] = None
        self.presence.alive(now_ms, message)

    def _deliver(self, message: Message) -> None:
        self._decided.messages.append(message)

    def _resumes(self, message: Message) -> bool:
        """A sign of life of its own accord: an answer to an order must not set off the next."""
        if message.fate != FRESH or message.retained or message.kind in _ANSWERS:
            return False
        return message.boot == self.receiver.peer(message.device).session.boot

    def _alarm(self, now_ms: int, message: Message) -> None:
        if message.fate != REPEAT:
            self._keep(now_ms, message)
        if message.fate == FRESH:
            if message.kind != frame.RAISE:
                self._moves_on(now_ms, message)
            self._deliver(message)
        downlink = self.receiver.peer(message.device).downlink
        self.send(message.device, downlink.stored_ack(message.boot, message.seq, frame_tag(message.data)))

    def _moves_on(self, now_ms: int, message: Message) -> None:
        """A clear ends what a person was told of; an alarm that is active again calls anew, if that is news to them."""
        boot, seq = message.frame.ref
        cause = alarm_cause(message.device, (boot, seq))
        if message.kind == frame.CLEAR:
            self.orders.withdraw(now_ms, message.device, cause)
        elif message.body.get(_STATE) == ACTIVE_AGAIN:
            self.orders.withdraw(now_ms, message.device, cause, (message.boot, message.seq))

    def _release(self, now_ms: int) -> None:
        """Events whose turn has come, gaps that were passed, gaps to be asked for."""
        events, gaps = self.receiver.take_released()
        self._turned += events
        for event in events:
            self._touched[event.device] = None  # its place in the order
            if event.fate != MALFORMED:
                self._deliver(event)
        self._decided.gaps += gaps
        for gap in self.receiver.take_wanted():
            self._ask(now_ms, gap)

    def _ask(self, now_ms: int, gap: Gap) -> None:
        peer = self.receiver.peer(gap.device)
        session = peer.session
        if session.nonce is None or not session.alive:
            return  # nobody to ask; it is passed in its time
        counter = self._backfills[gap.device] = self.orders.next_counter(now_ms, gap.device)
        self._touched[gap.device] = None
        missing = (gap.boot, gap.first, gap.last)
        self.send(gap.device, peer.downlink.backfill(topics.EVENT, missing, counter, session.boot, session.nonce))

    def _other(self, now_ms: int, message: Message) -> None:
        kind, device = message.kind, message.device
        self._touched[device] = None
        if kind == frame.BIRTH:
            self._release(now_ms)  # what an earlier boot has said goes before it
            self._deliver(message)
            if message.retained:
                self.presence.presumed(now_ms, device)
            else:
                self._birth(now_ms, message)
            return
        if kind == frame.DEATH:
            self.presence.hinted(now_ms, device)
        elif not message.retained:
            self.presence.alive(now_ms, message)
        if kind == frame.HEARTBEAT:
            if message.body.get(_TIME_WANTED) is True:
                self._tell_time(now_ms, message)
            self._remind(now_ms, device)
        elif kind == frame.RESPONSE and self._response(now_ms, message):
            return
        elif kind == frame.REPORTED_CONFIG:
            configuration = self._configurations.setdefault(device, Configuration())
            configuration.take_report(message.body)
            self._rows.append(config_row(self.tenant, device, configuration))
        elif kind in (frame.UPDATE_PROGRESS, frame.UPDATE_RESULT):
            told = self.updates.told if kind == frame.UPDATE_PROGRESS else self.updates.ended
            if told(device, message.body):
                self._rows.append(update_row(self.tenant, device, self.updates))
        elif kind == frame.CHUNK_REQUEST:
            self._serve(message)
            return
        self._deliver(message)

    def _birth(self, now_ms: int, message: Message) -> None:
        device = message.device
        peer = self.receiver.peer(device)
        self.presence.alive(now_ms, message)
        self._tell_time(now_ms, message)
        configuration = self._configurations.get(device)
        if configuration is not None and configuration.version:
            in_effect = message.body.get(_CONFIG_VERSION)
            behind = not configuration.settled if in_effect is None else in_effect < configuration.version
            if behind or configuration.epoch != peer.keyring.epoch:
                self._publish_configuration(peer, configuration)
        self._back[device] = True

    def _remind(self, now_ms: int, device: str) -> None:
        """A device that is there and has not reported what it shall have: its publish may never have left."""
        configuration = self._configurations.get(device)
        if configuration is None or not configuration.version or configuration.settled:
            return
        if now_ms >= self._reminded.get(device, 0) + REMIND_MS:
            self._reminded[device] = now_ms
            self._publish_configuration(self.receiver.peer(device), configuration)

    def _tell_time(self, now_ms: int, message: Message) -> None:
        asked = message.frame
        downlink = self.receiver.peer(message.device).downlink
        self.send(message.device, downlink.time(now_ms, asked.uptime, asked.boot, asked.nonce))

    def _response(self, now_ms: int, message: Message) -> bool:
        """An answer to an order or a request; True when it is nobody's business but ours."""
        device, code, counter = message.device, message.body[0], message.frame.counter
        if self._backfills.get(device) == counter:
            del self._backfills[device]
            if code != frame.OK or message.body.get(_COUNT) == 0:
                self.receiver.nothing_comes(now_ms, device)
                self._release(now_ms)
            return True
        if self._rebirths.get(device, (0, 0))[1] == counter:
            return True
        order = message.order = self.orders.answered(now_ms, device, counter, code)
        if order is not None and code != frame.OK:
            if order.cause == EPOCH_CAUSE:
                self.receiver.peer(device).keyring.refused()
            elif order.name == OFFER and self.updates.ended(device, {0: order.arguments[0], 1: code}):
                self._rows.append(update_row(self.tenant, device, self.updates))
        return False

    def _serve(self, message: Message) -> None:
        """A piece of what was offered to that device, and nothing else (LIL-UPD-005)."""
        peer = self.receiver.peer(message.device)
        piece = self.updates.piece(message.device, message.body)
        nonce = peer.session.nonce
        if piece is not None and nonce is not None:
            artifact, offset = message.body[0], message.body[1]
            self.send(message.device, peer.downlink.chunk(artifact, offset, piece, peer.session.boot, nonce))

    def _remembers(self, known: Container[str] | None) -> Callable[[str], bool]:
        """Of which devices anything is taken back: a device that has left, or lost its key, is forgotten."""
        return lambda device: (known is None or device in known) and self.receiver.find(device) is not None

    def _restore(self, now_ms: int, remembered: Remembered) -> None:
        remembered.restore(now_ms, self.receiver)
        for device, saved in remembered.devices.items():
            self.orders.restore_counter(device, saved["counter"])
        self._configurations = remembered.configurations
        for device, saved in remembered.updates.items():
            self.updates.restore(device, saved)
        for order in remembered.orders:
            self.orders.restore(now_ms, order)
        self._touched = dict.fromkeys(self.presence.restored(now_ms, remembered.silences))
