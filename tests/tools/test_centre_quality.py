"""Data that cannot be right, as the centre's findings: told once for each matter, cleared when it is right again."""

import pytest
from centre_world import DOOR, GAS, HOUR, KEY, MINUTE, NOW, SECOND, TENANT, birth, event, heartbeat
from findings_world import WIRED
from lilong_protocol import codes
from lilong_tools.centre.core import Core
from lilong_tools.centre.store import Store

WRONG, RIGHT = {codes.Q_GAS: 1_500}, {codes.Q_GAS: 0}


class Told:
    """A core that is told frames by hand, and what it says in its feed."""

    def __init__(self, **options):
        self.core = Core(WIRED, KEY, NOW, **options)
        self.feed, self.rows = [], []

    def at(self, at_ms, *frames):
        for topic, data in frames:
            self.core.receive(NOW + at_ms, topic, data, False)
        self.core.step(NOW + at_ms)
        batch = self.core.take()
        self.feed += batch.feed
        self.rows += batch.rows

    def said(self):
        return [
            (row["finding"], row["event"], row["at"] - NOW)
            for row in self.feed
            if row.get("finding", "").startswith("quality.")
        ]


def gas(seq, uptime, values):
    return heartbeat(GAS, seq, uptime=uptime, values=values)


@pytest.fixture
def told():
    told = Told()
    told.at(0, birth(GAS, kind=2, offline_s=900), birth(DOOR, seq=1))
    return told


def test_a_value_out_of_its_range_is_one_finding_until_it_is_in_it_again(told):
    told.at(5 * MINUTE, gas(1, 5 * MINUTE, WRONG))
    told.at(10 * MINUTE, gas(2, 10 * MINUTE, WRONG))
    told.at(15 * MINUTE, gas(3, 15 * MINUTE, RIGHT))
    assert told.said() == [
        ("quality.out_of_range", "stored", 5 * MINUTE), ("quality.out_of_range", "cleared", 15 * MINUTE),
    ]  # fmt: skip
    (shown,) = (row for row in told.core.findings.list() if row["finding"] == "quality.out_of_range")
    assert (shown["device"], shown["about"], shown["text"], shown["level"]) == (GAS, "gas", "150 %LEL", 4)


def test_the_gaps_of_a_device_are_one_finding_until_none_has_come_for_ten_minutes(told):
    told.at(SECOND, event(DOOR, 1, uptime=SECOND))
    told.at(2 * SECOND, event(DOOR, 4, uptime=2 * SECOND))
    for at in range(3, 200):
        told.at(at * SECOND, heartbeat(DOOR, at, uptime=at * SECOND))
        if at == 60:
            told.at(60 * SECOND, event(DOOR, 9, uptime=60 * SECOND))
    (row,) = (row for row in told.feed if row.get("finding") == "quality.gap")
    assert (row["event"], row["device"], row["about"]) == ("stored", DOOR, "1-2")
    assert row["text"] == "events 2 to 3 of boot 1 never came"
    told.at(HOUR)
    assert [event for name, event, _ in told.said()] == ["stored", "cleared"]


def test_a_centre_that_starts_again_knows_what_it_doubted_and_tells_its_end(tmp_path):
    store = Store(str(tmp_path / "centre.db"), TENANT)
    first = Told()
    first.at(0, birth(GAS, kind=2, offline_s=900))
    first.at(5 * MINUTE, gas(1, 5 * MINUTE, WRONG))
    store.commit(first.rows)
    again = Told(saved=store.load())
    again.at(10 * MINUTE, gas(2, 10 * MINUTE, WRONG))
    again.at(15 * MINUTE, gas(3, 15 * MINUTE, RIGHT))
    assert again.said() == [("quality.out_of_range", "cleared", 15 * MINUTE)]
    store.close()


def test_a_core_that_is_not_to_check_does_not():
    told = Told(checks=False)
    told.at(0, birth(GAS, kind=2, offline_s=900))
    told.at(5 * MINUTE, gas(1, 5 * MINUTE, WRONG))
    assert (told.said(), told.core.findings.quality) == ([], None)
