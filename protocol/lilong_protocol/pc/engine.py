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
from .memory import Remembered, device_row, number_row, order_row
from .message import Message
from .presence import Planned, Presence
from .received import FRESH, REPEAT
from .receiver import Receiver
from .replies import Replies
from .roots import KeySource
from .wishes import alarm_cause

ACTIVE_AGAIN = 1  # the state that an alarm's update tells
_ANSWERS = (frame.RESPONSE, frame.ERROR, frame.DEATH)
_STATE = 5  # in the body of an update


class Engine(Replies):
    """Verifies, deduplicates, orders and dates; acknowledges alarms, tells the time, asks for what is missing, follows
    orders up, keeps configuration and updates going, and knows who is there.

    `known`: the devices that may speak (None: all that have a key). `planned`: what is known of a device that has not
    said it itself. `awake`: a device that sleeps as a rule is awake now all the same. `state`: rows of a former run.
    `chance`: of the jitter in the pauses of orders; by default the same for a tenant at each start.
    `durable` False: nobody will restart it; `Decided.state` stays empty, which saves a tenth of the time.
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
        durable: bool = True,
    ) -> None:
        receiver = Receiver(tenant, keys, known)
        super().__init__(receiver, Presence(receiver.peer, planned), awake, chance or Random(tenant))
        self.arrived = 0  # messages, whatever they were
        self._now_ms = start_ms
        self._durable = durable
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
        self._serve(now_ms)
        return self._decided.messages[first:]

    # ---- out

    @property
    def deadline(self) -> int | None:
        """Epoch ms of the next wanted `step`; None when there is none."""
        due = (
            self.receiver.deadline, self.presence.supervision.deadline, self.orders.deadline, self.pieces.deadline,
        )  # fmt: skip
        return min((at for at in due if at is not None), default=None)

    def take(self) -> Decided:
        """All that has been decided since the last call."""
        self.proceed(self._now_ms)
        decided, self._decided = self._decided, Decided()
        decided.incidents = self.receiver.take_incidents()
        decided.sessions, decided.lost = self.take_sessions(), self.presence.take_lost()
        decided.orders, decided.given_up = self.orders.take_changed(), self.orders.take_given_up()
        decided.publishes, self._publishes = self._publishes, []
        if self._durable:
            decided.state = self._state(decided)
        self._rows, self._turned, self._touched = [], [], {}
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

    def _state(self, decided: Decided) -> list[StateRow]:
        """The rows of all that has changed."""
        rows = self._rows + [order_row(self.tenant, order) for order in decided.orders]
        numbers = {message.key: message for message in (*decided.kept, *self._turned)}
        rows += [number_row(message, self.receiver.peer(message.device)) for message in numbers.values()]
        self._touched |= dict.fromkeys(order.device for order in decided.orders)  # its counter
        self._touched |= dict.fromkeys(decided.lost)
        counter, silence = self.orders.counter, self.presence.supervision.silence
        for device in self._touched:
            if self.receiver.find(device) is not None:
                rows.append(device_row(self.receiver, device, counter(device), silence(device)))
        return rows

    def _keep(self, now_ms: int, message: Message) -> None:
        """An alarm or event frame that was not there before."""
        self._decided.kept.append(message)
        self._alive(now_ms, message)

    def _alive(self, now_ms: int, message: Message) -> None:
        self._touched[message.device] = None
        self.presence.alive(now_ms, message)

    def _resumes(self, message: Message) -> bool:
        """A sign of life of its own accord: an answer to an order must not set off the next."""
        if message.fate != FRESH or message.retained or message.kind in _ANSWERS:
            return False
        return message.boot == self.receiver.peer(message.device).session.boot

    def _alarm(self, now_ms: int, message: Message) -> None:
        self.pieces.alarm(now_ms)
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
