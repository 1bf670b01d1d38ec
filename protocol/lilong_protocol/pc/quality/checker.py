"""The checks of all devices, in bounded memory: for each device no more than for each quantity of its kind."""

from collections.abc import Iterator
from heapq import heappop, heappush
from typing import Any

from ...frame import BIRTH, EVENT, HEARTBEAT, RAISE, TELEMETRY, UPDATE, Frame
from ...registry import KIND, QUANTITY
from ..findings import CONTRADICTION, FUTURE_TIME, GAP, OUT_OF_RANGE, RATE, STUCK, Finding
from .contradictions import REPORTS, Passages
from .doubt import Doubt
from .holes import Holes
from .limits import FUTURE_MS, RATES, STUCK_READINGS
from .limits import STUCK as WINDOWS

_VALUES_AT = {BIRTH: 7, HEARTBEAT: 3, EVENT: 4, RAISE: 4, UPDATE: 4}  # in bodies
CLOCK = "clock"


class _Reading:
    """The last one of a quantity: when it was read, the value since when, the last that was believed."""

    __slots__ = ("at", "count", "good", "good_at", "since", "value")

    def __init__(self, at: int, value: int) -> None:
        self.at = self.since = self.good_at = at
        self.value = self.good = value
        self.count = 1


class _Device:
    __slots__ = ("epoch", "holes", "kind", "open", "passages", "readings")

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.holes = Holes()
        self.readings: dict[int, _Reading] = {}
        self.open: set[tuple[str, str]] = set()  # name and about of doubts that have begun
        self.passages = Passages() if kind == "door" else None
        self.epoch = (-1, 0)  # boot, epoch ms at its uptime 0 by our clock, the earliest that was seen


class Checker:
    """`kinds`: of each device that is checked, by its id. The caller lets nothing in that is not authentic."""

    def __init__(self, kinds: dict[str, str]) -> None:
        self._kinds = kinds
        self._devices: dict[str, _Device] = {}
        self._due: list[tuple[int, str]] = []  # a heap: when holes of which device must be looked at

    @property
    def deadline(self) -> int | None:
        """Epoch ms of the next wanted `step`, or None."""
        return self._due[0][0] if self._due else None

    def take(self, now_ms: int, device: str, frame: Frame, retained: bool = False) -> list[Doubt]:
        """A frame has arrived, perhaps not for the first time. A retained one tells of no time, and nothing here."""
        kind = self._kinds.get(device)
        if kind is None or retained or frame.boot is None or frame.uptime is None:
            return []
        known = self._devices.get(device)
        if known is None:
            known = self._devices[device] = _Device(kind)
        found = list(self._clock(now_ms, device, known, frame))
        if frame.kind == EVENT and frame.seq is not None:
            waits = known.holes.deadline
            fresh = known.holes.take(now_ms, frame.boot, frame.seq)
            if waits is None and known.holes.deadline is not None:
                heappush(self._due, (known.holes.deadline, device))
            if not fresh:
                return found  # said again, or overtaken
        found += self._readings(now_ms, device, known, frame)
        return found

    def resume(self, device: str, what: Finding, about: str) -> None:
        """A doubt had begun before this checker was made: it will tell the end."""
        kind = self._kinds.get(device)
        if kind is not None:
            self._devices.setdefault(device, _Device(kind)).open.add((what.name, about))

    def step(self, now_ms: int) -> list[Doubt]:
        """`deadline` has come."""
        found = []
        while self._due and self._due[0][0] <= now_ms:
            _, device = heappop(self._due)
            holes = self._devices[device].holes
            for boot, first, last in holes.due(now_ms):
                many = f"events {first} to {last}" if last > first else f"event {first}"
                found.append(Doubt(device, GAP, f"{boot}-{first}", True, now_ms, f"{many} of boot {boot} never came"))
            if holes.deadline is not None:
                heappush(self._due, (holes.deadline, device))
        return found

    # ---- inside

    def _clock(self, now_ms: int, device: str, known: _Device, frame: Frame) -> Iterator[Doubt]:
        boot, zero = known.epoch
        began = now_ms - frame.uptime
        if frame.boot > boot or (frame.boot == boot and began < zero):
            known.epoch = (frame.boot, began)  # the quickest frame tells best when its device began
        if frame.epoch is not None:
            ahead = frame.epoch - now_ms
            text = f"a time {ahead / 1000:.0f} s ahead"
            yield from self._state(now_ms, device, known, FUTURE_TIME, CLOCK, text if ahead > FUTURE_MS else "")

    def _readings(self, now_ms: int, device: str, known: _Device, frame: Frame) -> Iterator[Doubt]:
        if frame.boot != known.epoch[0]:
            return  # of an earlier boot: what came after it is known already
        for uptime, values in _rows(frame):
            at = known.epoch[1] + uptime
            sound: dict[int, Any] = {}
            for number, value in values.items():
                quantity = QUANTITY.get(number)
                if quantity is None or value is None:
                    continue
                before = known.readings.get(number)
                if before is not None and at < before.at:
                    continue  # read before the last one
                inside = quantity.low <= value <= quantity.high
                text = "" if inside else f"{value * 10.0**quantity.exponent:g} {quantity.unit}"
                yield from self._state(now_ms, device, known, OUT_OF_RANGE, quantity.name, text)
                if inside:
                    sound[number] = value
                    yield from self._course(now_ms, device, known, number, quantity.name, at, value)
            yield from self._agree(now_ms, device, known, frame, sound)

    def _course(
        self, now_ms: int, device: str, known: _Device, number: int, name: str, at: int, value: int
    ) -> Iterator[Doubt]:
        """How a quantity goes on: too fast, or not at all."""
        key = (known.kind, name)
        rate, window = RATES.get(key), WINDOWS.get(key)
        if rate is None and window is None:
            return
        reading = known.readings.get(number)
        if reading is None:
            known.readings[number] = _Reading(at, value)
            return
        if rate is not None:
            step, seconds = abs(value - reading.good), (at - reading.good_at) / 1000
            text = f"{step} in {seconds:.0f} s" if step > rate.slack + rate.per_s * seconds else ""
            yield from self._state(now_ms, device, known, RATE, name, text)
            if not text:
                reading.good, reading.good_at = value, at
        if value != reading.value:
            reading.value, reading.since, reading.count = value, at, 0
        reading.count += 1
        reading.at = at
        if window is not None:
            lasted = at - reading.since
            longest = window.ms if value else window.zero_ms
            text = f"{value} for {lasted / 3_600_000:.1f} h" if lasted >= longest else ""
            yield from self._state(now_ms, device, known, STUCK, name, text if reading.count >= STUCK_READINGS else "")

    def _agree(self, now_ms: int, device: str, known: _Device, frame: Frame, values: dict[int, Any]) -> Iterator[Doubt]:
        about, says = "", None
        if known.passages is not None:
            about = Passages.ABOUT
            if frame.kind == EVENT:
                says = known.passages.event(frame.body.get(0))
            else:
                known.passages.report(values)
        elif known.kind in REPORTS:
            about, check = REPORTS[known.kind]
            says = check(values)
        if says is not None:
            yield from self._state(now_ms, device, known, CONTRADICTION, about, says)

    def _state(self, now_ms: int, device: str, known: _Device, what: Finding, about: str, text: str) -> Iterator[Doubt]:
        """It is so, which `text` says, or it is not: told when that changes."""
        key = (what.name, about)
        if bool(text) == (key in known.open):
            return
        if text:
            known.open.add(key)
        else:
            known.open.discard(key)
        yield Doubt(device, what, about, bool(text), now_ms, text)


def _rows(frame: Frame) -> Iterator[tuple[int, dict[int, Any]]]:
    """(uptime, values by number) of what a frame measured, oldest first. One without values is a row, too."""
    if frame.kind == TELEMETRY:
        numbers, ages, columns = frame.body[0], frame.body[1], frame.body[2]
        for row in sorted(range(len(ages)), key=lambda row: -ages[row]):
            values = {number: column[row] for number, column in zip(numbers, columns, strict=True)}
            yield frame.uptime - ages[row], values
    elif frame.kind in _VALUES_AT:
        yield frame.uptime, (frame.body or {}).get(_VALUES_AT[frame.kind]) or {}


assert all(kind in KIND for kind, _ in (*RATES, *WINDOWS))
