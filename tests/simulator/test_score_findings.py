"""What a backend itself must conclude is judged from its feed alone, word by word, and null without one."""

from dataclasses import replace

import pytest
from lilong_protocol.pc.findings import BY_NAME
from lilong_simulator.feed import FeedEvent
from lilong_simulator.load.faults.excuses import Excuses, Hindrance
from lilong_simulator.score import score
from lilong_simulator.truth import finding_row, limits
from score_runs import A, B, alarm_of, row

OFFLINE, FEEDER = "comms.offline", "comms.feeder_lost"
LIMITS = limits(None, 100_000, None, None)
SILENT = replace(finding_row(OFFLINE, 50_000, "burnt", bounds=LIMITS), device=A, name="aa/smoke")
DARK = finding_row(FEEDER, 50_000, "feeder A", bounds=LIMITS, members=(A, B))


def told(finding, at, device=A, event="stored", number=1, members=()):
    return FeedEvent(at, event, f"{finding}-{number}", device, BY_NAME[finding].number, 0, 0, finding, tuple(members))


def counts(judged):
    return {word: count for word, count in judged.findings.counts().items() if count}


def test_a_finding_in_time_passes():
    judged = score([SILENT], [], [told(OFFLINE, 90_000)])
    assert judged.passed
    assert counts(judged) == {"true": 1, "stored": 1}
    assert judged.judged[0].after_crossing("ingest") == 40_000
    assert judged.true == judged.raised == 0, "no device raises it"


def test_without_a_feed_nothing_is_known_and_nothing_fails():
    judged = score([SILENT], [], None)
    assert judged.passed
    found = judged.findings.counts()
    assert found == {"true": 1, "stored": None, "missed": None, "late": None, "false": None, "duplicate": None}


def test_missed_never_found():
    judged = score([SILENT], [], [])
    assert counts(judged) == {"true": 1, "missed": 1}
    assert judged.failures == ["missed: comms.offline at aa/smoke: the backend never found it (burnt)"]


def test_a_backend_that_concludes_nothing_at_all_need_not_where_that_is_not_asked_of_it():
    judged = score([SILENT], [], [], findings_expected=False)
    assert judged.passed
    assert judged.findings.missed is None
    forwarded = replace(SILENT, id="told", alarm="fire.forwarded", code=BY_NAME["fire.forwarded"].number)
    judged = score([SILENT, forwarded], [], [told(FEEDER, 60_000, "")], findings_expected=False)
    assert judged.failures == ["missed: comms.offline at aa/smoke: the backend never found it (burnt)"]
    assert judged.findings.missed == 1, "one that concludes something is asked for all, but forwards nothing"


@pytest.mark.parametrize(("at", "late"), [(150_000, 0), (150_001, 1)])
def test_late_after_the_limit_and_not_at_it(at, late):
    judged = score([SILENT], [], [told(OFFLINE, at)])
    assert judged.findings.late == late
    assert [text.split(":")[0] for text in judged.failures] == ["late"] * late


GATEWAY = "0a00000000000003"
BY_GATEWAY = replace(SILENT, through=GATEWAY)


@pytest.mark.parametrize("why", ["unpowered", "cut off"])
@pytest.mark.parametrize(("at", "late"), [(300_000, 0), (300_001, 1)])
def test_what_a_gateway_has_to_tell_counts_from_when_it_can(why, at, late):
    """Without power, or cut off: what keeps the device itself from anything is no reason, for it is silent."""
    feed = [told(OFFLINE, at)]
    assert score([BY_GATEWAY], [], feed, excuses=Excuses([Hindrance(A, why, 40_000, 200_000, 200_000)])).findings.late
    assert score([SILENT], [], feed, excuses=Excuses([Hindrance(GATEWAY, why, 40_000, 200_000, 200_000)])).findings.late
    judged = score([BY_GATEWAY], [], feed, excuses=Excuses([Hindrance(GATEWAY, why, 40_000, 200_000, 200_000)]))
    assert judged.findings.late == late
    assert judged.passed == (not late)


def test_nobody_misses_what_a_gateway_without_power_could_never_tell():
    excuses = Excuses([Hindrance(GATEWAY, "unpowered", 40_000, None)])
    judged = score([BY_GATEWAY], [], [], excuses=excuses)
    assert judged.passed
    assert counts(judged) == {"true": 1}
    assert counts(score([BY_GATEWAY], [], [])) == {"true": 1, "missed": 1}


def test_false_is_what_only_a_cause_of_its_own_can_bring_about():
    baseless = score([], [], [told("sec.replay", 90_000)])
    assert baseless.failures == ["false: sec.replay-1 (sec.replay) has no cause at 90000 ms"]
    assert counts(score([SILENT], [], [told("sec.replay", 90_000)])) == {"true": 1, "missed": 1, "false": 1}


@pytest.mark.parametrize("finding", ["comms.offline", "care.dispatch", "weather.rain_level", "quality.gap"])
def test_what_daily_life_or_labels_explain_is_not_false_without_a_row(finding):
    assert score([], [], [told(finding, 90_000)]).passed


@pytest.mark.parametrize("event", [told(OFFLINE, 90_000, B), told(OFFLINE, 49_999)], ids=["other device", "before"])
def test_a_finding_about_something_else_answers_nothing(event):
    assert counts(score([SILENT], [], [event])) == {"true": 1, "missed": 1}


def test_false_about_what_must_not_be_found_while_it_lasts():
    calm = replace(SILENT, expect="must_not", limits={}, until_ms=60_000)
    judged = score([calm], [], [told(OFFLINE, 55_000)])
    assert judged.judged[0].broken == ["comms.offline-1"]
    assert counts(judged) == {"false": 1}
    assert score([calm], [], [told(OFFLINE, 60_001)]).judged[0].broken == []


def test_what_may_be_found_is_neither_demanded_nor_false():
    maybe = replace(SILENT, expect="may", limits={})
    assert score([maybe], [], [told(OFFLINE, 90_000)]).passed
    assert score([maybe], [], []).passed


def test_a_second_finding_of_one_row_and_a_second_line_of_one_finding_are_duplicates():
    twice = score([SILENT], [], [told(OFFLINE, 90_000), told(OFFLINE, 95_000, number=2)])
    assert counts(twice) == {"true": 1, "stored": 1, "duplicate": 1}
    again = score([SILENT], [], [told(OFFLINE, 90_000), told(OFFLINE, 95_000)])
    assert counts(again) == {"true": 1, "stored": 1, "duplicate": 1}
    assert again.duplicate == 0, "that is what alarms are counted by"


def test_a_must_is_answered_before_a_may_of_the_same_device():
    maybe = replace(SILENT, id="maybe", expect="may", crossing_ms=60_000, limits={})
    assert score([SILENT, maybe], [], [told(OFFLINE, 90_000)]).passed


def test_a_finding_anew_after_the_first_was_over_is_no_duplicate():
    over = told(OFFLINE, 92_000, event="cleared")
    assert score([SILENT], [], [told(OFFLINE, 90_000), over, told(OFFLINE, 95_000, number=2)]).passed


def test_one_finding_about_many_has_to_name_them_all_and_no_other():
    assert score([DARK], [], [told(FEEDER, 90_000, "", members=(B, A))]).passed
    grown = [told(FEEDER, 90_000, "", members=(A,)), told(FEEDER, 95_000, "", "updated", members=(A, B))]
    assert score([DARK], [], grown).passed
    assert score([DARK], [], grown[:1]).failures == [
        "incomplete: comms.feeder_lost at the estate: comms.feeder_lost-1 does not name 1 of its 2 devices"
    ]
    assert score([DARK], [], [told(FEEDER, 90_000, "", members=(A, B, "cc"))]).failures == [
        "incomplete: comms.feeder_lost at the estate: comms.feeder_lost-1 names 1 devices that it is not about"
    ]


def test_a_number_alone_names_the_finding():
    event = replace(told(OFFLINE, 90_000), finding="")
    assert score([SILENT], [], [event]).passed


def test_findings_have_no_order_and_are_no_alarms():
    other = replace(SILENT, id="other", device=B)
    judged = score([SILENT, other], [], [told(OFFLINE, 90_000, B, number=2), told(OFFLINE, 80_000)])
    assert judged.passed
    assert (judged.false, judged.out_of_order) == (0, 0)


def test_a_finding_that_must_be_shown_and_answered_is_held_to_that():
    strict = replace(SILENT, limits=limits(None, 100_000, 110_000, 160_000))
    feed = [told(OFFLINE, 90_000), told(OFFLINE, 91_000, event="shown"), told(OFFLINE, 99_000, event="acknowledged")]
    assert score([strict], [], feed, shown_expected=True).passed
    assert score([strict], [], feed[:1], shown_expected=True).judged[0].missing == ["shown", "acknowledged"]


# ---- as part of a feeder


def silent(at, device, part_of=None):
    more = () if part_of is None else (("part_of", part_of),)
    return replace(told(OFFLINE, at, device, number=f"{device}-{at}"), told=more)


LOST_FEEDER = replace(DARK, until_ms=1_000_000)


@pytest.mark.parametrize(
    ("later", "apart"),
    [
        (silent(90_000, A, f"{FEEDER}-1"), None), (silent(90_000, A), 1), (silent(90_000, A, "another"), 1),
        (silent(60_500, A), None), (silent(90_000, "elsewhere"), None), (silent(1_000_001, A), None),
    ],
    ids=["part of it", "alone", "of another", "before it was known", "no member", "when it is over"],
)  # fmt: skip
def test_who_is_silent_is_told_as_part_of_its_feeder_once_that_is_known(later, apart):
    judged = score([LOST_FEEDER], [], [told(FEEDER, 60_000, "", members=(A, B)), later])
    wanted = [f"apart: {apart} devices are told to be silent after {FEEDER}-1, and not as part of it"] if apart else []
    assert judged.failures == wanted
    assert judged.judged[0].failures == wanted


# ---- after a boot


@pytest.mark.parametrize(
    ("code", "after_ms", "why"),
    [(1, 3_000, ", 3000 ms after its power came back"), (1, 10_001, ""), (4, 3_000, None), (4, 10_001, "")],
)
def test_an_alarm_of_a_boot_is_false_but_for_a_door_that_could_not_know(code, after_ms, why):
    boot = Excuses([Hindrance(A, "unpowered", 0, 60_000, 61_000)])
    alarm = replace(alarm_of(row(0), 1), code=code, decided=60_000 + after_ms)
    judged = score([], [alarm], None, excuses=boot)
    text = f"false: {alarm.id} (code {code}) has no cause at {alarm.decided:.0f} ms"
    assert judged.failures == ([] if why is None else [text + why])
