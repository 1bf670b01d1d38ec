"""The arm of a lane: never down upon a vehicle, up for fire, and what is wrong with it is told."""

import pytest
from harness import HOUR, MINUTE, SECOND, FullStore, codes
from lanes import (
    BLOCKED,
    CLOSED,
    CLOSING,
    FAULT,
    FIRE_OPEN,
    FORCED_OPEN,
    OPEN,
    OPENING,
    OTHER,
    RAISE,
    RESIDENT,
    STOP,
    TRAVEL_MS,
    lane,
    passes,
    read,
    state,
)
from lilong_protocol import frame

WAIT, TIMEOUT = 30 * SECOND, 6 * SECOND


# ---- an arm that never comes down upon anybody


def test_it_stays_up_while_a_vehicle_is_below_it():
    host = lane()
    read(host, RESIDENT)
    host.run(3 * SECOND)
    host.sense("loop", 1)
    host.run(HOUR)
    assert (state(host), host.values["up"]) == (OPEN, 1)
    assert host.order(codes.CMD_CLOSE_BARRIER) == frame.CONFLICT


@pytest.mark.parametrize("there", [1, None], ids=["a vehicle", "a loop that says nothing"])
def test_it_turns_round_on_its_way_down_for(there):
    host = lane()
    read(host, RESIDENT)
    host.run(TRAVEL_MS + WAIT + SECOND)
    assert state(host) == CLOSING
    begin = host.now
    host.sense("loop", there)
    assert host.switched("barrier")[-1] == (begin, RAISE)
    host.run(HOUR)
    assert (state(host), host.values["up"]) == (OPEN, 1)
    host.sense("loop", 0)
    host.run(5 * SECOND)
    assert state(host) == CLOSED


def test_an_arm_that_sinks_is_lifted_again():
    host = lane()
    read(host, RESIDENT)
    host.run(3 * SECOND)
    host.arm.at -= 500
    host.sense("up", 0)
    assert host.outputs["barrier"] == RAISE
    host.run(SECOND)
    assert (host.values["up"], host.outputs["barrier"]) == (1, STOP)


def test_an_attendant_closes_it_when_nobody_is_below_it():
    host = lane()
    host.order(codes.CMD_OPEN_BARRIER)
    host.run(3 * SECOND)
    assert host.order(codes.CMD_CLOSE_BARRIER) == frame.OK
    host.run(3 * SECOND)
    assert state(host) == CLOSED


# ---- what is wrong with it


def test_an_arm_that_does_not_come_down_goes_up_and_waits_for_somebody():
    host = lane()
    read(host, RESIDENT)
    host.run(3 * SECOND)
    host.run(WAIT)
    host.arm.at, host.arm.jammed = host.arm.place(), True
    host.run(TIMEOUT)
    host.arm.jammed = False
    assert host.local_first("barrier", RAISE, codes.ALARM_LANE_BLOCKED)
    assert state(host) == BLOCKED
    host.run(HOUR)
    assert state(host) == BLOCKED
    assert len(host.raised(codes.ALARM_LANE_BLOCKED)) == 1
    host.sense("up", 1)
    assert host.order(codes.CMD_CLOSE_BARRIER) == frame.OK
    host.run(3 * SECOND)
    assert state(host) == CLOSED
    assert not host.device.active(codes.ALARM_LANE_BLOCKED)


def test_an_arm_that_does_not_go_up_stops_and_is_tried_again_for_the_next_vehicle():
    host = lane()
    host.arm.jammed = True
    read(host, RESIDENT)
    host.run(TIMEOUT)
    assert (state(host), host.outputs["barrier"]) == (BLOCKED, STOP)
    assert host.device.active(codes.ALARM_LANE_BLOCKED)
    host.arm.jammed = False
    passes(host, OTHER)
    assert state(host) == CLOSED
    assert not host.device.active(codes.ALARM_LANE_BLOCKED)


def test_an_arm_that_leaves_its_switch_by_itself_is_forced_open():
    host = lane()
    host.sense("down", 0)
    assert host.device.active(codes.ALARM_LANE_FORCED_OPEN)
    assert (state(host), host.outputs["barrier"]) == (FORCED_OPEN, STOP)
    host.power_cycle()
    host.run(MINUTE)
    assert (state(host), host.outputs["barrier"]) == (FORCED_OPEN, STOP)
    host.sense("down", 1)
    assert state(host) == CLOSED
    assert host.device.episodes.get(codes.ALARM_LANE_FORCED_OPEN).restored
    assert host.order(codes.CMD_RESET) == frame.OK


def test_both_switches_at_once_are_a_fault_and_stop_the_motor():
    host = lane()
    read(host, RESIDENT)
    host.sense("up", 1)
    host.sense("down", 1)
    host.run(SECOND - 1)
    assert not host.device.active(codes.ALARM_LANE_FAULT)
    host.run(1)
    assert (state(host), host.outputs["barrier"]) == (FAULT, STOP)
    assert host.device.active(codes.ALARM_LANE_FAULT)
    assert host.order(codes.CMD_CLOSE_BARRIER) == frame.CONFLICT
    host.sense("down", 0)
    assert state(host) == OPEN
    assert not host.device.active(codes.ALARM_LANE_FAULT)


def test_an_arm_between_its_switches_goes_up_when_the_power_comes_back():
    host = lane()
    read(host, RESIDENT)
    host.run(SECOND)
    host.power_cut()
    assert (state(host), host.outputs["barrier"]) == (OPENING, RAISE)
    assert not host.notes


def test_an_open_case_is_told():
    host = lane()
    host.sense("tamper", 1)
    assert host.device.active(codes.ALARM_TAMPER)


# ---- fire


@pytest.mark.parametrize("by", ["contact", "command"])
def test_a_fire_opens_it_until_a_reset(by):
    host = lane()
    if by == "contact":
        host.sense("fire", 1)
    else:
        assert host.order(codes.CMD_FIRE_RELEASE) == frame.OK
    host.run(3 * SECOND)
    assert (state(host), host.values["up"]) == (FIRE_OPEN, 1)
    assert host.order(codes.CMD_CLOSE_BARRIER) == frame.CONFLICT
    host.run(HOUR)
    host.power_cycle()
    host.run(MINUTE)
    assert (state(host), host.values["up"]) == (FIRE_OPEN, 1)
    if by == "contact":
        assert host.order(codes.CMD_RESET) == frame.CONFLICT  # the panel still says fire
        host.sense("fire", 0)
    assert host.order(codes.CMD_RESET) == frame.OK
    host.run(WAIT + 5 * SECOND)
    assert state(host) == CLOSED
    assert len(host.events(codes.EVENT_LANE_RELEASED)) == len(host.events(codes.EVENT_LANE_SECURED)) == 1


def test_a_fire_turns_it_round_on_its_way_down():
    host = lane()
    read(host, RESIDENT)
    host.run(TRAVEL_MS + WAIT + SECOND)
    assert state(host) == CLOSING
    host.sense("fire", 1)
    assert host.outputs["barrier"] == RAISE


def test_a_fire_lifts_an_arm_whose_switches_are_not_to_be_believed():
    host = lane()
    host.arm.jammed = True
    host.sense("up", 1)
    host.run(2 * SECOND)
    assert state(host) == FAULT
    host.sense("fire", 1)
    host.run(HOUR)
    assert host.outputs["barrier"] == RAISE


def test_it_stays_open_for_fire_with_a_full_flash():
    host = lane(store=FullStore())
    host.sense("fire", 1)
    host.power_cycle()
    host.run(MINUTE)
    assert state(host) == FIRE_OPEN
