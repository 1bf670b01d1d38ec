"""Local anti-passback: who has just gone in does not hand out the card, and nobody is shut in."""

import pytest
from harness import MINUTE, SECOND, Host, codes
from lilong_firmware.passback import PASSAGES
from stories.door import packed

CARDS = tuple(range(100, 120))
PIN = 10_042
GIVEN = {"cards": packed(*CARDS), "pins": packed(PIN), "card_key": bytes(32)}
LOCKED, FREE = 0, 1


def door(data=GIVEN):
    host = Host("door", data=data)
    host.run(10 * SECOND)
    return host


def read(host, card, channel="credential"):
    """Whether the lock is free."""
    host.sense(channel, card)
    return host.outputs["lock"] == FREE


def go_in(host, card, channel="credential"):
    assert read(host, card, channel)
    host.run(SECOND)
    host.sense("contact", 1)
    host.sense("contact", 0)


def test_a_card_that_went_in_is_refused_for_half_a_minute():
    host = door()
    go_in(host, 100)
    host.run(30 * SECOND - 1)
    assert not read(host, 100)
    host.run(1)
    assert read(host, 100)
    event = host.events(codes.EVENT_DOOR_PASSBACK)[0].body[4]
    assert event == {**host.events(codes.EVENT_DOOR_GRANTED)[0].body[4], codes.Q_DENIAL: codes.DENIAL_PASSBACK}
    assert not host.events(codes.EVENT_DOOR_DENIED)


def test_a_refused_card_does_not_wait_longer_for_it():
    host = door()
    go_in(host, 100)
    for _ in range(6):
        host.run(5 * SECOND)
        last = read(host, 100)
    assert last


def test_others_may_follow():
    host = door()
    go_in(host, 100)
    go_in(host, 101)
    assert read(host, 102)


def test_who_did_not_open_the_door_has_not_gone_in():
    host = door()
    assert read(host, 100)
    host.run(6 * SECOND)
    assert read(host, 100)


def test_nor_has_who_let_the_lock_close_again_before_somebody_else_opened():
    host = door()
    assert read(host, 100)
    host.run(6 * SECOND)
    host.order(codes.CMD_UNLOCK)
    host.sense("contact", 1)
    host.sense("contact", 0)
    assert read(host, 100)


def test_it_is_no_wrong_attempt():
    host = door()
    go_in(host, 100)
    for _ in range(8):
        read(host, 100)
        host.run(SECOND)
    assert len(host.events(codes.EVENT_DOOR_PASSBACK)) == 8
    assert not host.raised(codes.ALARM_DOOR_ATTEMPTS)
    assert host.outputs.get("buzzer", 0) == 0


def test_after_an_exit_anybody_may_be_outside():
    host = door()
    go_in(host, 100)
    host.sense("exit_button", 1)
    host.sense("contact", 1)
    host.sense("contact", 0)
    assert read(host, 100)


def test_an_exit_by_the_handle_counts_too():
    host = door()
    go_in(host, 100)
    host.sense("contact", 1)
    host.sense("contact", 0)
    assert read(host, 100)


def test_who_opens_with_the_button_is_not_the_one_with_the_card():
    host = door()
    assert read(host, 100)
    host.sense("exit_button", 1)
    host.sense("contact", 1)
    host.sense("contact", 0)
    assert read(host, 100)


def test_the_exit_button_works_for_whom_the_reader_refuses():
    host = door()
    go_in(host, 100)
    assert not read(host, 100)
    host.sense("exit_button", 1)
    assert host.outputs["lock"] == FREE


def test_a_release_for_fire_beats_it():
    host = door()
    go_in(host, 100)
    host.order(codes.CMD_FIRE_RELEASE)
    assert read(host, 100)
    host.sense("contact", 1)
    host.sense("contact", 0)
    assert read(host, 100)
    host.run(SECOND)
    assert not host.events(codes.EVENT_DOOR_PASSBACK)
    host.order(codes.CMD_RESET)
    assert read(host, 100)


def test_a_pin_is_a_whole_flats():
    host = door()
    go_in(host, PIN, "pin")
    assert read(host, PIN, "pin")


def test_a_door_that_is_read_on_both_sides_cannot_tell_and_refuses_nobody():
    host = door({**GIVEN, "two_way": b"\x01"})
    go_in(host, 100)
    assert read(host, 100)


def test_only_the_last_passages_are_remembered():
    host = door()
    for card in CARDS[: PASSAGES + 1]:
        go_in(host, card)
    assert read(host, CARDS[0])
    host.run(6 * SECOND)
    assert not read(host, CARDS[1])
    assert len(host.device.rules._passages) == PASSAGES


@pytest.mark.parametrize("wait", [0, MINUTE])
def test_a_restart_forgets_them(wait):
    host = door()
    go_in(host, 100)
    host.power_cycle()
    host.run(wait)
    assert read(host, 100)
