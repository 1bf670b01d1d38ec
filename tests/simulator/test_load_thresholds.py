"""Thresholds: what they mean on a report, and what is said of one that means nothing."""

import pytest
from lilong_simulator.load.thresholds import FIGURES, LATENCIES, ThresholdError, judge, parse
from test_report import built, judged, recorded
from test_report_schema import live


def kept(text, content=None):
    ((_, value, was_kept),) = judge([parse(text)], content or built())
    return value, was_kept


@pytest.mark.parametrize(
    ("text", "value", "was_kept"),
    [
        ("ingest.p99<=1s", 200.0, True),
        ("ingest.p99<=200ms", 200.0, True),
        ("ingest.p99<200ms", 200.0, False),
        ("ingest.p99 > 0.1 s", 200.0, True),
        ("ingest.max<=199999us", 200.0, False),
        ("ingest[smoke.alarm].p50<=0.2s", 200.0, True),
        ("ingest.count==1", 1, True),
        ("missed==0", 0, True),
        ("stored>=2", 1, False),
        ("acknowledged==1", 1, True),
        ("acknowledged.max<=10s", 9_000.0, True),
        ("connected==2", 2, True),
        ("lag.p99<=1ms", 0.5, True),
        ("false!=0", 0, False),
    ],
)
def test_a_threshold_is_held_against_what_the_report_says(text, value, was_kept):
    assert kept(text) == (value, was_kept)


@pytest.mark.parametrize(
    ("text", "value"),
    [("puback.p99<=3ms", 2.0), ("puback[birth].max<=3ms", 2.0), ("skipped<2", 1), ("online.max<9ms", 8.0)],
)
def test_what_only_a_live_run_measures_can_be_required_of_one(text, value):
    assert kept(text, built(recorder=live())) == (value, True)
    assert kept(text) == (None, False)


@pytest.mark.parametrize(
    "text", ["shown.p99<=1s", "shown.max>=0s", "ingest[gas.leak].p99<=1s", "duplicate==0", "connected>=0"]
)
def test_what_was_not_observed_keeps_no_threshold(text):
    nothing = built(recorder=recorded(accepted=()), judgement=judged(feed=None, alarms=[]))
    assert kept(text, nothing) == (None, False)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("ingets.p99<=1s", 'nothing is called ingets; did you mean "ingest"? known: '),
        ("mised==0", 'nothing is called mised; did you mean "missed"? known: '),
        ("ingest.p95<=1s", 'a latency has no p95; did you mean "p99"? known: count, max, p50, '),
        ("ingest<=1s", "which figure of ingest? one of ingest.p50, p90, p99, p999, max, count"),
        ("ingest.p99<=1", "has no unit; write 1ms or 1s"),
        ("ingest.p99<=1m", "'m' is no unit of time; write 1ms or 1s"),
        ("missed.p99<=1s", "missed is a count and has no p99; write missed<=1"),
        ("missed==0ms", "missed is a count; write it like missed==0"),
        ("ingest.count>=1s", "a count has no unit; write ingest.count>=1"),
        ("ingest[smoke.alrm].p99<=1s", 'nothing is called smoke.alrm; did you mean "smoke.alarm"? known: '),
        ("puback[alram].p99<=1s", 'nothing is called alram; did you mean "alarm"? known: '),
        ("lag[smoke.alarm].p99<=1s", "lag is not measured apart; leave [smoke.alarm] out"),
        ("ingest.p99=1s", "is no threshold; write one like ingest.p99<=1s or missed==0"),
        ("", "is no threshold; "),
    ],
)
def test_a_threshold_that_means_nothing_is_answered_with_what_was_meant(text, told):
    with pytest.raises(ThresholdError) as wrong:
        parse(text)
    assert str(wrong.value).startswith(f"--require {text!r}: {told}")


def test_every_figure_of_every_latency_can_be_required():
    for name in LATENCIES:
        for figure in FIGURES:
            assert parse(f"{name}.{figure}<=5{'' if figure == 'count' else 'ms'}").limit == 5
