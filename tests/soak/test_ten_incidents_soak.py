"""What the long run of all ten incidents says of a day's report; CI plays them in `tools/test_ten_incidents.py`."""

from copy import deepcopy

import pytest
from lilong_simulator.incidents import INCIDENTS

from tests.soak.ten_incidents import NONE_OF, TEN, line_of, wrong

GOOD = {
    "verdict": "pass", "failures": [],
    "by_incident": [{"name": name, "verdict": "pass", "told": f"{name}: pass", "alarms": {"true": 1}} for name in TEN],
    "alarms": {"true": 101} | dict.fromkeys(NONE_OF["alarms"], 0),
    "findings": {"true": 294} | dict.fromkeys(NONE_OF["findings"], 0),
}  # fmt: skip


def worse(change):
    report = deepcopy(GOOD)
    change(report)
    return report


def test_there_are_ten_and_none_is_a_cut_form_or_a_variant():
    assert len(set(TEN)) == 10
    assert set(TEN) <= set(INCIDENTS)
    variants = {name for name in INCIDENTS if any(name.startswith(f"{one}_") for one in TEN)}
    assert set(INCIDENTS) - set(TEN) - variants == {"elder_sos", "elder_inactive", "elder_inactive_cut"}


def test_a_day_in_which_nothing_is_wrong_is_one_line():
    assert list(wrong(GOOD)) == []
    assert line_of(7, GOOD, 65.4) == (
        "pass  ten incidents in a day of music_plaza, seed 7: 101 alarms and 294 findings had to be, 0 faults, 65.4 s"
    )


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda report: report["by_incident"].pop(3), "morning_rush did not happen"),
        (lambda report: report["by_incident"][0].update(verdict="fail", told="gas_leak: 1 late: fail"), "gas_leak: 1"),
        (lambda report: report["by_incident"][0].update(verdict="not judged"), "gas_leak: pass"),
        (lambda report: report["by_incident"][9]["alarms"].update(true=0), "feeder_blackout: nothing had to be raised"),
        (lambda report: report["alarms"].update(late=2), "2 alarms late"),
        (lambda report: report["findings"].update(missed=None), "None findings missed"),
        (lambda report: report["failures"].append("over its limit: band.fall"), "over its limit: band.fall"),
        (lambda report: report.update(verdict="fail"), "verdict: fail"),
    ],
)
def test_whatever_is_wrong_is_told(change, told):
    report = worse(change)
    (found,) = wrong(report)
    assert found.startswith(told)
    assert line_of(7, report, 60).startswith("fail ")
    assert told in line_of(7, report, 60)
