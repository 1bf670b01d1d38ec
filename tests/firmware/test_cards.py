"""The list of a door: who stands on it, how old it may become, what is revoked, what of that a restart leaves."""

import hashlib
import hmac

import pytest
from harness import HOUR, MINUTE, SECOND, FullStore, Host, codes
from hypothesis import example, given
from hypothesis import strategies as st
from lilong_firmware.cards import REVOKED_MAX, U32, place
from lilong_firmware.store import RamStore
from lilong_protocol import frame
from stories.door import packed

RESIDENT, OTHER, VISITOR, STRANGER, PIN = 1_000, 1_001, 2_000, 3_000, 10_042
KEY = bytes(range(32, 64))
GIVEN = {"cards": packed(RESIDENT, OTHER), "visitors": packed(VISITOR), "pins": packed(PIN), "card_key": KEY}
FREE = 1
DAY = 24 * HOUR
CONFIRM, REVOKE = codes.CMD_CARDS_CONFIRM, codes.CMD_CARD_REVOKE


def door(**options):
    """A door that seldom beats, so that days pass quickly."""
    host = Host("door", **{"data": GIVEN, "beat_s": 43_200, **options})
    host.run(10 * SECOND)
    return host


def tried(host, number, channel="credential"):
    """None when it opens, else why not; either way as the event says it too. Half a minute later it may come again."""
    before = len(host.events())
    host.sense("exit_button", 1)  # whoever was inside is out
    host.run(MINUTE)
    host.sense(channel, number)
    opened = host.outputs["lock"] == FREE
    host.run(30 * SECOND)
    if not host.link:
        return None if opened else "denied"
    event = next(e for e in host.events()[before:] if e.body[0] in (codes.EVENT_DOOR_GRANTED, codes.EVENT_DOOR_DENIED))
    assert opened == (event.body[0] == codes.EVENT_DOOR_GRANTED)
    return event.body[4].get(codes.Q_DENIAL)


def pseudonym(number, domain=b""):
    return int.from_bytes(hmac.new(KEY, domain + number.to_bytes(4, "big"), hashlib.sha256).digest()[:4], "big")


def stamp(host):
    return host.device.rules.report()[codes.Q_CARDS_STAMP]


# ---- the numbers


@given(st.sets(st.integers(0, U32), max_size=40), st.integers(0, U32))
@example({0, U32}, 0)
@example(set(), 5)
def test_a_number_is_found_where_it_stands_or_where_it_belongs(numbers, wanted):
    given = packed(*numbers)
    at = place(given, wanted)
    if wanted in numbers:
        assert given[at : at + 4] == packed(wanted)
    else:
        at = ~at
        assert given[:at] + packed(wanted) + given[at:] == packed(*numbers, wanted)


def test_residents_and_visitors_pass_and_strangers_do_not():
    host = door()
    assert [tried(host, card) for card in (RESIDENT, VISITOR, STRANGER)] == [None, None, codes.DENIAL_UNKNOWN]


# ---- age


def test_visitors_pass_for_72_hours_after_the_last_word_of_the_backend():
    host = door()
    host.run(72 * HOUR - 5 * MINUTE)
    assert tried(host, VISITOR) is None
    host.run(5 * MINUTE)
    assert tried(host, VISITOR) == codes.DENIAL_OUTDATED
    assert tried(host, RESIDENT) is None
    assert tried(host, PIN, "pin") is None
    assert tried(host, STRANGER) == codes.DENIAL_UNKNOWN
    host.run(30 * DAY)
    assert tried(host, VISITOR) == codes.DENIAL_OUTDATED
    assert tried(host, RESIDENT) is None


def test_a_visitor_with_an_old_list_is_no_wrong_attempt():
    host = door()
    host.run(73 * HOUR)
    for _ in range(6):
        host.sense("credential", VISITOR)
        host.run(SECOND)
    assert len(host.events(codes.EVENT_DOOR_DENIED)) == 6
    assert not host.raised(codes.ALARM_DOOR_ATTEMPTS)


@pytest.mark.parametrize("after", [MINUTE, 30 * HOUR, 100 * HOUR])
def test_a_confirmed_list_is_new_again_to_the_millisecond(after):
    host = door()
    host.run(after)
    assert host.order(CONFIRM, {0: 0}) == frame.OK
    confirmed = host.ordered[-1][0]
    host.run_to(confirmed + 72 * HOUR - 1)
    host.sense("credential", VISITOR)
    assert host.outputs["lock"] == FREE
    host.run_to(confirmed + 72 * HOUR + 6 * SECOND)
    host.sense("credential", VISITOR)
    assert host.outputs["lock"] != FREE


def test_another_stamp_confirms_nothing():
    host = door()
    host.run(73 * HOUR)
    assert host.order(CONFIRM, {0: 1}) == frame.CONFLICT
    assert tried(host, VISITOR) == codes.DENIAL_OUTDATED


def test_the_age_is_kept_and_each_restart_begins_another_quarter_of_a_day():
    host = door()
    host.run(65 * HOUR)  # in the 11th
    host.power_cycle()  # the 12th begins
    host.run(5 * HOUR)
    assert tried(host, VISITOR) is None
    host.power_cycle()
    host.run(SECOND)
    assert tried(host, VISITOR) == codes.DENIAL_OUTDATED


def test_no_row_of_restarts_keeps_a_list_young():
    host = door()
    for _ in range(12):
        host.run(5 * HOUR)
        host.power_cut()
    assert host.now < 72 * HOUR
    assert tried(host, VISITOR) == codes.DENIAL_OUTDATED
    assert host.order(CONFIRM, {0: 0}) == frame.OK
    host.power_cut()
    assert tried(host, VISITOR) is None


def test_a_full_flash_denies_no_visitor_before_the_time():
    host = door(store=FullStore())
    host.run(71 * HOUR)
    assert tried(host, VISITOR) is None
    host.run(HOUR)
    assert tried(host, VISITOR) == codes.DENIAL_OUTDATED


# ---- revocation


@pytest.mark.spec("LIL-SEC-011")
@pytest.mark.parametrize(
    ("number", "channel", "domain"), [(RESIDENT, "credential", b""), (VISITOR, "credential", b""), (PIN, "pin", b"pin")]
)
def test_what_is_revoked_is_denied_from_then_on_and_after_a_restart(number, channel, domain):
    host = door()
    assert tried(host, number, channel) is None
    assert host.order(REVOKE, {0: pseudonym(number, domain), 1: 1}) == frame.OK
    assert tried(host, number, channel) == codes.DENIAL_REVOKED
    host.power_cycle()
    host.run(SECOND)
    assert tried(host, number, channel) == codes.DENIAL_REVOKED
    assert tried(host, OTHER) is None


def test_a_revoked_card_is_a_wrong_attempt():
    host = door()
    host.order(REVOKE, {0: pseudonym(RESIDENT), 1: 1})
    for _ in range(5):
        host.sense("credential", RESIDENT)
        host.run(SECOND)
    assert host.raised(codes.ALARM_DOOR_ATTEMPTS)


def test_the_duress_form_of_a_revoked_pin_opens_nothing_and_still_calls():
    host = door()
    host.order(REVOKE, {0: pseudonym(PIN, b"pin"), 1: 1})
    assert tried(host, PIN + 1, "pin") == codes.DENIAL_REVOKED
    assert host.raised(codes.ALARM_DOOR_DURESS)


def test_the_stamp_is_told_at_each_birth_and_in_each_heartbeat():
    host = door(beat_s=60)
    host.order(REVOKE, {0: pseudonym(RESIDENT), 1: 1})
    host.run(2 * MINUTE)
    assert host.of(frame.HEARTBEAT)[-1].body[3][codes.Q_CARDS_STAMP] == 1
    host.power_cycle()
    host.run(SECOND)
    assert host.of(frame.BIRTH)[-1].body[7][codes.Q_CARDS_STAMP] == 1


def test_revocations_come_in_the_order_of_their_stamps():
    host = door()
    assert host.order(REVOKE, {0: pseudonym(RESIDENT), 1: 2}) == frame.CONFLICT
    assert tried(host, RESIDENT) is None
    assert host.order(REVOKE, {0: pseudonym(RESIDENT), 1: 1}) == frame.OK
    assert host.order(REVOKE, {0: pseudonym(OTHER), 1: 1}) == frame.OK  # a repeat, which changes nothing
    assert tried(host, OTHER) is None
    assert host.order(REVOKE, {0: pseudonym(OTHER), 1: 2}) == frame.OK
    assert tried(host, OTHER) == codes.DENIAL_REVOKED
    assert host.order(CONFIRM, {0: 1}) == frame.CONFLICT
    assert host.order(CONFIRM, {0: 2}) == frame.OK


def test_a_revocation_confirms_the_list_and_its_repeat_does_not():
    host = door()
    host.run(73 * HOUR)
    assert host.order(REVOKE, {0: 5, 1: 1}) == frame.OK
    assert tried(host, VISITOR) is None
    host.run(73 * HOUR)
    assert host.order(REVOKE, {0: 5, 1: 1}) == frame.OK
    assert tried(host, VISITOR) == codes.DENIAL_OUTDATED


@pytest.mark.parametrize(
    ("command", "arguments"),
    [(CONFIRM, {}), (CONFIRM, {0: -1}), (CONFIRM, {0: U32 + 1}), (REVOKE, {}), (REVOKE, {0: 5}), (REVOKE, {1: 1}),
     (REVOKE, {0: 5, 1: 0}), (REVOKE, {0: -1, 1: 1}), (REVOKE, {0: U32 + 1, 1: 1}), (REVOKE, {0: 5, 1: U32 + 1})],
)  # fmt: skip
def test_what_is_no_pseudonym_or_no_stamp_is_refused(command, arguments):
    host = door()
    assert host.order(command, arguments) == frame.INVALID
    assert stamp(host) == 0


def test_a_full_list_refuses_the_next_revocation_and_loses_none():
    host = door(beat_s=3_600)
    order = [(n * 2_654_435_761) & U32 for n in range(1, REVOKED_MAX)] + [pseudonym(RESIDENT)]
    for at, credential in enumerate(order):
        assert host.order(REVOKE, {0: credential, 1: at + 1}) == frame.OK
    assert host.order(REVOKE, {0: pseudonym(OTHER), 1: REVOKED_MAX + 1}) == frame.FORBIDDEN
    assert stamp(host) == REVOKED_MAX
    assert host.order(REVOKE, {0: order[7], 1: REVOKED_MAX + 1}) == frame.OK  # is there already
    host.power_cycle()
    host.run(SECOND)
    assert stamp(host) == REVOKED_MAX + 1
    assert tried(host, RESIDENT) == codes.DENIAL_REVOKED
    assert tried(host, OTHER) is None
    for at, credential in enumerate(order):  # all there still: none would find room
        assert host.order(REVOKE, {0: credential, 1: REVOKED_MAX + 2 + at}) == frame.OK


def test_without_a_key_for_pseudonyms_nothing_can_be_revoked():
    host = door(data={"cards": packed(RESIDENT)})
    assert host.order(REVOKE, {0: pseudonym(RESIDENT), 1: 1}) == frame.FORBIDDEN
    assert stamp(host) == 0
    assert tried(host, RESIDENT) is None


def test_with_a_full_flash_a_revocation_holds_until_the_power_goes_and_the_stamp_then_says_that_it_is_missing():
    host = door(store=FullStore())
    assert host.order(REVOKE, {0: pseudonym(RESIDENT), 1: 1}) == frame.OK
    assert tried(host, RESIDENT) == codes.DENIAL_REVOKED
    host.seed = b"another boot"
    host.power_cycle()
    host.run(SECOND)
    assert host.of(frame.BIRTH)[-1].body[7][codes.Q_CARDS_STAMP] == 0
    assert host.order(REVOKE, {0: pseudonym(RESIDENT), 1: 1}) == frame.OK
    assert tried(host, RESIDENT) == codes.DENIAL_REVOKED


@pytest.mark.parametrize("record", [b"", b"\x01", b"\x01\0\0\0"])
def test_a_record_that_cannot_be_read_makes_a_new_list(record):
    store = RamStore()
    store.put("cards", record)
    host = door(store=store)
    assert stamp(host) == 0
    assert tried(host, VISITOR) is None


def test_a_door_without_a_link_knows_what_was_revoked():
    host = door()
    host.order(REVOKE, {0: pseudonym(VISITOR), 1: 1})
    host.cut()
    assert tried(host, VISITOR) == "denied"
    assert tried(host, RESIDENT) is None


# ---- who is nobody's business


@pytest.mark.parametrize(("number", "channel"), [(RESIDENT, "credential"), (PIN, "pin")])
def test_who_is_not_to_be_named_passes_and_no_pseudonym_is_told(number, channel):
    host = door(data={**GIVEN, "unnamed": packed(RESIDENT, PIN)})
    assert tried(host, number, channel) is None
    assert tried(host, OTHER) is None
    granted = [event.body[4] for event in host.events(codes.EVENT_DOOR_GRANTED)]
    assert [values.get(codes.Q_CREDENTIAL) for values in granted] == [None, pseudonym(OTHER)]


def test_a_card_that_is_not_to_be_named_can_be_revoked_all_the_same():
    host = door(data={**GIVEN, "unnamed": packed(RESIDENT)})
    assert host.order(REVOKE, {0: pseudonym(RESIDENT), 1: 1}) == frame.OK
    assert tried(host, RESIDENT) == codes.DENIAL_REVOKED
    denied = host.events(codes.EVENT_DOOR_DENIED)[-1].body[4]
    assert codes.Q_CREDENTIAL not in denied
