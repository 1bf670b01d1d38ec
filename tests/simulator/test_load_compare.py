"""What a comparison of two reports says, and what JUnit holds of one."""

import json
import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest
from lilong_simulator.load.compare import CompareError, changes, read_report
from lilong_simulator.load.junit import CASES, junit
from lilong_simulator.load.thresholds import parse
from score_runs import alarm_of, events
from test_report import CONDITIONS, FIRE, RAISED, built, hostile, judged, recorded


def found(before, after):
    return {one.name: one for one in changes(before, after) if not one.same}


def later(ms):
    """The same fire, stored so much later."""
    return judged([FIRE], [RAISED], events(RAISED, RAISED.decided + 200 + ms, RAISED.decided + 500 + ms))


# ---- comparing


def test_a_report_and_itself_have_no_difference():
    assert found(built(), built()) == {}
    assert found(hostile(), hostile()) == {}


def test_what_became_slower_and_what_faster_is_told_with_its_share():
    slower = found(built(), built(judgement=later(100)))
    assert (slower["ingest p99"].before, slower["ingest p99"].after) == (200.0, 300.0)
    assert slower["ingest p99"].better is False
    assert slower["ingest p99"].by == pytest.approx(0.5)
    faster = found(built(judgement=later(100)), built())
    assert faster["ingest max"].better is True
    assert set(slower) == {f"{clock} {figure}" for clock in ("ingest", "shown") for figure in ("p50", "p99", "max")}


def test_what_moved_by_less_than_a_twentieth_is_the_same():
    assert found(built(), built(judgement=later(9))) == {}
    assert "ingest p99" in found(built(), built(judgement=later(11)))


def test_what_was_observed_in_one_alone_is_told_and_not_judged():
    other = built(recorder=recorded(accepted=()))
    change = found(built(), other)["connected"]
    assert (change.before, change.after, change.better) == (2, None, None)


def test_other_conditions_are_told_first():
    other = built(replace(CONDITIONS, seed=8, broker="emqx", incidents=()))
    names = list(found(built(), other))
    assert names[:3] == ["seed", "incidents", "broker"]


def test_a_report_of_before_there_were_templates_was_of_sealed_frames():
    older, now = built(), built(replace(CONDITIONS, payload="senml"))
    del older["payload"], older["plain"]
    rows = found(older, now)
    assert (rows["payload"].before, rows["payload"].after) == ("sealed frames", "senml")


def test_plain_clients_that_the_broker_serves_faster_are_better():
    plain = {"clients": 5, "rate": 9.0, "size": 64, "qos": 0, "connects_per_s": 100.0, "sent_per_s": 9.0}
    before, after = (
        built(replace(CONDITIONS, plain=plain | {"connects_per_s": rate, "acknowledged_per_s": None}))
        for rate in (100.0, 120.0)
    )
    rows = found(before, after)
    assert rows["connects a second"].better is True
    assert found(after, before)["connects a second"].better is False
    assert not rows.keys() & {"sent a second", "acknowledged a second"}, "one is the same, one was not observed"


def test_a_failure_that_is_new_is_worse_and_one_that_is_gone_is_better():
    missed = built(judgement=judged([FIRE], [replace(RAISED, stored=None)], []))
    assert found(built(), missed)["missed"].better is False
    assert found(built(), missed)["verdict"].better is False
    assert found(missed, built())["missed"].better is True


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (None, "No such file or directory; give the report.json of a run"),
        ("{", "not JSON"),
        ("[]", "a report of schema None, this is 2; run it again with this version"),
        ('{"schema": 1}', "a report of schema 1, this is 2"),
        ('{"schema": 2}', "verdict: field required; give the report.json of a run"),
    ],
)
def test_what_is_no_report_is_told(tmp_path, text, told):
    file = tmp_path / "report.json"
    if text is not None:
        file.write_text(text)
    with pytest.raises(CompareError) as wrong:
        read_report(file)
    assert str(wrong.value).startswith(f"{file}: ")
    assert told in str(wrong.value)


def test_a_report_that_was_written_can_be_read(tmp_path):
    (tmp_path / "report.json").write_text(json.dumps(built()))
    assert read_report(tmp_path / "report.json") == built()


# ---- JUnit


def cases(content):
    suite = ET.fromstring(junit(content))[0]
    return {case.get("name"): {part.tag: part for part in case} for case in suite}


def test_a_run_that_passed_has_every_case_and_no_failure():
    passed = cases(built())
    assert set(CASES.values()) <= set(passed)
    assert not any("failure" in parts for parts in passed.values())


@pytest.mark.parametrize(
    ("content", "case"),
    [
        (built(judgement=judged([FIRE], [], [])), "every danger is raised by its device"),
        (built(judgement=judged([FIRE], [replace(RAISED, stored=None)], [])), "every alarm that is raised is stored"),
        (built(judgement=later(60_000)), "every alarm is stored, and every action taken, in time"),
        (built(judgement=judged([], [RAISED], list(events(RAISED)))), "no alarm is without a cause"),
        (built(recorder=recorded(accepted=("aa00000000000001",))), "every device is accepted"),
        (built(recorder=recorded(lag_ms=5_000.0)), "the generator kept its time"),
        (built(replace(CONDITIONS, lost=1)), "no device is lost"),
        (built(replace(CONDITIONS, shards=4, shards_missing=1)), "no shard was lost"),
        (built(judgement=judged([FIRE], [RAISED, alarm_of(FIRE, 2)], [*events(RAISED), *events(alarm_of(FIRE, 2))])),
         "no alarm takes effect twice"),
    ],
)  # fmt: skip
def test_each_failure_stands_in_its_case(content, case):
    assert "failure" in cases(content)[case]


def test_what_was_not_observed_is_skipped():
    blind = cases(built(judgement=judged(feed=None)))
    assert "skipped" in blind["no alarm takes effect twice"]
    assert "skipped" in blind["alarms are stored in their order"]


def test_thresholds_are_cases_of_their_own():
    conditions = replace(CONDITIONS, thresholds=(parse("ingest.p99<=1ms"), parse("missed==0")))
    found_cases = cases(built(conditions))
    assert found_cases["ingest.p99<=1ms"]["failure"].get("message") == "it is 200"
    assert found_cases["missed==0"] == {}


def test_hostile_names_are_text():
    assert ET.fromstring(junit(hostile())) is not None
    bell = built(judgement=judged([replace(FIRE, name="\x07\ud800")], [], []))
    assert "every danger is raised by its device" in cases(bell)
