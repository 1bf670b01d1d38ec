"""The door reader's rules."""

import hashlib
import hmac

import pytest
from harness import HOUR, MINUTE, SECOND, Host, codes
from lilong_protocol import frame

CARDS = (7, 1_000, 65_536, 123_456_789, (1 << 30) - 1)
KEY = bytes(range(32, 64))
LOCKED, FREE = 0, 1


def door(**options):
    host = Host("door", cards=CARDS, card_key=KEY, **options)
    host.run(10 * SECOND)
    return host


def read(host, card):
    host.sense("credential", card)
    host.sense("credential", 0)


@pytest.mark.parametrize("card", CARDS)
def test_a_known_card_frees_the_lock_at_once(card):
    host = door()
    read(host, card)
    assert host.switched("lock")[-1] == (host.now, FREE)


@pytest.mark.parametrize("card", [1, 6, 8, 65_535, 65_537, (1 << 30) - 2, 1 << 30, 1 << 40])
def test_an_unknown_card_does_not(card):
    host = door()
    read(host, card)
    assert host.outputs["lock"] == LOCKED
    host.run(SECOND)
    assert len(host.events(codes.EVENT_DOOR_DENIED)) == 1


def test_no_cards_no_entry():
    host = Host("door")
    host.run(SECOND)
    read(host, 7)
    host.run(SECOND)
    assert host.outputs["lock"] == LOCKED
    assert host.events(codes.EVENT_DOOR_DENIED)[0].body[4] == {codes.Q_DENIAL: codes.DENIAL_UNKNOWN}


def test_decides_without_a_network():
    host = door(link=False)
    read(host, 7)
    assert host.outputs["lock"] == FREE


@pytest.mark.parametrize(("card", "code"), [(7, codes.EVENT_DOOR_GRANTED), (8, codes.EVENT_DOOR_DENIED)])
def test_only_a_pseudonym_travels(card, code):
    host = door()
    read(host, card)
    host.run(SECOND)
    expected = hmac.new(KEY, card.to_bytes(4, "big"), hashlib.sha256).digest()[:4]
    assert host.events(code)[0].body[4][codes.Q_CREDENTIAL] == int.from_bytes(expected, "big")
    assert card not in host.events(code)[0].body[4].values()


def test_without_an_estate_key_nothing_of_the_card_travels():
    host = Host("door", cards=CARDS)
    host.run(SECOND)
    read(host, 7)
    host.run(SECOND)
    assert host.events(codes.EVENT_DOOR_GRANTED)[0].body[4] == {}


def test_locks_again_after_five_seconds():
    host = door()
    read(host, 7)
    granted = host.now
    host.run(MINUTE)
    assert host.switched("lock")[-2:] == [(granted, FREE), (granted + 5 * SECOND, LOCKED)]


def test_locks_again_when_opened_and_closed():
    host = door()
    read(host, 7)
    host.run(SECOND)
    host.sense("contact", 1)
    assert host.outputs["lock"] == FREE
    host.run(SECOND)
    host.sense("contact", 0)
    assert host.outputs["lock"] == LOCKED
    host.run(SECOND)
    codes_sent = [s.body[0] for s in host.events()]
    assert codes_sent == [codes.EVENT_DOOR_GRANTED, codes.EVENT_DOOR_OPENED, codes.EVENT_DOOR_CLOSED]
    assert not host.notes


def test_a_second_card_prolongs_the_release():
    host = door()
    read(host, 7)
    host.run(4 * SECOND)
    read(host, 1_000)
    host.run(4 * SECOND)
    assert host.outputs["lock"] == FREE


def test_each_set_of_the_reader_is_one_read():
    host = door()
    host.sense("credential", 7)
    host.sense("credential", 7)
    host.run(SECOND)
    assert len(host.events(codes.EVENT_DOOR_GRANTED)) == 2


def test_the_exit_button_always_opens():
    host = door(link=False)
    for _ in range(7):
        read(host, 8)
    host.sense("tamper", 1)
    host.sense("exit_button", 1)
    assert host.outputs["lock"] == FREE


def test_leaving_by_the_button_is_no_forced_door():
    host = door()
    host.sense("exit_button", 1)
    host.sense("contact", 1)
    host.sense("contact", 0)
    host.run(SECOND)
    assert host.events(codes.EVENT_DOOR_EXIT)
    assert not host.raised(codes.ALARM_DOOR_FORCED)


# ---- alarms


def test_opened_while_locked_is_forced():
    host = door()
    host.sense("contact", 1)
    assert host.notes[-1] == (host.now, "raised", codes.ALARM_DOOR_FORCED)
    assert host.local_first("buzzer", 1, codes.ALARM_DOOR_FORCED)
    host.run(2 * MINUTE)
    assert not host.raised(codes.ALARM_DOOR_HELD)


def test_forced_ends_with_the_door_closed_and_a_reset():
    host = door()
    host.sense("contact", 1)
    host.run(SECOND)
    assert host.order(codes.CMD_RESET) == frame.CONFLICT
    host.sense("contact", 0)
    assert host.outputs["buzzer"] == 0
    host.run(SECOND)
    assert not host.once(frame.CLEAR)
    assert host.order(codes.CMD_RESET) == frame.OK
    assert host.once(frame.CLEAR, codes.ALARM_DOOR_FORCED)


def test_held_open_for_thirty_seconds():
    host = door()
    read(host, 7)
    host.sense("contact", 1)
    opened = host.now
    host.run(30 * SECOND - 1)
    assert not host.notes
    host.run(1)
    assert host.notes[-1] == (opened + 30 * SECOND, "raised", codes.ALARM_DOOR_HELD)
    assert host.local_first("buzzer", 1, codes.ALARM_DOOR_HELD)


def test_held_ends_by_itself_when_the_door_closes():
    host = door()
    read(host, 7)
    host.sense("contact", 1)
    host.run(MINUTE)
    host.sense("contact", 0)
    host.run(SECOND)
    assert host.once(frame.CLEAR, codes.ALARM_DOOR_HELD)[0].body[6] == 0
    assert host.outputs["buzzer"] == 0


def test_the_fifth_wrong_card_within_a_minute_alarms():
    host = door()
    for i in range(5):
        assert not host.device.active(codes.ALARM_DOOR_ATTEMPTS)
        read(host, 8 + i)
        host.run(15 * SECOND)
    assert host.raised(codes.ALARM_DOOR_ATTEMPTS)
    assert host.local_first("buzzer", 1, codes.ALARM_DOOR_ATTEMPTS)


def test_five_wrong_cards_over_more_than_a_minute_do_not():
    host = door()
    for _ in range(8):
        read(host, 8)
        host.run(15 * SECOND + 1)
    assert not host.raised(codes.ALARM_DOOR_ATTEMPTS)


def test_a_right_card_ends_the_row():
    host = door()
    for card in (8, 8, 8, 8, 7, 8, 8, 8, 8):
        read(host, card)
        host.run(SECOND)
    assert not host.raised(codes.ALARM_DOOR_ATTEMPTS)


def test_the_attempts_are_over_after_a_minute_without_one():
    host = door()
    for _ in range(5):
        read(host, 8)
    host.run(MINUTE - 1)
    assert host.device.active(codes.ALARM_DOOR_ATTEMPTS)
    host.run(1)
    assert not host.device.active(codes.ALARM_DOOR_ATTEMPTS)
    host.run(SECOND)
    assert host.order(codes.CMD_RESET) == frame.OK


def test_a_torn_off_reader_is_tamper():
    host = door()
    host.sense("tamper", 1)
    assert host.notes[-1][1:] == ("raised", codes.ALARM_TAMPER)
    assert host.outputs["buzzer"] == 1
    host.sense("tamper", 0)
    assert host.outputs["buzzer"] == 0


# ---- commands


def test_unlock_frees_the_lock_for_five_seconds():
    host = door()
    assert host.order(codes.CMD_UNLOCK) == frame.OK
    assert host.outputs["lock"] == FREE
    host.run(5 * SECOND)
    assert host.outputs["lock"] == LOCKED
    assert host.events(codes.EVENT_DOOR_UNLOCKED)


def test_an_unlock_that_comes_too_late_is_refused():
    host = door()
    assert host.order(codes.CMD_UNLOCK, deadline=host.uptime() + 10) == frame.EXPIRED
    assert host.outputs["lock"] == LOCKED


def test_release_for_fire_stays_until_reset():
    host = door()
    assert host.order(codes.CMD_FIRE_RELEASE) == frame.OK
    host.run(HOUR)
    assert host.outputs["lock"] == FREE
    assert len(host.events(codes.EVENT_DOOR_RELEASED)) == 1
    assert host.order(codes.CMD_RESET) == frame.OK
    assert host.outputs["lock"] == LOCKED
    assert host.events(codes.EVENT_DOOR_LOCKED)


@pytest.mark.parametrize("deed", ["card", "exit", "unlock", "door", "wrong"])
def test_nothing_but_a_reset_locks_a_released_door(deed):
    host = door()
    host.order(codes.CMD_FIRE_RELEASE)
    if deed == "card":
        read(host, 7)
    elif deed == "exit":
        host.sense("exit_button", 1)
    elif deed == "unlock":
        host.order(codes.CMD_UNLOCK)
    elif deed == "wrong":
        for _ in range(6):
            read(host, 8)
    else:
        host.sense("contact", 1)
        host.run(SECOND)
        host.sense("contact", 0)
    host.run(HOUR)
    assert host.outputs["lock"] == FREE


def test_release_comes_before_a_release_by_card_that_is_still_open():
    host = door()
    read(host, 7)
    host.order(codes.CMD_FIRE_RELEASE)
    host.run(MINUTE)
    assert host.outputs["lock"] == FREE


def test_a_released_door_is_never_forced_nor_held():
    host = door()
    host.order(codes.CMD_FIRE_RELEASE)
    host.sense("contact", 1)
    host.run(10 * MINUTE)
    assert not host.raised(codes.ALARM_DOOR_FORCED)
    assert not host.raised(codes.ALARM_DOOR_HELD)


def test_release_ends_a_held_alarm_and_stops_its_clock():
    host = door()
    read(host, 7)
    host.sense("contact", 1)
    host.run(31 * SECOND)
    host.order(codes.CMD_FIRE_RELEASE)
    assert host.once(frame.CLEAR, codes.ALARM_DOOR_HELD)
    other = door()
    read(other, 7)
    other.sense("contact", 1)
    other.run(20 * SECOND)
    other.order(codes.CMD_FIRE_RELEASE)
    other.run(MINUTE)
    assert not other.raised(codes.ALARM_DOOR_HELD)


def test_a_door_left_open_after_the_reset_is_held():
    host = door()
    host.order(codes.CMD_FIRE_RELEASE)
    host.sense("contact", 1)
    host.run(MINUTE)
    host.order(codes.CMD_RESET)
    host.run(31 * SECOND)
    assert host.raised(codes.ALARM_DOOR_HELD)
    assert not host.raised(codes.ALARM_DOOR_FORCED)


def test_a_fire_that_takes_the_power_does_not_lock_the_door():
    host = door()
    host.order(codes.CMD_FIRE_RELEASE)
    host.power_cycle()
    assert host.outputs["lock"] == FREE
    host.run(MINUTE)
    assert host.order(codes.CMD_RESET) == frame.OK
    host.power_cycle()
    assert host.outputs["lock"] == LOCKED


def test_a_boot_with_the_door_open_is_no_forced_door():
    host = Host("door", {"contact": 1})
    host.run(29 * SECOND)
    assert not host.notes
    host.run(2 * SECOND)
    assert host.raised(codes.ALARM_DOOR_HELD)


def test_a_door_that_was_closed_without_power_is_no_longer_forced():
    host = door()
    host.sense("contact", 1)
    host.run(SECOND)
    host.values["contact"] = 0
    host.power_cycle()
    host.run(SECOND)
    assert host.order(codes.CMD_RESET) == frame.OK
