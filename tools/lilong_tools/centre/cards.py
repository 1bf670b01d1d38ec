"""Revoked credentials: one numbered list for the estate, brought to every door in order, then confirmed to it.

Each door tells the stamp of its own list in births and heartbeats. What it lacks follows from that alone, so no lost
answer and no restart, of the centre or of the door, leaves a gap. One order of these at a time is open for a door.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from lilong_protocol import frame
from lilong_protocol.pc.order import Order
from lilong_protocol.pc.orders import ANSWER_MS, REPEATS, Orders
from lilong_protocol.registry import COMMAND, KIND, QUANTITIES

from .commands import CARDS
from .model import CentreError, Json, PlacedDevice, Row
from .outcome import Outcome

CONFIRM, REVOKE = "cards_confirm", "card_revoke"
ORDERS = frozenset((CONFIRM, REVOKE))  # given by the centre alone: another hand would tear the list
CONFIRM_MS = 86_400_000  # synchronised daily (GB 50396 5.2.2); a door waits 72 h for it
RETRY_MS, RETRY_MAX_MS = 60_000, 3_600_000  # (ours) after a refusal: the next heartbeat, then ever later
HOLD_MS = ANSWER_MS * (REPEATS + 1)  # without an answer for so long, other orders wait no more
REASON_CHARACTERS = 200
STAMP = next(row.number for row in QUANTITIES if row.name == "cards_stamp")
CREDENTIAL = next(row.number for row in QUANTITIES if row.name == "credential")


@dataclass(frozen=True)
class Revocation:
    """`credential` is the 32-bit pseudonym under which doors tell of a card."""

    stamp: int
    credential: int
    operator: str
    reason: str
    at_ms: int

    def row(self) -> Row:
        return Row("revocation", (self.stamp, self.credential, self.operator, self.reason, self.at_ms))

    def shown_as(self) -> Json:
        return {
            "stamp": self.stamp, "credential": self.credential, "operator": self.operator, "reason": self.reason,
            "at": self.at_ms,
        }  # fmt: skip


@dataclass
class _Door:
    """What is known of a door's list. `told`: by itself since the centre runs; `stamp`: by its answers as well."""

    stamp: int | None = None
    told: int | None = None
    confirmed_ms: int | None = None  # in its present session
    refused: tuple[int, int] | None = None  # code, epoch ms
    failures: int = 0  # in a row
    retry_ms: int = 0
    catching_up: bool = False  # its other orders wait

    def fail(self, now_ms: int) -> None:
        self.retry_ms = now_ms + min(RETRY_MAX_MS, RETRY_MS << min(self.failures, 16))
        self.failures += 1

    def succeed(self) -> None:
        self.refused, self.failures, self.retry_ms = None, 0, 0


class Cards:
    """The list, and how far each door has come. Epoch ms."""

    def __init__(self, devices: Iterable[PlacedDevice], commands: Orders, outcome: Outcome) -> None:
        self._list: list[Revocation] = []  # stamp 1 first
        self._of: dict[int, Revocation] = {}  # by credential
        self._doors = {device.id: _Door() for device in devices if REVOKE in KIND[device.kind].commands}
        self._names = {device.id: device.name for device in devices if device.id in self._doors}
        self._commands = commands
        self._outcome = outcome

    # ---- in

    def revoke(self, now_ms: int, credential: object, operator: str, reason: object) -> int:
        """Put a credential on the list and tell every door that is there; its stamp. Again changes nothing."""
        limits = COMMAND[REVOKE].arguments[0]
        if isinstance(credential, bool) or not isinstance(credential, int) or not 0 <= credential <= limits.high:
            raise CentreError(
                f"revoking {credential!r}: no credential; give the integer that doors tell in their events, "
                f"{limits.low} to {limits.high}"
            )
        if not isinstance(reason, str) or len(reason) > REASON_CHARACTERS:
            raise CentreError(f'revoking {credential}, "reason": give a text of at most {REASON_CHARACTERS} characters')
        known = self._of.get(credential)
        if known is not None:
            return known.stamp
        stamps = [door.stamp for door in self._doors.values() if door.stamp is not None]
        if stamps and min(stamps) > len(self._list):
            raise CentreError(
                f"revoking {credential}: this list ends at stamp {len(self._list)} and every door is at {min(stamps)} "
                "or later, none would take it; start the centre with the database that the doors were told from"
            )
        revocation = Revocation(len(self._list) + 1, credential, operator, reason.strip(), now_ms)
        self._add(revocation)
        self._outcome.row(revocation.row())
        for device in self._doors:
            self.proceed(now_ms, device)
        return revocation.stamp

    def reported(self, now_ms: int, device: str, values: dict[int, Any], born: bool) -> None:
        """A birth or heartbeat in person, with its values by quantity."""
        door, stamp = self._doors.get(device), values.get(STAMP)
        if door is None or not isinstance(stamp, int):
            return
        if born or door.told is None or stamp > door.told:
            door.succeed()
        elif door.stamp is not None and stamp < door.stamp:
            door.fail(now_ms)  # its answer was 200, but it has not kept it
        door.told = door.stamp = stamp
        order = self._order(device)
        if order is None:
            return
        lost = order.sent_ms is None or now_ms >= order.sent_ms + ANSWER_MS  # it, or its answer
        if born or (lost and self._wanted(now_ms, door) != _content(order)):
            self._commands.withdraw(now_ms, device, CARDS)

    def back(self, now_ms: int, device: str) -> None:
        """A device is there again: what it lacks goes before the orders that have waited for it."""
        door = self._doors.get(device)
        if door is None:
            return
        door.confirmed_ms = None
        wanted = self._wanted(now_ms, door)
        door.catching_up = wanted is not None and wanted[0] == REVOKE
        if door.catching_up:
            self._commands.hold(device, now_ms + HOLD_MS, CARDS)

    def proceed(self, now_ms: int, device: str) -> None:
        """Order what the door lacks next, unless such an order is open or was refused a short while ago."""
        door = self._doors.get(device)
        if door is None:
            return
        wanted = self._wanted(now_ms, door)
        if door.catching_up and (wanted is None or wanted[0] != REVOKE):
            door.catching_up = False
            self._commands.free(now_ms, device)
        if wanted is None or self._order(device) is not None or not self._commands.leaves_now(now_ms, device):
            return
        name, arguments = wanted
        if door.catching_up:
            self._commands.hold(device, now_ms + HOLD_MS, CARDS)
        operator = self._list[arguments[1] - 1].operator if name == REVOKE else None
        order = self._commands.issue(now_ms, Order(device, 0, name, arguments, operator, CARDS, now_ms, True))
        self._outcome.record(device, now_ms, "command", COMMAND[name].number, {}, order.counter)

    def answered(self, now_ms: int, order: Order, code: int) -> None:
        """A door has answered an order; others than those of this list are passed over."""
        if order.cause != CARDS:
            return
        door = self._doors[order.device]
        if code != frame.OK:
            door.refused = (code, now_ms)
            door.fail(now_ms)
        elif order.name == REVOKE:
            door.refused = None
            door.stamp = max(door.stamp or 0, order.arguments[1])
        else:
            door.refused, door.confirmed_ms = None, now_ms
        self.proceed(now_ms, order.device)

    def restore(self, revocations: Iterable[Revocation]) -> None:
        """Take back the list after a restart."""
        for revocation in revocations:
            self._add(revocation)

    def restore_door(self, device: str, values: dict[int, Any]) -> None:
        """Take back what a door had told; its next report says it anew."""
        stamp = values.get(STAMP)
        if device in self._doors and isinstance(stamp, int):
            self._doors[device].stamp = stamp

    # ---- out

    def shown_as(self) -> Json:
        """`GET /api/cards`."""
        return {
            "stamp": len(self._list),
            "revocations": [revocation.shown_as() for revocation in self._list],
            "doors": [{"id": device, "name": self._names[device], **self._state(device)} for device in self._doors],
        }

    def of(self, device: str, history: Iterable[Json]) -> Json | None:
        """A door's list, and which credentials of its history are revoked; None for other kinds."""
        if device not in self._doors:
            return None
        told = {row["values"].get(str(CREDENTIAL)) for row in history}
        return {**self._state(device), "revoked": sorted(one for one in told if one in self._of)}

    # ---- inside

    def _state(self, device: str) -> Json:
        door = self._doors[device]
        end = len(self._list)
        code, at_ms = door.refused or (None, None)
        return {
            "stamp": door.stamp,
            "lacks": None if door.stamp is None else max(0, end - door.stamp),
            "ahead": door.stamp is not None and door.stamp > end,
            "confirmed_at": door.confirmed_ms, "refused": code, "refused_at": at_ms,
        }  # fmt: skip

    def _add(self, revocation: Revocation) -> None:
        self._list.append(revocation)
        self._of[revocation.credential] = revocation

    def _order(self, device: str) -> Order | None:
        return next((order for order in self._commands.open_of(device) if order.cause == CARDS), None)

    def _wanted(self, now_ms: int, door: _Door) -> tuple[str, dict[int, int]] | None:
        """The next order for a door: command and arguments by place."""
        if door.stamp is None or now_ms < door.retry_ms:
            return None
        if door.stamp < len(self._list):
            revocation = self._list[door.stamp]
            return REVOKE, {0: revocation.credential, 1: revocation.stamp}
        confirmed = door.confirmed_ms is not None and now_ms - door.confirmed_ms < CONFIRM_MS
        return None if door.stamp > len(self._list) or confirmed else (CONFIRM, {0: door.stamp})


def _content(order: Order) -> tuple[str, dict[int, int]]:
    return order.name, order.arguments
