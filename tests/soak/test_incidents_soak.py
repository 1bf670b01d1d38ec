"""What the incidents' long run plays, for how long, and what it says of a report; playing them takes its 45 minutes."""

import asyncio
import sys
from collections import Counter
from datetime import datetime

import pytest
from lilong_simulator.estate import load_estate
from lilong_simulator.incidents import INCIDENTS, IncidentError, read
from lilong_simulator.incidents.reach import judged_s
from lilong_simulator.random_streams import Streams

from tests.soak import incidents_live
from tests.soak.incidents_live import LONGEST_S, Form, all_of_them, form_of, forms, line_of, play, play_all

CUT = [name for name in INCIDENTS if name.endswith("_cut")]
FORM = Form("gas_leak", datetime(2026, 3, 4, 2, 9, 30), 823)


@pytest.fixture(scope="module")
def plaza():
    return load_estate("music_plaza")


def test_each_incident_is_played_as_it_is_or_cut(plaza):
    played = forms(all_of_them(), plaza)
    names = {form.name for form in played}
    assert len(names) == len(played)
    assert all(name in names or f"{name}_cut" in names for name in INCIDENTS)
    assert [form.duration_s for form in played] == sorted((form.duration_s for form in played), reverse=True)
    assert played[0].duration_s <= LONGEST_S
    assert "elder_inactive" not in names
    assert {form.name for form in forms(all_of_them(True), plaza, whole=True)} == set(INCIDENTS) - set(CUT)


def test_it_lasts_until_the_last_that_it_says_can_be_judged(plaza):
    assert judged_s(read("falling_object"), plaza) == pytest.approx(245, abs=1)  # the sheet of rain is no alarm
    assert judged_s(read("elder_fall_dead_zone"), plaza) == 240 + 2_700  # until who is sent is there
    assert judged_s(read("feeder_blackout"), plaza) == 1_980 + 180  # until all must be back
    assert judged_s(read("wan_partition_cut"), plaza) == 900 + 900  # until telemetry is told
    assert form_of("gas_leak", plaza) == FORM


def test_what_is_too_long_and_has_no_cut_form_is_told(plaza, monkeypatch):
    monkeypatch.setattr(incidents_live, "LONGEST_S", 100)
    with pytest.raises(IncidentError, match=r"gas_leak takes 13\.7 min; write gas_leak_cut\.toml"):
        forms(["gas_leak"], plaza)


@pytest.mark.parametrize("name", CUT)
def test_a_cut_form_has_the_rows_and_the_limits_of_the_whole(plaza, name):
    def demands(which):  # how often each; which fence zones the wind pulls at is drawn by the incident's name
        story = read(which).story(plaza, 0, Streams(7))
        rows = Counter(  # a fire in film time burns no detector, which its gateway would have to miss; ends differ
            (row.expect, row.alarm, row.by, str(row.limits | {"ended_ms": "ended_ms" in row.limits}))
            for row in story.truth if not row.through
        )  # fmt: skip
        linked = (one for _, some in story.expectations for one in some)
        follows = {(one.action, one.what, one.name, one.within_ms) for one in linked if one.what != "not_cleared"}
        # What a backend concludes again and again, as the levels of rain, it must in a part of the time too.
        return {row: many if row[2] == "device" else 1 for row, many in rows.items() if row[0] != "may"}, follows

    assert demands(name) == demands(name.removesuffix("_cut"))


# ---- what is said


def report(**changed):
    row = {
        "incident": "gas_leak", "expect": "must", "alarm": "gas.leak", "possible_after_ms": None,
        "after_crossing_ms": {"local": 23_000.0, "ingest": 23_020.0, "shown": None},
        "limits_ms": {"local": 60_000, "ingest": 70_000, "shown": 80_000},
    }  # fmt: skip
    return {
        "by_incident": [{"name": "gas_leak", "told": "gas_leak: 1 of 1 alarm in time, nothing false: pass"}],
        "verdict": "pass", "failures": [], "generator_lag_ms": {"p99": 3.5}, "alarm_rows": [row], "linkage": [],
    } | changed  # fmt: skip


def test_a_line_has_what_came_nearest_to_its_limit():
    assert line_of(FORM, report()) == (
        "pass  gas_leak                  13.7 min  1 of 1 alarm in time, nothing false; "
        "worst: gas.leak local 23 s of 60 s; lag p99 3.5 ms"
    )
    linked = {"incident": "gas_leak", "action": "close_valve", "what": "command", "after_ms": 9e3, "limit_ms": 10_000}
    assert "worst: close_valve command 9 s of 10 s" in line_of(FORM, report(linkage=[linked]))


def test_what_a_fault_put_off_is_counted_from_when_it_could_be_sent():
    (row,) = report()["alarm_rows"]
    waited = row | {"possible_after_ms": 7_000_000.0, "after_crossing_ms": {"local": None, "ingest": 7_020_000.0}}
    assert "worst: gas.leak ingest 20 s of 70 s" in line_of(FORM, report(alarm_rows=[waited]))


def test_what_is_wrong_stands_below():
    told = line_of(FORM, report(verdict="fail", failures=["missed: gas.leak at core7"], alarm_rows=[]))
    assert told.splitlines()[1] == "      missed: gas.leak at core7"
    assert "no latency seen" in told


def test_a_run_that_ends_without_a_report_fails_with_its_words(tmp_path, monkeypatch):
    monkeypatch.setattr(incidents_live, "LILONG", (sys.executable, "-c", "print('no room'); raise SystemExit(2)"))
    verdict, told = asyncio.run(play(FORM, tmp_path, asyncio.Lock()))
    assert verdict == "fail"
    assert "exit code 2: no room" in told


def test_what_the_machine_was_too_busy_for_is_played_once_more_and_nothing_else(tmp_path, monkeypatch, capsys):
    other = Form("intruder", datetime(2026, 3, 4, 2), 60)
    verdicts = {FORM: ["generator saturated", "pass"], other: ["fail"]}

    async def played(form, *_):
        verdict = verdicts[form].pop(0)
        return verdict, f"{verdict} {form.name}"

    monkeypatch.setattr(incidents_live, "play", played)
    assert asyncio.run(play_all([FORM, other], 1, tmp_path)) == {FORM: "pass", other: "fail"}
    assert "once more: gas_leak\n" in capsys.readouterr().out
