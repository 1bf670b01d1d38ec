"""What a device says and what it is answered by itself: the time, gaps, settings, pieces of an update."""

from collections.abc import Callable
from random import Random

from .. import frame, topics
from .decided import Decided
from .desired import Configuration
from .memory import config_row, update_row
from .message import Message
from .order import OFFER
from .pieces import Pieces
from .presence import Presence
from .received import MALFORMED, Gap
from .receiver import Receiver
from .wishes import EPOCH_CAUSE, Wishes

REMIND_MS = 600_000  # (ours) between two publishes of a configuration that is not reported
_CONFIG_VERSION, _TIME_WANTED, _COUNT = 10, 4, 1  # in bodies


class Replies(Wishes):
    """The part of an engine that takes messages that were let through, but for alarms. Times are epoch ms."""

    def __init__(
        self, receiver: Receiver, presence: Presence, awake: Callable[[int, str], bool] | None, chance: Random
    ) -> None:
        super().__init__(receiver, presence, awake, chance)
        self.tenant = receiver.tenant
        self._decided = Decided()
        self._backfills: dict[str, int] = {}  # device: counter of the request
        self._reminded: dict[str, int] = {}  # device: epoch ms
        self.pieces = Pieces()
        self._turned: list[Message] = []  # events that had their turn: to be stored whole no more

    def _deliver(self, message: Message) -> None:
        self._decided.messages.append(message)

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
                self.orders.presumed(now_ms, device)
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
            self.updates.asked(device, message.body)
            self.pieces.ask(now_ms, device, message.boot, message.body)
            self._serve(now_ms)
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

    def _serve(self, now_ms: int) -> None:
        """Pieces of what was offered to those that ask for them, and nothing else (LIL-UPD-005), in their turn."""
        for device, boot, body in self.pieces.due(now_ms):
            peer = self.receiver.peer(device)
            piece = self.updates.piece(device, body)
            session = peer.session
            if piece is not None and session.nonce is not None and session.boot == boot:
                self.send(device, peer.downlink.chunk(body[0], body[1], piece, boot, session.nonce))
