"""What a door says of its own parts: a reader that does not answer, a clock that nobody has set."""

from harness import HOUR, MINUTE, SECOND, Host, codes
from lilong_protocol import frame
from stories.door import packed

GIVEN = {"cards": packed(7), "visitors": packed(9), "pins": packed(10_042), "card_key": bytes(32)}
FREE = 1


def door(**options):
    host = Host("door", data=GIVEN, **options)
    host.run(10 * SECOND)
    return host


def told(host):
    return [event.body[0] for event in host.events() if event.body[0] in (LOST, SET)]


LOST, SET = codes.EVENT_DOOR_CLOCK_LOST, codes.EVENT_DOOR_CLOCK_SET


# ---- reader


def test_a_reader_is_offline_after_8_s_without_an_answer():
    host = door()
    host.sense("reader", 0)
    silent = host.now
    host.run(8 * SECOND - 1)
    assert not host.notes
    host.run(1)
    assert host.notes == [(silent + 8 * SECOND, "raised", codes.ALARM_DOOR_READER_OFFLINE)]


def test_one_that_answers_in_time_is_not():
    host = door()
    for _ in range(3):
        host.sense("reader", 0)
        host.run(4 * SECOND)
        host.sense("reader", 0)
        host.run(4 * SECOND - 1)
        host.sense("reader", 1)
    host.run(MINUTE)
    assert not host.notes


def test_it_ends_by_itself_when_the_reader_answers():
    host = door()
    host.sense("reader", 0)
    host.run(MINUTE)
    host.sense("reader", 1)
    host.run(SECOND)
    assert host.once(frame.CLEAR, codes.ALARM_DOOR_READER_OFFLINE)[0].body[6] == 0


def test_a_reader_that_was_mended_without_power_is_told_at_the_start():
    host = door()
    host.sense("reader", 0)
    host.run(MINUTE)
    host.values["reader"] = 1
    host.power_cycle()
    host.run(SECOND)
    assert host.once(frame.CLEAR, codes.ALARM_DOOR_READER_OFFLINE)


def test_a_reader_that_is_dead_from_the_start_is_found_and_found_once():
    host = Host("door", {"reader": 0}, data=GIVEN)
    host.run(MINUTE)
    host.power_cycle()
    host.run(MINUTE)
    assert len(host.raised(codes.ALARM_DOOR_READER_OFFLINE)) == 1
    assert host.device.active(codes.ALARM_DOOR_READER_OFFLINE)


def test_without_its_reader_a_door_still_opens_by_button_command_and_for_a_fire():
    host = door()
    host.sense("reader", 0)
    host.run(MINUTE)
    host.sense("exit_button", 1)
    assert host.outputs["lock"] == FREE
    host.run(MINUTE)
    assert host.order(codes.CMD_UNLOCK) == frame.OK
    assert host.outputs["lock"] == FREE
    host.run(MINUTE)
    assert host.order(codes.CMD_FIRE_RELEASE) == frame.OK
    host.run(MINUTE)
    assert host.outputs["lock"] == FREE
    assert host.outputs.get("buzzer", 0) == 0


# ---- clock


def test_a_clock_that_is_set_daily_is_never_lost():
    host = door()
    host.run(80 * HOUR)
    assert told(host) == []


def test_a_clock_that_is_not_set_within_five_minutes_of_a_start_is_lost():
    host = door(times=False)
    host.run_to(5 * MINUTE - 1)
    assert told(host) == []
    host.run(SECOND)
    assert told(host) == [LOST]
    host.run(48 * HOUR)
    assert told(host) == [LOST]
    host.times = True
    host.run(2 * MINUTE)
    assert told(host) == [LOST, SET]


def test_a_clock_that_was_not_set_for_25_hours_is_lost():
    host = door()
    host.times = False
    host.run_to(25 * HOUR - MINUTE)
    assert told(host) == []
    host.run(2 * MINUTE)
    assert told(host) == [LOST]
    host.times = True
    host.run(2 * MINUTE)
    assert told(host) == [LOST, SET]


def test_it_is_told_without_a_link_when_that_is_back():
    host = door()
    host.cut()
    host.run(26 * HOUR)
    host.heal()
    host.run(5 * MINUTE)
    assert told(host) == [LOST, SET]


def test_the_clock_has_no_say_in_who_may_pass():
    host = door(times=False)
    host.run(10 * MINUTE)
    assert told(host) == [LOST]
    for channel, number in (("credential", 7), ("credential", 9), ("pin", 10_042)):
        host.sense(channel, number)
        assert host.outputs["lock"] == FREE
        host.run(MINUTE)
        assert host.outputs["lock"] != FREE
