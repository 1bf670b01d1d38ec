"""All ten incidents one after the other in a night of what they touch of Music Plaza; a day of the whole is a soak.

What is left of each in files is judged as the run judged it, row by row: `lilong score` of its recording.

They are brought nearer together, and the cloudburst is its cut form; the cut of two hours is as it is. In it somebody
calls for help more than an hour before the links are back.
"""

from datetime import datetime
from pathlib import Path

import pytest
from incident_world import played, plaza
from lilong_simulator.incidents import INCIDENTS, find
from recorded_again import differing, own, scored

HEALED_MS = (7 * 60 - (2 * 60 + 5)) * 60_000  # 07:00, in a world that begins at 02:05
ANSWERED_MS = 60_000 + 59_000  # a person's answer, and a connection's longest wait between two tries
HOUR_MS = 3_600_000.0
NIGHT = (
    "gas_leak", "intruder", "falling_object@02:40", "rogue_reader@02:50", "elder_fall", "kitchen_fire@03:20",
    "morning_rush@03:50", "wan_partition@05:00", "feeder_blackout@07:15", "cloudburst_cut@07:55",
)  # fmt: skip
OTHERS = ("elder_sos@02:10", "kitchen_fire_cut@02:20", "wan_partition_cut@02:30", "morning_rush_offline_cut@03:00")
DEAD_ZONE, STILL = "elder_fall_dead_zone", "elder_inactive_cut"
MANY = ("elder_fall_many_cut@02:10", "falling_object_many@02:20")  # what is judged as shares
WHOLE = {"cloudburst", "elder_fall_many", "elder_inactive", "morning_rush_offline"}  # of which the cut forms are played
BY_OTHERS_SEEN = {"after_crossing_ms", "after_decision_ms"}  # of local outputs, and when answers reached devices


def test_all_ten_incidents_pass_in_one_night_and_so_does_the_night(tmp_path: Path) -> None:
    band = plaza().of_kind("wristband")[5]
    help_wanted = f"band.sos:device={band.name}@05:20"
    names = [*NIGHT, help_wanted]
    run = played(names, datetime(2026, 3, 4, 2, 5), 7 * 60, records=True)
    assert run.failures == []
    must = {row.incident for row in run.rows if row.expect == "must"}
    assert must >= set(names)
    score = run.score
    assert (score.undetected, score.missed, score.late, score.false, score.duplicate) == (0, 0, 0, 0, 0)
    assert (score.findings.missed, score.findings.late, score.findings.false) == (0, 0, 0)
    (called,) = [one for one in score.judged if one.row.incident == help_wanted]
    assert called.acknowledged is not None
    assert 0 < called.acknowledged - HEALED_MS <= ANSWERED_MS, "the band listens for an hour from when it was heard"

    again = scored(run, tmp_path)
    assert again["verdict"] == "pass"
    assert differing(own(run), again) == []

    alone = scored(run, tmp_path, witness=False)
    unseen = "not judged: look_at, warn_wearer, plate_passes, of which no frame tells at 4 devices"
    assert unseen in alone["warnings"]
    assert any(text.startswith("no witness.json of the run: no local output is known") for text in alone["warnings"])
    assert all(row["after_crossing_ms"]["local"] is None for row in alone["alarm_rows"])
    hindered = {"rogue_reader@02:50", "wan_partition@05:00", "feeder_blackout@07:15", help_wanted}
    for mine, theirs in zip(own(run)["alarm_rows"], alone["alarm_rows"], strict=True):
        if mine["incident"] not in hindered:
            assert {key for key in mine if mine[key] != theirs[key]} <= BY_OTHERS_SEEN
    for mine, theirs in zip(own(run)["linkage"], alone["linkage"], strict=True):
        if mine["incident"] not in hindered and theirs["triggered"]:
            assert mine == theirs, "what frames tell is judged as it was seen"


@pytest.mark.parametrize(
    ("names", "minutes"),
    [((*OTHERS, f"{DEAD_ZONE}:band={plaza().of_kind('wristband')[6].name}@02:15"), 100), ((STILL,), 70),
     (MANY, 75)],
)  # fmt: skip
def test_what_is_left_of_the_others_in_files_is_judged_as_they_were(
    names: tuple[str, ...], minutes: int, tmp_path: Path
) -> None:
    run = played(names, datetime(2026, 3, 4, 2, 5), minutes, records=True)
    assert run.failures == []
    assert {row.incident for row in run.rows if row.expect == "must"} >= set(names)
    assert differing(own(run), scored(run, tmp_path)) == []
    assert differing(own(run), scored(run, tmp_path, shift_ms=HOUR_MS), HOUR_MS) == [], "by another clock"


def test_each_incident_that_is_there_is_among_them() -> None:
    told = {name.partition("@")[0] for name in (*NIGHT, *OTHERS, *MANY)} | {DEAD_ZONE, STILL}
    assert set(INCIDENTS) == told | WHOLE | {"morning_rush_cut"}  # of which the whole is played
    assert all(find(f"{name}_cut") for name in WHOLE)
