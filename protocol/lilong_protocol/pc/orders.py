"""What a backend tells devices to do: sealed for the present session, numbered for ever upward, followed up.

One that insists is sent anew, under a new counter, until it is answered, after pauses that double up to a limit;
another goes out at once or never, and to the boot for which it was given: an old mute must not silence a new fire.
"""

from collections.abc import Callable

from .. import frame
from .agenda import Agenda
from .downlink import Sealed
from .errors import RequestError
from .order import SILENT, Order
from .peer import Peer

ANSWER_MS = 5_000  # no response by then: lost
REPEATS = 3  # to a device that keeps silent; then only to one that was heard since
PAUSE_MAX_MS, AT_ONCE_PAUSE_MAX_MS = 300_000, 30_000  # (ours) between two of what insists, the second for AT_ONCE
JITTER_PART = 5  # a pause is longer by up to this part of it, so that a thousand devices are not told at one time
WAIT_MS = 2 * 86_400_000  # what may wait for the next report of a device that sleeps: it connects once a day
COUNTERS_KEPT = 8  # of one order: an answer to an earlier one does not come any more
OPEN_MAX, INSISTING_MAX = 16, 128  # (ours) orders of one device: those that do not insist, and those that do


class Sender:
    """What an order book needs of its surroundings. `seal` makes the frame; `rebirth` asks a device for its birth;
    `below` draws an integer from 0 to below its argument."""

    def __init__(
        self,
        peer: Callable[[str], Peer | None],
        reachable: Callable[[int, str], bool],
        send: Callable[[str, Sealed], None],
        seal: Callable[[Order, Peer, int, int, bytes, int], Sealed | None],
        rebirth: Callable[[int, str], bool],
        below: Callable[[int], int],
    ) -> None:
        self.peer = peer
        self.reachable = reachable
        self.send = send
        self.seal = seal
        self.rebirth = rebirth
        self.below = below


class Orders:
    """Open orders by device. What is sent leaves when the state of the same batch is durable. Times are epoch ms."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender
        self._open: dict[str, list[Order]] = {}
        self._counters: dict[str, int] = {}
        self._agenda = Agenda()
        self._changed: dict[tuple[str, int], Order] = {}
        self._held: dict[str, tuple[int, str]] = {}  # device: until, but for this cause
        self._given_up: list[Order] = []

    # ---- counters

    def counter(self, device: str) -> int:
        """The highest used so far."""
        return self._counters.get(device, 0)

    def restore_counter(self, device: str, counter: int) -> None:
        self._counters[device] = max(counter, self.counter(device))

    def next_counter(self, now_ms: int, device: str) -> int:
        """One above all that the device was ever told."""
        # Seconds of the epoch fit 32 bits until 2106: a backend that lost its state still counts upward.
        counter = max(self.counter(device) + 1, now_ms // 1000)
        self._counters[device] = counter
        return counter

    # ---- orders

    def restore(self, now_ms: int, order: Order) -> None:
        """Take back an order that was open when the backend stopped: its answer may have been missed."""
        self._open.setdefault(order.device, []).append(order)
        self.restore_counter(order.device, max([order.counter, *order.counters]))
        self._plan(order, now_ms + ANSWER_MS)

    def issue(self, now_ms: int, order: Order) -> Order:
        """A new order: it leaves now if the device can be reached; else it waits, if it insists or `waits`."""
        alike = sum(one.insists == order.insists for one in self.open_of(order.device))
        if alike >= (INSISTING_MAX if order.insists else OPEN_MAX):
            raise RequestError(
                f"{order.name} for {order.device}: {alike} orders wait for it; try again when it has answered"
            )
        peer = self._sender.peer(order.device)
        if not order.insists and peer is not None and peer.session.boot >= 0:
            order.boot = peer.session.boot
        order.counter = self.next_counter(now_ms, order.device)
        self._open.setdefault(order.device, []).append(order)
        self._transmit(now_ms, order, order.counter)
        if order.sent_ms is None:
            self._plan(order)
        return order

    def ready(self, device: str) -> bool:
        """A command could be sealed for its present session."""
        peer = self._sender.peer(device)
        if peer is None:
            return False
        session = peer.session
        return session.nonce is not None and session.clock is not None and session.alive

    def leaves_now(self, now_ms: int, device: str) -> bool:
        """A command would leave at once."""
        return self.ready(device) and self._sender.reachable(now_ms, device)

    def open_of(self, device: str) -> list[Order]:
        return self._open.get(device, [])

    def all_open(self) -> list[Order]:
        return [order for orders in self._open.values() for order in orders]

    def hold(self, device: str, until_ms: int, but: str) -> None:
        """Until `free`, or this epoch ms, what insists and waits leaves only if of the cause `but`, or of AT_ONCE."""
        self._held[device] = (until_ms, but)

    def free(self, now_ms: int, device: str) -> None:
        """End `hold`: what has waited leaves."""
        if self._held.pop(device, None) is not None:
            self.heard(now_ms, device)

    def born(self, now_ms: int, device: str) -> None:
        """A new session: what waited leaves, and what insists is told to the new boot again."""
        for order in self._urgent_first(device):
            if order.insists:
                order.tries, order.due_ms = 0, None
            if self._holds(now_ms, order):
                order.sent_ms = None
                self._change(order)
            elif order.insists or self._may_leave(order):
                self._again(now_ms, order)

    def presumed(self, now_ms: int, device: str) -> None:
        """Known from a retained birth only: what waits has its device asked for the birth that lets it leave."""
        for order in self.open_of(device):
            if order.sent_ms is None and (order.insists or order.waits) and not self._holds(now_ms, order):
                self._again(now_ms, order)

    def heard(self, now_ms: int, device: str) -> None:
        """A live frame of the present boot: what waits leaves, for an always-on device is not born again."""
        if device in self._open and self.leaves_now(now_ms, device):
            for order in self._urgent_first(device):
                waits = order.sent_ms is None and (order.insists or self._may_leave(order))
                paused = order.due_ms is not None and now_ms < order.due_ms
                if waits and not paused and not self._holds(now_ms, order):
                    self._again(now_ms, order)

    def answered(self, now_ms: int, device: str, counter: int, code: int) -> Order | None:
        """A response; the order that it ends, None when it goes on or the answer is nobody's."""
        for order in self.open_of(device):
            if counter in order.counters:
                if code in (frame.STALE, frame.EXPIRED) and self._retry(now_ms, order, code):
                    return None
                self._end(now_ms, order, code)
                return order
        return None

    def withdraw(
        self, now_ms: int, device: str, cause: str, by: tuple[int, int] | None = None, name: str | None = None
    ) -> None:
        """What the orders of this cause, and of this `name` if one is given, were for is over.

        `by`: said by the alarm frame (boot, seq), so of no order whose operator knew of that frame or of a later one.
        """
        for order in list(self.open_of(device)):
            known = by is not None and order.told is not None and order.told >= by
            if order.cause == cause and name in (None, order.name) and not known:
                self._end(now_ms, order, SILENT)

    def take_changed(self) -> list[Order]:
        """The orders to be stored, each as it stands."""
        if not self._changed:
            return []
        changed, self._changed = list(self._changed.values()), {}
        return changed

    @property
    def deadline(self) -> int | None:
        return self._agenda.deadline

    def take_given_up(self) -> list[Order]:
        """Those that have ended without an answer since the last call, by their `code`."""
        if not self._given_up:
            return []
        given_up, self._given_up = self._given_up, []
        return given_up

    def step(self, now_ms: int) -> None:
        """Orders that have waited for their answer in vain: sent anew, or given up."""
        for device in self._agenda.due(now_ms):
            for order in list(self.open_of(device)):
                due_ms = _due(order)
                if due_ms is None or now_ms < due_ms:
                    self._plan(order)
                elif order.insists and (order.tries <= REPEATS or self._heard_since(order)):
                    self._transmit(now_ms, order, self.next_counter(now_ms, device))
                elif order.insists:
                    order.sent_ms = None  # until it is heard again
                    self._change(order)
                else:
                    self._end(now_ms, order, SILENT)
                    self._given_up.append(order)

    # ---- inside

    def _change(self, order: Order) -> None:
        self._changed[(order.device, order.counter)] = order

    def _may_leave(self, order: Order) -> bool:
        return order.sent_ms is None and (order.waits or order.asked)

    def _urgent_first(self, device: str) -> list[Order]:
        return sorted(self.open_of(device), key=lambda order: not order.at_once)

    def _holds(self, now_ms: int, order: Order) -> bool:
        until_ms, but = self._held.get(order.device, (0, ""))
        return now_ms < until_ms and order.insists and order.cause != but and not order.at_once

    def _plan(self, order: Order, at_least_ms: int = 0) -> None:
        due_ms = _due(order)
        if due_ms is not None:
            self._agenda.plan(order.device, max(due_ms, at_least_ms))

    def _heard_since(self, order: Order) -> bool:
        """Its device is there and does not answer it."""
        peer = self._sender.peer(order.device)
        heard_ms = None if peer is None else peer.session.last_ms
        return heard_ms is not None and order.sent_ms is not None and heard_ms > order.sent_ms

    def _pause_ms(self, order: Order) -> int:
        """Until it is sent anew: twice as long after each try, up to a limit, and some jitter."""
        limit_ms = AT_ONCE_PAUSE_MAX_MS if order.at_once else PAUSE_MAX_MS
        pause_ms = min(limit_ms, ANSWER_MS << min(order.tries - 1, 16))
        return pause_ms + self._sender.below(pause_ms // JITTER_PART)

    def _again(self, now_ms: int, order: Order) -> None:
        unused = not order.counters and order.counter == self.counter(order.device)
        counter = order.counter if unused else self.next_counter(now_ms, order.device)
        self._transmit(now_ms, order, counter)

    def _retry(self, now_ms: int, order: Order, code: int) -> bool:
        """A refusal that shows that nothing was done: a device that restarted, or an estimate of its uptime."""
        if code == frame.EXPIRED and order.tries <= REPEATS and now_ms < _lapses_ms(now_ms, order):
            self._transmit(now_ms, order, self.next_counter(now_ms, order.device))
            return True
        if not order.insists:
            return False
        order.sent_ms = None
        if order.tries <= REPEATS:
            order.due_ms = None  # with the next sign of life
        self._change(order)
        return True

    def _transmit(self, now_ms: int, order: Order, counter: int) -> None:
        self._change(order)
        order.sent_ms = None
        peer = self._sender.peer(order.device)
        if peer is None:
            return  # nobody has a key for it
        session = peer.session
        nonce, clock = session.nonce, session.clock
        if order.boot is not None and order.boot != session.boot:
            self._end(now_ms, order, frame.STALE)
            self._given_up.append(order)
            return
        if not session.alive or not (order.insists or self._sender.reachable(now_ms, order.device)):
            return
        if nonce is None or clock is None:
            order.asked = self._sender.rebirth(now_ms, order.device) or order.asked
            return
        sealed = self._sender.seal(order, peer, counter, session.boot, nonce, clock.uptime(_lapses_ms(now_ms, order)))
        if sealed is None:
            return
        order.counters = [*order.counters, counter][-COUNTERS_KEPT:]
        order.tries += 1
        order.sent_ms = now_ms
        order.due_ms = now_ms + self._pause_ms(order) if order.insists else None
        self._plan(order)
        self._sender.send(order.device, sealed)

    def _end(self, now_ms: int, order: Order, code: int) -> None:
        order.code, order.done_ms = code, now_ms
        self._change(order)
        open_here = self._open[order.device]
        open_here.remove(order)
        if not open_here:
            del self._open[order.device]


def _lapses_ms(now_ms: int, order: Order) -> int:
    """When the device must refuse an order that is sent now; what a person orders counts from when it was said."""
    since_ms = now_ms if order.insists or order.waits or order.ref is not None else order.issued_ms
    return since_ms + order.lasts_ms


def _due(order: Order) -> int | None:
    """When an order is sent anew or given up; None while it waits for as long as it takes."""
    if order.sent_ms is not None:
        return order.sent_ms + ANSWER_MS if order.due_ms is None else order.due_ms
    if order.insists:
        return None
    return order.issued_ms + (WAIT_MS if order.waits else order.lasts_ms)
