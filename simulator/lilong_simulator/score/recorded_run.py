"""What was recorded of a run, as a run's recorder would have seen it: alarms with their clocks, releases, heartbeats.

When an alarm was decided is told by its own frame: its uptime, laid on the recording's clock by what its device sent
about that time without delay. Outputs are not on the wire; what a device says of them is. Nothing here is verified.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from lilong_protocol import frame, topics
from lilong_protocol.cbor import CborError, decode
from lilong_protocol.pc.sealed import payload_of
from lilong_protocol.registry import EVENTS, KIND, KIND_BY_NUMBER, QUANTITIES

from ..carried_out import FREE, LIFT, SEEN, SHUT
from ..estate.parts import Device
from ..load.recorded import Source
from ..recorder import AlarmClocks, Recorder
from ..said import Said
from .completeness import SLOWEST_BEAT_S

SAID = (topics.STATE, topics.ALARM, topics.EVENT)  # classes that are read; of the others only that they were there
ABOUT_MS = 3_600_000.0  # (ours) a device's clock may drift by 10 s a day: so long it is as good as right
CLOCKS = 1_000  # dated births by which a recording without a date is dated
_BOOT, _SEQ, _UPTIME, _EPOCH, _BODY, _REF = 2, 3, 4, 5, 7, 9  # payload keys
_KIND, _BEAT_S = 0, 3  # keys of a birth
_EVENT = {event.name: event.number for event in EVENTS}
_QUANTITY = {quantity.name: quantity.number for quantity in QUANTITIES}
TOLD_BY = {
    _EVENT["door.released"]: ("lock", FREE), _EVENT["door.locked"]: ("lock", 0),
    _EVENT["lane.released"]: ("barrier", LIFT),
    _EVENT["gas.valve_closed"]: ("valve", SHUT), _EVENT["gas.valve_opened"]: ("valve", 0),
    _EVENT["socket.on"]: ("relay", 1), _EVENT["socket.off"]: ("relay", 0),
}  # fmt: skip
"""Outputs by the event that tells of them."""
LETS_IN = tuple(_EVENT[name] for name in ("door.granted", "door.exit", "door.unlocked"))
"""Events of which the lock is free for some seconds; nobody tells of its end."""
PULSE_MS = 1.0
SHOWN_BY = {
    _QUANTITY["lamp_level"]: "lamp", _QUANTITY["unlocked"]: "lock", _QUANTITY["valve_closed"]: "valve",
    _QUANTITY["switched_on"]: "relay",
}  # fmt: skip
"""Outputs by the quantity that has their value, wherever it is told."""
_TOLD_VALUES = {*TOLD_BY.values()}
_VALUES_AT = {frame.BIRTH: 7, frame.HEARTBEAT: 3, frame.EVENT: 4}  # in bodies
BEATS_TELL = ("streetlight",)  # kinds whose outputs change without an event


@dataclass(slots=True)
class RecordedRun:
    """Times in ms of the recording's clock; `epoch_zero`: Unix ms at its 0, None where nothing dates it."""

    recorder: Recorder = field(default_factory=Recorder)
    tenants: set[str] = field(default_factory=set)
    devices: set[str] = field(default_factory=set)
    kinds: dict[str, tuple[str, int | None]] = field(default_factory=dict)  # and the beat in s, as births have told
    first: float = 0.0
    last: float = 0.0
    epoch_zero: float | None = None

    @staticmethod
    def tells_of(action: str) -> bool:
        """Whether frames tell that a command has been carried out; what is no command they tell by themselves."""
        wanted = SEEN.get(action)
        return wanted is None or any(
            (name, value) in _TOLD_VALUES or name in SHOWN_BY.values() for name, value in wanted.items()
        )

    def placed(self, names: dict[str, str]) -> list[Device]:
        """The devices whose kind is known; `names` by id, where there are some."""
        return [
            Device(device, kind, names.get(device, device), 0.0, 0.0, 0, None, None, None, (), _own(kind, beat_s))
            for device, (kind, beat_s) in sorted(self.kinds.items())
        ]


def read(source: Source, listened: Iterable[str] = ()) -> RecordedRun:
    """Read a source from end to end; RecordingError for what is none. listened: devices of which it is kept when they
    said what of classes that come in great numbers."""
    run = RecordedRun(epoch_zero=source.epoch_zero)
    run.recorder.said = {device: Said() for device in listened}
    clocks = _Clocks()
    told: list[tuple[float, str, dict[int, Any]]] = []
    dates: list[float] = []
    begun = False
    for at, tenant, device, cls, data, _ in source.rows():
        if not begun:
            run.first, begun = at, True
        run.last = max(run.last, at)
        if not cls:
            continue  # its connection ended
        run.tenants.add(tenant)
        if data:
            run.devices.add(device)  # of a real board a load records that it sent, and not what
        run.recorder.sent(at, device, cls, data, None)
        tells = cls in SAID or (cls == topics.HEARTBEAT and run.kinds.get(device, ("",))[0] in BEATS_TELL)
        fields = _fields(data) if tells else None
        if fields is None:
            continue
        clocks.heard(at, device, fields)
        if fields[1] == frame.BIRTH:
            _born(run, device, fields)
            if fields.get(_EPOCH) is not None and len(dates) < CLOCKS:
                dates.append(fields[_EPOCH] - at)
        if fields[1] != frame.DEATH:
            told.append((at, device, fields))
    if run.epoch_zero is None and dates:
        run.epoch_zero = float(round(median(dates)))
    _tell(run.recorder, told, clocks)
    return run


class _Clocks:
    """The recording's clock at the uptime 0 of each device and boot, as its frames tell: the least delayed ones."""

    def __init__(self) -> None:
        self._heard: dict[tuple[str, int], tuple[list[float], list[float]]] = {}

    def heard(self, at: float, device: str, fields: dict[int, Any]) -> None:
        if _UPTIME in fields:
            times, zeros = self._heard.setdefault((device, fields[_BOOT]), ([], []))
            times.append(at)
            zeros.append(at - fields[_UPTIME])

    def made(self, at: float, device: str, fields: dict[int, Any]) -> float:
        """When a frame was made that came at a time."""
        times, zeros = self._heard[device, fields[_BOOT]]
        about = zeros[bisect_left(times, at - ABOUT_MS) : bisect_right(times, at + ABOUT_MS)]
        return min(about) + float(fields[_UPTIME])


def _tell(recorder: Recorder, told: Iterable[tuple[float, str, dict[int, Any]]], clocks: _Clocks) -> None:
    """Alarms and outputs, from what was said of them."""
    released: set[str] = set()
    for at, device, fields in told:
        if _UPTIME not in fields:
            continue
        body, made = fields[_BODY], clocks.made(at, device, fields)
        values = body.get(_VALUES_AT.get(fields[1], -1)) or {}
        recorder.outputs += [
            (made, device, SHOWN_BY[quantity], value)
            for quantity, value in values.items() if quantity in SHOWN_BY and value is not None
        ]  # fmt: skip
        if fields[1] == frame.RAISE:
            key = device, fields[_BOOT], fields[_SEQ]
            if key not in recorder.alarms:
                recorder.alarms[key] = AlarmClocks(device, body[0], *key[1:], made, sent=at)
        elif fields[1] == frame.CLEAR:
            alarm = recorder.alarms.get((device, *fields[_REF]))
            if alarm is not None and alarm.cleared is None:
                alarm.cleared = made
        elif fields[1] == frame.EVENT and body[0] in TOLD_BY:
            name, value = TOLD_BY[body[0]]
            recorder.outputs.append((made, device, name, value))
            if name == "lock":
                (released.add if value == FREE else released.discard)(device)
        elif fields[1] == frame.EVENT and body[0] in LETS_IN and device not in released:
            recorder.outputs += [(made, device, "lock", FREE), (made + PULSE_MS, device, "lock", 0)]
    recorder.outputs.sort(key=lambda row: row[0])


def _fields(data: bytes) -> dict[int, Any] | None:
    """The fields of a sealed frame, unverified; None for what is none, or not there."""
    try:
        fields: Any = decode(payload_of(data))
        return fields if isinstance(fields, dict) and isinstance(fields[_BODY], dict) and _BOOT in fields else None
    except (CborError, LookupError, TypeError):
        return None


def _born(run: RecordedRun, device: str, fields: dict[int, Any]) -> None:
    kind = KIND_BY_NUMBER.get(fields[_BODY].get(_KIND))
    if kind is not None:
        run.kinds[device] = kind.name, fields[_BODY].get(_BEAT_S)


def _own(kind: str, beat_s: int | None) -> int | None:
    """The beat of a device where it is another than its kind's."""
    return None if kind in SLOWEST_BEAT_S or beat_s == KIND[kind].link.beat_s else beat_s
