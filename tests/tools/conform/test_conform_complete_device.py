"""Configuration, requests, updates, key epochs: a device that does them passes, each wrong one is caught."""

import pytest
from complete_device import Complete
from lilong_firmware.device import Identity
from lilong_protocol.keys import device_root
from lilong_tools.conform.device.run import run_virtual
from lilong_tools.conform.report import verdicts
from wrong_complete import FAULTS

TENANT, DEVICE = "conformance", "a4cf12fffe0b3c5d"
WANTED = ("LIL-CONF", "LIL-UPD", "LIL-KEY", "LIL-EVENT-006", "LIL-SESSION-010")


def found(kind, make, wanted=WANTED):
    return run_virtual(Identity(TENANT, DEVICE, device_root(bytes(32), TENANT, DEVICE)), kind, make, wanted)


@pytest.mark.parametrize("kind", ["smoke", "gas", "door"])
def test_a_device_that_does_all_of_it_passes(kind):
    results = found(kind, Complete, ())
    assert [result for result in results if result.passed is False] == []
    assert {name for name, verdict in verdicts(results).items() if verdict.passed} >= {
        "LIL-CONF-002", "LIL-CONF-003", "LIL-CONF-004", "LIL-CONF-005", "LIL-EVENT-006", "LIL-SESSION-010",
        "LIL-KEY-003", "LIL-KEY-004", "LIL-UPD-001", "LIL-UPD-002", "LIL-UPD-003", "LIL-UPD-004",
    }  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_one_with_a_fault_is_caught_by_its_sentences_and_by_no_others(name):
    kind, make, ids = FAULTS[name]
    broken = {id_ for id_, verdict in verdicts(found(kind, make)).items() if verdict.failed}
    assert broken == ids
