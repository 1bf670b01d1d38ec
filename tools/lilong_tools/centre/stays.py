"""Stays: the entry and the exit of a vehicle, joined by its plate's pseudonym, and one fee for each pair, once.

Lanes tell their passages, numbered without a gap (`lilong_firmware.stays`), and in each heartbeat the last number. So
it is known up to when a lane has told all: until then nothing of a later time is joined, and what comes after an outage
finds its place. Up to that time each exit belongs to the entry of the same plate that is the last before it. A lane
that has been silent for PATIENCE_MS is waited for no more. Whatever the order of arrival, the repetitions and the
restarts, the pairs are the same; a passage is in one pair at most, and a pair that is settled is never looked at again.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from lilong_protocol.codes import EVENT_LANE_ENTERED, EVENT_LANE_LEFT, KIND_VEHICLE_LANE, Q_CREDENTIAL, Q_PERMIT
from lilong_protocol.codes import Q_FEE as FEE
from lilong_protocol.codes import Q_STAY as STAY
from lilong_protocol.codes import Q_VEHICLE_CLASS as VEHICLE_CLASS
from lilong_protocol.pc.message import Message
from lilong_protocol.registry import KIND_BY_NUMBER

from .model import Json, PlacedDevice, Row
from .outcome import Outcome

LANE = KIND_BY_NUMBER[KIND_VEHICLE_LANE].name
PATIENCE_MS = 259_200_000  # (ours) 72 h, as long as a door goes by its list alone
SHOWN = 200  # settled stays that a console is shown
TEMPORARY, EMERGENCY = 3, 4  # of the quantities permit and vehicle_class
ERA = 20  # bits of a number below the era


@dataclass(frozen=True)
class Tariff:
    """(ours) Fen for each hour begun, no more than `day_fen` for 24 of them; a short stay is free."""

    free_ms: int = 900_000
    hour_fen: int = 500
    day_fen: int = 4_000

    def fee(self, entered_ms: int, left_ms: int) -> int:
        """Fen for a stay."""
        lasted = left_ms - entered_ms
        if lasted <= self.free_ms:
            return 0
        days, rest = divmod(lasted, 86_400_000)
        return days * self.day_fen + min(self.day_fen, -(-rest // 3_600_000) * self.hour_fen)


@dataclass(frozen=True)
class Passage:
    """A vehicle that has passed a lane. `since_ms`: not before; `done`: it waits for nothing any more."""

    device: str
    number: int
    credential: int  # -1: nobody has read it
    leaves: bool
    at_ms: int
    since_ms: int
    permit: int
    vehicle_class: int
    done: bool = False

    @property
    def turn(self) -> tuple[int, bool, str, int]:
        return self.at_ms, self.leaves, self.device, self.number

    def row(self) -> Row:
        return Row("passage", (
            self.device, self.number, self.credential, int(self.leaves), self.at_ms, self.since_ms, self.permit,
            self.vehicle_class, int(self.done),
        ))  # fmt: skip


@dataclass(frozen=True)
class Stay:
    """A pair, settled."""

    entry_device: str
    entry_number: int
    exit_device: str
    exit_number: int
    credential: int
    entered_ms: int
    left_ms: int
    fee: int
    settled_ms: int

    def row(self) -> Row:
        return Row("stay", tuple(vars(self).values()))


@dataclass
class _Lane:
    """What is known of a lane: of each era the first number, the last, and those between that have not come."""

    eras: dict[int, tuple[int, int, set[int]]] = field(default_factory=dict)
    through_ms: int = 0  # all of its passages up to then are here

    def new(self, number: int) -> bool:
        """Whether a passage has not been told before; it has then."""
        first, last, missing = self.eras.get(number >> ERA, (number, number - 1, set()))
        if first <= number <= last and number not in missing:
            return False
        missing.discard(number)
        missing |= set(range(last + 1, number)) | set(range(number + 1, first))
        self.eras[number >> ERA] = min(first, number), max(last, number), missing
        return True

    def whole(self, number: int) -> bool:
        """Whether all passages up to this one, the last of its era, are here."""
        _, last, missing = self.eras.get(number >> ERA, (0, number >> ERA << ERA, set()))
        return number == last and not missing


class Stays:
    """Passages in, settled stays out. Epoch ms."""

    def __init__(self, devices: Iterable[PlacedDevice], outcome: Outcome, tariff: Tariff | None = None) -> None:
        self.tariff = tariff or Tariff()
        self.lanes = {device.id: _Lane() for device in devices if device.kind == LANE}
        self._outcome = outcome
        self._waiting: list[Passage] = []  # of which something before may still come
        self._inside: dict[int, Passage] = {}  # by pseudonym
        self._settled: deque[Stay] = deque(maxlen=SHOWN)

    # ---- in

    def passed(self, now_ms: int, received: Message) -> None:
        """An event of a lane, late or in its turn."""
        lane = self.lanes.get(received.device)
        if lane is None or received.code not in (EVENT_LANE_ENTERED, EVENT_LANE_LEFT):
            return
        values = received.raw_values
        number = values.get(STAY)
        if number is None or not lane.new(number):
            return
        credential = values.get(Q_CREDENTIAL)
        passage = Passage(
            received.device, number, -1 if credential is None else credential, received.code == EVENT_LANE_LEFT,
            received.at_ms, received.at_ms if received.since_ms is None else received.since_ms,
            values.get(Q_PERMIT) or 0, values.get(VEHICLE_CLASS) or 0,
        )  # fmt: skip
        self._waiting.append(passage)
        self._outcome.row(passage.row())
        self._heard(lane, number, received.at_ms)
        self._settle(now_ms)

    def reported(self, now_ms: int, device: str, at_ms: int, values: dict[int, Any]) -> None:
        """A birth or heartbeat in person, with the number of the last passage."""
        lane, number = self.lanes.get(device), values.get(STAY)
        if lane is not None and isinstance(number, int):
            self._heard(lane, number, at_ms)
            self._settle(now_ms)

    def restore(self, passages: Iterable[Passage], told: Iterable[tuple[str, int]], settled: Iterable[Stay]) -> None:
        """Take back what was stored: what waits or is inside, (device, number) of all passages, the last stays."""
        for device, number in told:
            if device in self.lanes:
                self.lanes[device].new(number)
        self._waiting += [passage for passage in passages if passage.device in self.lanes]
        self._settled.extend(settled)

    # ---- out

    def shown_as(self) -> Json:
        """`GET /api/stays`: fees in fen, newest last."""
        return {
            "tariff": vars(self.tariff),
            "inside": [{"credential": who, "device": one.device, "entered_at": one.at_ms}
                       for who, one in self._inside.items()],
            "waiting": len(self._waiting),
            "settled": [vars(stay) for stay in self._settled],
        }  # fmt: skip

    # ---- inside

    def _heard(self, lane: _Lane, number: int, at_ms: int) -> None:
        if lane.whole(number):
            lane.through_ms = max(lane.through_ms, at_ms)

    def _settle(self, now_ms: int) -> None:
        """Join what nothing can come before any more."""
        through = min(max(lane.through_ms, now_ms - PATIENCE_MS) for lane in self.lanes.values())
        due = sorted((one for one in self._waiting if one.at_ms <= through), key=lambda one: one.turn)
        if due:
            self._waiting = [one for one in self._waiting if one.at_ms > through]
        for passage in due:
            before = self._inside.pop(passage.credential, None)
            if before is not None:
                self._outcome.row(replace(before, done=True).row())
            if passage.leaves or passage.credential < 0:
                self._outcome.row(replace(passage, done=True).row())
            else:
                self._inside[passage.credential] = passage
            if passage.leaves and before is not None:
                self._pair(now_ms, before, passage)

    def _pair(self, now_ms: int, entry: Passage, leaving: Passage) -> None:
        pays = entry.permit == leaving.permit == TEMPORARY and EMERGENCY not in (
            entry.vehicle_class, leaving.vehicle_class,
        )  # fmt: skip
        fee = self.tariff.fee(entry.at_ms, leaving.since_ms) if pays else 0  # by what is certain
        stay = Stay(
            entry.device, entry.number, leaving.device, leaving.number, entry.credential, entry.at_ms, leaving.at_ms,
            fee, now_ms,
        )  # fmt: skip
        self._settled.append(stay)
        self._outcome.row(stay.row())
        self._outcome.record(leaving.device, leaving.at_ms, "stay settled", None, {STAY: entry.number, FEE: fee})
