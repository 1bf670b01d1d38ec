"""Hours of dangers and faults leave no trace on heap and flash and cost no alarm; the soak sees what does."""

import pytest
from lilong_simulator.fleet.process import available

from tests.soak.dangers import DANGERS, MINUTE
from tests.soak.faults import SHORT, WEATHER
from tests.soak.planted import FAULTS, planted
from tests.soak.soak import GROWTH, Missed, soak

SHORT_MS = {"manhole": 36 * MINUTE}  # a round; its last retry comes late
LONG_MS = 80 * MINUTE
pytestmark = pytest.mark.skipif(available() is not None, reason=str(available()))


@pytest.mark.parametrize("kind", DANGERS)
def test_dangers_and_faults_by_seed_cost_no_alarm_and_no_memory(kind):
    tally = soak(kind, 7, 3, SHORT_MS.get(kind, 28 * MINUTE))
    assert tally.dangers >= 6
    assert tally.raised >= 6
    assert tally.answered > 5
    assert tally.faults["power"] == 2
    assert set(SHORT) <= set(tally.faults)
    assert len(set(WEATHER) & set(tally.faults)) >= 2
    assert tally.growth < 2 * GROWTH  # too short for a trend: this is what two moments may differ by


# What is found where: (fault, kind, rounds, ms of a round, words of the finding).
FINDINGS = (
    ("a leak of 8 bytes a minute", "smoke", 6, LONG_MS, "the heap has grown"),
    ("an unbounded list", "gas", 6, LONG_MS, "the heap has grown"),
    ("a dropped alarm", "door", 6, 28 * MINUTE, "is stored 0 times|raised and never stored"),
    ("a sounder that waits", "smoke", 3, 28 * MINUTE, "wants sounder 1"),
    ("files that stay", "smoke", 6, 28 * MINUTE, "nothing waits, and there is"),
)


@pytest.mark.parametrize(("fault", "kind", "rounds", "round_ms", "words"), FINDINGS, ids=[one[0] for one in FINDINGS])
def test_the_soak_finds(fault, kind, rounds, round_ms, words, tmp_path):
    with planted(fault, tmp_path), pytest.raises(Missed, match=words):
        soak(kind, 1, rounds, round_ms)


def test_each_planted_fault_is_tried():
    assert {one[0] for one in FINDINGS} == set(FAULTS)
