"""Until when a live run waits at its end: for what must come and can, not for what comes long afterwards."""

from types import SimpleNamespace

from lilong_simulator.estate import load_estate
from lilong_simulator.load.drain import Drain
from lilong_simulator.truth import finding_row, limits

BAND = load_estate("music_plaza").of_kind("wristband")[0]
ZERO = 500.0


def test_an_officer_who_is_on_the_way_is_not_waited_for():
    bounds = limits(None, 120_000, None, None) | {"on_site_ms": 2_700_000, "ended_ms": 3_000_000}
    row = finding_row("care.dispatch", 1_000, "fall", BAND, bounds=bounds)
    run = SimpleNamespace(
        truth=[row], world_zero=ZERO, horizon=60_000.0, faults=None,
        now=0.0, recorder=SimpleNamespace(alarms={}), settings=SimpleNamespace(acknowledgement_expected=True),
    )  # fmt: skip
    run.clock = lambda: run.now
    drain = Drain(run)
    assert drain.last_limit == ZERO + 121_000
    run.now = ZERO + 120_999
    assert drain.waiting
    run.now = ZERO + 121_001
    assert not drain.waiting
