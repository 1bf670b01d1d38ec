"""The recorder of a live run: a recorder that also measures, from the instant at which everything was due."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lilong_firmware.effects import RAISED, STORED
from lilong_protocol import topics
from lilong_protocol.cbor import decode
from lilong_protocol.frame import RAISE, Frame, unpack
from lilong_protocol.registry import ALARM

from ..fleet.observer import ONLINE
from ..recorder import AlarmClocks, Recorder
from .measures import Measures
from .record import Recording

Accepted = Callable[[str, bytes], None]


def opened(frame: bytes) -> Frame:
    """What a sealed frame of our own devices says; nobody need verify it."""
    sealed: Any = decode(frame)
    return unpack(sealed[2])


class LoadRecorder(Recorder):
    """Observes one shard. `clock` is the run's, in ms. `bases`: the clock at each device's uptime 0.

    `on_puback(device, frame)` is called when the broker has an alarm frame.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        super().__init__()
        self.measures: Measures = Measures()
        self.measures.lag = self.lags
        self.boot = 0  # that of the run
        self.over = False  # the devices leave, which is no event of the run
        self.bases: dict[str, float] = {}
        self.on_puback: Accepted | None = None
        self.recording: Recording | None = None  # what goes to a file too
        self.quiet_classes = {cls for cls in topics.UP_CLASSES if not topics.up_qos(cls)}  # those nobody answers
        self._clock = clock
        self._flying: dict[str, list[tuple[bytes, AlarmClocks | None]]] = {}  # alarm frames without their PUBACK
        self._event_due: dict[str, float] = {}  # of the one event that a device has in flight
        self._answered = False  # the frame that is told next will be, whatever its class

    # ---- Observer

    def answered(self) -> None:
        self._answered = True

    def sent(self, at: float, device: str, cls: str, frame: bytes, due: float | None) -> None:
        super().sent(at, device, cls, frame, due)
        quiet, self._answered = cls in self.quiet_classes and not self._answered, False
        if self.recording is not None:
            self.recording.put((at, device, cls, frame, int(not quiet)))
        measures = self.measures
        measures.series.count(at, "sent")
        counts = measures.counts_of(cls)
        counts.sent += 1
        if due is None:
            counts.unobserved += 1
        elif quiet:
            counts.unconfirmed += 1
        elif cls == topics.ALARM:
            self._alarm_sent(at, device, frame, due)
        elif cls == topics.EVENT:
            self._event_due[device] = min(due, self._made(device, frame, due))

    def puback(self, at: float, device: str, cls: str, due: float | None) -> None:
        measures = self.measures
        measures.counts_of(cls).acknowledged += 1
        if due is None:
            return
        if cls == topics.EVENT:
            due = self._event_due.pop(device, due)
        elif cls == topics.ALARM:
            self._alarm_arrived(at, device)
        measures.puback_of(cls).record(at - due)
        measures.series.record(at, "puback", at - due)

    def lost(self, at: float, device: str, cls: str, due: float | None) -> None:
        self.measures.counts_of(cls).lost += 1
        self.measures.series.count(at, "lost")
        if cls == topics.ALARM and self._flying.get(device):
            self._flying[device].pop(0)

    def skipped(self, at: float, device: str, cls: str) -> None:
        self.measures.counts_of(cls).skipped += 1
        self.measures.series.count(at, "skipped")

    def left_out(self, at: float, device: str, cls: str, frame: bytes) -> None:
        if cls == topics.ALARM and self.on_puback is not None and opened(frame).kind != RAISE:
            self.on_puback(device, frame)  # nobody will ever answer what nobody is told

    def lag(self, lag_ms: float) -> None:
        super().lag(lag_ms)
        self.measures.series.record(self._clock(), "lag", lag_ms)

    def connect(self, at: float, device: str, stage: str, due: float | None) -> None:
        if due is not None:
            self.measures.connect[stage].record(at - due)
            if stage == ONLINE:
                self.measures.series.record(at, "connect", at - due)

    def link(self, at: float, device: str, up: bool) -> None:
        if up != (device in self.online) and not self.over:
            self.measures.series.count(at, "up" if up else "down")
            if not up and self.recording is not None:
                self.recording.put((at, device, "", b""))
        super().link(at, device, up)

    def note(self, at: float, device: str, what: str, code: int, boot: int, seq: int) -> None:
        super().note(at, device, what, code, boot, seq)
        if what == RAISED:
            self.measures.series.count(at, "raised")
        elif what == STORED:
            alarm = self.alarms.get((device, boot, seq))
            if alarm is not None and alarm.stored == at:
                took = at - alarm.decided
                self.measures.stored_of(ALARM[alarm.code].name).record(took)
                self.measures.series.record(at, "stored", took)

    # ---- inside

    def _made(self, device: str, frame: bytes, due: float) -> float:
        """When an event was made, since one that waited for those before it has been due since then."""
        base = self.bases.get(device)
        if base is None:
            return due
        message = opened(frame)
        return base + float(message.uptime) if message.boot == self.boot else due

    def _alarm_sent(self, at: float, device: str, frame: bytes, due: float) -> None:
        message = opened(frame)
        alarm = self.alarms.get((device, message.boot, message.seq)) if message.kind == RAISE else None
        if alarm is not None and alarm.sent is None:
            alarm.sent = at
            alarm.decided = min(alarm.decided, due)  # a host that called its device late hides nothing
        self._flying.setdefault(device, []).append((frame, alarm))

    def _alarm_arrived(self, at: float, device: str) -> None:
        flying = self._flying.get(device)
        if not flying:
            return
        frame, alarm = flying.pop(0)  # a broker answers in the order of arrival (MQTT-4.6.0-2)
        if alarm is not None and alarm.puback is None:
            alarm.puback = at
        if self.on_puback is not None:
            self.on_puback(device, frame)
