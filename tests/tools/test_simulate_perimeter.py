"""`lilong simulate` on an estate with fence zones and intercoms: two alarms of one zone and a call for help, judged."""

import json
from pathlib import Path

from commands import run_lilong
from lilong_protocol import codes

from tests.simulator.perimeter_estate import perimeter_estate


def test_a_climb_a_cut_and_a_call_for_help_at_once_are_three_alarms_at_the_centre(tmp_path: Path) -> None:
    out = tmp_path / "out"
    incidents = [part for name in ("fence.climb", "fence.cut", "panic") for part in ("--incident", name)]
    ended = run_lilong("simulate", perimeter_estate(tmp_path), "--days", "0.004", *incidents, "--out", out)
    assert ended.code == 0, ended.out + ended.err
    assert "alarms: 3 true, 3 raised, 3 stored" in ended.out
    feed = [json.loads(line) for line in (out / "observed.jsonl").read_text(encoding="utf-8").splitlines()]
    stored = {line["code"]: line["device"] for line in feed if line["event"] == "stored"}
    assert set(stored) == {codes.ALARM_FENCE_CLIMB, codes.ALARM_FENCE_CUT, codes.ALARM_PANIC}
    assert stored[codes.ALARM_FENCE_CLIMB] == stored[codes.ALARM_FENCE_CUT] != stored[codes.ALARM_PANIC]
