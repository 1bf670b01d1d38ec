"""What the person at the console does and when: acknowledge, reset what is over, lock doors, open valves."""

from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from lilong_protocol import codes
from lilong_tools.policy import (
    AIR_MS,
    KNOWN_MS,
    LOOK_MS,
    QUICKEST_MS,
    RETRY_MS,
    SLOWEST_MS,
    TRIES,
    UNSEEN_MS,
    WAY_MS,
    Action,
    Policy,
    reaction_ms,
)

SEED = 7
ALARMS = st.from_regex(r"[0-9a-f]{16}-[0-9]{1,10}-[0-9]{1,6}", fullmatch=True)
SMOKE, SMOKE_2, GAS, LOBBY, GATE, PLANT = (f"{number:016x}" for number in range(1, 7))
CORE_OF = {SMOKE: 1, SMOKE_2: 2, GAS: 1, LOBBY: 1, GATE: None, PLANT: None}
HOUR_MS = 3_600_000
RELEASED, LOCKED = codes.EVENT_DOOR_RELEASED, codes.EVENT_DOOR_LOCKED


def view(device: str, code: int = codes.ALARM_SMOKE_ALARM, seq: int = 1, **changes: bool) -> dict[str, Any]:
    """An alarm as consoles get it, as far as a person looks at it."""
    alarm = {"id": f"{device}-1-{seq}", "device": device, "code": code}
    return {**alarm, "acknowledged": False, "restored": False, "cleared": False, **changes}


def sending(name: str = "d-1", cause: str = "", **changes: Any) -> dict[str, Any]:
    """A dispatch as consoles get it."""
    seen = {"id": name, "device": SMOKE, "code": 1006, "cause": cause, "cleared": False}
    return {**seen, "acknowledged": False, "on_site_at": None, **changes}


class Person:
    """A policy and the clock on the wall. `done`: (ms, action)."""

    def __init__(self) -> None:
        self.policy = Policy(SEED, CORE_OF)
        self.now = 0
        self.done: list[tuple[int, Action]] = []
        self.policy.connected(0)

    def sees(self, device: str, code: int = codes.ALARM_SMOKE_ALARM, seq: int = 1, **changes: bool) -> None:
        self.policy.alarm(self.now, view(device, code, seq, **changes))

    def hears(self, device: str, code: int) -> None:
        self.policy.event(self.now, device, code)

    def wait(self, ms: int = HOUR_MS) -> list[Action]:
        """Lets time pass; what was done in it."""
        before, end = len(self.done), self.now + ms
        while (due := self.policy.deadline) is not None and due <= end:
            self.now = max(self.now, due)
            self.done += [(self.now, action) for action in self.policy.take(self.now)]
        self.now = end
        return [action for _, action in self.done[before:]]

    def times(self, what: str) -> list[int]:
        return [at for at, action in self.done if action.what == what]


def reset(device: str, seq: int | None = None) -> Action:
    return Action("reset", device, "" if seq is None else f"{device}-1-{seq}")


# ---- how long a person takes


@given(st.integers(), ALARMS)
def test_a_reaction_takes_from_two_to_nine_seconds(seed: int, alarm: str) -> None:
    assert QUICKEST_MS == 2_000 <= reaction_ms(seed, alarm) < 9_000 == SLOWEST_MS


@given(st.integers(), ALARMS, st.integers(0, 2**32), st.integers(0, 2**32))
def test_it_depends_on_seed_and_device_alone(seed: int, alarm: str, boot: int, seq: int) -> None:
    device = alarm.partition("-")[0]
    assert reaction_ms(seed, alarm) == reaction_ms(seed, f"{device}-{boot}-{seq}")


def test_reactions_are_spread_around_the_middle() -> None:
    times = sorted(reaction_ms(SEED, f"{device:016x}-1-1") for device in range(1_000))
    assert 5_300 < sum(times) / len(times) < 5_700
    assert times[100] < 4_000
    assert times[900] > 7_000
    assert times != sorted(reaction_ms(SEED + 1, f"{device:016x}-1-1") for device in range(1_000))


# ---- alarms


def test_an_alarm_is_acknowledged_after_a_reaction_and_once() -> None:
    person = Person()
    person.sees(SMOKE)
    person.sees(SMOKE)
    assert person.wait(SLOWEST_MS) == [Action("acknowledge", SMOKE, f"{SMOKE}-1-1")]
    assert person.times("acknowledge") == [reaction_ms(SEED, f"{SMOKE}-1-1")]
    person.sees(SMOKE, acknowledged=True)
    assert person.wait() == []


def test_what_comes_back_is_acknowledged_again() -> None:
    person = Person()
    person.sees(SMOKE)
    person.wait(SLOWEST_MS)
    person.sees(SMOKE, acknowledged=True, restored=True)
    person.wait(1_000)
    person.sees(SMOKE)
    assert [action.what for action in person.wait(SLOWEST_MS)] == ["acknowledge"]


def test_what_is_cleared_before_anybody_reacts_is_left_alone() -> None:
    person = Person()
    person.sees(SMOKE)
    person.sees(SMOKE, cleared=True)
    assert person.wait() == []


def test_what_is_over_is_reset_after_a_look() -> None:
    person = Person()
    person.sees(SMOKE, acknowledged=True)
    assert person.wait() == []
    over = person.now
    person.sees(SMOKE, acknowledged=True, restored=True)
    assert person.wait(LOOK_MS[1]) == [reset(SMOKE, 1)]
    assert LOOK_MS[0] <= person.times("reset")[0] - over < LOOK_MS[1]
    person.sees(SMOKE, acknowledged=True, restored=True, cleared=True)
    assert person.wait() == []


def test_a_danger_that_returns_during_the_look_is_not_reset() -> None:
    person = Person()
    person.sees(SMOKE, acknowledged=True, restored=True)
    person.wait(LOOK_MS[0] - 1)
    person.sees(SMOKE, acknowledged=True)
    assert person.wait() == []


def test_a_refusal_is_tried_again_ever_later_and_not_for_ever() -> None:
    person = Person()
    person.sees(SMOKE, acknowledged=True, restored=True)
    assert person.wait(24 * HOUR_MS) == [reset(SMOKE, 1)] * TRIES
    times = person.times("reset")
    assert [b - a for a, b in pairwise(times)] == [RETRY_MS << n for n in range(TRIES - 1)]
    assert person.policy.deadline is None


def test_after_the_last_try_a_new_end_of_the_danger_begins_anew() -> None:
    person = Person()
    person.sees(SMOKE, acknowledged=True, restored=True)
    person.wait(24 * HOUR_MS)
    person.sees(SMOKE, acknowledged=True)
    person.sees(SMOKE, acknowledged=True, restored=True)
    assert person.wait(LOOK_MS[1]) == [reset(SMOKE, 1)]


# ---- doors


def test_a_released_door_is_locked_when_nothing_burns_in_its_core() -> None:
    person = Person()
    person.sees(SMOKE, acknowledged=True)
    for door in (LOBBY, GATE):
        person.hears(door, RELEASED)
    assert person.wait(24 * HOUR_MS) == []
    person.sees(SMOKE, acknowledged=True, restored=True)
    assert person.wait(LOOK_MS[1]) == [reset(SMOKE, 1)], "smoke that is not reset still burns"
    person.sees(SMOKE, cleared=True)
    assert set(person.wait(LOOK_MS[1])) == {reset(LOBBY), reset(GATE)}
    for door in (LOBBY, GATE):
        person.hears(door, LOCKED)
    assert person.wait() == []


def test_a_lane_that_is_open_for_fire_is_reset_when_nothing_burns() -> None:
    person = Person()
    person.sees(SMOKE, acknowledged=True)
    person.hears(GATE, codes.EVENT_LANE_RELEASED)
    assert person.wait() == []
    person.sees(SMOKE, cleared=True)
    assert person.wait(LOOK_MS[1]) == [reset(GATE)]
    person.hears(GATE, codes.EVENT_LANE_SECURED)
    assert person.wait() == []


def test_a_fire_elsewhere_keeps_the_gates_open_but_not_the_doors_of_another_core() -> None:
    person = Person()
    person.sees(SMOKE_2, acknowledged=True)
    for door in (LOBBY, GATE):
        person.hears(door, RELEASED)
    assert set(person.wait(UNSEEN_MS[1])) == {reset(LOBBY)}
    person.hears(LOBBY, LOCKED)
    assert person.wait() == []
    person.sees(SMOKE_2, cleared=True)
    assert person.wait(LOOK_MS[1]) == [reset(GATE)]


def test_a_fire_that_begins_during_the_look_keeps_the_doors_open() -> None:
    person = Person()
    person.hears(LOBBY, RELEASED)
    person.wait(LOOK_MS[0] - 1)
    person.sees(SMOKE, acknowledged=True)
    assert person.wait() == []


def test_doors_that_a_fire_has_opened_of_which_nobody_has_told_yet_stay_open_until_somebody_has_gone_there() -> None:
    person = Person()
    person.hears(LOBBY, RELEASED)
    assert person.wait(UNSEEN_MS[0] - 1) == []
    person.sees(SMOKE, acknowledged=True)  # its detector was cut off
    assert person.wait() == []
    person.sees(SMOKE, cleared=True)
    assert person.wait(LOOK_MS[1]) == [reset(LOBBY)]
    person.hears(LOBBY, LOCKED)
    person.wait(KNOWN_MS)
    person.hears(LOBBY, RELEASED)
    begun = person.now
    assert set(person.wait(UNSEEN_MS[1])) == {reset(LOBBY)}
    assert UNSEEN_MS[0] <= next(at for at in person.times("reset") if at > begun) - begun < UNSEEN_MS[1]


def test_an_alarm_of_a_released_door_is_not_reset_while_it_burns_for_that_would_lock_the_door() -> None:
    person = Person()
    for door in (LOBBY, PLANT):
        person.sees(door, codes.ALARM_DOOR_FORCED, acknowledged=True, restored=True)
    person.sees(SMOKE, acknowledged=True)
    person.hears(LOBBY, RELEASED)
    assert person.wait(LOOK_MS[1]) == [reset(PLANT, 1)]
    person.sees(PLANT, codes.ALARM_DOOR_FORCED, cleared=True)
    person.sees(SMOKE, cleared=True)
    assert set(person.wait(LOOK_MS[1])) == {reset(LOBBY), reset(LOBBY, 1)}


# ---- gas


def test_a_valve_is_opened_when_the_leak_is_reset_and_the_kitchen_aired() -> None:
    person = Person()
    leak = codes.ALARM_GAS_LEAK
    person.sees(GAS, leak, acknowledged=True)
    person.hears(GAS, codes.EVENT_GAS_VALVE_CLOSED)
    assert person.wait() == []
    person.sees(GAS, leak, acknowledged=True, restored=True)
    assert person.wait(LOOK_MS[1]) == [reset(GAS, 1)]
    reset_at = person.now
    person.sees(GAS, leak, cleared=True)
    assert person.wait(AIR_MS[1]) == [Action("open_valve", GAS)]
    assert AIR_MS[0] <= person.times("open_valve")[0] - reset_at < AIR_MS[1]
    person.hears(GAS, codes.EVENT_GAS_VALVE_OPENED)
    assert person.wait() == []


def test_a_valve_stays_shut_when_gas_comes_again_while_the_kitchen_is_aired() -> None:
    person = Person()
    person.hears(GAS, codes.EVENT_GAS_VALVE_CLOSED)
    person.wait(AIR_MS[0] - 1)
    person.sees(GAS, codes.ALARM_GAS_LEAK, seq=2, acknowledged=True)
    assert person.wait() == []


def test_a_leak_alone_says_that_the_valve_is_shut() -> None:
    person = Person()
    person.sees(GAS, codes.ALARM_GAS_LEAK, acknowledged=True)
    person.sees(GAS, codes.ALARM_GAS_LEAK, cleared=True)
    assert person.wait(AIR_MS[1]) == [Action("open_valve", GAS)]


# ---- a console that was away


def test_a_new_console_knows_the_doors_and_valves_but_no_alarm_before_it_is_told() -> None:
    person = Person()
    person.sees(SMOKE)
    person.hears(LOBBY, RELEASED)
    person.hears(GAS, codes.EVENT_GAS_VALVE_CLOSED)
    person.wait(1)
    person.policy.connected(person.now)
    person.sees(SMOKE, acknowledged=True)  # somebody else did
    assert person.wait(AIR_MS[1]) == [Action("open_valve", GAS)]
    person.policy.connected(person.now)
    assert set(person.wait(AIR_MS[1])) == {reset(LOBBY), Action("open_valve", GAS)}, "the fire was cleared meanwhile"


@given(
    st.lists(st.tuples(st.sampled_from([SMOKE, SMOKE_2, LOBBY, GATE, GAS]), st.integers(0, 8), st.integers(0, HOUR_MS)))
)
def test_no_door_is_ever_reset_while_it_is_released_and_something_burns(
    story: list[tuple[str, int, int]],
) -> None:
    person = Person()
    burning: set[str] = set()
    released: set[str] = set()
    for device, what, ms in story:
        before = len(person.done)
        if device in (LOBBY, GATE):
            if what < 6:
                person.sees(device, codes.ALARM_DOOR_FORCED, restored=what % 2 == 0, cleared=what == 1)
            else:
                person.hears(device, RELEASED if what % 2 else LOCKED)
                (released.add if what % 2 else released.discard)(device)
        elif device == GAS:
            person.sees(device, codes.ALARM_GAS_LEAK, restored=what % 2 == 0, cleared=what == 1)
        else:
            person.sees(device, restored=what % 2 == 0, cleared=what < 3)
            (burning.discard if what < 3 else burning.add)(device)
        person.wait(ms)
        for _, action in person.done[before:]:
            if action.what == "reset" and action.device in released:
                cores = {CORE_OF[one] for one in burning}
                assert not (cores if action.device == GATE else cores & {1})


def test_whoever_is_sent_accepts_and_arrives_and_only_then_is_the_call_reset() -> None:
    person = Person()
    person.sees(SMOKE, codes.ALARM_BAND_FALL, acknowledged=True, restored=True)
    cause = view(SMOKE)["id"]
    person.policy.finding(0, sending(cause=cause))
    assert [action.what for action in person.wait(WAY_MS[1])][:2] == ["accept", "accept"]
    assert WAY_MS[0] <= person.times("arrive")[0] <= WAY_MS[1]
    assert person.times("reset") == []
    person.policy.finding(person.now, sending(cause=cause, acknowledged=True, on_site_at=person.now))
    assert [action.what for action in person.wait(LOOK_MS[1])] == ["reset"]


def test_who_is_there_is_there_for_all_that_calls_at_that_place() -> None:
    person = Person()
    person.policy.finding(0, sending(acknowledged=True))
    person.policy.finding(0, sending("d-2", acknowledged=True))
    person.policy.finding(0, sending(acknowledged=True, on_site_at=1))
    assert [action.alarm for action in person.wait(1)] == ["d-2"]


def test_other_findings_send_nobody_and_what_is_over_needs_nobody() -> None:
    person = Person()
    person.policy.finding(0, sending(code=1001))
    person.policy.finding(0, sending("d-2"))
    person.policy.finding(0, sending("d-2", cleared=True))
    assert person.wait() == []


def test_a_card_at_two_places_is_revoked_once() -> None:
    person = Person()
    copied = {"id": "p-1", "device": GATE, "code": 1005, "cleared": False, "credential": 77, "acknowledged": False}
    person.policy.finding(0, copied)
    assert person.wait() == [Action("revoke", GATE, "77")]
    person.policy.finding(person.now, copied)
    assert person.wait() == []
