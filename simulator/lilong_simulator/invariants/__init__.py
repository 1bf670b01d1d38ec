"""What holds for every device of an estate whatever happens to it, watched frame by frame.

An episode is raised once, whatever power does in between; a latched alarm ends by a person's reset alone, in a message
of its own; a key names one message for ever; events are said in the order in which they happened; an alarm leaves at
the instant at which it is raised, where there is a link, or in its turn behind others (`BURST`); a boot raises nothing
but a low battery. Of the backend, by its observed feed: each alarm is stored, once, and none is cleared that its device
did not clear. Beside it `life`, `time` and `loss`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from lilong_firmware.effects import CLEARED, RAISED
from lilong_firmware.outbox import BURST, PAUSE_MS
from lilong_protocol import codes, frame, topics
from lilong_protocol.codes import latches
from lilong_protocol.frame import Frame
from lilong_protocol.registry import ALARM

from ..fleet.observer import Observer
from ..fleet.spoken import said_of
from .life_safety import LifeSafety
from .proved_loss import ProvedLoss
from .told_time import ToldTime

# Of alarms the worst is said first; telemetry of an outage waits behind all else (LIL-TELE-004).
ANY_ORDER = (topics.ALARM, topics.TELEMETRY)
# Messages of a device and class of which it is known what they said: no others are said again. Of events a device with
# a full flash says those that are in its log, and have no mark there, again after a restart: all that came since went
# from RAM.
KEPT = {topics.ALARM: 64, topics.EVENT: 1_100, topics.RESPONSE: 64}
MEASURED_AT_BOOT = (codes.ALARM_BATTERY_LOW,)  # GB 20517 5.11: at power-up, whatever it has become since
TOLD = 100  # violations
TICK_MS = 1  # of a device, whose clock may be fast or slow
BY_OPERATOR = 1  # in the body of a clear
_REASON, _CODE, _VALUES = 6, 0, 4

Episode = tuple[int, int]  # boot and seq of its raise


class _Device:
    __slots__ = ("boot", "burst", "last", "online", "open", "said", "waits")

    def __init__(self) -> None:
        self.boot = 0
        self.last: dict[tuple[str, int], tuple[int, int]] = {}  # by class and boot: number and uptime of the last
        self.said: dict[str, dict[int, int]] = {}  # by class, boot and number: what was said, hashed
        self.open: dict[tuple[int, int], Episode] = {}  # by code and child
        self.online = False
        self.burst = (0, 0)  # the last ms in which alarm frames left, repeats too, and how many
        self.waits: tuple[int, int, int] | None = None  # ms, boot and seq of a raise that must leave now

    def holds(self, at: float) -> bool:
        """Whether a full burst of alarm frames has just left since a raise waits: the next have a pause to keep."""
        then, count = self.burst
        full = self.waits is not None and self.waits[0] <= then and count >= BURST
        return full and at - then <= PAUSE_MS + TICK_MS


class Invariants(Observer):
    """`violations`: in words, the first TOLD of them; `checked`: frames. Frames of devices come in their order.

    epoch_zero: epoch ms at the run's clock 0; None: no time that is told is compared with the true one.
    """

    def __init__(self, epoch_zero: int | None = None) -> None:
        self.violations: list[str] = []
        self.checked = 0
        self.life = LifeSafety(self._violated)
        self.loss = ProvedLoss(self._violated)
        self.time = None if epoch_zero is None else ToldTime(epoch_zero, self._violated)
        self._devices: dict[str, _Device] = {}
        self._cleared: set[str] = set()  # ids, of which the backend has not said so
        self._raised: dict[str, float] = {}  # when; until the backend has stored it
        self._stored: set[str] = set()

    # ---- Observer

    def output(self, at: float, device: str, name: str, value: int) -> None:
        self.life.output(at, device, name, value)

    def link(self, at: float, device: str, up: bool) -> None:
        known = self._of(device)
        if not known.holds(at):
            self._left(at, device, known)
        known.online = up
        known.waits = None if not up else known.waits

    def note(self, at: float, device: str, what: str, code: int, boot: int, seq: int) -> None:
        known = self._of(device)
        self.life.note(at, device, what, code, boot, seq)
        if what == RAISED:
            self._raised[f"{device}-{boot}-{seq}"] = at
            if known.online:
                known.waits = (int(at), boot, seq)
        elif what == CLEARED:
            self._cleared.add(f"{device}-{boot}-{seq}")

    def sent(self, at: float, device: str, cls: str, data: bytes, due: float | None) -> None:
        self.checked += 1
        known = self._of(device)
        said = said_of(data)
        if said.uptime is None:
            return
        held = known.holds(at)
        if cls == topics.ALARM:
            known.burst = int(at), known.burst[1] + 1 if known.burst[0] == int(at) else 1
        if not self._numbered(at, device, known, cls, said, data):
            return  # said again
        if self.time is not None:
            of = self._raised.get(f"{device}-{said.boot}-{said.seq}") if said.kind == frame.RAISE else None
            self.time.said(at, device, cls, said, of)
        if cls == topics.ALARM:
            self._alarm(at, device, known, said, held)
        if not held:
            self._left(at, device, known)

    # ---- the backend

    def feed(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Rows of an observed feed, each once."""
        for row in rows:
            alarm = row["alarm"]
            if row["event"] == "stored":
                if alarm in self._stored:
                    self._violated(row["at"], row["device"], f"{alarm} is stored twice")
                self._stored.add(alarm)
                self._raised.pop(alarm, None)
            elif row.get("finding"):
                continue
            elif row["event"] == "cleared":
                if alarm not in self._cleared:
                    self._violated(row["at"], row["device"], f"{alarm} is cleared, and its device did not clear it")
                self._cleared.discard(alarm)

    def end(self) -> None:
        """All has been fed: what was raised must be there."""
        for alarm in self._raised:
            self._violated(0, alarm, "is raised and was never stored")

    # ---- inside

    def _of(self, device: str) -> _Device:
        known = self._devices.get(device)
        if known is None:
            known = self._devices[device] = _Device()
        return known

    def _numbered(self, at: float, device: str, known: _Device, cls: str, said: Frame, data: bytes) -> bool:
        """Whether it has not been said before; a key names one message, and numbers rise."""
        boot, seq = said.boot, said.seq
        if known.boot and boot > known.boot:
            self.life.booted(at, device, boot, at - said.uptime)
        if boot > known.boot:  # of the one before there may be a backlog
            known.last = {key: last for key, last in known.last.items() if key[1] == known.boot}
            known.boot = boot
        content = hash((said.kind, said.uptime, bytes(data) if cls in KEPT else b""))
        kept = known.said.setdefault(cls, {})
        key = boot << 32 | seq
        before = kept.get(key)
        if before is not None:
            if before != content:
                self._violated(at, device, f"{cls} {boot}/{seq} says something else than before")
            return False
        last, uptime = known.last.get((cls, boot), (0, 0))
        if cls not in ANY_ORDER and seq <= last:
            self._violated(at, device, f"{cls} {boot}/{seq} comes after {last}")
        elif cls == topics.EVENT and said.uptime < uptime:
            self._violated(at, device, f"event {boot}/{seq} is older than the one before it")
        known.last[cls, boot] = (max(last, seq), said.uptime)
        kept[key] = content
        if len(kept) > KEPT.get(cls, 1):
            del kept[next(iter(kept))]
        return True

    def _alarm(self, at: float, device: str, known: _Device, said: Frame, held: bool) -> None:
        code = said.body[_CODE]
        name = ALARM[code].name if code in ALARM else str(code)
        if said.kind == frame.RAISE:
            subject = (code, (said.body.get(_VALUES) or {}).get(codes.Q_CHILD, 0))
            episode = (said.boot, said.seq)
            if subject in known.open:
                self._violated(at, device, f"{name} is raised again in one episode, {known.open[subject]}")
            if not said.uptime and code not in MEASURED_AT_BOOT:
                self._violated(at, device, f"{name} is raised by a boot")
            known.open[subject] = episode
            if known.waits is not None and known.waits[1:] == episode:
                if int(at) > known.waits[0] and not held:
                    self._violated(at, device, f"{name} left {at - known.waits[0]:.0f} ms after it was raised")
                known.waits = None
            return
        episode = (said.ref[0], said.ref[1])
        subjects = [subject for subject, open_ in known.open.items() if open_ == episode]
        if not subjects:
            self._violated(at, device, f"{name}: a word about episode {episode}, which is not open")
        elif said.kind == frame.CLEAR:
            if latches(code) and said.body.get(_REASON) != BY_OPERATOR:
                self._violated(at, device, f"{name} latches, and nobody has reset it")
            del known.open[subjects[0]]

    def _left(self, at: float, device: str, known: _Device) -> None:
        """Whatever comes later than a raise: it has gone before."""
        waits = known.waits
        if waits is not None and int(at) > waits[0]:
            known.waits = None
            self._violated(at, device, f"alarm {waits[1]}/{waits[2]} of {waits[0]} ms waits while others leave")

    def _violated(self, at: float, device: str, text: str) -> None:
        if len(self.violations) < TOLD:
            self.violations.append(f"{at:.0f} ms: {device}: {text}")
