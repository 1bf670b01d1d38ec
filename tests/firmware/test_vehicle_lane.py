"""The vehicle lane: who is let through, when the arm moves, and when it does not."""

import pytest
from harness import MINUTE, SECOND, codes
from lanes import (
    CLOSED,
    LOWER,
    OPEN,
    OTHER,
    RAISE,
    RESIDENT,
    STOP,
    STRANGER,
    TRAVEL_MS,
    VISITOR,
    drive_through,
    lane,
    passes,
    read,
    records,
    state,
)
from lilong_protocol import frame
from stories.vehicle_lane import GIVEN

LISTED_ONLY = {"cards": GIVEN["cards"], "visitors": GIVEN["visitors"], "card_key": GIVEN["card_key"]}
WAY_OUT = {**LISTED_ONLY, "out": b"\x01"}
WAIT, GONE = 30 * SECOND, 5 * SECOND


def told(host, event):
    return [one.body[4] for one in host.events(event)]


# ---- plates


def test_a_resident_is_let_through_at_once_and_the_arm_is_up_within_three_seconds():
    host = lane()
    begin = host.now
    read(host, RESIDENT)
    assert host.switched("barrier")[-1] == (begin, RAISE)
    host.run(3 * SECOND)
    assert (state(host), host.values["up"], host.outputs["barrier"]) == (OPEN, 1, STOP)
    (event,) = told(host, codes.EVENT_LANE_OPENED)
    assert event[codes.Q_PERMIT] == 1
    assert event[codes.Q_CONFIDENCE] == 96
    assert event[codes.Q_CREDENTIAL] not in (RESIDENT, None)


def test_it_is_down_again_when_the_vehicle_is_through():
    host = lane()
    passes(host, RESIDENT)
    assert (state(host), host.values["down"], host.outputs["barrier"]) == (CLOSED, 1, STOP)


def test_it_waits_half_a_minute_for_a_vehicle_and_then_tells_of_no_passage():
    host = lane()
    read(host, RESIDENT)
    host.run(TRAVEL_MS + WAIT - 1)
    assert state(host) == OPEN
    host.run(TRAVEL_MS + 1)
    assert state(host) == CLOSED
    assert records(host) == []


@pytest.mark.parametrize(("confidence", "opens"), [(0, False), (84, False), (85, True), (100, True), (101, False)])
def test_below_85_percent_an_attendant_is_asked(confidence, opens):
    host = lane()
    read(host, RESIDENT, confidence)
    assert (host.outputs["barrier"] == RAISE) == opens
    host.run(SECOND)
    assert len(told(host, codes.EVENT_LANE_MANUAL)) == (not opens)


def test_a_camera_that_tells_no_confidence_is_not_believed():
    host = lane()
    host.set("confidence", 96)
    host.sense("confidence", None)
    host.sense("plate", RESIDENT)
    assert host.outputs["barrier"] == STOP


def test_an_attendant_opens_for_the_plate_that_was_asked_about():
    host = lane()
    read(host, STRANGER, 60)
    assert host.order(codes.CMD_OPEN_BARRIER) == frame.OK
    host.run(3 * SECOND)
    drive_through(host)
    host.run(SECOND)
    asked = told(host, codes.EVENT_LANE_MANUAL)[0]
    (record,) = records(host)
    assert record[codes.Q_CREDENTIAL] == asked[codes.Q_CREDENTIAL]
    assert record[codes.Q_PERMIT] == 3


def test_an_attendant_opens_for_a_vehicle_that_nobody_could_read():
    host = lane()
    host.sense("approach", 1)
    host.run(GONE)
    assert told(host, codes.EVENT_LANE_MANUAL) == [
        {codes.Q_PERMIT: 0, codes.Q_VEHICLE_CLASS: 0, codes.Q_CONFIDENCE: 0, codes.Q_DIRECTION: 1}
    ]
    host.order(codes.CMD_OPEN_BARRIER)
    host.run(3 * SECOND)
    drive_through(host)
    host.run(SECOND)
    (record,) = records(host)
    assert codes.Q_CREDENTIAL not in record
    assert record[codes.Q_PERMIT] == 4


def test_an_attendant_says_no():
    host = lane()
    assert host.order(codes.CMD_DENY_VEHICLE) == frame.CONFLICT  # nobody has been asked about
    read(host, STRANGER, 60)
    assert host.order(codes.CMD_DENY_VEHICLE) == frame.OK
    (denied,) = told(host, codes.EVENT_LANE_DENIED)
    assert denied[codes.Q_DENIAL] == codes.DENIAL_ATTENDANT
    assert host.outputs["barrier"] == STOP


def test_an_attendants_word_is_about_no_vehicle_that_has_turned_round():
    host = lane()
    host.sense("approach", 1)
    read(host, STRANGER, 60)
    host.sense("approach", 0)
    host.run(GONE)
    assert host.order(codes.CMD_DENY_VEHICLE) == frame.CONFLICT


@pytest.mark.parametrize(
    ("data", "plate", "permit"),
    [
        (LISTED_ONLY, RESIDENT, 1), (LISTED_ONLY, VISITOR, 2), (LISTED_ONLY, STRANGER, None), (GIVEN, STRANGER, 3),
        (WAY_OUT, STRANGER, 3), (WAY_OUT, RESIDENT, 1),
    ],
)  # fmt: skip
def test_strangers_come_in_only_where_they_pay_and_everybody_may_leave(data, plate, permit):
    host = lane(data=data)
    read(host, plate)
    host.run(SECOND)
    assert [event[codes.Q_PERMIT] for event in told(host, codes.EVENT_LANE_OPENED)] == [permit] * (permit is not None)
    denied = told(host, codes.EVENT_LANE_DENIED)
    assert [event[codes.Q_DENIAL] for event in denied] == [codes.DENIAL_UNKNOWN] * (permit is None)


@pytest.mark.parametrize(("data", "event"), [(GIVEN, codes.EVENT_LANE_DENIED), (WAY_OUT, codes.EVENT_LANE_MANUAL)])
def test_a_revoked_plate_is_denied_and_on_its_way_out_an_attendant_looks(data, event):
    host = lane(data=data)
    passes(host, STRANGER)
    who = records(host)[0][codes.Q_CREDENTIAL] if records(host) else told(host, event)[0][codes.Q_CREDENTIAL]
    assert host.order(codes.CMD_CARD_REVOKE, {0: who, 1: 1}) == frame.OK
    host.run(MINUTE)
    read(host, STRANGER)
    host.run(SECOND)
    assert state(host) == CLOSED
    assert told(host, event)[-1][codes.Q_DENIAL] == codes.DENIAL_REVOKED
    assert host.device.rules.report()[codes.Q_CARDS_STAMP] == 1


def test_a_plate_and_a_card_of_the_same_number_have_different_pseudonyms():
    host = lane()
    read(host, OTHER)
    host.run(SECOND)
    from stories.door import CARD_1000  # noqa: PLC0415  of the same number, under the same key

    assert told(host, codes.EVENT_LANE_OPENED)[0][codes.Q_CREDENTIAL] != CARD_1000


@pytest.mark.parametrize("link", [True, False])
def test_it_decides_by_its_list_with_and_without_a_network(link):
    host = lane(link=link)
    passes(host, RESIDENT)
    passes(host, STRANGER)
    assert [value for _, value in host.switched("barrier")] == [STOP] + [RAISE, STOP, LOWER, STOP] * 2


def test_an_outage_loses_no_record():
    host = lane(link=False)
    for plate in (RESIDENT, STRANGER, VISITOR):
        passes(host, plate)
    assert not host.sent
    host.heal()
    host.run(2 * MINUTE)
    assert [record[codes.Q_PERMIT] for record in records(host)] == [1, 3, 2]
