"""What a feed tells beside its times, what is open, who arrives: what is so passes, what is not is named."""

from dataclasses import replace

import pytest
from lilong_protocol.pc.findings import BY_NAME
from lilong_simulator.feed import FeedError, FeedEvent, parse_line
from lilong_simulator.score import score
from lilong_simulator.truth import finding_row, limits
from score_runs import A, alarm_of, events, row

FIRE = row(100_000)
RAISED = alarm_of(FIRE, 1)
DISPATCH = BY_NAME["care.dispatch"]
SENT = replace(
    finding_row("care.dispatch", 100_000, "fall", tells={"officer": "Chen Jie"},
                bounds=limits(None, 120_000, None, None) | {"on_site_ms": 2_700_000, "ended_ms": 3_000_000}),
    device=A, name="aa/wristband",
)  # fmt: skip


def open_at(at, *names):
    return FeedEvent(at, "open", "", "", 0, 0, 0, members=names)


def telling(**told):
    stored, shown = events(RAISED)
    return [replace(stored, told=tuple(told.items())), shown]


def sent(at, event="stored", **told):
    return FeedEvent(at, event, "d-1", A, DISPATCH.number, 0, 0, DISPATCH.name, (), tuple(told.items()))


def failures(judged):
    return [text.split(": ")[0] for text in judged.failures]


# ---- what is open


def test_an_alarm_that_is_open_is_among_what_is():
    judged = score([FIRE], [RAISED], [*events(RAISED), open_at(400_000, RAISED.id)])
    assert (judged.failures, judged.forgotten) == ([], 0)


def test_forgotten_is_what_lacks_there_and_nobody_has_ended():
    judged = score([FIRE], [RAISED], [*events(RAISED), open_at(400_000), open_at(700_000)])
    assert (failures(judged), judged.forgotten) == (["forgotten"], 1)
    assert judged.judged[0].forgotten == 400_000


def test_what_was_ended_need_not_be_there():
    over = replace(events(RAISED)[0], at=300_000, event="cleared")
    ended = replace(RAISED, cleared=299_000)
    assert score([FIRE], [ended], [*events(RAISED), over, open_at(400_000)]).passed


def test_what_is_ended_only_later_was_forgotten_before():
    over = replace(events(RAISED)[0], at=500_000, event="cleared")
    judged = score([FIRE], [replace(RAISED, cleared=499_000)], [*events(RAISED), open_at(400_000), over])
    assert failures(judged) == ["forgotten"]


@pytest.mark.parametrize("apart", [-500, 900])
def test_what_is_stored_about_then_may_lack(apart):
    stored, shown = events(RAISED)
    assert score([FIRE], [RAISED], [stored, shown, open_at(stored.at + apart)]).passed


def test_a_backend_that_never_says_what_is_open_is_not_observed():
    assert score([FIRE], [RAISED], events(RAISED)).forgotten is None


# ---- what is told


@pytest.mark.parametrize("told", [
    {}, {"level": 1}, {"level": 1, "raised_at": 106_000 + 9_000}, {"storey": 29, "clip": 3}, {"height": 1},
])  # fmt: skip
def test_what_is_so_or_is_not_told_at_all_passes(told):
    wanted = replace(FIRE, tells={"raised_at": "decided", "storey": [27, 29], "clip": "any"})
    judged = score([wanted], [RAISED], telling(**told))
    assert judged.failures == []
    assert judged.untrue == (0 if {"raised_at", "storey"} & set(told) else None), "what is not told is not observed"


@pytest.mark.parametrize(("told", "why"), [
    ({"level": 2}, "level is 2, not 1"),
    ({"raised_at": 106_000 + 11_000}, "raised_at is +11 s from when its device raised it"),
    ({"raised_at": "noon"}, "raised_at is 'noon', no time"),
    ({"storey": 26, "clip": 3}, "storey is 26, not 27 to 29"),
    ({"storey": 28}, "it does not tell clip"),
    ({"storey": True, "clip": 1}, "storey is True, not 27 to 29"),
])  # fmt: skip
def test_untrue_is_what_is_told_and_not_so(told, why):
    wanted = replace(FIRE, tells={"raised_at": "decided", "storey": [27, 29], "clip": "any"})
    judged = score([wanted], [RAISED], telling(**told))
    assert judged.failures == [f"untrue: smoke.alarm at aa/smoke: {why}"]
    assert judged.untrue == 1


def test_a_line_is_read_with_what_it_tells():
    line = b'{"at":1,"event":"stored","alarm":"a","device":"d","code":1,"boot":1,"seq":1,"level":1,"values":{"clip":2}}'
    assert parse_line(line, "f:1").told == (("clip", 2), ("level", 1))
    snapshot = parse_line(b'{"at":1,"event":"open","members":["a-1-1"]}', "f:1")
    assert (snapshot.event, snapshot.members) == ("open", ("a-1-1",))


@pytest.mark.parametrize("line", [
    b'{"at":1,"event":"open"}',
    b'{"at":1,"event":"stored","alarm":"a","device":"d","code":1,"boot":1,"seq":1,"values":[1]}',
])  # fmt: skip
def test_what_is_open_has_a_list_and_values_are_a_table(line):
    with pytest.raises(FeedError, match=r"f:7: not a line"):
        parse_line(line, "f:7")


# ---- who was sent


def test_who_was_sent_arrives_and_it_is_over_in_time():
    feed = [sent(150_000, officer="Chen Jie"), sent(2_800_000, "on_site"), sent(3_100_000, "cleared")]
    judged = score([SENT], [], feed)
    assert judged.failures == []
    assert judged.judged[0].after_crossing("on_site") == 2_700_000


@pytest.mark.parametrize(("feed", "why"), [
    ([sent(150_000), sent(2_800_001, "on_site"), sent(3_000_000, "cleared")], "over its limit"),
    ([sent(150_000), sent(2_800_000, "on_site"), sent(3_100_001, "cleared")], "over its limit"),
    ([sent(150_000), sent(2_800_000, "on_site")], "missing"),
    ([sent(150_000, officer="Wang Wei"), sent(200_000, "on_site"), sent(300_000, "cleared")], "untrue"),
])  # fmt: skip
def test_too_late_never_and_not_the_officer_of_the_cell(feed, why):
    assert failures(score([SENT], [], feed)) == [why]


def test_where_nobody_ever_says_who_arrived_it_is_not_observed():
    feed = [sent(150_000), sent(3_000_000, "cleared")]
    assert score([SENT], [], feed).passed
    assert failures(score([SENT], [], feed, arrivals_expected=True)) == ["missing"]


def test_what_was_not_waited_for_is_not_missing():
    assert score([SENT], [], [sent(150_000)], arrivals_expected=True, ended=2_000_000).passed


# ---- not before


@pytest.mark.parametrize(("after", "words"), [(5_999, ["early"]), (6_000, [])])
def test_early_is_what_was_raised_before_it_may_be(after, words):
    waits = replace(FIRE, limits=FIRE.limits | {"not_before_ms": 6_001})
    raised = alarm_of(FIRE, 1, decided=100_000 + after, local=100_000 + after)
    judged = score([waits], [raised], events(raised))
    assert (failures(judged), judged.early) == (words, len(words))
