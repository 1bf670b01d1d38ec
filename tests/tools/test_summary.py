"""The summary at the end of a run: what was counted, a mark for what was not, and every text as it is."""

import io
from typing import Any

import pytest
from lilong_tools.summary import summarise
from rich.console import Console

NOTHING = {"p50": None, "p90": None, "p99": None, "max": None, "count": 0}
SOME = {"p50": 4.02, "p90": 5.0, "p99": 1234.5, "max": 5_627.94, "count": 3}


def content(**changes: Any) -> dict[str, Any]:
    whole = {
        "verdict": "pass",
        "mode": "live",
        "ingest_by": "observed feed",
        "payload": "sealed frames",
        "thresholds": [],
        "warnings": [],
        "broker_ms": {"puback": SOME, "online": SOME},
        "devices": 2201,
        "connected": 2201,
        "real_micropython": {"smoke": "core1/01F/smoke", "door": "core1/ground/door"},
        "messages": {"total": 23_456},
        "broker": "mosquitto 2.0.18 at 127.0.0.1:1883",
        "alarms": {"true": 3, "raised": 3, "duplicate": 0, "out_of_order": 0},
        "latency_ms": {"local": SOME, "ingest": NOTHING},
        "findings": {"true": 0, "stored": None},
        "completeness": None,
        "by_incident": [],
        "generator_lag_ms": SOME,
        "failures": [],
    }
    return whole | changes


def summary(**changes: Any) -> list[str]:
    screen = io.StringIO()
    summarise(content(**changes), Console(file=screen, width=200))
    return screen.getvalue().splitlines()


def line(lines: list[str], beginning: str) -> str:
    return next(text for text in lines if text.startswith(beginning))


def test_a_run_that_passed_is_told_in_numbers() -> None:
    lines = summary()
    assert line(lines, "local").split() == ["local", "4.0", "5.0", "1,234.5", "5,627.9", "3"]
    assert line(lines, "generator lag").split()[2:] == ["4.0", "5.0", "1,234.5", "5,627.9", "3"]
    assert "alarms: 3 true, 3 raised, 0 duplicate, 0 out of order" in lines
    assert lines[-2] == (
        "2,201 devices (2 of them real MicroPython), 2,201 accepted, 23,456 messages, "
        "broker: mosquitto 2.0.18 at 127.0.0.1:1883"
    )
    assert lines[-1] == "verdict: pass"


def test_what_was_not_observed_is_never_a_zero() -> None:
    lines = summary(connected=None, alarms={"true": 1, "duplicate": None})
    assert line(lines, "ingest").split() == ["ingest", "–", "–", "–", "–", "0"]
    assert "alarms: 1 true, ? duplicate (?: not observed)" in lines
    assert "acceptance not observed" in lines[-2]


@pytest.mark.parametrize("verdict", ["pass", "fail", "generator saturated", "threshold breached", "partial"])
def test_the_verdict_stands_last(verdict: str) -> None:
    assert summary(verdict=verdict)[-1] == f"verdict: {verdict}"


def test_the_first_ten_failures_are_told_and_the_others_counted() -> None:
    failures = [f"missed: alarm {number}" for number in range(13)]
    lines = summary(verdict="fail", failures=failures)
    assert lines[-12:-2] == [f"  {failure}" for failure in failures[:10]]
    assert lines[-2] == "  and 3 more"
    assert "more" not in "".join(summary(verdict="fail", failures=failures[:10]))


def test_brackets_are_text_and_no_markup() -> None:
    failure = "late: smoke.alarm at [core1]/smoke [/b] via [::1]"
    lines = summary(verdict="fail", failures=[failure], broker="mosquitto at [::1]:1883 [red]")
    assert f"  {failure}" in lines
    assert lines[-3].endswith("broker: mosquitto at [::1]:1883 [red]")


@pytest.mark.parametrize(
    ("by", "told"),
    [("stored-ack", "upper bound"), ("probe subscriber", "subscriber of ours"), ("PUBACK", "the broker has the alarm")],
)
def test_what_ingest_was_measured_by_is_said_where_it_is_not_the_backends_own_word(by: str, told: str) -> None:
    seen = {"local": SOME, "ingest": SOME}
    assert any(told in text for text in summary(ingest_by=by, latency_ms=seen))
    assert not any(told in text for text in summary(latency_ms=seen))


def test_thresholds_and_warnings_stand_before_the_verdict() -> None:
    thresholds = [
        {"text": "ingest.p99<=1s", "value": 1234.5, "kept": False},
        {"text": "shown.p50<1s", "value": None, "kept": False},
        {"text": "missed==0", "value": 0.0, "kept": True},
    ]
    lines = summary(thresholds=thresholds, warnings=["clock skew: 3"], verdict="threshold breached")
    assert lines[-5:] == [
        "  breached: ingest.p99<=1s: 1234.5", "  breached: shown.p50<1s: not observed", "  kept: missed==0: 0",
        "  clock skew: 3", "verdict: threshold breached",
    ]  # fmt: skip


def test_each_incident_is_told_in_its_line_before_the_verdict() -> None:
    lines = summary(
        by_incident=[{"told": "kitchen_fire: 3 of 3 alarms in time: pass", "verdict": "pass"}],
        findings={"true": 2, "stored": None},
        completeness={"received": 999, "expected": 1_000, "share": 0.999, "devices": 20, "whole": 19},
    )
    assert lines.index("kitchen_fire: 3 of 3 alarms in time: pass") < lines.index("verdict: pass")
    assert "findings: 2 true, ? stored (?: not observed)" in lines
    assert "completeness: 99.90% of 1,000 heartbeats and telemetry frames, 19 of 20 devices lack nothing" in lines
