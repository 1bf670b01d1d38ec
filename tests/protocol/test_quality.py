"""The reference checker: what a device in order says is never doubted, and each kind of doubt begins and ends."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from lilong_protocol import codes
from lilong_protocol.frame import BIRTH, EVENT, HEARTBEAT, TELEMETRY, Frame
from lilong_protocol.pc.findings import CONTRADICTION, FUTURE_TIME, GAP, OUT_OF_RANGE, RATE, STUCK
from lilong_protocol.pc.quality import Checker, Doubt
from lilong_protocol.pc.quality.limits import GAP_WAIT_MS, HOLES_MAX

T0 = 1_800_000_000_000
HOUR_MS = 3_600_000
LAMP, BAND, DOOR, GAS, FENCE = "lamp", "band", "door", "gas", "fence"
KINDS = {LAMP: "streetlight", BAND: "wristband", DOOR: "door", GAS: "gas", FENCE: "fence_zone"}


def frame(kind: int, body: dict[int, Any], uptime: int, seq: int = 1, boot: int = 1, epoch: int | None = None) -> Frame:
    fields = {0: 1, 1: kind, 2: boot, 3: seq, 4: uptime, 7: body}
    return Frame(fields if epoch is None else {**fields, 5: epoch, 6: 3})


class Backend:
    """Says what a device tells at an uptime; it was switched on at T0."""

    def __init__(self) -> None:
        self.checker = Checker(KINDS)
        self.seq = 0

    def beat(self, device: str, uptime: int, values: dict[int, Any], **more: Any) -> list[Doubt]:
        return self.checker.take(T0 + uptime, device, frame(HEARTBEAT, {3: values}, uptime, **more))

    def event(self, device: str, uptime: int, code: int, seq: int | None = None, boot: int = 1) -> list[Doubt]:
        self.seq = self.seq + 1 if seq is None else seq
        return self.checker.take(T0 + uptime, device, frame(EVENT, {0: code}, uptime, self.seq, boot))


def kinds(doubts: list[Doubt]) -> list[tuple[str, str, bool]]:
    return [(doubt.what.name, doubt.about, doubt.begins) for doubt in doubts]


def test_out_of_range_begins_once_and_ends_with_a_value_that_can_be() -> None:
    backend = Backend()
    assert backend.beat(GAS, 0, {codes.Q_GAS: 0}) == []
    (doubt,) = backend.beat(GAS, 300_000, {codes.Q_GAS: -30, codes.Q_CO: 0})
    assert doubt == Doubt(GAS, OUT_OF_RANGE, "gas", True, T0 + 300_000, "-3 %LEL")
    assert backend.beat(GAS, 600_000, {codes.Q_GAS: -30}) == []
    assert kinds(backend.beat(GAS, 900_000, {codes.Q_GAS: 0})) == [("quality.out_of_range", "gas", False)]


def test_every_row_of_telemetry_is_looked_at_oldest_first() -> None:
    backend = Backend()
    rows = frame(TELEMETRY, {0: [codes.Q_GAS], 1: [600_000, 300_000, 0], 2: [[0, 1_001, 7]]}, 900_000)
    doubts = backend.checker.take(T0 + 900_000, GAS, rows)
    assert [doubt.begins for doubt in doubts] == [True, False]


def test_what_a_silent_sensor_lacks_is_no_doubt() -> None:
    assert Backend().beat(LAMP, 0, {codes.Q_ILLUMINANCE: None}) == []


@given(st.integers(1, 500_000))
def test_the_same_light_through_day_and_night_is_stuck(lux: int) -> None:
    backend = Backend()
    inside = lux <= 200_000
    seen = [
        doubt
        for hour in range(20)
        for doubt in backend.beat(LAMP, hour * HOUR_MS, {codes.Q_ILLUMINANCE: lux})
        if doubt.what is STUCK
    ]
    assert kinds(seen) == ([("quality.stuck", "illuminance", True)] if inside else [])
    if inside:
        assert seen[0].at_ms == T0 + 13 * HOUR_MS
        assert kinds(backend.beat(LAMP, 21 * HOUR_MS, {codes.Q_ILLUMINANCE: lux - 1})) == [
            ("quality.stuck", "illuminance", False)
        ]


def test_a_long_night_is_dark_all_along() -> None:
    backend = Backend()
    for hour in range(17):
        assert backend.beat(LAMP, hour * HOUR_MS, {codes.Q_ILLUMINANCE: 0}) == []


def test_two_readings_far_apart_are_no_stuck_sensor() -> None:
    backend = Backend()
    backend.beat(LAMP, 0, {codes.Q_ILLUMINANCE: 480})
    assert backend.beat(LAMP, 24 * HOUR_MS, {codes.Q_ILLUMINANCE: 480}) == []


def test_a_place_far_off_is_an_impossible_rate_until_it_is_near_again() -> None:
    backend = Backend()
    backend.beat(BAND, 0, {codes.Q_LATITUDE: 31_240_000})
    assert kinds(backend.beat(BAND, 600_000, {codes.Q_LATITUDE: 36_240_000})) == [("quality.rate", "latitude", True)]
    assert kinds(backend.beat(BAND, 1_200_000, {codes.Q_LATITUDE: 31_241_000})) == [("quality.rate", "latitude", False)]


@given(st.integers(0, 100), st.integers(60, 86_400))
def test_who_walks_drives_or_takes_the_train_is_believed(metres_per_s: int, seconds: int) -> None:
    backend = Backend()
    backend.beat(BAND, 0, {codes.Q_LATITUDE: 31_240_000})
    moved = min(31_240_000 + metres_per_s * 9 * seconds, 90_000_000)
    assert backend.beat(BAND, seconds * 1000, {codes.Q_LATITUDE: moved}) == []


def test_values_after_a_restart_are_held_against_those_before_it() -> None:
    backend = Backend()
    backend.beat(BAND, 0, {codes.Q_LATITUDE: 31_240_000})
    told = frame(BIRTH, {7: {codes.Q_LATITUDE: 36_240_000}}, 1_000, 1, 2)
    assert [doubt.what for doubt in backend.checker.take(T0 + 600_000, BAND, told)] == [RATE]


def test_a_time_to_come() -> None:
    backend = Backend()
    assert backend.beat(GAS, 0, {}, epoch=T0 + 60_000) == []
    (doubt,) = backend.beat(GAS, 300_000, {}, epoch=T0 + 300_000 + HOUR_MS)
    assert (doubt.what, doubt.about, doubt.text) == (FUTURE_TIME, "clock", "a time 3600 s ahead")
    assert backend.beat(GAS, 600_000, {}) == []  # says nothing of the time
    assert kinds(backend.beat(GAS, 900_000, {}, epoch=T0 + 900_000)) == [("quality.future_time", "clock", False)]


def test_a_gap_is_waited_for() -> None:
    backend = Backend()
    backend.event(DOOR, 0, codes.EVENT_DOOR_OPENED)
    backend.event(DOOR, 1_000, codes.EVENT_DOOR_CLOSED, seq=5)
    assert backend.checker.deadline == T0 + 1_000 + GAP_WAIT_MS
    assert backend.checker.step(T0 + GAP_WAIT_MS) == []
    backend.event(DOOR, 2_000, codes.EVENT_DOOR_OPENED, seq=3)  # late, and it leaves two holes
    doubts = backend.checker.step(T0 + 1_000 + GAP_WAIT_MS)
    assert [(doubt.what, doubt.about) for doubt in doubts] == [(GAP, "1-2"), (GAP, "1-4")]
    assert backend.checker.deadline is None


@given(st.permutations(range(1, 12)), st.integers(0, 11))
def test_numbers_in_any_order_leave_just_the_gaps_there_are(order: list[int], lost: int) -> None:
    backend = Backend()
    backend.event(DOOR, 0, codes.EVENT_DOOR_CLOSED, seq=1)
    for at, seq in enumerate(order):
        if seq not in (1, lost):
            backend.event(DOOR, at + 1, codes.EVENT_DOOR_CLOSED, seq=seq)
    backend.event(DOOR, 20, codes.EVENT_DOOR_CLOSED, seq=12)
    doubts = backend.checker.step(T0 + GAP_WAIT_MS + 20)
    assert [doubt.about for doubt in doubts] == ([f"1-{lost}"] if lost > 1 else [])


def test_gaps_that_are_waited_for_are_bounded() -> None:
    backend = Backend()
    for number in range(1, 100):
        backend.event(DOOR, number, codes.EVENT_DOOR_CLOSED, seq=2 * number)
    assert len(backend.checker.step(T0 + 100 + GAP_WAIT_MS)) == HOLES_MAX


def test_a_new_boot_begins_at_one_and_nobody_misses_what_came_before_he_was_there() -> None:
    backend = Backend()
    backend.event(DOOR, 0, codes.EVENT_DOOR_CLOSED, seq=700)
    assert backend.checker.deadline is None
    backend.event(DOOR, 10, codes.EVENT_DOOR_CLOSED, seq=2, boot=2)
    assert [doubt.about for doubt in backend.checker.step(T0 + 10 + GAP_WAIT_MS)] == ["2-1"]


def test_people_pass_a_door_that_stays_closed() -> None:
    backend = Backend()
    says = [backend.event(DOOR, at, codes.EVENT_DOOR_GRANTED) for at in range(5)]
    assert [bool(one) for one in says] == [False, False, False, True, False]
    assert kinds(says[3]) == [("quality.contradiction", "door_open/passages", True)]
    assert kinds(backend.event(DOOR, 9, codes.EVENT_DOOR_OPENED)) == [
        ("quality.contradiction", "door_open/passages", False)
    ]


def test_a_crowd_passes_an_open_door_and_a_repeat_is_nobody_more() -> None:
    backend = Backend()
    backend.event(DOOR, 0, codes.EVENT_DOOR_GRANTED)
    backend.event(DOOR, 1, codes.EVENT_DOOR_OPENED)
    for at in range(2, 10):
        assert backend.event(DOOR, at, codes.EVENT_DOOR_GRANTED) == []
    backend.event(DOOR, 10, codes.EVENT_DOOR_CLOSED)
    for at in range(11, 20):
        assert backend.event(DOOR, at, codes.EVENT_DOOR_EXIT, seq=11) == []


def test_a_meter_must_agree_with_itself() -> None:
    backend = Backend()
    lit = {codes.Q_POWER: 605, codes.Q_VOLTAGE: 2_200, codes.Q_CURRENT: 289, codes.Q_POWER_FACTOR: 95}
    dark = {codes.Q_POWER: 5, codes.Q_VOLTAGE: 2_200, codes.Q_CURRENT: 4, codes.Q_POWER_FACTOR: 50}
    assert backend.beat(LAMP, 0, lit) == backend.beat(LAMP, 900_000, dark) == []
    (doubt,) = backend.beat(LAMP, 1_800_000, {**lit, codes.Q_CURRENT: 440})
    assert (doubt.what, doubt.about) == (CONTRADICTION, "power/current")
    assert doubt.text == "60.5 W, though voltage, current and power factor make 92.0 W"


def test_no_more_comes_back_from_a_fence_than_was_sent() -> None:
    backend = Backend()
    assert backend.beat(FENCE, 0, {codes.Q_PULSE_PEAK: 6_500, codes.Q_PULSE_RETURN: 6_900}) == []
    (doubt,) = backend.beat(FENCE, 30_000, {codes.Q_PULSE_PEAK: 6_500, codes.Q_PULSE_RETURN: 9_100})
    assert (doubt.what, doubt.about) == (CONTRADICTION, "pulse_peak/pulse_return")


def test_strangers_wills_and_retained_births_are_not_looked_at() -> None:
    checker = Checker(KINDS)
    wrong = frame(BIRTH, {7: {codes.Q_GAS: -1}}, 1_000)
    assert checker.take(T0, "stranger", wrong) == []
    assert checker.take(T0, GAS, wrong, retained=True) == []
    assert checker.take(T0, GAS, Frame({0: 1, 1: 2, 2: 1, 7: {0: 1}})) == []
    assert kinds(checker.take(T0, GAS, wrong)) == [("quality.out_of_range", "gas", True)]


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 10**6), st.integers(-100, 10**6)), max_size=60))
def test_doubts_about_one_thing_begin_and_end_in_turns(said: list[tuple[int, int, int]]) -> None:
    backend = Backend()
    open_: set[tuple[str, str]] = set()
    for _, uptime, value in said:
        for doubt in backend.beat(LAMP, uptime, {codes.Q_TEMPERATURE: value % 30_000 - 6_000}):
            key = (doubt.what.name, doubt.about)
            assert doubt.begins == (key not in open_)
            open_ ^= {key}


def test_a_checker_that_begins_anew_tells_the_end_of_what_had_begun() -> None:
    checker = Checker(KINDS)
    checker.resume(GAS, OUT_OF_RANGE, "gas")
    checker.resume("stranger", OUT_OF_RANGE, "gas")
    ended = checker.take(T0, GAS, frame(HEARTBEAT, {3: {codes.Q_GAS: 0}}, 0))
    assert kinds(ended) == [("quality.out_of_range", "gas", False)]
