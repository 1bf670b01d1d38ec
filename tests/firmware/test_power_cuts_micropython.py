"""Power cuts at every write and erase, rotten bits and failing flash, on real LittleFS in real MicroPython.

An alarm whose store returned is delivered, and counts once; what is true has its alarm; the bell rings in any case;
boot numbers rise; a start is bounded. `make soak` runs thousands of these schedules.
"""

import pytest
from micropython import find_micropython
from power_runs import run

WAYS = {"not at all": 0, "in part": 1, "wholly": 2, "down to some bits of a byte": 3}


@pytest.mark.parametrize("way", WAYS)
def test_at_each_write_and_erase_of_a_story(way):
    sums = run(find_micropython(), "every", WAYS[way], WAYS[way] + 1)
    assert sums["cuts"] > 60


@pytest.mark.parametrize("first", range(0, 120, 30))
def test_any_schedule(first):
    sums = run(find_micropython(), "random", first, first + 30)
    assert sums["cuts"] > 30
    assert sums["rotten"] > 20
    assert sums["refused"] > 0


@pytest.mark.parametrize("store", ["one_copy", "mixing", "forgetting"])
def test_a_store_that_is_wrong_is_found_out(store):
    with pytest.raises(AssertionError, match="seed"):
        run(find_micropython(), "random", 0, 200, store)
