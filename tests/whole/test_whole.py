"""Whole devices as `lilong flash` makes them: drivers, wiring, volumes, TLS; an alarm is raised and acknowledged."""

import pytest
from board_case import in_loop
from lilong_simulator.fleet.process import available

from tests.whole.device import CEILINGS, Whole, pairs

HEAP = 128 * 1_024
OFTEN = (("esp32", "door"), ("esp32_c3", "gas"), ("pico_w", "smoke"))  # all of them: benchmarks/whole_heap.py


def test_all_boards_that_are_flashed_are_among_the_pairs():
    assert set(OFTEN) <= set(pairs())
    assert {kind for _, kind in pairs()} == set(CEILINGS)


@pytest.mark.parametrize(("board", "kind"), OFTEN)
@in_loop
async def test_a_whole_device_takes_an_alarm_through_and_stays_below_its_ceiling(board, kind):
    reason = available()
    if reason is not None:
        pytest.skip(reason)
    async with Whole(board, kind, secure=True, heap=HEAP) as whole:
        told = await whole.story()
    assert told.well, f"{told.why}: {told.said}"
    assert told.raised
    assert 50_000 < told.live <= CEILINGS[kind]
