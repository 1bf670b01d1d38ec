"""The same day gives the same trace on CPython and on real MicroPython, every published byte included.

Whoever edits a rule sees here whether it still means the same on a board: no order of a dict, no float, no clock.
"""

from pathlib import Path

import pytest
from lilong_firmware.effects import NOTE, OUTPUT, PUBLISH
from lilong_protocol.registry import ALARM, KIND
from micropython import run_micropython
from stories import STORIES, day

SOURCE = """
import sys
sys.path.append(sys.argv[1])
from stories import day
for line in day(sys.argv[2]).lines():
    print(line)
"""


@pytest.mark.parametrize("kind", sorted(STORIES))
def test_the_same_day(kind):
    host = day(kind)
    expected = {PUBLISH, NOTE, OUTPUT} if set(KIND[kind].outputs) - {"fault"} else {PUBLISH, NOTE}
    assert {effect[0] for _, effect in host.trace} >= expected
    there = run_micropython(SOURCE, Path(__file__).parent, kind, heap="32m").splitlines()
    assert there == host.lines()


@pytest.mark.parametrize("kind", sorted(STORIES))
def test_a_day_brings_every_alarm_of_the_kind(kind):
    raised = {ALARM[code].name for _, what, code in day(kind).notes if what == "raised"}
    assert raised >= set(KIND[kind].alarms)
