"""An hour of each day in which fires, leaks and calls for help come to devices that are in a bad way: `STATES`.

What daily life brings about too seldom to be sure of it: here each state has its alarms every day, and `Proofs` says
whether the device was in that state when the alarm came, by what it did and said itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from lilong_firmware.effects import CLEARED, RAISED
from lilong_protocol import codes, frame
from lilong_protocol.frame import Frame
from lilong_simulator.estate import Device, Estate
from lilong_simulator.fleet.full_flash import FullFlash
from lilong_simulator.incidents import Incident
from lilong_simulator.incidents.base import Step
from lilong_simulator.load.faults import FaultAsked, made
from lilong_simulator.load.faults.blackout import STANDBY
from lilong_simulator.load.faults.timeline import Planned
from lilong_simulator.random_streams import draw
from lilong_simulator.truth import truth_row
from lilong_simulator.world import World
from lilong_simulator.world.claims import calm_ms

MUTED, DISARMED, LOW, NO_TIME, FULL, DATE = (
    "muted", "disarmed", "battery low", "without time", "flash full", "certificate's date wrong",
)  # fmt: skip
STATES = (MUTED, DISARMED, LOW, NO_TIME, FULL, DATE)

DAY_MS, HOUR_MS = 86_400_000, 3_600_000
BEGINS_MS, LASTS_MS = 900_000, 2_400_000  # of the first hour of a day, in which `DAILY` faults rest
OFF_MS, ON_MS = 60_000, 120_000  # after that: power of those that lose the time
FIRST_MS, NEXT_MS = 600_000, 7_000  # after that: the first crossing, and from one to the next
MUTE_MS = (-20_000, 1_000, 15_000, 45_000)  # around a crossing: in advance, and as soon as each kind has raised
GROWS_MS, OVER_MS = 90_000, 300_000  # after a crossing
DIPS = ("smoke.alarm", "gas.leak")  # of which one that is muted and on the mains loses its power as well
DIP_MS, DIPS_MS = 180_000, 20_000  # after a crossing, and how long: the danger has grown and is not over
LOUD_MS = 10_000  # from what is not to be muted to the sounder
PRESS_MS = 200
POWERED_MS = 120_000  # a boot raises nothing

Values = tuple[tuple[int, str, int], ...]
# Kind, alarm, what its sensor feels after the crossing; smoke and gas at first so little that it may be muted.
DANGERS: tuple[tuple[str, str, Values], ...] = (
    ("smoke", "smoke.alarm", ((0, "obscuration", 280), (GROWS_MS, "obscuration", 900), (OVER_MS, "obscuration", 5))),
    ("gas", "gas.leak", ((0, "gas", 150), (GROWS_MS, "gas", 400), (OVER_MS, "gas", 0))),
    ("wristband", "band.sos", ((0, "sos", 1), (PRESS_MS, "sos", 0))),
    ("fence_zone", "panic", ((0, "panic", 1), (PRESS_MS, "panic", 0))),
)
CAN = {  # the kinds that can be in a state
    MUTED: ("smoke", "gas", "wristband", "fence_zone"),
    DISARMED: ("fence_zone",),
    LOW: ("smoke", "wristband", "fence_zone"),
    NO_TIME: ("smoke", "gas", "wristband", "fence_zone"),
    FULL: ("smoke", "gas", "wristband", "fence_zone"),
    DATE: ("smoke", "gas", "wristband", "fence_zone"),
}


class Case(NamedTuple):
    """A device, the state it is in, and the danger that comes then. ms of world time."""

    state: str
    device: Device
    alarm: str
    values: Values
    at_ms: int
    begins_ms: int


def cases(estate: Estate, days: int, seed: int, states: Sequence[str] = STATES) -> list[Case]:
    """Of each day, of each state and each kind one, as far as there are devices; by turns, where there are few."""
    found = []
    for day in range(days):
        begins = day * DAY_MS + BEGINS_MS
        for kind, alarm, values in DANGERS:
            of_kind = [one for one in estate.devices if one.kind == kind]
            devices = iter(sorted(of_kind, key=lambda one, day=day: draw(seed, "hard hour", day, one.id)))
            wanted = [state for state in states if kind in CAN[state]]
            turn = day % max(1, len(wanted))
            for state, device in zip((*wanted[turn:], *wanted[:turn]), devices, strict=False):
                if state == LOW and device.mains and kind not in STANDBY:
                    continue  # what its power returns to finds a low battery as it boots
                at = begins + FIRST_MS + NEXT_MS * sum(one.begins_ms == begins for one in found)
                found.append(Case(state, device, alarm, values, at, begins))
    return found


def faults(estate: Estate, found: Sequence[Case], seed: int) -> list[Planned]:
    """What is done to power, links and flash. A certificate of the wrong date shows as a connection that is refused."""
    planned = []
    for begins in sorted({one.begins_ms for one in found}):
        cut, lost, full = (
            [one.device for one in found if one.begins_ms == begins and one.state in states]
            for states in ((NO_TIME, DATE), (NO_TIME,), (FULL,))
        )
        for name, at, lasts, devices, more in (
            ("partition", 0, LASTS_MS, cut, ()),
            ("blackout", OFF_MS, ON_MS - OFF_MS, lost, (("standby", 0.0),)),
            ("full_flash", 0, LASTS_MS, full, ()),
        ):
            if devices:
                asked = FaultAsked(name, (begins + at) / 1000, lasts / 1000, more)
                planned.append(Planned(made(asked, begins + len(planned), seed), {estate.id: devices}))
    for case in found:
        if case.state == MUTED and case.alarm in DIPS and case.device.mains:
            asked = FaultAsked("blackout", (case.at_ms + DIP_MS) / 1000, DIPS_MS / 1000, (("standby", 0.0),))
            planned.append(Planned(made(asked, case.at_ms, seed), {estate.id: [case.device]}))
    return planned


class HardHours(Incident):
    """What the world does in them, and what people ask. `grew(at, device, within)`: it must be loud again by then."""

    name = "hard_hours"
    timeline = (Step(0, "devices are in a bad way"), Step(FIRST_MS, "dangers come to them"))

    def __init__(self, found: Sequence[Case], grew: Callable[[float, str, int], None]) -> None:
        self._cases = found
        self._grew = grew

    def device_names(self, estate: Estate) -> list[str]:
        return list({one.device.name: None for one in self._cases if one.device in estate.devices})

    def install(self, world: World) -> None:
        for case in self._cases:
            self._danger(world, case)
            for after in MUTE_MS if case.state == MUTED else (MUTE_MS[0],) if case.state == DISARMED else ():
                self._ask(world, case.at_ms + after, case, "mute" if case.state == MUTED else "disarm")
            if case.state == DISARMED:
                self._ask(world, case.at_ms + OVER_MS, case, "arm")
            elif case.state == LOW:
                begin = max(POWERED_MS, case.begins_ms + LASTS_MS - DAY_MS)  # some kinds look once a day
                world.claims.add(case.device.id, "battery", begin, case.begins_ms + LASTS_MS)
                world.change(begin, case.device, "battery", 5)
                world.change(case.begins_ms + LASTS_MS, case.device, "battery", 96)

    def _danger(self, world: World, case: Case) -> None:
        device, at = case.device, case.at_ms
        for after, channel, value in case.values:
            calm = calm_ms(channel)
            world.claims.add(device.id, channel, at - calm, at + OVER_MS + calm)
            world.change(at + after, device, channel, value)
            if after == GROWS_MS:
                self._grew(at + after, device.id, LOUD_MS)
        cause = f"a danger to one that is {case.state}"
        world.expect(truth_row(device, case.alarm, at, cause, "must", self.name, at + OVER_MS))

    def _ask(self, world: World, at: int, case: Case, command: str) -> None:
        world.agenda.at(at, lambda: world.app(case.device.id, command))


class Proofs:
    """Of each state, in how many cases the device was in it when its alarm came."""

    def __init__(self, found: Sequence[Case], store_of: Callable[[str], Any]) -> None:
        self.proved: Counter[str] = Counter()
        self.planned = Counter(one.state for one in found)
        self._cases = {(one.device.id, one.begins_ms): one for one in found}
        self._store_of = store_of
        self._online: set[str] = set()
        self._weak: set[str] = set()  # a low battery has been told
        self._disarmed: set[str] = set()
        self._told: set[Case] = set()

    def link(self, device: str, up: bool) -> None:
        if up:
            self._online.add(device)
        else:
            self._online.discard(device)

    def note(self, at: float, device: str, what: str, code: int) -> None:
        if code == codes.ALARM_BATTERY_LOW:
            if what == RAISED:
                self._weak.add(device)
            elif what == CLEARED:
                self._weak.discard(device)
        case = self._case(at, device) if what == RAISED else None
        if case is None or at < case.at_ms:
            return
        if (
            (case.state == DATE and device not in self._online)
            or (case.state == FULL and isinstance(self._store_of(device), FullFlash))
            or (case.state == LOW and device in self._weak)
            or (case.state == DISARMED and device in self._disarmed)
        ):
            self._prove(case)

    def said(self, at: float, device: str, said: Frame) -> None:
        case = self._case(at, device)
        if case is None:
            return
        if said.kind == frame.EVENT:
            if said.body[0] == codes.EVENT_FENCE_DISARMED:
                self._disarmed.add(device)
            elif said.body[0] == codes.EVENT_FENCE_ARMED:
                self._disarmed.discard(device)
            elif said.body[0] == codes.EVENT_MUTED and case.state == MUTED:
                self._prove(case)
        elif said.kind == frame.RAISE and case.state == NO_TIME and said.epoch is None and at > case.at_ms:
            self._prove(case)

    def missing(self) -> Iterator[str]:
        """States that never came about."""
        for state, planned in self.planned.items():
            if planned and not self.proved[state]:
                yield f"hard hours: none of {planned} devices was {state} when its alarm came"

    def _case(self, at: float, device: str) -> Case | None:
        return self._cases.get((device, int(at) // DAY_MS * DAY_MS + BEGINS_MS))

    def _prove(self, case: Case) -> None:
        if case not in self._told:
            self._told.add(case)
            self.proved[case.state] += 1
