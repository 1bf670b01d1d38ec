"""Exactly one record for each vehicle that has passed: read twice, in an outage, and wherever the power goes."""

import pytest
from harness import MINUTE, SECOND, CutStore, PowerCut, codes
from lanes import OTHER, RESIDENT, STRANGER, VISITOR, drive_through, lane, passes, read, records, state
from lilong_firmware.store import VolatileStore
from stories.vehicle_lane import GIVEN

ERA = 1 << 20


def numbers(host):
    return [record[codes.Q_STAY] for record in records(host)]


def who(host):
    return [record.get(codes.Q_CREDENTIAL) for record in records(host)]


def test_a_plate_that_is_told_again_and_again_is_one_passage():
    host = lane()
    host.sense("approach", 1)
    for _ in range(4):
        read(host, STRANGER)
        host.run(SECOND)
    host.sense("loop", 1)
    read(host, STRANGER)
    host.sense("approach", 0)
    host.run(SECOND)
    host.sense("loop", 0)
    read(host, STRANGER)  # the camera sees its tail
    host.run(9 * SECOND)
    read(host, STRANGER)
    host.run(MINUTE)
    assert len(records(host)) == len(host.events(codes.EVENT_LANE_OPENED)) == 1


def test_two_that_follow_one_another_are_two_and_the_arm_waits_for_the_second():
    host = lane()
    host.sense("approach", 1)
    read(host, RESIDENT)
    host.run(3 * SECOND)
    host.sense("loop", 1)
    read(host, OTHER)
    host.run(SECOND)
    host.sense("loop", 0)
    host.run(20 * SECOND)
    assert host.values["up"] == 1
    drive_through(host)
    host.run(10 * SECOND)
    opened = [event.body[4][codes.Q_CREDENTIAL] for event in host.events(codes.EVENT_LANE_OPENED)]
    assert who(host) == opened
    assert len(set(opened)) == 2


def test_one_that_turns_round_has_not_passed_and_the_arm_comes_down():
    host = lane()
    host.sense("approach", 1)
    read(host, STRANGER)
    host.run(3 * SECOND)
    host.sense("approach", 0)
    host.run(10 * SECOND)
    assert records(host) == []
    assert host.values["down"] == 1
    passes(host, RESIDENT)
    assert [record[codes.Q_PERMIT] for record in records(host)] == [1]


def test_one_that_follows_unread_has_a_record_without_a_plate():
    host = lane()
    host.sense("approach", 1)
    read(host, RESIDENT)
    host.run(3 * SECOND)
    drive_through(host)
    drive_through(host)
    host.run(10 * SECOND)
    assert [codes.Q_CREDENTIAL in record for record in records(host)] == [True, False]
    assert [record[codes.Q_PERMIT] for record in records(host)] == [1, 0]


def test_a_vehicle_before_a_closed_arm_has_not_passed():
    host = lane()
    drive_through(host)
    host.run(SECOND)
    assert records(host) == []


def test_while_the_loop_says_nothing_whoever_is_let_through_has_passed():
    host = lane()
    host.sense("loop", None)
    read(host, STRANGER)
    host.run(MINUTE)
    read(host, RESIDENT)
    host.run(SECOND)
    assert [record[codes.Q_PERMIT] for record in records(host)] == [3, 1]
    host.sense("loop", 1)
    host.sense("loop", 0)
    host.run(SECOND)
    assert len(records(host)) == 2  # it was one of them


def test_in_a_fire_everybody_may_pass_and_is_told():
    host = lane(data={"cards": GIVEN["cards"], "card_key": GIVEN["card_key"]})
    host.sense("fire", 1)
    host.run(3 * SECOND)
    read(host, STRANGER)
    drive_through(host)
    host.run(SECOND)
    assert [record[codes.Q_PERMIT] for record in records(host)] == [5]


def test_records_are_numbered_without_a_gap_and_the_heartbeat_tells_the_last():
    host = lane()
    first = host.device.rules.report()[codes.Q_STAY]
    for plate in (RESIDENT, STRANGER, VISITOR):
        passes(host, plate)
    assert numbers(host) == [first + 1, first + 2, first + 3]
    host.power_cycle()
    assert host.device.rules.report()[codes.Q_STAY] == first + 3


def test_a_lane_that_has_lost_its_flash_numbers_anew_under_names_that_nobody_had():
    host = lane(store=VolatileStore())
    passes(host, RESIDENT)
    host.power_on(boot=host.device.uplink.boot + 1)
    host.run(10 * SECOND)
    passes(host, STRANGER)
    assert len({number // ERA for number in numbers(host)}) == 2
    assert [number % ERA for number in numbers(host)] == [1, 1]


# ---- the power goes


@pytest.mark.parametrize("torn", [0, 9, 40])
@pytest.mark.parametrize("link", [True, False], ids=["on line", "in an outage"])
def test_one_record_wherever_the_power_goes_in_a_passage(link, torn):
    for left in range(12):
        host = lane(store=CutStore(), link=link)
        host.store.left, host.store.torn = left, torn
        done = False
        try:
            passes(host, STRANGER)
            done = True
        except PowerCut:
            pass
        host.store.left = None
        if not done:
            passed = host.values["loop"] == 0 and host.values["approach"] == 0 and host.values["up"] == 1
            host.power_cut()
            host.run(2 * SECOND)
            if not passed:
                if host.values["loop"] == 0:
                    read(host, STRANGER)  # it still stands in the picture
                    host.run(4 * SECOND)
                drive_through(host)
        host.run(10 * SECOND)
        host.heal()
        host.run(2 * MINUTE)
        assert len(records(host)) == 1, left
        assert who(host)[0] is not None
        assert state(host) == 0
    assert done, "the last of them met no cut"


@pytest.mark.parametrize("where", ["before the arm", "below the arm", "gone"])
def test_a_vehicle_that_was_let_through_before_the_power_went_has_its_record(where):
    host = lane()
    host.sense("approach", 1)
    read(host, STRANGER)
    host.run(3 * SECOND)
    host.device = None
    host.set("loop", int(where == "below the arm"))
    host.set("approach", int(where == "before the arm"))
    host.run(MINUTE)
    host.power_on()
    host.run(4 * SECOND)
    assert len(records(host)) == (where == "gone")
    assert host.values["up"] == 1
    if where != "gone":
        drive_through(host)
    host.run(2 * MINUTE)
    assert len(records(host)) == 1
