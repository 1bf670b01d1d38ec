"""The children of a gateway: who has been silent for longer than its limit, and how that is told.

data["children"]: 4 bytes each, limit in s (2, at most 32,767; 0: not missed) and group (2): what belongs together
within the building, as a flat does. A child is its place in that list, from 1; which device that is, the bus and the
backend know.
"""

from struct import pack_into, unpack_from

from lilong_protocol import codes

from .bus import ANSWERS, BEAT, SILENT
from .effects import NEVER

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .device import Device

RECORD = 4
CHILDREN_MAX = 512  # (ours) a core of 28 storeys has 290
AWAY, LOST = 1, 2  # what a child that is heard again was
# (ours) So many that are lost are an alarm each. More at once are one alarm, and events that say who; it ends when
# hardly any are left, and those are an alarm each.
APART, FEW = 8, 4
MASK = 48  # children in one event
CHILD, MANY = codes.ALARM_GATEWAY_CHILD_OFFLINE, codes.ALARM_GATEWAY_CHILDREN_OFFLINE


class Children:
    """`due_at`: uptime at which `tell_lost` is to be called; `returned`: heard again after they were lost, untold."""

    __slots__ = ("_device", "_dues", "_named", "_offline", "_table", "count", "due_at", "returned")

    def __init__(self, now: int, device: "Device") -> None:
        self._device = device
        self._table = device.identity.data.get("children", b"")
        self.count = min(len(self._table) // RECORD, CHILDREN_MAX)
        # Of each its uptime in s, the lower 16 bits and never 0, from which on it counts as lost; 0: nobody waits.
        self._dues = bytearray()  # made with the first: on most days there is none
        self._offline = bytearray((self.count + 7) // 8)
        self._named: list[int] = []  # those that are lost and an alarm each
        self.due_at = NEVER
        self.returned: list[int] = []
        for code in device.episodes.codes():
            child = code >> 8
            if 0 < child <= self.count:
                self._named.append(child)
                self._turn(child)
            elif child:
                device.restore(now, code, {})  # provisioned anew, with fewer

    def group_of(self, child: int) -> int:
        return unpack_from(">H", self._table, child * RECORD - 2)[0] if child <= self.count else 0

    def absent(self) -> "list[int]":
        """All that are lost."""
        return [child for child in range(1, self.count + 1) if self._is_lost(child)]

    def counts(self) -> "dict[int, int]":
        absent = len(self.absent())
        return {codes.Q_CHILDREN_ONLINE: self.count - absent, codes.Q_CHILDREN_OFFLINE: absent}

    def heard(self, now: int, child: int, what: int) -> int:
        """Something of a child, SILENT included: 0, or AWAY when it did not answer, LOST when it even was lost."""
        due = unpack_from(">H", self._dues, 2 * (child - 1))[0] if self._dues else 0
        lost = self._is_lost(child)
        if not unpack_from(">H", self._table, (child - 1) * RECORD)[0]:
            return 0
        if what == SILENT:
            if not due and not lost:
                self._expect(now, child)
            return 0
        if what == BEAT or (due and what != ANSWERS):
            self._expect(now, child)
        elif due:
            pack_into(">H", self._dues, 2 * (child - 1), 0)
        if lost:
            self._turn(child)
            self.returned.append(child)
            return LOST
        return AWAY if due and what == ANSWERS else 0

    def renew(self, now: int) -> None:
        """The bus was deaf, not they: everybody has his time again."""
        for child in range(1, len(self._dues) // 2 + 1):
            if unpack_from(">H", self._dues, 2 * (child - 1))[0]:
                self._expect(now, child)

    def tell_lost(self, now: int, settled: bool) -> None:
        """Tell those that have been silent for longer than they may. settled: the present state is known."""
        lost = self._overdue(now)
        if self._device.active(MANY):
            self._who(now, codes.EVENT_GATEWAY_CHILDREN_LOST, lost)
            self._scatter(now, settled)
        elif len(self.absent()) > APART:
            self._device.alarm(now, MANY, self.counts())
            self._who(now, codes.EVENT_GATEWAY_CHILDREN_LOST, lost)
        else:
            for child in lost:
                self._single(now, child)

    def tell_back(self, now: int, settled: bool) -> None:
        """Tell those that are heard again."""
        together = []
        for child in sorted(self.returned):
            if child in self._named:
                self._named.remove(child)
                self._device.restore(now, CHILD | child << 8, {})
            else:
                together.append(child)
        self.returned = []
        if self._device.active(MANY):
            self._who(now, codes.EVENT_GATEWAY_CHILDREN_BACK, together)
            self._scatter(now, settled)

    # ---- inside

    def _is_lost(self, child: int) -> bool:
        return self._offline[(child - 1) >> 3] >> ((child - 1) & 7) & 1 != 0

    def _turn(self, child: int) -> None:
        """From lost to not, and back."""
        self._offline[(child - 1) >> 3] ^= 1 << ((child - 1) & 7)

    def _expect(self, now: int, child: int) -> None:
        if not self._dues:
            self._dues = bytearray(2 * self.count)
        due = (now + 999) // 1000 + unpack_from(">H", self._table, (child - 1) * RECORD)[0]
        pack_into(">H", self._dues, 2 * (child - 1), due & 0xFFFF or 1)
        self.due_at = min(self.due_at, due * 1000)

    def _overdue(self, now: int) -> "list[int]":
        """Those whose limit has passed; they are lost from now on."""
        lost = []
        self.due_at = NEVER
        for child in range(1, len(self._dues) // 2 + 1):
            due = unpack_from(">H", self._dues, 2 * (child - 1))[0]
            left = (due - now // 1000) & 0xFFFF
            if not due:
                continue
            if 0 < left < 0x8000:
                self.due_at = min(self.due_at, (now // 1000 + left) * 1000)
            else:
                pack_into(">H", self._dues, 2 * (child - 1), 0)
                if not self._is_lost(child):
                    self._turn(child)
                    lost.append(child)
        return lost

    def _scatter(self, now: int, settled: bool) -> None:
        """Hardly any are left of many: an alarm each."""
        absent = self.absent()
        if len(absent) <= FEW and settled:
            self._device.restore(now, MANY, self.counts())
            for child in absent:
                self._single(now, child)

    def _single(self, now: int, child: int) -> None:
        if child not in self._named:
            self._named.append(child)
            self._device.alarm(now, CHILD | child << 8, {codes.Q_CHILD: child})

    def _who(self, now: int, event: int, children: "list[int]") -> None:
        for first in range(1, self.count + 1, MASK):
            bits = 0
            for child in children:
                if first <= child < first + MASK:
                    bits |= 1 << (child - first)
            if bits:
                self._device.event(now, event, {codes.Q_CHILD: first, codes.Q_CHILDREN: bits})
