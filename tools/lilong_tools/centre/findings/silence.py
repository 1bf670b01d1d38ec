"""Devices that are silent: proved by their own silence, or missed by the gateway that hears them on its bus."""

from collections.abc import Iterable
from typing import Any

from lilong_protocol import codes
from lilong_protocol.pc.findings import OFFLINE

from ..alarms import Alarm
from .book import Book
from .feeders import SILENT, Feeders
from .site import Site

LOST, BACK = codes.EVENT_GATEWAY_CHILDREN_LOST, codes.EVENT_GATEWAY_CHILDREN_BACK
CHILD, MANY = codes.ALARM_GATEWAY_CHILD_OFFLINE, codes.ALARM_GATEWAY_CHILDREN_OFFLINE
SETTLED_MS = 60_000  # (ours) after "many are missed" has ended: who is missed still has been told one by one


class Silence:
    """One finding for each device that is silent, for as long as it is. Epoch ms."""

    def __init__(self, book: Book, site: Site, feeders: Feeders) -> None:
        self._book = book
        self._site = site
        self._feeders = feeders
        self._own: set[str] = set()  # by their own silence
        self._missed: dict[str, dict[str, bool]] = {}  # by gateway; whether an alarm of its own says so
        self._settle: dict[str, int] = {}  # by gateway

    @property
    def deadline(self) -> int | None:
        return min(self._settle.values(), default=None)

    def session(self, now_ms: int, device: str, lost: bool, last_ms: int | None) -> None:
        """What a device's own silence says; `last_ms`: when it was heard last."""
        if lost:
            self._own.add(device)
        else:
            self._own.discard(device)
        self._state(now_ms, device, last_ms)

    def alarm(self, now_ms: int, alarm: Alarm) -> None:
        """A gateway misses one of its children, or hears it again, or has none to miss any more of many."""
        gateway, over = alarm.device, alarm.cleared or alarm.restored
        if alarm.code == CHILD:
            self._told(now_ms, gateway, [alarm.values.get(codes.Q_CHILD)], not over, True, alarm.raised_at_ms)
        elif alarm.code == MANY and over:
            self._settle[gateway] = now_ms + SETTLED_MS
        elif alarm.code == MANY:
            self._settle.pop(gateway, None)

    def event(self, now_ms: int, gateway: str, code: int, values: dict[int, Any], at_ms: int) -> None:
        """Which of many children a gateway misses, or hears again: a place, and bits for those from there on."""
        first, bits = values.get(codes.Q_CHILD), values.get(codes.Q_CHILDREN)
        if code in (LOST, BACK) and isinstance(first, int) and isinstance(bits, int):
            children = [first + at for at in range(bits.bit_length()) if bits >> at & 1]
            self._told(now_ms, gateway, children, code == LOST, False, at_ms)

    def step(self, now_ms: int) -> None:
        """`deadline` has come."""
        for gateway in [one for one, due in self._settle.items() if due <= now_ms]:
            del self._settle[gateway]
            for device in [one for one, named in self._missed.get(gateway, {}).items() if not named]:
                del self._missed[gateway][device]
                self._state(now_ms, device, None)

    def restore(self, lost: Iterable[str], alarms: Iterable[Alarm]) -> None:
        """After a restart. What gateways said by events is in the findings that stand; the alarms say the rest."""
        self._own.update(lost)
        for found in self._book.open(OFFLINE):
            if (gateway := found.detail.get("gateway")) is not None:
                self._missed.setdefault(gateway, {})[found.device] = False
        for alarm in alarms:
            child = alarm.values.get(codes.Q_CHILD)
            if alarm.code == CHILD and not alarm.restored and (device := self._child(alarm.device, child)) is not None:
                self._missed.setdefault(alarm.device, {})[device] = True

    # ---- inside

    def _child(self, gateway: str, child: int | None) -> str | None:
        known = self._site.children.get(gateway, ())
        return known[child - 1] if child is not None and 0 < child <= len(known) else None

    def _told(
        self, now_ms: int, gateway: str, children: list[int | None] | list[int], lost: bool, named: bool, at_ms: int
    ) -> None:
        missed = self._missed.setdefault(gateway, {})
        for child in children:
            device = self._child(gateway, child)
            if device is None:
                continue
            if lost:
                missed[device] = missed.get(device, False) or named
            else:
                missed.pop(device, None)
            self._state(now_ms, device, at_ms, gateway)

    def _state(self, now_ms: int, device: str, since_ms: int | None, gateway: str | None = None) -> None:
        silent = device in self._own or any(device in missed for missed in self._missed.values())
        found = self._book.open_of(OFFLINE, device)
        if silent and found is None:
            detail = {} if gateway is None else {"gateway": gateway}
            if (lost := self._feeders.lost(device)) is not None:
                detail["part_of"] = lost.id
            self._book.begin(now_ms, OFFLINE, device, now_ms if since_ms is None else since_ms, device, **detail)
            self._feeders.gone(now_ms, device, SILENT)
        elif not silent and found is not None:
            self._book.clear(now_ms, found)
            self._feeders.there(now_ms, device, SILENT)
