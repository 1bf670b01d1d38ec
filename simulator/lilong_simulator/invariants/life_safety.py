"""Rule 6: nothing blocks a fire, gas or SOS alarm; neither muting nor disarming, a low battery, a lost time, a full
flash, nor a certificate of the wrong date. Where the world crosses, the device raises and sounds in its time, whatever
state it is in; a danger that grows is loud again. Rule 1: gas that must be raised has shut its valve as well, whatever
the network does. The one excuse is a device that had no power, or a stuck sensor. Rule 7: who boots inside a fire or a
leak sounds again, where its flash could keep that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import inf

from lilong_firmware.effects import CLEARED, RAISED, RESTORED
from lilong_protocol import codes
from lilong_protocol.registry import ALARM

from ..carried_out import SHUT
from ..recorder import ALARM_OUTPUTS
from ..truth import TruthRow

LIFE = frozenset(
    (codes.ALARM_SMOKE_ALARM, codes.ALARM_GAS_LEAK, codes.ALARM_GAS_CO, codes.ALARM_BAND_SOS, codes.ALARM_PANIC)
)
LOUD = LIFE - {codes.ALARM_PANIC}  # a panic button of an indoor station is a silent one
TICK_MS = 1  # a device counts whole milliseconds
SOUNDS = frozenset((codes.ALARM_SMOKE_ALARM, codes.ALARM_GAS_LEAK, codes.ALARM_GAS_CO))  # whoever has answered
RESUMED_MS = 5_000  # (ours) from the first word after a boot to the sounder, at the latest
DRIFT = 0.001  # (ours) of an uptime
SHUT_MS = 10_000  # from the latest alarm of gas until its valve is shut
WITHIN_MS = 5_000  # (ours) where an alarm has no limit of its own at the device
KEPT_MS = 7_200_000  # what is over so long is asked for no more

Violated = Callable[[float, str, str], None]
Excused = Callable[[str, float, float], bool]
"""Whether a device could not feel or do anything some time between two."""


class LifeSafety:
    """`crossed` and `grew` say what must be, `booted` who must go on; `settle` holds what is due to what was. ms of the
    run's clock. `unkept`: whether a device has just now no flash that could keep an alarm over a boot."""

    def __init__(self, violated: Violated) -> None:
        self.held = 0  # crossings
        self.excused = 0
        self._violated = violated
        self._due: list[tuple[float, float, str, int]] = []  # until, from, device, code; 0: it must only be loud
        self._episodes: dict[tuple[str, int], list[tuple[float, int, int]]] = {}  # raised, boot and seq
        self._cleared: dict[tuple[str, int, int], float] = {}
        self._on: dict[str, set[str]] = {}
        self._loud: dict[str, list[tuple[float, bool]]] = {}
        self.unkept: Callable[[str], bool] = lambda _: False
        self.resumed = 0
        self._going: dict[str, dict[tuple[int, int], float]] = {}  # by device: since when, by boot and seq
        self._to_resume: list[tuple[float, float, str, tuple[int, int]]] = []  # until, from, device, boot and seq
        self._valves: dict[str, list[tuple[float, bool]]] = {}  # when it was driven, and whether shut
        self._to_shut: list[tuple[float, float, str]] = []  # until, from, device

    def note(self, at: float, device: str, what: str, code: int, boot: int, seq: int) -> None:
        if code not in LIFE:
            return
        if code in SOUNDS and what == RAISED and not self.unkept(device):
            self._going.setdefault(device, {})[boot, seq] = at
        elif what in (RESTORED, CLEARED):
            self._going.get(device, {}).pop((boot, seq), None)
        if what == RAISED:
            self._episodes.setdefault((device, code), []).append((at, boot, seq))
        elif what == CLEARED:
            self._cleared[device, boot, seq] = at

    def output(self, at: float, device: str, name: str, value: int) -> None:
        if name == "valve":
            self._valves.setdefault(device, []).append((at, value == SHUT))
        if name in ALARM_OUTPUTS:
            on = self._on.setdefault(device, set())
            if value:
                on.add(name)
            else:
                on.discard(name)
            self._loud.setdefault(device, []).append((at, bool(on)))

    def crossed(self, row: TruthRow) -> None:
        """A row of the truth: a danger that must be raised is so from its crossing on."""
        if row.expect == "must" and row.by == "device" and row.code in LIFE:
            within = row.limits.get("local_ms") or row.limits.get("ingest_ms") or WITHIN_MS
            self._due.append((row.crossing_ms + within, row.crossing_ms, row.device, row.code))
            if row.code == codes.ALARM_GAS_LEAK:
                self._to_shut.append((row.crossing_ms + within + SHUT_MS, row.crossing_ms, row.device))

    def grew(self, at: float, device: str, within_ms: int) -> None:
        """A danger has grown beyond what may be muted: the device is loud by then."""
        self._due.append((at + within_ms, at, device, 0))

    def booted(self, at: float, device: str, boot: int, began: float) -> None:
        """The first word of a boot that began then."""
        for episode, since in self._going.get(device, {}).items():
            if episode[0] < boot and since < began:
                begin = began - TICK_MS - (at - began) * DRIFT
                self._to_resume.append((at + RESUMED_MS, begin, device, episode))

    def settle(self, now: float, excused: Excused) -> None:
        """What was due before now is judged."""
        due = [one for one in self._due if one[0] < now]
        self._due = [one for one in self._due if one[0] >= now]
        for until, begin, device, code in due:
            if excused(device, begin, until):
                self.excused += 1
                continue
            self.held += 1
            if code and not self._raised(device, code, begin, until):
                self._violated(until, device, f"{ALARM[code].name} of {begin:.0f} ms is not raised: it is blocked")
            elif (not code or code in LOUD) and not _was(self._loud.get(device, ()), begin, until):
                self._violated(until, device, f"a danger of {begin:.0f} ms is not loud: it is silenced")
        late = [one for one in self._to_shut if one[0] < now]
        self._to_shut = [one for one in self._to_shut if one[0] >= now]
        for until, begin, device in late:
            if not excused(device, begin, until) and not _was(self._valves.get(device, ()), begin, until):
                self._violated(until, device, f"the valve is open {until - begin:.0f} ms after gas of {begin:.0f} ms")
        back = [one for one in self._to_resume if one[0] < now]
        self._to_resume = [one for one in self._to_resume if one[0] >= now]
        for until, begin, device, (boot, seq) in back:
            self.resumed += 1
            if not any(on and begin <= at <= until for at, on in self._loud.get(device, ())):
                self._violated(until, device, f"alarm {boot}/{seq} was open, and the boot of {begin:.0f} ms forgets it")
        self._forget(now - KEPT_MS)

    # ---- inside

    def _raised(self, device: str, code: int, begin: float, until: float) -> bool:
        """In time, or open still from before."""
        return any(
            at <= until and self._cleared.get((device, boot, seq), inf) >= begin - TICK_MS
            for at, boot, seq in self._episodes.get((device, code), ())
        )

    def _forget(self, before: float) -> None:
        for key, episodes in list(self._episodes.items()):
            kept = [one for one in episodes if self._cleared.get((key[0], *one[1:]), inf) >= before]
            for one in episodes:
                if one not in kept:
                    del self._cleared[key[0], one[1], one[2]]
            self._episodes[key] = kept
            if not kept:
                del self._episodes[key]
        for kept_of in (self._loud, self._valves):
            for device, changes in list(kept_of.items()):
                kept_of[device] = [one for one in changes[:-1] if one[0] >= before] + changes[-1:]


def _was(changes: Iterable[tuple[float, bool]], begin: float, until: float) -> bool:
    """So at some time from `begin` to `until`, by when it became so and was so no more."""
    so = False
    for at, on in changes:
        if at > until:
            break
        so = on or (so and at > begin)
    return so
