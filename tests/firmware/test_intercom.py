"""The intercom panel: whom a call reaches, how it ends, who is let in, and what a call never stops."""

import pytest
from harness import HOUR, MINUTE, SECOND, Host, codes
from hypothesis import given, settings
from hypothesis import strategies as st
from lilong_protocol import frame
from scripts import play, scripts
from stories import GIVEN
from stories.intercom import ANSWERS, APP, BUSY, DESK, FLAT, HANGS_UP, OPENS, RINGS

IDLE, CALLING, RINGING, TALKING, UNLOCK, IS_BUSY, NO_ANSWER, TRANSFERRED, EMERGENCY = range(9)
ALL, LOCKED, FREE = 7, 0, 1
PANIC = codes.ALARM_PANIC


def panel(values=None, **options):
    host = Host("intercom", values, data=GIVEN["intercom"], **options)
    host.run(10 * SECOND)
    return host


def says(host, *answers, wait=SECOND):
    for answer in answers:
        host.sense("callee", answer)
        host.run(wait)


def calls(host, flat=101):
    host.sense("call", flat)
    host.sense("call", 0)


def ringing(host, flat=101):
    calls(host, flat)
    says(host, FLAT + RINGS)
    return host


def talking(host, flat=101):
    ringing(host, flat)
    says(host, FLAT + ANSWERS)
    return host


def told(host):
    """The states of the call, one after the other."""
    host.run(SECOND)
    return [sent.body[4][codes.Q_CALL_STATE] for sent in host.events(codes.EVENT_CALL_STATE)]


def state(host):
    return host.device.rules.report()[codes.Q_CALL_STATE]


# ---- one call


def test_a_visitor_calls_a_flat_talks_and_is_let_in():
    host = panel()
    calls(host)
    assert (host.outputs["flat"], host.outputs["ring"]) == (101, 1)
    says(host, FLAT + RINGS, FLAT + ANSWERS, FLAT + OPENS)
    assert host.outputs["lock"] == FREE
    host.run(5 * SECOND)
    assert (host.outputs["lock"], host.outputs["ring"]) == (LOCKED, 0)
    assert told(host) == [CALLING, RINGING, TALKING, UNLOCK, IDLE]
    (unlocked,) = host.events(codes.EVENT_DOOR_UNLOCKED)
    assert unlocked.body[4] == {codes.Q_FLAT: 101, codes.Q_CALL_SIDE: 1}, "an access, and the flat is its operator"


def test_the_lock_is_free_at_the_instant_at_which_the_flat_opens():
    host = talking(panel())
    host.sense("callee", FLAT + OPENS)
    assert host.switched("lock")[-1] == (host.now, FREE)


@pytest.mark.parametrize("before", [(), (FLAT + RINGS,)])
def test_whoever_sees_the_visitor_may_open_without_a_word(before):
    host = panel()
    calls(host)
    says(host, *before, FLAT + OPENS)
    assert (host.outputs["lock"] == FREE) == bool(before), "but not before it rings there"


@pytest.mark.parametrize("answer", [side + what for side in (FLAT, APP, DESK) for what in (ANSWERS, OPENS)])
def test_nobody_opens_or_talks_who_was_not_called(answer):
    host = panel()
    says(host, answer)
    assert host.outputs["lock"] == LOCKED
    assert state(host) == IDLE
    ringing(host)
    if answer // 8 != 1:
        says(host, answer)
        assert host.outputs["lock"] == LOCKED
        assert state(host) == RINGING


def test_an_answer_of_a_side_that_is_not_asked_any_more_counts_for_nothing():
    host = ringing(panel())
    host.run(20 * SECOND)
    assert host.outputs["ring"] == 2
    says(host, FLAT + ANSWERS, FLAT + OPENS)
    assert (state(host), host.outputs["lock"]) == (CALLING, LOCKED)


@pytest.mark.parametrize("who", ["callee", "visitor"])
def test_either_may_hang_up(who):
    host = talking(panel())
    if who == "callee":
        says(host, FLAT + HANGS_UP)
    else:
        host.sense("cancel", 1)
    assert told(host)[-1] == IDLE
    assert host.outputs["ring"] == 0


# ---- flat, app, desk


def test_a_call_falls_through_from_flat_to_app_to_desk_and_rings_for_a_minute_at_most():
    host = panel()
    calls(host)
    begin = host.now
    for side in (FLAT, APP, DESK):
        assert host.outputs["ring"] == side // 8
        host.sense("callee", side + RINGS)
        host.run(20 * SECOND)
    assert host.switched("ring")[-1] == (begin + MINUTE, 0)
    passed_on = [CALLING, RINGING, TRANSFERRED]
    assert told(host) == [*passed_on, *passed_on, CALLING, RINGING, NO_ANSWER, IDLE]


def test_however_late_each_side_rings_a_call_rings_for_no_more_than_a_minute():
    host = panel()
    calls(host)
    begin = host.now
    for side in (FLAT, APP, DESK):
        host.run(4_900)
        host.sense("callee", side + RINGS)
        host.run(20 * SECOND)
    assert host.switched("ring")[-1] == (begin + MINUTE, 0)


def test_a_side_that_does_not_even_ring_is_given_five_seconds():
    host = panel()
    calls(host)
    begin = host.now
    host.run(MINUTE)
    assert [at - begin for at, _ in host.switched("ring")[1:]] == [0, 5_000, 10_000, 15_000]


def test_a_busy_flat_is_told_and_the_next_side_is_asked():
    host = ringing(panel())
    says(host, FLAT + BUSY)
    assert told(host)[-3:] == [IS_BUSY, TRANSFERRED, CALLING]
    assert host.outputs["ring"] == 2


@pytest.mark.parametrize(("path", "rings"), [(7, 1), (6, 2), (4, 3), (5, 1), (2, 2), (0, 0)])
def test_the_first_side_that_can_be_reached_is_asked(path, rings):
    host = panel({"path": path})
    calls(host)
    assert host.outputs["ring"] == rings
    if not rings:
        assert told(host) == [NO_ANSWER, IDLE]


def test_a_flat_is_called_over_the_unit_controller_without_any_network():
    host = panel({"path": 1}, link=False)
    talking(host)
    says(host, FLAT + OPENS)
    assert host.outputs["lock"] == FREE
    host.heal()
    host.run(2 * MINUTE)
    assert [sent.body[4][codes.Q_CALL_STATE] for sent in host.events(codes.EVENT_CALL_STATE)] == [1, 2, 3, 4, 0]
    assert host.events(codes.EVENT_DOOR_UNLOCKED)


def test_a_side_that_is_lost_while_it_rings_is_passed_and_one_that_talks_is_over():
    host = ringing(panel())
    host.sense("path", 6)
    assert host.outputs["ring"] == 2
    says(host, APP + ANSWERS)
    host.sense("path", 1)
    assert state(host) == IDLE


def test_a_talk_ends_after_two_minutes():
    host = talking(panel())
    host.run(119 * SECOND - 1)
    assert state(host) == TALKING
    host.run(1)
    assert state(host) == IDLE


def test_there_is_one_call_and_whoever_comes_second_is_told_that_it_is_busy():
    host = ringing(panel())
    calls(host, 102)
    host.run(SECOND)
    assert host.events(codes.EVENT_CALL_STATE)[-1].body[4] == {codes.Q_CALL_STATE: IS_BUSY, codes.Q_FLAT: 102}
    assert (state(host), host.outputs["flat"]) == (RINGING, 101)


def test_there_is_no_call_left_after_a_power_cut():
    host = talking(panel())
    host.power_cycle()
    assert (state(host), host.outputs["ring"], host.outputs["lock"]) == (IDLE, 0, LOCKED)
    says(host, FLAT + OPENS)
    assert host.outputs["lock"] == LOCKED
    calls(host)
    assert host.outputs["ring"] == 1


def test_of_a_household_that_wants_it_so_nothing_is_told():
    host = talking(panel(), 103)
    says(host, FLAT + OPENS)
    host.run(MINUTE)
    assert told(host) == [CALLING, RINGING, TALKING, UNLOCK, IDLE]
    assert not [sent for sent in host.events() if codes.Q_FLAT in sent.body[4]]


# ---- help


def test_a_call_for_help_is_an_alarm_at_once_ends_what_there_was_and_rings_the_desk():
    host = talking(panel())
    host.sense("panic", 1)
    assert (host.now, "raised", PANIC) in host.notes
    assert (host.outputs["flat"], host.outputs["ring"]) == (0, 3)
    assert told(host)[-2:] == [IDLE, EMERGENCY]
    host.sense("panic", 0)
    host.sense("cancel", 1)
    calls(host)
    assert state(host) == EMERGENCY, "nobody takes it back, and no other call comes between"
    says(host, DESK + RINGS, DESK + ANSWERS, DESK + OPENS)
    assert host.outputs["lock"] == FREE


def test_help_that_nobody_answers_rings_for_a_minute_and_stays_an_alarm():
    host = panel()
    host.sense("panic", 1)
    host.run(MINUTE)
    assert told(host) == [EMERGENCY, NO_ANSWER, IDLE]
    assert host.device.active(PANIC)
    host.sense("panic", 0)
    assert host.device.active(PANIC)
    host.acknowledge_all()
    host.run(SECOND)
    assert not host.device.active(PANIC)
    assert host.order(codes.CMD_RESET) == frame.OK


def test_without_a_way_to_the_desk_help_is_an_alarm_all_the_same():
    host = panel({"path": 0})
    host.sense("panic", 1)
    assert host.device.active(PANIC)
    assert told(host) == [NO_ANSWER, IDLE]


# ---- cards, PINs, commands


@pytest.mark.parametrize("busy", [False, True], ids=["idle", "talking"])
@pytest.mark.parametrize(("channel", "number"), [("credential", 7), ("pin", 10_042)])
def test_a_card_or_a_pin_opens_without_a_network_whatever_call_there_is(channel, number, busy):
    host = panel(link=False)
    if busy:
        talking(host)
    host.sense(channel, number)
    assert host.switched("lock")[-1] == (host.now, FREE)
    assert state(host) == (TALKING if busy else IDLE)
    host.run(5 * SECOND)
    assert host.outputs["lock"] == LOCKED


def test_an_unknown_card_is_denied_and_the_fifth_sounds_and_is_told():
    host = panel()
    for _ in range(5):
        host.sense("credential", 8)
        host.run(SECOND)
    assert host.outputs["lock"] == LOCKED
    assert len(host.events(codes.EVENT_DOOR_DENIED)) == 5
    assert host.local_first("buzzer", 1, codes.ALARM_DOOR_ATTEMPTS)
    host.sense("pin", 10_042)
    assert host.outputs["lock"] == LOCKED, "deaf for PINs"
    host.sense("credential", 7)
    assert (host.outputs["lock"], host.outputs["buzzer"]) == (FREE, 0)


def test_a_pin_under_duress_opens_and_calls_without_a_sound():
    host = panel()
    host.sense("pin", 10_043)
    assert host.outputs["lock"] == FREE
    assert host.device.active(codes.ALARM_DOOR_DURESS)
    assert not host.switched("buzzer")
    host.acknowledge_all()
    host.run(SECOND)
    assert not host.device.active(codes.ALARM_DOOR_DURESS)


def test_a_revoked_card_opens_no_more():
    host = panel()
    host.sense("credential", 7)
    host.run(6 * SECOND)
    who = host.events(codes.EVENT_DOOR_GRANTED)[0].body[4][codes.Q_CREDENTIAL]
    assert host.order(codes.CMD_CARD_REVOKE, {0: who, 1: 1}) == frame.OK
    host.sense("credential", 7)
    assert host.outputs["lock"] == LOCKED
    assert host.device.rules.report()[codes.Q_CARDS_STAMP] == 1


def test_the_centre_opens_for_five_seconds():
    host = panel()
    assert host.order(codes.CMD_UNLOCK) == frame.OK
    assert host.outputs["lock"] == FREE
    host.run(5 * SECOND)
    assert host.outputs["lock"] == LOCKED


@pytest.mark.parametrize("deed", ["call", "card", "unlock", "power"])
def test_released_for_fire_it_stays_free_until_a_reset(deed):
    host = panel()
    assert host.order(codes.CMD_FIRE_RELEASE) == frame.OK
    if deed == "call":
        talking(host)
        says(host, FLAT + OPENS, FLAT + HANGS_UP)
    elif deed == "card":
        host.sense("credential", 7)
    elif deed == "unlock":
        host.order(codes.CMD_UNLOCK)
    else:
        host.power_cycle()
    host.run(HOUR)
    assert host.outputs["lock"] == FREE
    assert host.order(codes.CMD_RESET) == frame.OK
    assert host.outputs["lock"] == LOCKED
    assert [sent.body[0] for sent in host.events() if sent.body[0] in (7, 8)] == [7, 8]


def test_an_opened_panel_buzzes_and_is_told_in_the_middle_of_a_call():
    host = talking(panel())
    host.sense("tamper", 1)
    assert host.device.active(codes.ALARM_TAMPER)
    assert (host.outputs["buzzer"], state(host)) == (1, TALKING)
    host.sense("tamper", 0)
    assert host.outputs["buzzer"] == 0


# ---- whatever happens


def free_no_longer_than_it_may(host):
    """The lock is not free, or for fire, or somebody was let in within the last five seconds."""
    freed = [at for at, value in host.switched("lock") if value == FREE]
    if host.outputs["lock"] == FREE and not host.device.kept("released"):
        assert host.now - freed[-1] <= 5 * SECOND


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_every_call_ends_within_its_limits_there_is_one_at_a_time_and_the_lock_is_free_no_longer_than_it_may(data):
    script = data.draw(scripts("intercom"))
    host = Host("intercom", data=GIVEN["intercom"])
    for at in range(0, sum(wait for wait, _ in script), 2_999):
        host.at(at, free_no_longer_than_it_may, host)
    play(host, script)
    host.run(3 * MINUTE)
    free_no_longer_than_it_may(host)
    assert state(host) == IDLE
    began = None
    for at, side in host.switched("ring"):
        assert began is None or at - began <= 3 * MINUTE
        began = None if not side else at if began is None else began
    assert began is None, "what rang has ended"


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_call_never_keeps_a_card_from_opening_or_help_from_being_told(data):
    host = Host("intercom", data=GIVEN["intercom"])
    play(host, data.draw(scripts("intercom")))
    host.set("panic", 0)
    host.acknowledge_all()
    host.run(SECOND)
    revoked = host.device.rules.report()[codes.Q_CARDS_STAMP]
    host.sense("credential", 7)
    assert host.outputs["lock"] == FREE or revoked
    host.sense("panic", 1)
    assert host.device.active(PANIC)


# ---- a household whose visitors are nobody's business


def test_a_call_of_a_discreet_flat_goes_on_as_any_other_and_its_flat_is_not_told():
    said = {}
    for discreet in (b"", (101).to_bytes(4, "big")):
        host = Host("intercom", data={**GIVEN["intercom"], "discreet": discreet})
        host.run(10 * SECOND)
        talking(host)
        says(host, FLAT + OPENS)
        assert host.outputs["lock"] == FREE
        said[discreet] = [event.body[4] for event in host.events()]
    named, nameless = said.values()
    assert any(codes.Q_FLAT in values for values in named)
    assert not any(codes.Q_FLAT in values for values in nameless)
    assert [{**values, codes.Q_FLAT: 0} for values in named] == [{**values, codes.Q_FLAT: 0} for values in nameless]
