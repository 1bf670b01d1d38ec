"""Completeness: what a device's periods promise against what there was."""

import pytest
from lilong_protocol.registry import KIND
from lilong_simulator.estate.parts import Device
from lilong_simulator.load.faults.excuses import Excuses, Hindrance
from lilong_simulator.recorder import Recorder
from lilong_simulator.score.completeness import FIRST_MS, completeness, periods_of

HOUR = 3_600_000


def device(kind, number=1, beat_s=None):
    name = f"core1/{kind}{number}"
    return Device(f"{number:016x}", kind, name, 0.0, 0.0, 1, None, 1, None, (), beat_s)


def sent(recorder, one, cls, first, period_s, count, without=()):
    for at in range(count):
        if at not in without:
            recorder.sent(first + at * period_s * 1000, one.id, cls, b"", None)


def test_a_device_that_kept_its_period_lacks_nothing():
    gas, recorder = device("gas"), Recorder()
    sent(recorder, gas, "hb", 10_000, 300, 12)
    sent(recorder, gas, "tm", 40_000, 900, 4)
    found = completeness([gas], recorder, 0.0, HOUR)
    assert found["by_kind"] == {
        "gas": {
            "heartbeat": {"received": 12, "expected": 12, "share": 1.0},
            "telemetry": {"received": 4, "expected": 4, "share": 1.0},
        }
    }
    assert (found["devices"], found["whole"], found["worst"]) == (1, 1, [])


def test_what_lacks_is_told_with_the_device_the_worst_first():
    recorder, good, bad, worse = Recorder(), *(device("door", number) for number in (1, 2, 3))
    sent(recorder, good, "hb", 0, 60, 60)
    sent(recorder, bad, "hb", 0, 60, 60, without=range(20, 26))
    sent(recorder, worse, "hb", 0, 60, 30)
    found = completeness([good, bad, worse], recorder, 0.0, HOUR)
    assert [(one["name"], one["received"], one["expected"], one["share"]) for one in found["worst"]] == [
        (worse.name, 30, 60, 0.5), (bad.name, 54, 60, 0.9),
    ]  # fmt: skip
    assert (found["whole"], found["received"], found["expected"]) == (1, 144, 180)


def test_a_device_that_was_never_heard_lacks_all_that_it_had_time_for():
    found = completeness([device("door")], Recorder(), 0.0, FIRST_MS + 60_000 * 10)
    assert (found["received"], found["expected"]) == (0, 9)
    assert completeness([device("smoke")], Recorder(), 0.0, HOUR)["expected"] == 0, "it beats once a day"


def test_more_than_promised_is_no_more_than_whole():
    recorder, lamp = Recorder(), device("streetlight")
    sent(recorder, lamp, "hb", 0, KIND["streetlight"].link.beat_s, 24)
    found = completeness([lamp], recorder, 0.0, 6 * HOUR)
    assert (found["received"], found["expected"], found["share"]) == (6, 6, 1.0)


def test_what_sleeps_is_heard_by_its_births():
    recorder, cover = Recorder(), device("manhole")
    sent(recorder, cover, "st", 0, 86_400, 3)
    assert completeness([cover], recorder, 0.0, 72 * HOUR)["share"] == 1.0


def test_nothing_is_expected_of_what_has_burnt_or_could_not_be_heard():
    recorder, burnt, dark = Recorder(), device("door", 1), device("door", 2)
    sent(recorder, burnt, "hb", 0, 60, 30)
    recorder.burnt[burnt.id] = 30 * 60_000 - 1
    sent(recorder, dark, "hb", 0, 60, 60, without=range(10, 21))
    excuses = Excuses([Hindrance(dark.id, "unpowered", 10 * 60_000 - 1, 20 * 60_000, 20 * 60_000)])
    assert completeness([burnt, dark], recorder, 0.0, HOUR, excuses=excuses)["share"] == 1.0
    assert completeness([dark], recorder, 0.0, HOUR)["share"] == pytest.approx(49 / 60)


def test_what_was_silent_from_before_its_first_beat_is_given_a_period_after_that():
    dark, until = device("gas"), 60_000 * 20
    for end, expected in ((60_000 * 14, 1), (60_000 * 16, 0), (until * 2, 0)):
        excuses = Excuses([Hindrance(dark.id, "cut off", 10_000, end, end)])
        found = completeness([dark], Recorder(), 0.0, until, excuses=excuses)["by_kind"]
        assert found.get("gas", {}).get("heartbeat", {}).get("expected", 0) == expected
        assert "telemetry" not in found.get("gas", {})


def test_periods_are_divided_by_the_rate_and_a_device_may_have_its_own():
    recorder, one = Recorder(), device("door", beat_s=10)
    sent(recorder, one, "hb", 0, 5, 720)
    assert completeness([one], recorder, 0.0, HOUR, rate=2.0)["expected"] == 720
    assert periods_of("door", 10).beat_s == 10


@pytest.mark.parametrize("kind", KIND)
def test_every_kind_has_a_period(kind):
    assert periods_of(kind).beat_s > 0
