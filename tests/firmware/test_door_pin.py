"""The PIN pad of a door, and the PIN that opens it and calls for help."""

import hashlib
import hmac

import pytest
from harness import MINUTE, SECOND, Host, codes
from hypothesis import given, settings
from hypothesis import strategies as st
from lilong_firmware.effects import NOTE, OUTPUT, PUBLISH
from lilong_protocol import frame, topics
from stories.door import packed

PINS = (10_042, 1_123_459, 199_999_999)  # 0042, 123459, 99999999
DURESS = (10_043, 1_123_450, 199_999_990)
KEY = bytes(range(32, 64))
CARD = 10_042  # the same number as a PIN
GIVEN = {"cards": packed(CARD), "pins": packed(*PINS), "card_key": KEY}
LOCKED, FREE = 0, 1


def door(**options):
    host = Host("door", **{"data": GIVEN, **options})
    host.run(10 * SECOND)
    return host


@pytest.mark.parametrize("pin", PINS)
def test_a_pin_frees_the_lock_at_once_and_without_a_network(pin):
    host = door(link=False)
    host.sense("pin", pin)
    assert host.switched("lock")[-1] == (host.now, FREE)
    assert not host.notes


@pytest.mark.parametrize("pin", [42, 100_042, 10_041, 10_044, 1, 9, 199_999_998, 1 << 33])
def test_any_other_entry_is_denied(pin):
    host = door()
    host.sense("pin", pin)
    assert host.outputs["lock"] == LOCKED
    host.run(SECOND)
    assert host.events(codes.EVENT_DOOR_DENIED)[0].body[4][codes.Q_DENIAL] == codes.DENIAL_UNKNOWN


def test_a_card_is_no_pin_and_a_pin_is_no_card():
    host = Host("door", data={"cards": packed(10_077), "pins": packed(10_042), "card_key": KEY})
    host.run(SECOND)
    host.sense("pin", 10_077)
    host.sense("credential", 10_042)
    host.run(SECOND)
    assert len(host.events(codes.EVENT_DOOR_DENIED)) == 2


def test_a_pin_and_a_card_of_one_number_have_two_pseudonyms():
    host = door()
    host.sense("credential", CARD)
    host.sense("pin", CARD)
    host.run(SECOND)
    told = [event.body[4][codes.Q_CREDENTIAL] for event in host.events(codes.EVENT_DOOR_GRANTED)]
    messages = (CARD.to_bytes(4, "big"), b"pin" + CARD.to_bytes(4, "big"))
    assert told == [int.from_bytes(hmac.new(KEY, m, hashlib.sha256).digest()[:4], "big") for m in messages]


def test_each_entry_of_a_pad_is_one_and_zero_is_none():
    host = door()
    for value in (10_042, 0, 10_042, 10_042):
        host.sense("pin", value)
    host.run(SECOND)
    assert len(host.events(codes.EVENT_DOOR_GRANTED)) == 3


def test_wrong_pins_and_wrong_cards_are_one_row_of_attempts():
    host = door()
    for channel in ("pin", "credential", "pin", "credential"):
        host.sense(channel, 777)
        host.run(SECOND)
    assert not host.raised(codes.ALARM_DOOR_ATTEMPTS)
    host.sense("pin", 777)
    assert host.local_first("buzzer", 1, codes.ALARM_DOOR_ATTEMPTS)


def test_a_right_pin_ends_the_row():
    host = door()
    for pin in (777, 777, 777, 777, 10_042, 777, 777, 777, 777):
        host.sense("pin", pin)
        host.run(SECOND)
    assert not host.raised(codes.ALARM_DOOR_ATTEMPTS)


# ---- duress


@pytest.mark.parametrize(("true", "under_duress"), list(zip(PINS, DURESS, strict=True)))
def test_the_last_digit_one_higher_opens_and_calls_for_help(true, under_duress):
    host = door()
    host.sense("pin", under_duress)
    assert host.switched("lock")[-1] == (host.now, FREE)
    host.sense("pin", true)
    host.run(SECOND)
    told, again = [event.body[4] for event in host.events(codes.EVENT_DOOR_GRANTED)]
    assert told == again
    assert [alarm.body[4] for alarm in host.raised(codes.ALARM_DOOR_DURESS)] == [told]


def test_a_pin_that_is_also_anothers_duress_form_is_a_pin():
    host = Host("door", data={"pins": packed(10_042, 10_043)})
    host.run(SECOND)
    host.sense("pin", 10_043)
    assert host.outputs["lock"] == FREE
    assert not host.notes


def test_the_call_lasts_until_somebody_answers_and_ends_with_a_reset():
    host = door()
    host.sense("pin", 10_043)
    host.sense("contact", 1)
    host.sense("contact", 0)
    host.run(10 * MINUTE)
    assert host.device.active(codes.ALARM_DOOR_DURESS)
    assert host.order(codes.CMD_RESET) == frame.CONFLICT
    host.acknowledge(host.ref(codes.ALARM_DOOR_DURESS))
    host.run(SECOND)
    assert not host.device.active(codes.ALARM_DOOR_DURESS)
    assert not host.once(frame.CLEAR)
    assert host.order(codes.CMD_RESET) == frame.OK
    assert host.once(frame.CLEAR, codes.ALARM_DOOR_DURESS)[0].body[6] == 1


def test_a_second_call_after_the_answer_calls_again():
    host = door()
    host.sense("pin", 10_043)
    host.run(SECOND)
    host.acknowledge_all()
    host.run(SECOND)
    host.sense("pin", 10_043)
    host.run(SECOND)
    assert host.once(frame.UPDATE, codes.ALARM_DOOR_DURESS)[-1].body[5] == 1
    assert host.device.active(codes.ALARM_DOOR_DURESS)


def test_a_call_goes_on_after_a_restart():
    host = door()
    host.sense("pin", 10_043)
    host.power_cycle()
    host.run(SECOND)
    assert host.device.active(codes.ALARM_DOOR_DURESS)
    assert host.outputs.get("buzzer", 0) == 0


def test_an_open_call_does_not_keep_a_released_door_released():
    host = door()
    host.sense("pin", 10_043)
    host.order(codes.CMD_FIRE_RELEASE)
    assert host.order(codes.CMD_RESET) == frame.OK
    assert host.outputs["lock"] == LOCKED
    assert host.device.active(codes.ALARM_DOOR_DURESS)


DEEDS = st.one_of(
    st.tuples(st.just("pin"), st.sampled_from(("own", "own", "own", 777))),
    st.tuples(st.just("credential"), st.sampled_from((CARD, 8))),
    st.tuples(st.sampled_from(("contact", "exit_button", "tamper", "reader")), st.sampled_from((0, 1))),
    st.tuples(st.just("power_cut"), st.none()),
    st.tuples(st.just("command"), st.sampled_from((codes.CMD_UNLOCK, codes.CMD_FIRE_RELEASE))),
)
WAITS = st.sampled_from((0, SECOND, 5 * SECOND, 31 * SECOND, MINUTE))


def lived(script, own, **options):
    host = door(**options)
    for wait, (what, value) in script:
        if what == "pin":
            host.sense("pin", own if value == "own" else value)
        elif what == "power_cut":
            host.power_cut()
        elif what == "command":
            host.command(value)
        else:
            host.sense(what, value)
        host.run(wait)
    host.run(2 * MINUTE)
    return host


def waiting(sent):
    """The key under which a birth tells how many alarm frames wait."""
    return 8 if sent.kind == frame.BIRTH else None


@settings(max_examples=80, deadline=None)
@given(
    script=st.lists(st.tuples(WAITS, DEEDS), min_size=1, max_size=12),
    pin=st.sampled_from(range(3)),
    options=st.sampled_from(({}, {"latency": 700}, {"acks": 2}, {"link": False})),
)
def test_nobody_at_the_door_or_on_the_wire_but_for_the_alarm_can_tell_duress_from_the_true_pin(script, pin, options):
    """The same outputs at the same times, and the same frames in the same order but for those of the alarm itself."""
    if "link" in options:  # a command comes when the link does, and the alarm makes the device try sooner
        script = [deed for deed in script if deed[1][0] != "command"]
    plain, forced = (lived(script, form[pin], **options) for form in (PINS, DURESS))
    silent, called = ([entry for entry in host.trace if entry[1][0] == OUTPUT] for host in (plain, forced))
    assert silent == called
    told, told_forced = (
        [
            (sent.cls, sent.kind, sent.frame.uptime, *[sent.body[key] for key in sent.body if key != waiting(sent)])
            for sent in host.sent
            if sent.cls != topics.ALARM and sent.kind != frame.HEARTBEAT
        ]
        for host in (plain, forced)
    )
    assert told == told_forced
    if ("pin", "own") in [deed for _, deed in script]:
        raised = [effect for _, effect in forced.trace if effect[0] == NOTE and effect[2] == codes.ALARM_DOOR_DURESS]
        assert raised
        assert not [effect for _, effect in plain.trace if effect[0] == NOTE and effect[2] == codes.ALARM_DOOR_DURESS]


def test_byte_for_byte_with_a_backend_that_answers():
    script = [(SECOND, ("pin", "own")), (SECOND, ("contact", 1)), (MINUTE, ("contact", 0)), (HALF_HOUR, ("pin", "own"))]
    plain, forced = (lived(script, form[0]) for form in (PINS, DURESS))
    frames, frames_forced = (
        [(at, effect) for at, effect in host.trace if effect[0] == PUBLISH and effect[1] != topics.ALARM]
        for host in (plain, forced)
    )
    assert frames == frames_forced


HALF_HOUR = 30 * MINUTE
