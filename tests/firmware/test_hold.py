"""A change that must last before it counts."""

from lilong_firmware.effects import NEVER
from lilong_firmware.hold import Hold


def test_counts_once_when_it_has_lasted():
    hold = Hold()
    hold.follow(1_000, True, 500)
    hold.follow(1_200, True, 500)
    assert not hold.over(1_499)
    assert hold.over(1_500)
    assert not hold.over(1_500)
    assert hold.at == NEVER


def test_begins_anew_when_it_broke_off():
    hold = Hold()
    hold.follow(1_000, True, 500)
    hold.follow(1_400, False, 500)
    hold.follow(1_450, True, 500)
    assert not hold.over(1_949)
    assert hold.over(1_950)


def test_knows_what_would_change_nothing():
    hold = Hold()
    assert hold.follows(False)
    assert not hold.follows(True)
    hold.follow(0, True, 10)
    assert hold.follows(True)
    assert not hold.follows(False)
