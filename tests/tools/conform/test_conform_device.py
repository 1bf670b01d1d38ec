"""`lilong conform device`: our firmware passes all that is tried; each wrong device is caught by its sentences."""

import pytest
from lilong_firmware.device import Device, Identity
from lilong_protocol.keys import device_root
from lilong_simulator.kinds import KINDS
from lilong_tools.conform.device.run import run_virtual
from lilong_tools.conform.report import verdicts
from wrong_alarms import FAULTS as WRONG_ALARMS
from wrong_changes import FAULTS as WRONG_CHANGES
from wrong_checks import FAULTS as WRONG_CHECKS
from wrong_downlinks import FAULTS as WRONG_DOWNLINKS
from wrong_firmware import FAULTS as WRONG_FIRMWARE
from wrong_keeping import FAULTS as WRONG_KEEPING
from wrong_limits import FAULTS as WRONG_LIMITS
from wrong_links import FAULTS as WRONG_LINKS
from wrong_sessions import FAULTS as WRONG_SESSIONS

TENANT, DEVICE = "conformance", "a4cf12fffe0b3c5d"
FAULTS = {
    **WRONG_ALARMS, **WRONG_CHECKS, **WRONG_DOWNLINKS, **WRONG_FIRMWARE, **WRONG_KEEPING, **WRONG_LINKS,
    **WRONG_SESSIONS,
}  # fmt: skip
PATCHED = {**WRONG_CHANGES, **WRONG_LIMITS}


def found(kind, make=Device, wanted=()):
    """How each sentence fares with a device in virtual time."""
    identity = Identity(TENANT, DEVICE, device_root(bytes(32), TENANT, DEVICE))
    return run_virtual(identity, kind, make, wanted)


def broken(results):
    return {name for name, verdict in verdicts(results).items() if verdict.failed}


@pytest.mark.spec(
    "LIL-ALARM-001", "LIL-ALARM-002", "LIL-ALARM-003", "LIL-ALARM-004", "LIL-ALARM-005", "LIL-ALARM-006",
    "LIL-ALARM-007", "LIL-ALARM-008", "LIL-ALARM-009", "LIL-ALARM-010", "LIL-ALARM-019", "LIL-ALARM-020",
    "LIL-CMD-001", "LIL-CMD-002", "LIL-CMD-003", "LIL-CMD-004", "LIL-CMD-005", "LIL-CMD-009", "LIL-CMD-010",
    "LIL-CMD-011", "LIL-CMD-012", "LIL-CMD-013", "LIL-CONF-002", "LIL-CONF-003", "LIL-CONF-004", "LIL-CONF-005",
    "LIL-CONF-006", "LIL-CONF-007", "LIL-CONF-008", "LIL-CONF-009", "LIL-EVENT-001", "LIL-EVENT-002", "LIL-EVENT-003",
    "LIL-EVENT-006", "LIL-EVENT-008", "LIL-EVENT-009", "LIL-FRAME-002", "LIL-FRAME-003", "LIL-FRAME-004",
    "LIL-FRAME-006", "LIL-FRAME-008", "LIL-FRAME-009", "LIL-FRAME-010", "LIL-FRAME-011", "LIL-KEY-003", "LIL-KEY-004",
    "LIL-KEY-008", "LIL-LOG-001", "LIL-LOG-002", "LIL-SEAL-002", "LIL-SEAL-005", "LIL-SEC-003", "LIL-SEC-004",
    "LIL-SEC-005", "LIL-SEC-006", "LIL-SESSION-001", "LIL-SESSION-002", "LIL-SESSION-003", "LIL-SESSION-004",
    "LIL-SESSION-005", "LIL-SESSION-006", "LIL-SESSION-010", "LIL-SESSION-011", "LIL-SESSION-012", "LIL-SESSION-013",
    "LIL-SESSION-016", "LIL-SESSION-018", "LIL-TELE-001", "LIL-TELE-002", "LIL-TIME-002", "LIL-TIME-003",
    "LIL-TIME-006", "LIL-TIME-007", "LIL-TOPIC-002", "LIL-TOPIC-003", "LIL-UPD-001", "LIL-UPD-002", "LIL-UPD-003",
    "LIL-UPD-004", "LIL-UPD-006", "LIL-UPD-007", "LIL-UPD-008", "LIL-UPD-012",
)  # fmt: skip
@pytest.mark.parametrize("kind", KINDS)
def test_our_firmware_passes_all_that_is_tried(kind):
    results = found(kind)
    failed = [result for result in results if result.passed is False]
    assert not failed
    assert sum(result.passed is True for result in results) > 100


@pytest.mark.parametrize("name", FAULTS)
def test_a_device_with_one_fault_is_caught_by_its_sentences_and_by_no_others(name):
    kind, make, ids = FAULTS[name]
    assert broken(found(kind, make)) == ids


@pytest.mark.parametrize("name", PATCHED)
def test_one_that_is_wrong_about_changes_is_caught_by_its_sentences_and_by_no_others(name, monkeypatch):
    kind, plant, ids = PATCHED[name]
    plant(monkeypatch)
    assert broken(found(kind)) == ids
