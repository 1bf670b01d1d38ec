"""`lilong conform backend`: the library and the centre pass all that is tried; each wrong backend is caught."""

import pytest
from backends_here import centre_results, results_of
from lilong_protocol.pc.simulation import simulation_key
from lilong_simulator.estate import load_estate
from lilong_tools.conform.report import verdicts
from wrong_episodes import FAULTS as WRONG_EPISODES
from wrong_orders import FAULTS as WRONG_ORDERS
from wrong_records import FAULTS as WRONG_RECORDS
from wrong_stored_acks import FAULTS as WRONG_ACKS
from wrong_welcomes import FAULTS as WRONG_WELCOMES

FAULTS = {**WRONG_ACKS, **WRONG_EPISODES, **WRONG_ORDERS, **WRONG_RECORDS, **WRONG_WELCOMES}


def broken(results):
    return {name for name, verdict in verdicts(results).items() if verdict.failed}


@pytest.mark.spec(
    "LIL-ALARM-011", "LIL-ALARM-012", "LIL-ALARM-013", "LIL-ALARM-014", "LIL-ALARM-015", "LIL-ALARM-016",
    "LIL-ALARM-017", "LIL-ALARM-018", "LIL-ALARM-020", "LIL-BACK-001", "LIL-BACK-002", "LIL-BACK-003", "LIL-CBOR-003",
    "LIL-CMD-006", "LIL-CMD-007", "LIL-CMD-008", "LIL-CMD-014", "LIL-CMD-015", "LIL-CONF-001", "LIL-CONF-010",
    "LIL-CONF-011", "LIL-EVENT-004", "LIL-EVENT-005", "LIL-EVENT-007", "LIL-EVENT-010", "LIL-FRAME-002",
    "LIL-FRAME-003", "LIL-FRAME-004", "LIL-FRAME-007", "LIL-FRAME-011", "LIL-FRAME-012", "LIL-KEY-005", "LIL-KEY-006",
    "LIL-SEAL-002", "LIL-SEAL-005", "LIL-SEC-004", "LIL-SEC-005", "LIL-SEC-006", "LIL-SEC-007", "LIL-SESSION-007",
    "LIL-SESSION-008", "LIL-SESSION-009", "LIL-SESSION-013", "LIL-SESSION-015", "LIL-SESSION-019", "LIL-SESSION-020",
    "LIL-SESSION-021", "LIL-TELE-003", "LIL-TIME-001", "LIL-TIME-004", "LIL-TIME-005", "LIL-TOPIC-002",
    "LIL-TOPIC-004", "LIL-UPD-005", "LIL-UPD-009", "LIL-ASK-005",
)  # fmt: skip
class TestOurs:
    def test_our_library_passes_everything(self):
        results = results_of()
        assert [result for result in results if not result.passed] == []
        assert len(results) > 100

    def test_the_centre_passes_all_that_is_tried(self, tmp_path):
        results = centre_results(load_estate(), simulation_key("music_plaza"), str(tmp_path / "centre.db"))
        assert [result for result in results if result.passed is False] == []
        assert sum(result.passed is True for result in results) > 100


@pytest.mark.parametrize("name", FAULTS)
def test_a_backend_with_one_fault_is_caught_by_its_sentences_and_by_no_others(name):
    make, ids = FAULTS[name]
    assert broken(results_of(make)) == ids


def test_without_a_feed_what_only_it_can_show_is_not_passed():
    told = verdicts(results_of(feed=False, wanted=["LIL-ALARM-016"]))
    assert (told["LIL-ALARM-016"].passed, told["LIL-ALARM-016"].failed) == (0, 0)
    assert told["LIL-ALARM-016"].skipped > 0
