"""The same attacks on real MicroPython: the same outcome in every fact, and a heap that pays for bytes only."""

import ast
import sys
from pathlib import Path

import pytest
from micropython import run_micropython

sys.path.append(str(Path(__file__).parents[1] / "firmware"))

import attacks

FIRMWARE = Path(__file__).parents[1] / "firmware"
STORY = """
import sys
sys.path += sys.argv[1:3]
module = __import__(sys.argv[3])
for fact in getattr(module, sys.argv[4])():
    print(repr(fact))
"""


def there(module: str, story: str) -> list[str]:
    return run_micropython(STORY, Path(__file__).parent, FIRMWARE, module, story, heap="16m").splitlines()


@pytest.mark.spec("LIL-SEC-004", "LIL-SEC-005", "LIL-SEC-006", "LIL-SEC-008", "LIL-SEAL-005", "LIL-TOPIC-003")
@pytest.mark.parametrize("story", [story.__name__ for story in attacks.STORIES])
def test_the_outcome_is_the_same_on_a_board(story):
    assert there("attacks", story) == [repr(fact) for fact in getattr(attacks, story)()]


@pytest.mark.spec("LIL-CBOR-005", "LIL-SEC-004")
def test_refusing_costs_a_board_no_more_heap_than_the_bytes_that_came():
    """Garbage included; pointers of 64 bits make it about twice what it is on a board."""
    measured = [ast.literal_eval(line) for line in there("attack_costs", "costs")]
    assert len(measured) > 50
    assert not [(name, came, heap) for name, came, heap in measured if heap > 2_000 + 80 * min(came, 1_024)]
