"""Camera, parcel locker, bin and indoor station: what they tell, and what they keep to themselves."""

import pytest
from harness import MINUTE, SECOND, Host, codes
from lilong_protocol import frame
from lilong_simulator.kinds import rules


def host_of(kind):
    host = Host(rules(kind))
    host.run(2 * SECOND)
    return host


# ---- camera


def test_a_falling_object_is_an_alarm_with_storey_and_clip_within_tens_of_seconds():
    camera = host_of("camera")
    camera.set("storey", 29)
    camera.set("falling", 92)
    camera.run(22 * SECOND)
    (told,) = camera.raised(codes.ALARM_CAMERA_FALLING_OBJECT)
    values = told.body[4]
    assert (values[codes.Q_STOREY], values[codes.Q_CONFIDENCE], values[codes.Q_CLIP]) == (29, 92, 1)


@pytest.mark.parametrize("channel", ["falling", "line", "moved"])
def test_what_it_is_not_sure_of_is_on_record_and_calls_nobody(channel):
    camera = host_of("camera")
    camera.set(channel, 59)  # a bird
    camera.run(MINUTE)
    assert not camera.notes
    (seen,) = camera.events(codes.EVENT_CAMERA_SEEN)
    assert seen.body[4][codes.Q_CLIP] == 1


def test_no_two_sights_share_a_clip_not_even_across_a_restart():
    camera = host_of("camera")
    for _ in range(2):
        camera.set("falling", 30)
        camera.set("falling", 90)
        camera.run(MINUTE)
        camera.power_cycle()
        camera.run(MINUTE)
    told = [*camera.events(codes.EVENT_CAMERA_SEEN), *camera.raised(codes.ALARM_CAMERA_FALLING_OBJECT)]
    clips = [one.body[4][codes.Q_CLIP] for one in told]
    assert sorted(clips) == [1, 2, 3], "the fourth goes on with the alarm of the second"


def test_it_looks_where_it_is_told_until_that_is_over():
    camera = host_of("camera")
    assert camera.order(codes.CMD_LOOK_AT, {0: 3}) == frame.OK
    assert camera.order(codes.CMD_AUTOMATIC) == frame.OK
    assert [value for _, value in camera.switched("preset")] == [3, 0]


# ---- locker


def test_a_delivery_and_a_collection_are_counted_when_the_box_is_shut():
    locker = host_of("locker")
    for asked, event, taken in (
        ("deliver", codes.EVENT_LOCKER_DELIVERED, 1), ("collect", codes.EVENT_LOCKER_COLLECTED, 0),
    ):  # fmt: skip
        locker.set(asked, 5)
        locker.run(SECOND)
        locker.set("open", 5)
        locker.run(5 * SECOND)
        assert not locker.events(event)
        locker.set("open", 0)
        locker.run(SECOND)
        assert [e.body[4] for e in locker.events(event)] == [{codes.Q_BOXES_TAKEN: taken}]
    assert not locker.notes


@pytest.mark.parametrize("unlocked", [0, 6])
def test_a_box_that_opens_without_having_been_unlocked_is_forced(unlocked):
    locker = host_of("locker")
    locker.set("deliver", unlocked)
    locker.set("open", 5)
    locker.run(SECOND)
    (told,) = locker.raised(codes.ALARM_LOCKER_FORCED)
    assert told.body[4] == {codes.Q_BOX: 5}
    locker.set("open", 0)
    locker.run(SECOND)
    assert not locker.events(codes.EVENT_LOCKER_DELIVERED)


def test_a_box_that_nobody_opens_locks_again_and_one_left_open_is_told():
    locker = host_of("locker")
    locker.set("deliver", 5)
    locker.run(15 * SECOND)
    assert [value for _, value in locker.switched("lock")] == [0, 1]
    locker.set("deliver", 5)
    locker.set("deliver", 0)
    locker.set("open", 5)
    locker.run(70 * SECOND)
    assert [e.body[4] for e in locker.events(codes.EVENT_LOCKER_LEFT_OPEN)] == [{codes.Q_BOX: 5}]


# ---- bin


def test_a_bin_that_is_full_says_so_once_and_that_it_was_emptied():
    bin_ = host_of("bin")
    bin_.set("fill", 95)
    bin_.run(20 * MINUTE)
    bin_.set("fill", 80)  # pressed together
    bin_.run(20 * MINUTE)
    bin_.set("fill", 5)
    bin_.run(20 * MINUTE)
    assert [what for _, what, _ in bin_.notes if what != "stored"] == ["raised", "cleared"]
    assert len(bin_.events(codes.EVENT_BIN_EMPTIED)) == 1


def test_a_bag_that_leans_on_the_sensor_for_a_minute_is_no_full_bin():
    bin_ = host_of("bin")
    bin_.set("fill", 100)
    bin_.run(9 * MINUTE)
    bin_.set("fill", 50)
    bin_.run(20 * MINUTE)
    assert not bin_.notes


# ---- indoor station


def test_a_call_for_help_from_a_flat_ends_when_somebody_has_acknowledged_it():
    station = host_of("indoor_station")
    station.set("panic", 1)
    station.set("panic", 0)
    station.run(MINUTE)
    assert station.device.active(codes.ALARM_PANIC)
    station.acknowledge_all()
    station.run(SECOND)
    assert not station.device.active(codes.ALARM_PANIC)


def test_that_a_flat_is_called_is_nobodys_business():
    station = host_of("indoor_station")
    said = len(station.sent)
    station.set("call", 1)
    station.run(SECOND)
    assert station.outputs["chime"] == 1
    assert len(station.sent) == said
