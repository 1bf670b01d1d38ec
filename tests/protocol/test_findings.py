"""The table of findings: numbers beside those of alarms, names that say no two things."""

from lilong_protocol.pc.findings import BY_NAME, BY_NUMBER, FINDINGS, FIRST, is_finding
from lilong_protocol.registry import ALARMS
from lilong_protocol.registry.tables import SEVERITY


def test_a_number_of_a_feed_is_an_alarms_or_a_findings():
    assert not any(is_finding(alarm.number) for alarm in ALARMS)
    assert all(is_finding(finding.number) for finding in FINDINGS)
    assert [finding.number for finding in FINDINGS] == list(range(FIRST, FIRST + len(FINDINGS)))


def test_names_and_levels():
    assert len(BY_NAME) == len(BY_NUMBER) == len(FINDINGS)
    assert not {alarm.name for alarm in ALARMS} & set(BY_NAME)
    for finding in FINDINGS:
        assert finding.level in SEVERITY
        assert finding.label.en
        assert finding.label.zh
