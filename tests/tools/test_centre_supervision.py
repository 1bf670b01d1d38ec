"""Silence proves loss; a last will only hints at it."""

import pytest
from centre_world import (
    BAND,
    DOOR,
    ESTATE,
    HOUR,
    KEY,
    MINUTE,
    NOW,
    SECOND,
    SMOKE,
    World,
    birth,
    death,
    heartbeat,
    raised,
)
from hypothesis import given
from hypothesis import strategies as st
from lilong_protocol.pc.agenda import SPARE
from lilong_protocol.pc.supervision import Supervision
from lilong_tools.centre.core import Core


def test_a_device_is_offline_once_it_was_silent_for_as_long_as_its_birth_said():
    core = Core(ESTATE, KEY, NOW)
    core.receive(NOW, *birth(DOOR, offline_s=100), False)
    assert core.deadline == NOW + 100_000
    core.step(NOW + 99_999)
    assert core.states()[DOOR] == "online"
    core.step(NOW + 100_000)
    assert core.states()[DOOR] == "offline"
    states = [change["states"] for change in core.take().changes if change["type"] == "states"]
    assert [told[DOOR] for told in states] == ["offline"]


def test_every_frame_begins_the_silence_anew():
    core = Core(ESTATE, KEY, NOW)
    core.receive(NOW, *birth(DOOR, offline_s=100), False)
    core.receive(NOW + 60_000, *heartbeat(DOOR, 1, uptime=60_000), False)
    core.step(NOW + 100_000)
    assert core.states()[DOOR] == "online"
    assert core.deadline == NOW + 160_000
    core.step(core.deadline)
    assert core.states()[DOOR] == "offline"


def test_a_door_that_beats_stays_online_and_one_that_is_cut_off_is_missed_in_time():
    world = World(DOOR)
    world.run(HOUR)
    assert world.core.states()[DOOR] == "online"
    world.lost.add(DOOR)
    world.members[DOOR].publish = lambda *message: None  # the network swallows everything, the will too
    world.run(3 * MINUTE)
    assert world.core.states()[DOOR] == "offline"


def test_a_device_that_sleeps_is_asleep_between_its_reports_and_offline_after_its_own_limit():
    world = World(BAND)
    world.run(10 * SECOND)
    assert world.core.states()[BAND] == "asleep"
    world.run(HOUR)
    assert world.core.states()[BAND] == "asleep"
    world.members[BAND].publish = lambda *message: None
    world.run(30 * MINUTE)
    assert world.core.states()[BAND] == "offline"


def test_a_will_is_shown_as_offline_until_the_device_is_heard_again():
    core = Core(ESTATE, KEY, NOW)
    core.receive(NOW, *birth(DOOR), False)
    core.receive(NOW, *death(DOOR), False)
    assert core.states()[DOOR] == "offline"
    core.receive(NOW + 5, *heartbeat(DOOR, 1), False)
    assert core.states()[DOOR] == "online"


def offline_records(core):
    return [row.values[:3] for row in core.take().rows if row.table == "record"]


@pytest.mark.parametrize("retained", [False, True])
@pytest.mark.parametrize("known", [False, True])
def test_the_silence_after_a_will_is_recorded_as_the_proof_that_the_will_was_not(retained, known):
    core = Core(ESTATE, KEY, NOW)
    if known:
        core.receive(NOW, *birth(DOOR, offline_s=180), retained)
    core.receive(NOW, *death(DOOR), retained)
    assert offline_records(core) == []
    core.step(NOW + 179_999)
    assert offline_records(core) == []
    core.step(NOW + 180_000)
    assert offline_records(core) == [(DOOR, NOW + 180_000, "offline")]
    assert core.states()[DOOR] == "offline"


def test_a_will_that_was_wrong_leaves_no_record():
    core = Core(ESTATE, KEY, NOW)
    core.receive(NOW, *birth(DOOR, offline_s=180), False)
    core.receive(NOW, *death(DOOR), False)
    core.receive(NOW + 100_000, *heartbeat(DOOR, 1, uptime=100_000), False)
    core.step(NOW + 180_000)
    assert offline_records(core) == []


def test_a_will_of_a_device_that_sleeps_is_no_record_when_its_nap_would_begin():
    core = Core(ESTATE, KEY, NOW)
    core.receive(NOW, *birth(BAND, kind=6, offline_s=180, always_on=False), False)
    core.receive(NOW, *death(BAND), False)
    core.step(NOW + 5_000)
    assert offline_records(core) == []
    assert core.states()[BAND] == "offline"


def test_an_alarm_outlives_the_device_that_raised_it():
    world = World(SMOKE)
    world.burn(SMOKE)
    world.members[SMOKE].publish = lambda *message: None  # the fire has got it
    world.run(60 * HOUR)
    assert world.core.presence.session(SMOKE) == "offline"
    assert world.core.states()[SMOKE] == "alarm1"
    assert world.alarm(SMOKE)["state"] == "raised"


def test_a_retained_birth_counts_as_there_until_its_silence_has_lasted():
    core = Core(ESTATE, KEY, NOW)
    core.receive(NOW, *birth(DOOR, offline_s=100), True)
    assert core.states()[DOOR] == "online"
    core.step(NOW + 100_000)
    assert core.states()[DOOR] == "offline"


def test_a_retained_death_of_a_device_that_nobody_knew_is_shown_as_offline():
    core = Core(ESTATE, KEY, NOW)
    core.receive(NOW, *death(DOOR), True)
    assert core.states()[DOOR] == "offline"


def test_an_old_alarm_out_of_an_earlier_boot_is_no_sign_of_life():
    core = Core(ESTATE, KEY, NOW)
    core.receive(NOW, *birth(SMOKE, boot=5, kind=1), False)
    core.receive(NOW, *death(SMOKE, boot=5), False)
    core.receive(NOW, *raised(SMOKE, code=9, boot=4), False)
    assert core.presence.session(SMOKE) == "offline"


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 40)), max_size=40))
def test_supervision_agrees_with_a_plain_model_at_every_instant(story):
    """Four devices that are heard now and then; offline after 20, one of them sleeps."""
    supervision = Supervision()
    heard, now = {}, 0
    for number, pause in story:
        for _ in range(pause):
            now += 1_000
            supervision.step(now)
            for device, last in heard.items():
                assert (supervision.state(device) == "offline") == (now >= last + 20_000)
                if device == "0" and now < last + 20_000:
                    assert (supervision.state(device) == "asleep") == (now >= last + 5_000)
        device = str(number)
        supervision.heard(now, device, 20_000, device == "0")
        heard[device] = now
        assert supervision.state(device) == "online"
    assert len(supervision._agenda) <= 2 * len(heard) + SPARE
