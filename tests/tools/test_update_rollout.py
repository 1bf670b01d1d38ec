"""A roll-out in waves: who is offered what when, when the next wave opens, and when it all stops."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lilong_tools.update import rollout
from lilong_tools.update.rollout import Rollout, Seen, planned

NOW = 1_800_000_000_000
SECOND, MINUTE = 1_000, 60_000
SIZE, NUMBER = 10_000, 77
ONLINE = Seen("online")


class Fleet:
    """Devices by script: what is seen of them is what the test says."""

    def __init__(self, devices=100, shares=(0.01, 0.1, 1.0), stop_at=0.02, wait_ms=10 * MINUTE, at_once=1_000, **seen):
        self.ids = [f"d{number:03}" for number in range(devices)]
        self.seen = dict.fromkeys(self.ids, ONLINE) | seen
        self.plan = planned(self.ids, shares, stop_at, wait_ms, at_once, SIZE, NUMBER)
        self.now = NOW
        self.offered = []

    def look(self, ms=SECOND):
        self.now += ms
        new = self.plan.look(self.now, self.seen)
        for device in new:
            self.seen[device] = replace(self.seen[device], sent=True, state=None, have=0, code=None)
        self.offered += new
        return new

    def tell(self, devices, **changes):
        for device in devices:
            self.seen[device] = replace(self.seen[device], **changes)

    def take(self, devices):
        """They fetch it, restart, and are there again with it."""
        self.tell(devices, state=1, have=SIZE // 2)
        self.look()
        self.tell(devices, state=3, have=SIZE)
        self.look()
        self.tell(devices, code=200, version="2")

    def state(self, device):
        return next(member.state for member in self.plan.members if member.device == device)


def test_waves_open_one_after_the_other_as_each_has_ended_well():
    fleet = Fleet()
    sizes = []
    while fleet.plan.state == rollout.RUNNING:
        wave = fleet.look()
        if wave:
            sizes.append(len(wave))
            assert fleet.look() == []
            fleet.take(wave)
    assert sizes == [1, 9, 90]
    assert fleet.plan.state == rollout.DONE
    assert fleet.plan.count() == {rollout.UPDATED: 100}
    assert sorted(fleet.offered) == fleet.ids


def test_a_wave_is_drawn_from_all_of_them_and_the_same_for_the_same_artifact():
    fleet, again = Fleet(shares=(0.1, 1.0)), Fleet(shares=(0.1, 1.0))
    wave = fleet.look()
    assert wave == again.look()
    assert wave != fleet.ids[:10]
    other = planned(fleet.ids, (0.1, 1.0), 0.02, MINUTE, 100, SIZE, NUMBER + 1)
    assert other.look(NOW, fleet.seen) != wave


@pytest.mark.parametrize("code", [409, 422, 403, 404])
def test_a_refusal_is_a_failure_and_enough_of_them_stop_it(code):
    fleet = Fleet(shares=(0.5, 1.0), stop_at=0.02)
    wave = fleet.look()
    fleet.tell(wave[:1], code=code)
    assert fleet.look() == []
    assert (fleet.state(wave[0]), fleet.plan.state) == (rollout.REFUSED, rollout.RUNNING)
    fleet.tell(wave[1:2], code=code)
    fleet.take(wave[2:])
    assert fleet.look() == []
    assert fleet.plan.state == rollout.STOPPED
    assert fleet.plan.why == "2 of 50 devices have failed, and at most 0.02 of them may"
    assert len(fleet.offered) == 50


def test_within_a_wave_it_stops_before_the_rest_is_offered():
    fleet = Fleet(shares=(1.0,), stop_at=0.02, at_once=10)
    first = fleet.look()
    assert len(first) == 10
    fleet.tell(first[:3], code=422)
    assert fleet.look() == []
    assert (fleet.plan.state, len(fleet.offered)) == (rollout.STOPPED, 10)


def test_no_more_than_so_many_fetch_at_once():
    fleet = Fleet(shares=(1.0,), at_once=10)
    assert len(fleet.look()) == 10
    fleet.take(fleet.offered[:4])
    assert len(fleet.look()) == 4


def test_an_expired_update_of_which_all_was_there_is_rolled_back_and_not_offered_again():
    fleet = Fleet(shares=(1.0,), stop_at=1.0)
    wave = fleet.look()
    fleet.tell(wave[:1], state=3, have=SIZE)
    fleet.look()
    fleet.tell(wave[:2], code=408)
    fleet.tell(wave[1:2], state=1, have=SIZE - 100)  # the last that it told before its restart
    assert fleet.look() == []
    assert {fleet.state(device) for device in wave[:2]} == {rollout.ROLLED_BACK}


def test_who_gives_up_fetching_is_offered_it_again_and_fails_the_third_time():
    fleet = Fleet(devices=2, shares=(1.0,), stop_at=1.0)
    device = fleet.look()[0]
    for _ in range(rollout.TRIES - 1):
        fleet.tell([device], state=1, have=512, code=408)
        assert fleet.look() == [device]
    fleet.tell([device], state=1, have=512, code=408)
    assert fleet.look() == []
    assert fleet.state(device) == rollout.GAVE_UP


def test_who_fetches_and_falls_silent_has_failed_and_may_still_come_back():
    fleet = Fleet(shares=(1.0,), stop_at=0.02)
    wave = fleet.look()
    fleet.tell(wave, state=1, have=512)
    fleet.look()
    fleet.tell(wave[:1], session="offline")
    fleet.take(wave[1:])
    fleet.look(10 * MINUTE)
    assert fleet.state(wave[0]) == rollout.SILENT
    fleet.tell(wave[:1], session="online", code=200)
    fleet.look()
    assert fleet.state(wave[0]) == rollout.UPDATED


def test_who_restarts_while_it_fetches_is_offered_it_again():
    fleet = Fleet(devices=2, shares=(1.0,))
    device = fleet.look()[0]
    fleet.tell([device], state=1, have=512)
    fleet.look()
    assert fleet.look(rollout.AGAIN_MS) == [device]


def test_who_sleeps_is_waited_for_and_who_is_away_is_not():
    fleet = Fleet(devices=4, shares=(1.0,), d000=Seen("asleep"), d001=Seen("offline"), d002=Seen("never"))
    assert sorted(fleet.look()) == fleet.ids
    fleet.take(["d003"])
    for _ in range(100):
        assert fleet.look(MINUTE) == []
    assert [fleet.state(device) for device in fleet.ids] == ["offered", "away", "away", "updated"]
    assert fleet.plan.state == rollout.RUNNING
    fleet.take(["d000"])
    fleet.look()
    fleet.look()
    assert fleet.plan.state == rollout.DONE
    assert fleet.plan.busy() == ["d001", "d002"] or fleet.plan.busy() == ["d002", "d001"]


def test_a_sleeper_takes_no_place_of_those_that_fetch():
    fleet = Fleet(devices=20, shares=(1.0,), at_once=1, **{f"d{n:03}": Seen("asleep") for n in range(19)})
    assert len(fleet.look()) == 20


def test_the_first_wave_is_of_devices_that_are_there():
    fleet = Fleet(shares=(0.05, 1.0), **{f"d{n:03}": Seen("offline") for n in range(90)})
    assert all(device >= "d090" for device in fleet.look())


def test_a_wave_that_nobody_has_taken_speaks_for_nothing():
    fleet = Fleet(shares=(0.05, 1.0), **{f"d{n:03}": Seen("offline") for n in range(100)})
    assert len(fleet.look()) == 5
    fleet.look(10 * MINUTE)
    fleet.look()
    assert fleet.plan.state == rollout.STOPPED
    assert "nothing speaks for the next" in fleet.plan.why


def test_it_goes_on_from_what_was_kept_of_it():
    fleet = Fleet(shares=(0.1, 1.0))
    wave = fleet.look()
    fleet.take(wave[:5])
    fleet.look()
    fleet.plan = Rollout.load(fleet.plan.save())
    fleet.plan.resumed(fleet.now)
    assert fleet.look() == [device for device in wave if device not in wave[:5]]
    fleet.take(wave[5:])
    assert len(fleet.look()) == 90


def test_what_has_failed_is_offered_again_only_when_that_is_asked_for():
    for again in (False, True):
        fleet = Fleet(devices=10, shares=(1.0,))
        wave = fleet.look()
        fleet.tell(wave[:3], code=422)
        fleet.look()
        assert fleet.plan.state == rollout.STOPPED
        fleet.plan.stop_at = 0.5
        fleet.plan.resumed(fleet.now, again)
        assert (wave[0] in fleet.look()) == again


@given(
    st.lists(
        st.tuples(
            st.integers(0, 19),
            st.sampled_from(["online", "asleep", "offline", "never"]),
            st.sampled_from([None, 1, 2, 3]),
            st.sampled_from([None, 200, 403, 408, 409]),
            st.integers(0, MINUTE),
        )
    )
)
def test_whatever_devices_do_nobody_is_offered_it_beyond_its_waves_or_after_a_stop(story):
    fleet = Fleet(devices=20, shares=(0.1, 0.5, 1.0), stop_at=0.1, wait_ms=MINUTE)
    for number, session, state, code, ms in story:
        stopped = fleet.plan.state != rollout.RUNNING
        new = fleet.look(ms)
        assert not (stopped and new)
        assert len(set(fleet.offered)) <= fleet.plan.waves[max(fleet.plan.wave, 1) - 1]
        counts = fleet.plan.count()
        assert sum(counts.values()) == 20
        fleet.plan = Rollout.load(fleet.plan.save())
        device = fleet.ids[number]
        if device in fleet.offered:
            fleet.tell([device], session=session, state=state, code=code)
        else:
            fleet.tell([device], session=session)
