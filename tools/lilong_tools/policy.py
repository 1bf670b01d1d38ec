"""What the person at the console does, and when: sans-io, the same for a live console and in virtual time.

Acknowledges what calls. Resets what latches once the danger is over, locks the doors that a fire has released when
nothing burns there any more, or, where no fire was told of, somebody has gone there and found none, opens a gas valve
again when the air is clean. An officer who is sent accepts, and arrives some minutes later. Whether that worked is seen
from what the centre shows next: what was refused, or was lost on its way, is tried again some times, ever later.
"""

from collections.abc import Iterator, Mapping
from heapq import heappop, heappush
from typing import Any, Literal, NamedTuple

from lilong_protocol import codes
from lilong_protocol.pc.findings import DISPATCH, IMPOSSIBLE_PASSAGE
from lilong_simulator.random_streams import draw_below

# How long a person takes to read an alarm and press the button; the limit for a human answer is 60 s.
QUICKEST_MS, SLOWEST_MS = 2_000, 9_000
LOOK_MS = (8_000, 20_000)  # a look at the place, before what is over is reset (assumed)
UNSEEN_MS = (240_000, 480_000)  # who sees none goes there, until when all who were cut off have told of it (assumed)
KNOWN_MS = 3_600_000  # so long a fire that was seen is why doors are released (assumed)
AIR_MS = (60_000, 180_000)  # somebody finds the tap and airs the kitchen, before the gas comes back (assumed)
ACCEPT_MS = (5_000, 30_000)  # an officer takes the telephone (assumed)
WAY_MS = (240_000, 1_200_000)  # and walks there (assumed); nine in ten are there in 45 min by telecare's figures
REVOKE_MS = (5_000, 20_000)  # whose card it is, is looked up (assumed)
SPANS_MS = {
    "reset": LOOK_MS, "open_valve": AIR_MS, "accept": ACCEPT_MS, "arrive": WAY_MS, "revoke": REVOKE_MS,
}  # fmt: skip
RETRY_MS = 60_000  # then twice as long each time
TRIES = 6
COPIED = "one card at two places"  # why it is revoked

RELEASED = (codes.EVENT_DOOR_RELEASED, codes.EVENT_LANE_RELEASED)  # a cycle gate says it as a door does
DOOR_EVENTS = (*RELEASED, codes.EVENT_DOOR_LOCKED, codes.EVENT_LANE_SECURED)
CALLS = (codes.ALARM_BAND_SOS, codes.ALARM_BAND_FALL, codes.ALARM_BAND_INACTIVE)
WATCHED_EVENTS = frozenset((*DOOR_EVENTS, codes.EVENT_GAS_VALVE_CLOSED, codes.EVENT_GAS_VALVE_OPENED))


class Action(NamedTuple):
    """`alarm`: the one to acknowledge, or whose end is reset, or the finding by which an officer is sent who accepts to
    go, and arrives, or the number of the card that is revoked; empty for a door or a valve."""

    what: Literal["acknowledge", "reset", "open_valve", "accept", "arrive", "revoke"]
    device: str
    alarm: str = ""


class _Wish:
    """An action that is called for. `due_ms` None: tried often enough."""

    __slots__ = ("due_ms", "tries")

    def __init__(self, due_ms: int) -> None:
        self.due_ms: int | None = due_ms
        self.tries = 0


class Policy:
    """One person. `core_of`: the core of each device, None for what stands outside; `now_ms`: any clock, rising."""

    def __init__(self, seed: int, core_of: Mapping[str, int | None]) -> None:
        self._seed = seed
        self._core_of = core_of
        self._open: dict[str, dict[str, Any]] = {}  # alarms as consoles get them
        self._revoked: set[Action] = set()
        self._awaited: set[str] = set()  # alarms to which somebody is under way
        self._released: dict[str, None] = {}  # doors, cycle gates, lanes
        self._fires: dict[int | None, int] = {}  # when one was shown last, by core
        self._shut: dict[str, None] = {}  # gas detectors whose valve is closed
        self._wishes: dict[Action, _Wish] = {}
        self._heap: list[tuple[int, Action]] = []

    # ---- what the console shows

    def connected(self, now_ms: int) -> None:
        """A console opens; it will be told of every open alarm, and nothing known of them before counts."""
        self._open.clear()
        self._awaited.clear()
        self._wishes.clear()
        self._heap.clear()
        for device in self._released:
            self._door(now_ms, device)
        for device in self._shut:
            self._valve(now_ms, device)

    def alarm(self, now_ms: int, alarm: Mapping[str, Any]) -> None:
        """An alarm as the centre shows it to consoles, new or changed."""
        name, device, code = alarm["id"], alarm["device"], alarm["code"]
        if alarm["cleared"]:
            self._open.pop(name, None)
        else:
            self._open[name] = dict(alarm)
        self._want(now_ms, Action("acknowledge", device, name), not alarm["cleared"] and not alarm["acknowledged"])
        self._want(now_ms, Action("reset", device, name), self._over(alarm))
        if code == codes.ALARM_SMOKE_ALARM:
            self._fires[self._core_of.get(device)] = now_ms
            for door in self._released:
                self._door(now_ms, door)
        elif code == codes.ALARM_GAS_LEAK:
            if not alarm["cleared"]:
                self._shut[device] = None  # the detector shuts it with the alarm
            self._valve(now_ms, device)

    def finding(self, now_ms: int, finding: Mapping[str, Any]) -> None:
        """A finding as the centre shows it to consoles; of a dispatch the officer has one of them. One card at two
        places is revoked, by the number that doors tell."""
        if finding["code"] == IMPOSSIBLE_PASSAGE.number and isinstance(finding.get("credential"), int):
            revoked = Action("revoke", finding["device"], str(finding["credential"]))
            if revoked not in self._revoked:
                self._want(now_ms, revoked, not finding["cleared"])
        if finding["code"] != DISPATCH.number:
            return
        name, device, over = finding["id"], finding["device"], finding["cleared"]
        self._want(now_ms, Action("accept", device, name), not over and not finding["acknowledged"])
        waits = not over and finding["on_site_at"] is None
        self._want(now_ms, Action("arrive", device, name), waits)
        if finding["on_site_at"] is not None:  # and so for whatever else calls at that device
            for action, wish in self._wishes.items():
                if action.what == "arrive" and action.device == device:
                    self._plan(action, wish, now_ms)
        cause = finding["cause"]
        if waits:
            self._awaited.add(cause)
        else:
            self._awaited.discard(cause)
        if (alarm := self._open.get(cause)) is not None:
            self._want(now_ms, Action("reset", device, cause), self._over(alarm))

    def event(self, now_ms: int, device: str, code: int) -> None:
        """An event of a device; those of WATCHED_EVENTS matter."""
        if code in RELEASED:
            self._released[device] = None
        elif code in DOOR_EVENTS:
            self._released.pop(device, None)
        elif code == codes.EVENT_GAS_VALVE_CLOSED:
            self._shut[device] = None
        elif code == codes.EVENT_GAS_VALVE_OPENED:
            self._shut.pop(device, None)
        if code in DOOR_EVENTS:
            self._door(now_ms, device)
        elif code in WATCHED_EVENTS:
            self._valve(now_ms, device)

    # ---- what is to be done

    @property
    def deadline(self) -> int | None:
        """When `take` has something to give; None while nothing is called for."""
        heap, wishes = self._heap, self._wishes
        while heap and ((wish := wishes.get(heap[0][1])) is None or wish.due_ms != heap[0][0]):
            heappop(heap)
        return heap[0][0] if heap else None

    def take(self, now_ms: int) -> Iterator[Action]:
        """What is due, one by one; what one action changes is told before the next is asked for."""
        while (due := self.deadline) is not None and due <= now_ms:
            action = heappop(self._heap)[1]
            wish = self._wishes[action]
            wish.tries += 1
            if action.what == "revoke":
                self._revoked.add(action)
                del self._wishes[action]
            elif wish.tries < TRIES:
                self._plan(action, wish, now_ms + (RETRY_MS << (wish.tries - 1)))
            else:
                wish.due_ms = None
            yield action

    # ---- inside

    def _door(self, now_ms: int, door: str) -> None:
        burning = self._burns(door)
        self._want(now_ms, Action("reset", door), door in self._released and not burning)
        for name, alarm in self._open.items():
            if alarm["device"] == door:
                self._want(now_ms, Action("reset", door, name), self._over(alarm))

    def _valve(self, now_ms: int, device: str) -> None:
        leaks = any(a["device"] == device and a["code"] == codes.ALARM_GAS_LEAK for a in self._open.values())
        self._want(now_ms, Action("open_valve", device), device in self._shut and not leaks)

    def _over(self, alarm: Mapping[str, Any]) -> bool:
        """To be reset. A reset also locks a door: not while people may still have to get out by it. A wearer's call
        waits for whoever is sent."""
        if alarm["code"] in CALLS and alarm["id"] in self._awaited:
            return False
        door = alarm["device"]
        return alarm["restored"] and not alarm["cleared"] and not (door in self._released and self._burns(door))

    def _burns(self, door: str) -> bool:
        """A smoke alarm is open in the core of the door; anywhere, when the door is one of the estate's gates."""
        core = self._core_of.get(door)
        return any(
            alarm["code"] == codes.ALARM_SMOKE_ALARM and core in (None, self._core_of.get(alarm["device"]))
            for alarm in self._open.values()
        )

    def _has_burnt(self, now_ms: int, door: str) -> bool:
        """Whether a fire was shown of late that has released the door."""
        core = self._core_of.get(door)
        return any(core in (None, at) and now_ms - when <= KNOWN_MS for at, when in self._fires.items())

    def _want(self, now_ms: int, action: Action, wanted: bool) -> None:
        if not wanted:
            self._wishes.pop(action, None)
        elif action not in self._wishes:
            wish = self._wishes[action] = _Wish(0)
            self._plan(action, wish, now_ms + self._delay_ms(now_ms, action))

    def _plan(self, action: Action, wish: _Wish, due_ms: int) -> None:
        wish.due_ms = due_ms
        heappush(self._heap, (due_ms, action))

    def _delay_ms(self, now_ms: int, action: Action) -> int:
        if action.what == "acknowledge":
            return reaction_ms(self._seed, action.alarm)
        low, high = SPANS_MS[action.what]
        if action.what == "reset" and not action.alarm and not self._has_burnt(now_ms, action.device):
            low, high = UNSEEN_MS
        return low + draw_below(high - low, self._seed, action.device, action.what)


def reaction_ms(seed: int, alarm: str) -> int:
    """The operator's time for one alarm: the mean of two even draws, the same for the same seed and alarm."""
    device = alarm.split("-", 1)[0]  # boot numbers differ from run to run
    spread = SLOWEST_MS - QUICKEST_MS
    return QUICKEST_MS + (draw_below(spread, seed, device, "read") + draw_below(spread, seed, device, "act")) // 2
