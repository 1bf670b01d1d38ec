"""What the centre tells devices to do: sealed for the present session, numbered for ever upward, followed up.

An order is a command or an operator's acknowledgement. Those that must arrive and do no harm twice are sent anew,
under a new counter, when no response comes; others go out at once or never: an old mute must not silence a new fire.
"""

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from lilong_protocol import frame
from lilong_protocol.pc.downlink import Sealed
from lilong_protocol.pc.receiver import Peer
from lilong_protocol.registry import COMMAND, KIND
from lilong_protocol.registry.tables import Command

from .model import CentreError, Json, Row

ANSWER_MS = 5_000  # no response by then: lost
REPEATS = 3
# May wait for the next report of a device that sleeps: it ends only what is over, else the device refuses it (409).
WAITS = frozenset(("reset",))
AT_ONCE = frozenset(("fire_release",))  # waits for nothing but its device
WAIT_MS = 2 * 86_400_000  # a sleeping device connects once a day
CARDS = "cards"  # the cause of orders that bring a door its list
COUNTERS_KEPT = 8  # of one order: an answer to an earlier one does not come any more
OPEN_MAX = 16  # orders of one device
OPERATOR_ACK = "operator_ack"
OPERATOR_ACK_MS = 30_000
SILENT = 0  # the code of an order that was never answered


@dataclass
class Order:
    """`counter` is its first; `code` the device's answer, None while it is open, 0 when none came."""

    device: str
    counter: int
    name: str
    arguments: dict[int, int]
    operator: str | None
    cause: str
    issued_ms: int
    insists: bool  # is sent anew, and waits for a device that is not there
    ref: tuple[int, int] | None = None  # the alarm that an operator's acknowledgement is of
    sent_ms: int | None = None  # None: waits for a session
    tries: int = 0
    code: int | None = None
    done_ms: int | None = None
    counters: list[int] = field(default_factory=list)

    def row(self) -> Row:
        ref_boot, ref_seq = self.ref if self.ref else (None, None)
        return Row("command", (
            self.device, self.counter, self.name, {str(k): v for k, v in self.arguments.items()}, self.operator,
            self.cause, self.issued_ms, self.insists, ref_boot, ref_seq, self.sent_ms, self.tries, self.code,
            self.done_ms, self.counters,
        ))  # fmt: skip

    @classmethod
    def load(cls, saved: Json) -> "Order":
        saved = dict(saved)
        boot, seq = saved.pop("ref_boot"), saved.pop("ref_seq")
        saved["arguments"] = {int(k): v for k, v in saved["arguments"].items()}
        return cls(**saved, ref=None if boot is None else (boot, seq))


class Commands:
    """Open orders by device. What `send` is told leaves when the rows of the same batch are durable."""

    def __init__(
        self,
        peer: Callable[[str], Peer],
        reachable: Callable[[int, str], bool],
        send: Callable[[str, Sealed], None],
    ) -> None:
        self._peer = peer
        self._reachable = reachable
        self._send = send
        self._open: dict[str, list[Order]] = {}
        self._counters: dict[str, int] = {}
        self._heap: list[tuple[int, str]] = []
        self._changed: list[Order] = []
        self._held: dict[str, int] = {}  # device: epoch ms

    def counter(self, device: str) -> int:
        """The highest used so far."""
        return self._counters.get(device, 0)

    def restore_counter(self, device: str, counter: int) -> None:
        self._counters[device] = max(counter, self.counter(device))

    def restore(self, now_ms: int, order: Order) -> None:
        """Take back an order that was open when the centre stopped: its answer may have been missed."""
        self._open.setdefault(order.device, []).append(order)
        self.restore_counter(order.device, max([order.counter, *order.counters]))
        self._plan(order, now_ms + ANSWER_MS)

    def issue(self, now_ms: int, order: Order) -> Order:
        """A new order: it leaves now if the device can be reached; else it waits, if it insists or is of WAITS."""
        if not order.insists and len(self.open_of(order.device)) >= OPEN_MAX:
            raise CentreError(
                f"{order.name} for {order.device}: {OPEN_MAX} orders wait for it; try again when it has answered"
            )
        order.counter = self._next(now_ms, order.device)
        self._open.setdefault(order.device, []).append(order)
        self._transmit(now_ms, order, order.counter)
        if order.sent_ms is None:
            self._plan(order)
        return order

    def ready(self, device: str) -> bool:
        """A command could be sealed for its present session."""
        session = self._peer(device).session
        return session.nonce is not None and session.clock is not None and session.alive

    def leaves_now(self, now_ms: int, device: str) -> bool:
        """A command would leave at once."""
        return self.ready(device) and self._reachable(now_ms, device)

    def open_of(self, device: str) -> list[Order]:
        return self._open.get(device, [])

    def hold(self, device: str, until_ms: int) -> None:
        """Until `free`, or this epoch ms, what insists and waits for a device leaves only if of CARDS or AT_ONCE."""
        self._held[device] = until_ms

    def free(self, now_ms: int, device: str) -> None:
        """End `hold`: what has waited leaves."""
        if self._held.pop(device, None) is not None:
            self.heard(now_ms, device)

    def born(self, now_ms: int, device: str) -> None:
        """A new session: what waited leaves, and what insists is told to the new boot again."""
        for order in self._urgent_first(device):
            if self._holds(now_ms, order):
                order.sent_ms = None
                self._changed.append(order)
            elif order.insists or (order.sent_ms is None and order.name in WAITS):
                self._again(now_ms, order)

    def heard(self, now_ms: int, device: str) -> None:
        """A live frame of the present boot: what waits leaves, for an always-on device is not born again."""
        if device in self._open and self.leaves_now(now_ms, device):
            for order in self._urgent_first(device):
                waits = order.sent_ms is None and (order.insists or order.name in WAITS)
                if waits and not self._holds(now_ms, order):
                    self._again(now_ms, order)

    def answered(self, now_ms: int, device: str, counter: int, code: int) -> Order | None:
        """A response; the order that it ends or that goes on, None when it is nobody's."""
        for order in self.open_of(device):
            if counter in order.counters:
                if code in (frame.STALE, frame.EXPIRED) and self._retry(now_ms, order, code):
                    return None
                self._end(now_ms, order, code)
                return order
        return None

    def withdraw(self, now_ms: int, device: str, cause: str) -> None:
        """What the orders of this cause were for is over."""
        for order in list(self.open_of(device)):
            if order.cause == cause:
                self._end(now_ms, order, SILENT)

    def take_changed(self) -> list[Order]:
        """The orders to be stored."""
        changed, self._changed = self._changed, []
        return changed

    @property
    def deadline(self) -> int | None:
        return self._heap[0][0] if self._heap else None

    def step(self, now_ms: int) -> list[Order]:
        """Orders that have waited for their answer in vain: sent anew, or given up and returned."""
        given_up = []
        while self._heap and self._heap[0][0] <= now_ms:
            _, device = heapq.heappop(self._heap)
            for order in list(self.open_of(device)):
                due_ms = _due(order)
                if due_ms is None or now_ms < due_ms:
                    continue
                if order.insists and order.tries <= REPEATS:
                    self._transmit(now_ms, order, self._next(now_ms, device))
                elif order.insists:
                    order.sent_ms = None  # until it is heard again
                    self._changed.append(order)
                else:
                    self._end(now_ms, order, SILENT)
                    given_up.append(order)
        return given_up

    def _urgent_first(self, device: str) -> list[Order]:
        return sorted(self.open_of(device), key=lambda order: order.name not in AT_ONCE)

    def _holds(self, now_ms: int, order: Order) -> bool:
        held = now_ms < self._held.get(order.device, 0)
        return held and order.insists and order.cause != CARDS and order.name not in AT_ONCE

    def _plan(self, order: Order, at_least_ms: int = 0) -> None:
        due_ms = _due(order)
        if due_ms is not None:
            heapq.heappush(self._heap, (max(due_ms, at_least_ms), order.device))

    def _again(self, now_ms: int, order: Order) -> None:
        order.tries = 0
        self._transmit(now_ms, order, self._next(now_ms, order.device) if order.counters else order.counter)

    def _retry(self, now_ms: int, order: Order, code: int) -> bool:
        """A refusal that shows that nothing was done: a device that restarted, or an estimate of its uptime."""
        if code == frame.EXPIRED and order.tries <= REPEATS and now_ms < _lapses_ms(now_ms, order):
            self._transmit(now_ms, order, self._next(now_ms, order.device))
            return True
        if not order.insists:
            return False
        order.sent_ms = None
        self._changed.append(order)
        return True

    def _transmit(self, now_ms: int, order: Order, counter: int) -> None:
        peer = self._peer(order.device)
        session = peer.session
        self._changed.append(order)
        nonce, clock = session.nonce, session.clock
        willing = session.alive and (order.insists or self._reachable(now_ms, order.device))
        if nonce is None or clock is None or not willing:
            order.sent_ms = None
            return
        order.counters = [*order.counters, counter][-COUNTERS_KEPT:]
        order.tries += 1
        order.sent_ms = now_ms
        self._plan(order)
        deadline_ms = clock.uptime(_lapses_ms(now_ms, order))
        if order.ref is not None:
            sealed = peer.downlink.operator_ack(
                order.ref, order.operator or "", counter, session.boot, nonce, deadline_ms
            )
        else:
            command = COMMAND[order.name]
            sealed = peer.downlink.command(command.number, order.arguments, counter, session.boot, nonce, deadline_ms)
        self._send(order.device, sealed)

    def _end(self, now_ms: int, order: Order, code: int) -> None:
        order.code, order.done_ms = code, now_ms
        self._changed.append(order)
        open_here = self._open[order.device]
        open_here.remove(order)
        if not open_here:
            del self._open[order.device]

    def _next(self, now_ms: int, device: str) -> int:
        # Seconds of the epoch fit 32 bits until 2106: a centre that lost its store still counts upward.
        counter = max(self.counter(device) + 1, now_ms // 1000)
        self._counters[device] = counter
        return counter


def _lapses_ms(now_ms: int, order: Order) -> int:
    """When the device must refuse an order that is sent now; what a person orders counts from when it was said."""
    if order.ref is not None:
        return now_ms + OPERATOR_ACK_MS
    since_ms = now_ms if order.insists or order.name in WAITS else order.issued_ms
    return since_ms + COMMAND[order.name].deadline_ms


def _due(order: Order) -> int | None:
    """When an order is sent anew or given up; None while it waits for as long as it takes."""
    if order.sent_ms is not None:
        return order.sent_ms + ANSWER_MS
    if order.insists:
        return None
    return order.issued_ms + (WAIT_MS if order.name in WAITS else COMMAND[order.name].deadline_ms)


def checked(name: str, kind: str, arguments: Any, device: str) -> tuple[Command, dict[int, int]]:
    """The command and its arguments by place; CentreError where anything is off."""
    known = COMMAND.get(name)
    if known is None:
        raise CentreError(f"command {name!r}: unknown; use one of {', '.join(sorted(COMMAND))}")
    if name not in KIND[kind].commands:
        raise CentreError(f"command {name!r}: {device} is a {kind}; it takes {', '.join(KIND[kind].commands)}")
    if not isinstance(arguments, dict):
        raise CentreError(f'command {name!r}, "args": not an object; give {{"name": integer}}')
    places = {argument.name: place for place, argument in enumerate(known.arguments)}
    if extra := sorted(set(arguments) - set(places)):
        raise CentreError(f"command {name!r}, argument {extra[0]!r}: unknown; it takes {sorted(places) or 'none'}")
    by_place = {}
    for argument in known.arguments:
        value = arguments.get(argument.name)
        if isinstance(value, bool) or not isinstance(value, int) or not argument.low <= value <= argument.high:
            raise CentreError(
                f"command {name!r}, argument {argument.name!r}: {value!r} for {device}; "
                f"give an integer from {argument.low} to {argument.high} {argument.unit}"
            )
        by_place[places[argument.name]] = value
    return known, by_place
