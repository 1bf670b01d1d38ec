"""The watchdog is fed while rules, drivers and link all go on, and never when one of them does not."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lilong_firmware.progress import DRIVERS_MS, FEED_MS, HEALTHY_MS, LINK_MS, RULES_MS, Progress

WATCHDOG_MS = 8_000  # what boards set; the longest that a Pico W can


class Watched:
    """Three tasks of which some stop at their time; what comes of it, second by second."""

    def __init__(self, rules=None, drivers=None, link=None):
        self.fed = []
        self.proved = []
        self.now = 0
        self.stops = {"rules": rules, "drivers": drivers, "link": link}
        self.progress = Progress(lambda: self.fed.append(self.now), lambda: self.proved.append(self.now))

    def alive(self, task):
        stop = self.stops[task]
        return stop is None or self.now < stop

    def run(self, ms):
        looked_at = 0
        for self.now in range(0, ms, 500):
            if self.alive("link"):
                looked_at = self.now
            if self.alive("rules"):
                self.progress.rules(self.now, looked_at)
            if self.alive("drivers"):
                self.progress.drivers(self.now)
        return self


def test_all_goes_on_and_the_watchdog_is_fed_every_second():
    fed = Watched().run(60_000).fed
    assert len(fed) >= 58
    assert max(b - a for a, b in pairwise(fed)) <= FEED_MS


@pytest.mark.parametrize(("task", "patience"), [("rules", RULES_MS), ("drivers", DRIVERS_MS), ("link", LINK_MS)])
def test_one_task_stops_and_the_board_is_reset_though_the_others_go_on(task, patience):
    watched = Watched(**{task: 100_000}).run(400_000)
    assert 100_000 <= watched.fed[-1] <= 100_000 + patience
    assert watched.progress.stuck(400_000) == task


@given(st.sampled_from(["rules", "drivers", "link"]), st.integers(0, 300_000))
def test_whenever_one_stops_nothing_feeds_it_later(task, stop):
    watched = Watched(**{task: stop}).run(stop + 2 * LINK_MS)
    assert all(at <= stop + LINK_MS for at in watched.fed)


def test_a_stall_of_three_seconds_is_no_reason_for_a_reset():
    watched = Watched()
    watched.run(10_000)
    watched.now = 13_000  # nothing has run meanwhile, as in a handshake
    watched.progress.rules(watched.now, 10_000)
    watched.progress.drivers(watched.now)
    assert watched.fed[-1] == 13_000
    assert 13_000 - watched.fed[-2] < WATCHDOG_MS


def test_a_boot_proves_itself_when_the_broker_accepts_it_or_after_ten_minutes_and_only_once():
    watched = Watched().run(2 * HEALTHY_MS)
    assert watched.proved == [HEALTHY_MS]
    watched = Watched()
    watched.progress.accepted(0)
    watched.run(2 * HEALTHY_MS)
    assert watched.proved == [0]
