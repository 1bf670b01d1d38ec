"""`lilong conform device`: our firmware passes all that is tried; each wrong device is caught by its sentences."""

import pytest
from lilong_firmware.device import Device, Identity
from lilong_protocol.keys import device_root
from lilong_tools.conform.device.run import run_virtual
from lilong_tools.conform.report import verdicts
from wrong_devices import FAULTS

TENANT, DEVICE = "conformance", "a4cf12fffe0b3c5d"
KINDS = ("smoke", "gas", "door", "streetlight", "manhole", "wristband")
NOT_YET = {"LIL-SESSION-010", "LIL-SESSION-011"}


def found(kind, make=Device, wanted=()):
    """How each sentence fares with a device in virtual time."""
    identity = Identity(TENANT, DEVICE, device_root(bytes(32), TENANT, DEVICE))
    return run_virtual(identity, kind, make, wanted)


def broken(results):
    return {name for name, verdict in verdicts(results).items() if verdict.failed}


@pytest.mark.parametrize("kind", KINDS)
def test_our_firmware_passes_all_that_is_tried(kind):
    results = found(kind)
    failed = [result for result in results if result.passed is False and result.id not in NOT_YET]
    assert not failed
    assert sum(result.passed is True for result in results) > 100


@pytest.mark.parametrize("name", FAULTS)
def test_a_device_with_one_fault_is_caught_by_its_sentences_and_by_no_others(name):
    kind, make, ids = FAULTS[name]
    assert broken(found(kind, make)) - NOT_YET == ids
