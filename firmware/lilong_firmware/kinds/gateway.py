"""Building gateway: links its children with no network, misses those that fall silent, watches its own mains.

It only listens: its children publish by themselves, seal what they say with keys that it does not have, and keep it
until a backend has stored it. So there is nothing that it would buffer for them, and one that is killed loses nothing.

data["children"]: see `children`; data["linkage"]: see `linkage`; what the channel and the output "bus" say: `bus`. All
that is heard at one instant is judged together, so that its order does not matter.
"""

from lilong_protocol import codes, frame

from ..bus import ASK, CLEARED, RAISED, STARTED, told
from ..children import Children
from ..effects import NEVER
from ..hold import Hold
from ..linkage import Linkage
from ..rules import Rules

MAINS, BATTERY, BUS, TAMPER = 0, 1, 2, 3  # channels

MAINS_MS = 2_000  # (ours) shorter dips are none; the centre has 10 s
BATTERY_SAMPLE_MS = 60_000
BATTERY_LOW_PERCENT, BATTERY_GOOD_PERCENT = 20, 30  # (ours)
SETTLE_MS = 150_000  # (ours) after a start, until the bus has told who is silent and which alarms are open
ACTED = "link"  # the record: 1 when by hand; then row (1) and group (2) of each that acts


class Gateway(Rules):
    """Acts once an episode: when a linkage is confirmed, and when the last of its alarms is cleared."""

    KIND = codes.KIND_GATEWAY
    CHANNELS = (("mains", 0, 1), ("battery", BATTERY_SAMPLE_MS, 100), ("bus", 0, 0), ("tamper", 0, 0))

    __slots__ = (
        "_again", "_by_hand", "_children", "_deaf", "_heard_at", "_hushed", "_linkage", "_mains",
        "_settled_at", "_siren",
    )  # fmt: skip

    def start(self, now: int) -> None:
        device = self.device
        self._children = Children(now, device)
        self._linkage = Linkage(device.identity.data.get("linkage", b""), self._children.group_of)
        self._mains = Hold()
        self._heard_at = NEVER
        self._again: list[int] = []  # children that may have missed what they are to do
        self._deaf = device.faults >> BUS & 1 != 0
        self._hushed = self._siren = False
        self._by_hand = 0
        self._settled_at = NEVER
        self._resume()
        for channel in (MAINS, BATTERY, TAMPER):
            if not device.faults >> channel & 1:
                self.sample(now, channel, device.sampling.values[channel])
        self._ask(now)
        self._wail()
        self._schedule()

    def quiet(self, channel: int, value: int) -> bool:
        if channel == BATTERY:
            low = self.device.active(codes.ALARM_BATTERY_LOW)
            return value > BATTERY_LOW_PERCENT if not low else value < BATTERY_GOOD_PERCENT
        return True

    def sample(self, now: int, channel: int, value: int) -> None:
        if channel == BUS:
            if self._deaf:
                self._deaf = False
                self._children.renew(now)
                self._linkage.doubt()
                self._ask(now)
            self._heard(now, value)
        elif channel == MAINS:
            lost = self.device.active(codes.ALARM_POWER_MAINS_LOSS)
            self._mains.follow(now, (value != 0) == lost, MAINS_MS)
        elif channel == TAMPER:
            if value:
                self.device.alarm(now, codes.ALARM_TAMPER, {})
            else:
                self.device.restore(now, codes.ALARM_TAMPER, {})
        elif value <= BATTERY_LOW_PERCENT:
            self.device.alarm(now, codes.ALARM_BATTERY_LOW, {codes.Q_BATTERY: value})
        elif value >= BATTERY_GOOD_PERCENT:
            self.device.restore(now, codes.ALARM_BATTERY_LOW, {codes.Q_BATTERY: value})
        self._schedule()

    def silent(self, now: int, channel: int) -> None:
        if channel == BUS:
            self._deaf = True  # and no child is lost for that
        elif channel == MAINS and self.device.active(codes.ALARM_POWER_MAINS_LOSS):
            self._mains.follow(now, False, 0)
        self._schedule()

    def timer(self, now: int) -> None:
        settled = now >= self._settled_at
        if settled:
            self._settled_at = NEVER
            self._linkage.settle()
        if settled or now >= self._heard_at:
            self._heard_at = NEVER
            self._link(now)
            self._children.tell_back(now, self._settled_at == NEVER)
        if not self._deaf and (settled or now >= self._children.due_at):
            self._children.tell_lost(now, self._settled_at == NEVER)
        if self._mains.over(now):
            if self.device.sampling.values[MAINS]:
                self.device.restore(now, codes.ALARM_POWER_MAINS_LOSS, self._supply())
            else:
                self.device.alarm(now, codes.ALARM_POWER_MAINS_LOSS, self._supply())
        self._schedule()

    def command(self, now: int, command: int, arguments: "dict[int, int]") -> int:
        device = self.device
        if command == codes.CMD_FIRE_RELEASE:
            self._by_hand = codes.CMD_FIRE_RELEASE
            self._link(now)
            return frame.OK
        if command == codes.CMD_MUTE:
            if not self._siren:
                return frame.CONFLICT  # nothing to mute
            self._hushed = True
            self._wail()
            device.event(now, codes.EVENT_MUTED, self.report())
            return frame.OK
        if command == codes.CMD_RESET:
            if not self._by_hand:
                return device.reset(now)
            self._by_hand = 0
            self._link(now)
            device.reset(now)
            return frame.OK
        if command == codes.CMD_TEST:
            device.event(now, codes.EVENT_TESTED, self.report())
            return frame.OK
        return frame.NOT_FOUND

    def report(self) -> "dict[int, int]":
        report = self._children.counts()
        for quantity, value in self._supply().items():
            report[quantity] = value
        report[codes.Q_LINKAGES] = _bits(self._linkage.acting)
        return report

    def _supply(self) -> "dict[int, int]":
        values = self.device.sampling.values
        return {codes.Q_MAINS: values[MAINS], codes.Q_BATTERY: values[BATTERY]}

    def _schedule(self) -> None:
        due_at = NEVER if self._deaf else self._children.due_at
        self.deadline = min(self._heard_at, due_at, self._mains.at, self._settled_at)

    # ---- the bus

    def _ask(self, now: int) -> None:
        """What is known of the children may be old."""
        self._settled_at = now + SETTLE_MS
        if self._children.count:
            self.device.output("bus", ASK)

    def _heard(self, now: int, value: int) -> None:
        child, what, code = value >> 16, value >> 8 & 0xFF, value & 0xFF
        if not 1 <= child <= self._children.count:
            return
        changed = False
        if what == RAISED:
            changed = self._linkage.alarmed(now, child, code)
        elif what == CLEARED:
            changed = self._linkage.ended(child, code)
        was = self._children.heard(now, child, what)
        if (was or what == STARTED) and child not in self._again:
            self._again.append(child)
        if changed or self._again:
            self._heard_at = now

    # ---- linkage

    def _link(self, now: int) -> None:
        """Let act what is confirmed, and end what is over."""
        linkage, device = self._linkage, self.device
        before = linkage.acting
        orders = linkage.change(linkage.judge(self._settled_at == NEVER, self._by_hand))
        ordered = [order[0] for order in orders]
        for child in sorted(self._again):
            again = linkage.deed(child)
            if again is not None and child not in ordered:
                orders.append(again)
        for child, command, argument in orders:
            device.output("bus", told(child, command, argument))
        begun = [name for name in linkage.acting if name not in before]
        over = [name for name in before if name not in linkage.acting]
        if begun:
            self._hushed = False  # what was muted was another fire
        self._wail()
        if begun or over:
            self._keep()
        for names, event in ((begun, codes.EVENT_GATEWAY_LINKAGE), (over, codes.EVENT_GATEWAY_LINKAGE_ENDED)):
            for number in linkage.linkages_of(names):
                device.event(now, event, {codes.Q_LINKAGE: number, codes.Q_LINKAGES: _bits(linkage.acting)})
        self._again = []

    def _wail(self) -> None:
        """The siren sounds while there is fire, or the building is let go by hand."""
        fire = codes.LINKAGE_FIRE in self._linkage.linkages_of(self._linkage.acting)
        siren = bool(fire or self._by_hand) and not self._hushed
        if siren != self._siren:
            self._siren = siren
            self.device.output("siren", int(siren))

    def _keep(self) -> None:
        record = bytes([self._by_hand])
        for row, group in self._linkage.acting:
            record += bytes([row]) + group.to_bytes(2, "big")
        try:
            self.device.store.put(ACTED, record)
        except OSError:
            pass  # a restart acts again, which does no harm

    def _resume(self) -> None:
        """What acted when the power went still does: nobody is told twice."""
        record = self.device.store.get(ACTED)
        if record:
            self._by_hand = record[0]
        for at in range(1, len(record) - 2, 3):
            if record[at] < self._linkage.count:
                self._linkage.acting.append((record[at], record[at + 1] << 8 | record[at + 2]))


def _bits(acting: "list[tuple[int, int]]") -> int:
    """Rows that act, a bit each."""
    bits = 0
    for row, _ in acting:
        bits |= 1 << row
    return bits


RULES = Gateway
