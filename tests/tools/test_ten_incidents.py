"""All ten incidents one after the other in a night of what they touch of Music Plaza; a day of the whole is a soak.

They are brought nearer together, and the cloudburst is its cut form; the cut of two hours is as it is. In it somebody
calls for help more than an hour before the links are back.
"""

from datetime import datetime

from incident_world import played, plaza

HEALED_MS = (7 * 60 - (2 * 60 + 5)) * 60_000  # 07:00, in a world that begins at 02:05
ANSWERED_MS = 60_000 + 59_000  # a person's answer, and a connection's longest wait between two tries


def test_all_ten_incidents_pass_in_one_night_and_so_does_the_night() -> None:
    band = plaza().of_kind("wristband")[5]
    help_wanted = f"band.sos:device={band.name}@05:20"
    names = [
        "gas_leak", "intruder", "falling_object@02:40", "rogue_reader@02:50", "elder_fall", "kitchen_fire@03:20",
        "morning_rush@03:50", "wan_partition@05:00", help_wanted, "feeder_blackout@07:15", "cloudburst_cut@07:55",
    ]  # fmt: skip
    run = played(names, datetime(2026, 3, 4, 2, 5), 7 * 60)
    assert run.failures == []
    must = {row.incident for row in run.rows if row.expect == "must"}
    assert must >= set(names)
    score = run.score
    assert (score.undetected, score.missed, score.late, score.false, score.duplicate) == (0, 0, 0, 0, 0)
    assert (score.findings.missed, score.findings.late, score.findings.false) == (0, 0, 0)
    (called,) = [one for one in score.judged if one.row.incident == help_wanted]
    assert called.acknowledged is not None
    assert 0 < called.acknowledged - HEALED_MS <= ANSWERED_MS, "the band listens for an hour from when it was heard"
