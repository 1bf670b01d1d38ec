"""Records what the devices of a run did: messages by class, the clocks of every alarm, the generator's lag."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from lilong_firmware.effects import ACCEPTED, ACKNOWLEDGED, CLEARED, RAISED, RESTORED, STORED
from lilong_protocol.frame import RAISE
from lilong_protocol.topics import ALARM, EVENT, HEARTBEAT, STATE, TELEMETRY

from .fleet.observer import Observer
from .fleet.spoken import said_of
from .latency import Latency
from .load.measures import Measures
from .said import Said

ALARM_OUTPUTS = ("sounder", "buzzer", "vibrate", "siren")  # what calls people to the spot; a lock or a lamp does not
SAME_INSTANT_MS = 250  # an output that is switched on this shortly before or after a raise belongs to it


@dataclass(slots=True)
class AlarmClocks:
    """The times of one alarm at its device, in ms of the run's clock; None: not seen (see definitions)."""

    device: str
    code: int
    boot: int
    seq: int
    decided: float
    local: float | None = None
    stored: float | None = None  # its stored-ack has arrived
    acknowledged: float | None = None  # the operator's acknowledgement has arrived
    restored: float | None = None
    cleared: float | None = None
    sent: float | None = None  # its first publish was handed to the transport
    puback: float | None = None  # the network has delivered it: the broker has it

    @property
    def id(self) -> str:
        return f"{self.device}-{self.boot}-{self.seq}"


@dataclass(slots=True)
class Regular:
    """What a device sends by its period, of one class: how many, and when the first."""

    first: float
    count: int = 1


class Bus(Protocol):
    """Who is told what devices do, as `BuildingBus` is."""

    def note(self, device: str, what: str, code: int) -> None: ...

    def output(self, device: str, name: str, value: int) -> None: ...


class Recorder(Observer):
    """The observer of a whole run, whatever hosts its devices have."""

    def __init__(self) -> None:
        self.messages: dict[str, int] = {}  # frames handed to the transport, by class
        self.alarms: dict[tuple[str, int, int], AlarmClocks] = {}
        self.measures: Measures | None = None  # what only a live run can measure
        self.lags = Latency()
        self.linked: set[str] = set()  # devices whose session the broker has accepted at least once
        self.online: set[str] = set()  # those that are connected now
        self.accepted: set[str] = set()  # those whose session the backend has answered
        self.outputs: list[tuple[float, str, str, int]] = []
        self.events_sent: dict[str, list[float]] = {}  # when each device published an event
        self.beats: dict[str, Regular] = {}  # heartbeats by device
        self.samples: dict[str, Regular] = {}  # telemetry by device
        self.births: dict[str, Regular] = {}  # how a device that sleeps is heard at its beats
        self.burnt: dict[str, float] = {}  # devices that are no more, and since when
        self.stored_frames = 0
        self.on_link: Callable[[float, str, bool], None] | None = None  # who else wants to hear of links
        self.on_output: Callable[[str, str, int], None] | None = None  # and of outputs: the world, which feels them
        self._regular = {HEARTBEAT: self.beats, TELEMETRY: self.samples, STATE: self.births}
        self.overheard: dict[str, dict[str, bytes]] = {}  # of some devices, the newest frame of each class
        self.said: dict[str, Said] = {}  # by some devices, all events and telemetry
        self.bus: Bus | None = None  # whoever carries what is said between the devices of a building
        self.on_sent: Callable[[float, str, bytes], None] | None = None  # and of frames
        self._sounding: dict[str, dict[str, float]] = {}  # the alarm outputs that are on, by device, and since when
        self._silent: dict[str, AlarmClocks] = {}  # the last alarm of a device that began without one

    # ---- Observer

    def output(self, at: float, device: str, name: str, value: int) -> None:
        self.outputs.append((at, device, name, value))
        if self.bus is not None:
            self.bus.output(device, name, value)
        if self.on_output is not None:
            self.on_output(device, name, value)
        if name not in ALARM_OUTPUTS:
            return
        sounding = self._sounding.setdefault(device, {})
        if not value:
            sounding.pop(name, None)
            return
        sounding.setdefault(name, at)
        alarm = self._silent.pop(device, None)
        if alarm is not None and at - alarm.decided <= SAME_INSTANT_MS:
            alarm.local = at

    def note(self, at: float, device: str, what: str, code: int, boot: int, seq: int) -> None:
        if self.bus is not None:
            self.bus.note(device, what, code)
        if what == ACCEPTED:
            self.accepted.add(device)
            if device in self.said:
                self.said[device].accepts.append(at)
        elif what == RAISED:
            alarm = AlarmClocks(device, code, boot, seq, at)
            self.alarms[device, boot, seq] = alarm
            since = max(self._sounding.get(device, {}).values(), default=None)
            if since is None:
                self._silent[device] = alarm
            else:  # one that sounds for another alarm already tells of this one too
                alarm.local = since if at - since <= SAME_INSTANT_MS else at
        elif what == STORED:
            self.stored_frames += 1
            self._set(device, boot, seq, "stored", at)
        elif what == ACKNOWLEDGED:
            self._set(device, boot, seq, "acknowledged", at)
        elif what == RESTORED:
            self._set(device, boot, seq, "restored", at)
        elif what == CLEARED:
            self._set(device, boot, seq, "cleared", at)

    def sent(self, at: float, device: str, cls: str, frame: bytes, due: float | None) -> None:
        self.count(at, device, cls)
        if device in self.overheard:
            self.overheard[device][cls] = frame
        if device in self.said:
            self.said[device].heard(at, cls, frame)
        if self.on_sent is not None:
            self.on_sent(at, device, frame)

    def count(self, at: float, device: str, cls: str, count: int = 1) -> None:
        """Frames were sent, the first of them then; those of one device and class in their order."""
        self.messages[cls] = self.messages.get(cls, 0) + count
        regular = self._regular.get(cls)
        if regular is not None:
            seen = regular.get(device)
            if seen is None:
                regular[device] = Regular(at, count)
            else:
                seen.count += count
        elif cls == EVENT:
            self.events_sent.setdefault(device, []).append(at)

    def delivered(self, at: float, device: str, cls: str, frame: bytes) -> None:
        if cls == ALARM:
            said = said_of(frame)
            alarm = self.alarms.get((device, said.boot, said.seq)) if said.kind == RAISE else None
            if alarm is not None and alarm.puback is None:
                alarm.puback = at

    def lag(self, lag_ms: float) -> None:
        self.lags.record(lag_ms)

    def link(self, at: float, device: str, up: bool) -> None:
        if up:
            self.linked.add(device)
            self.online.add(device)
        else:
            self.online.discard(device)
        if self.on_link is not None:
            self.on_link(at, device, up)

    def _set(self, device: str, boot: int, seq: int, field: str, at: float) -> None:
        alarm = self.alarms.get((device, boot, seq))
        if alarm is not None and getattr(alarm, field) is None:
            setattr(alarm, field, at)
