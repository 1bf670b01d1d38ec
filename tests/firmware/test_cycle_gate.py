"""The cycle gate: one passage for each crossing, who gets in, and that everybody gets out."""

import pytest
from harness import HOUR, MINUTE, SECOND, Host, codes
from hypothesis import given
from hypothesis import strategies as st
from lilong_firmware import duplicates
from lilong_protocol import frame
from stories.cycle_gate import BICYCLE, EBIKE, GIVEN, IN, OUT, packed

KEY = bytes(range(32))
AT_A_GATE = {"cards": packed(7, 1_000), "visitors": packed(2_000), "card_key": KEY}
OWNER, OTHER, VISITOR, STRANGER = 7, 1_000, 2_000, 3_000
LOCKED, FREE = 0, 1


def gate(data=AT_A_GATE, **options):
    host = Host("cycle_gate", **{"data": data, "beat_s": 43_200, **options})
    host.run(SECOND)
    return host


def read(host, tag, direction=IN, rssi=-70):
    host.set("rssi", rssi)
    host.set("direction", direction)
    host.sense("tag", tag)


def told(host, event):
    return [one.body[4] for one in host.events(event)]


# ---- a passage


@pytest.mark.parametrize("direction", [IN, OUT])
def test_a_tag_that_is_read_again_and_again_is_one_passage(direction):
    host = gate()
    for _ in range(20):
        read(host, OWNER, direction)
        host.run(4 * SECOND)
    (passed,) = told(host, codes.EVENT_GATE_PASSED)
    assert (passed[codes.Q_DIRECTION], passed[codes.Q_RSSI]) == (direction, -70)


@pytest.mark.parametrize(("away", "passages"), [(5 * SECOND - 1, 1), (5 * SECOND, 2)])
def test_it_is_another_passage_once_the_tag_has_been_away_for_five_seconds(away, passages):
    host = gate()
    read(host, OWNER)
    host.run(away)
    read(host, OWNER)
    host.run(SECOND)
    assert len(told(host, codes.EVENT_GATE_PASSED)) == passages


def test_in_and_out_are_two_and_so_are_two_tags():
    host = gate()
    for tag, direction in ((OWNER, IN), (OWNER, OUT), (OTHER, IN), (OTHER, OUT)) * 2:
        read(host, tag, direction)
    host.run(SECOND)
    passed = {(one[codes.Q_CREDENTIAL], one[codes.Q_DIRECTION]) for one in told(host, codes.EVENT_GATE_PASSED)}
    assert len(passed) == len(told(host, codes.EVENT_GATE_PASSED)) == 4


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 6_000)), max_size=60))
def test_a_number_is_news_when_it_has_not_been_noted_for_a_while(reads):
    seen, last, now = [], {}, 0
    for number, wait in reads:
        now += wait
        assert duplicates.is_known(seen, now, number) == (now - last.get(number, -5_000) < 5_000)
        duplicates.note(seen, number, now + 5_000)
        last[number] = now
        assert len(seen) <= duplicates.ROOM


def test_a_tag_that_is_read_from_afar_passes_nothing():
    host = gate()
    read(host, OWNER, rssi=-106)
    host.run(SECOND)
    assert (host.outputs["lock"], told(host, codes.EVENT_GATE_PASSED)) == (LOCKED, [])
    read(host, OWNER, rssi=-105)
    assert host.outputs["lock"] == FREE


# ---- who


@pytest.mark.parametrize("link", [True, False], ids=["on line", "in an outage"])
@pytest.mark.parametrize(("tag", "opens"), [(OWNER, FREE), (VISITOR, FREE), (STRANGER, LOCKED)])
def test_in_it_lets_by_its_list_with_and_without_a_network(link, tag, opens):
    host = gate(link=link)
    read(host, tag)
    assert host.outputs["lock"] == opens
    host.run(6 * SECOND)
    assert host.outputs["lock"] == LOCKED


@pytest.mark.parametrize("tag", [OWNER, VISITOR, STRANGER])
def test_out_it_lets_everybody_however_often_it_is_read(tag):
    host = gate()
    for _ in range(3):
        read(host, tag, OUT)
        assert host.outputs["lock"] == FREE
        host.run(6 * SECOND - 2)


def test_an_unknown_tag_is_told_either_way():
    host = gate()
    read(host, STRANGER, IN)
    read(host, STRANGER, OUT)
    host.run(SECOND)
    assert [one[codes.Q_DIRECTION] for one in told(host, codes.EVENT_GATE_UNKNOWN_TAG)] == [IN, OUT]
    assert [one[codes.Q_DIRECTION] for one in told(host, codes.EVENT_GATE_PASSED)] == [OUT]


@pytest.mark.parametrize("direction", [IN, OUT])
def test_a_stolen_tag_sounds_and_is_told(direction):
    host = gate()
    read(host, OWNER)
    host.run(MINUTE)
    who = told(host, codes.EVENT_GATE_PASSED)[0][codes.Q_CREDENTIAL]
    assert host.order(codes.CMD_CARD_REVOKE, {0: who, 1: 1}) == frame.OK
    read(host, OWNER, direction)
    assert (host.outputs["buzzer"], host.outputs["lock"]) == (1, FREE if direction == OUT else LOCKED)
    host.run(30 * SECOND)
    assert host.outputs["buzzer"] == 0
    assert [one[codes.Q_CREDENTIAL] for one in told(host, codes.EVENT_GATE_STOLEN_TAG)] == [who]


def test_visitors_are_denied_once_the_list_is_too_old():
    host = gate(link=False)
    host.run(73 * HOUR)
    read(host, VISITOR)
    assert host.outputs["lock"] == LOCKED
    read(host, OWNER)
    assert host.outputs["lock"] == FREE
    host.heal()
    host.run(MINUTE)
    (denied,) = told(host, codes.EVENT_DOOR_DENIED)
    assert denied[codes.Q_DENIAL] == codes.DENIAL_OUTDATED


def test_a_reader_that_does_not_tell_the_direction_lets_by_the_list():
    host = gate()
    for direction in (0, 3, None):
        read(host, STRANGER, direction)
        assert host.outputs["lock"] == LOCKED
        read(host, OWNER, direction)
        assert host.outputs["lock"] == FREE
        host.run(6 * SECOND)
    assert all(codes.Q_DIRECTION not in one for one in told(host, codes.EVENT_GATE_PASSED))


def test_the_button_and_a_person_at_the_centre_open_it():
    host = gate()
    host.sense("exit_button", 1)
    assert host.outputs["lock"] == FREE
    host.run(6 * SECOND)
    assert host.order(codes.CMD_UNLOCK) == frame.OK
    assert host.outputs["lock"] == FREE
    host.run(SECOND)
    assert [len(told(host, code)) for code in (codes.EVENT_DOOR_EXIT, codes.EVENT_DOOR_UNLOCKED)] == [1, 1]


# ---- before a lift


def test_an_e_bike_on_its_way_into_a_lift_is_a_warning_and_is_let_in_by_nothing():
    host = gate(GIVEN)
    read(host, EBIKE)
    assert host.local_first("buzzer", 1, codes.ALARM_GATE_EBIKE_IN_LOBBY)
    assert host.outputs["lock"] == LOCKED
    for _ in range(5):
        host.run(20 * SECOND)
        read(host, EBIKE)
    assert len(host.raised(codes.ALARM_GATE_EBIKE_IN_LOBBY)) == 1
    host.run(30 * SECOND)
    assert not host.device.active(codes.ALARM_GATE_EBIKE_IN_LOBBY)
    assert host.outputs["buzzer"] == 0
    assert host.order(codes.CMD_RESET) == frame.OK


def test_a_bicycle_may_go_in_and_an_e_bike_may_come_out():
    host = gate(GIVEN)
    read(host, BICYCLE)
    assert host.outputs["lock"] == FREE
    host.run(10 * SECOND)
    read(host, EBIKE, OUT)
    assert host.outputs["lock"] == FREE
    assert not host.notes


@pytest.mark.parametrize("channel", ["tag", "reader"])
def test_a_reader_that_says_nothing_does_not_say_that_the_e_bike_has_gone(channel):
    host = gate(GIVEN)
    read(host, EBIKE)
    host.sense(channel, None)
    host.run(HOUR)
    assert host.device.active(codes.ALARM_GATE_EBIKE_IN_LOBBY)
    host.sense(channel, 0 if channel == "tag" else 1)
    host.run(MINUTE)
    assert not host.device.active(codes.ALARM_GATE_EBIKE_IN_LOBBY)


# ---- reader, case, fire


def test_a_reader_is_off_line_after_eight_seconds():
    host = gate()
    host.sense("reader", 0)
    host.run(8 * SECOND - 1)
    assert not host.notes
    host.run(1)
    assert host.device.active(codes.ALARM_DOOR_READER_OFFLINE)
    host.sense("reader", 1)
    assert not host.device.active(codes.ALARM_DOOR_READER_OFFLINE)


def test_an_open_case_sounds():
    host = gate()
    host.sense("tamper", 1)
    assert host.local_first("buzzer", 1, codes.ALARM_TAMPER)
    host.sense("tamper", 0)
    assert host.outputs["buzzer"] == 0


@pytest.mark.parametrize("by", ["contact", "command"])
def test_a_fire_frees_it_until_a_reset(by):
    host = gate()
    if by == "contact":
        host.sense("fire", 1)
    else:
        assert host.order(codes.CMD_FIRE_RELEASE) == frame.OK
    host.power_cycle()
    host.run(HOUR)
    assert host.outputs["lock"] == FREE
    if by == "contact":
        assert host.order(codes.CMD_RESET) == frame.CONFLICT
        host.sense("fire", 0)
    assert host.order(codes.CMD_RESET) == frame.OK
    assert host.outputs["lock"] == LOCKED
    host.run(SECOND)
    assert len(told(host, codes.EVENT_DOOR_RELEASED)) == len(told(host, codes.EVENT_DOOR_LOCKED)) == 1
