"""A door that asks its backend whether a card is elsewhere, and decides by itself where nobody answers in time."""

import pytest
from harness import MINUTE, SECOND, Host, codes, online
from lilong_firmware.asking import ANSWER_MS, PAUSE_MS, QUESTIONS, UNANSWERED
from lilong_protocol import frame, topics
from stories.door import packed

CARDS = tuple(range(100, 120))
PIN, NAMELESS = 10_042, 119
GIVEN = {
    "cards": packed(*CARDS), "pins": packed(PIN), "card_key": bytes(32), "unnamed": packed(NAMELESS), "asks": b"\x01",
}  # fmt: skip
LOCKED, FREE = 0, 1
ROUND_TRIP = 40


def door(answers=None, data=GIVEN, **more):
    host = Host("door", data=data, answers=answers, **more)
    host.run(10 * SECOND)
    return host


def lock(host):
    return host.outputs["lock"]


def asked(host):
    return host.events(codes.EVENT_DOOR_ASKED)


def granted(host):
    return host.events(codes.EVENT_DOOR_GRANTED)


def ref(host, at=-1):
    question = asked(host)[at].frame
    return (question.boot, question.seq)


@pytest.mark.spec("LIL-ASK-001")
def test_who_is_nowhere_else_is_let_in_after_the_round_trip():
    host = door(answers=False)
    host.sense("credential", 100)
    assert lock(host) == LOCKED
    host.run(ROUND_TRIP)
    assert lock(host) == FREE
    host.run(SECOND)
    assert [s.body[4] for s in asked(host)] == [s.body[4] for s in granted(host)]


@pytest.mark.spec("LIL-ASK-004")
def test_who_is_elsewhere_is_not_and_that_is_no_wrong_attempt():
    host = door(answers=True)
    for _ in range(6):
        host.sense("credential", 100)
        host.run(SECOND)
        assert lock(host) == LOCKED
    denied = host.events(codes.EVENT_DOOR_DENIED)
    who = asked(host)[0].body[4][codes.Q_CREDENTIAL]
    assert [s.body[4] for s in denied] == 6 * [{codes.Q_CREDENTIAL: who, codes.Q_DENIAL: codes.DENIAL_ELSEWHERE}]
    assert not granted(host)
    assert not host.raised(codes.ALARM_DOOR_ATTEMPTS)


@pytest.mark.spec("LIL-ASK-002")
def test_without_an_answer_in_time_it_decides_by_itself():
    host = door()
    host.sense("credential", 100)
    host.run(ANSWER_MS - 1)
    assert lock(host) == LOCKED
    host.run(1)
    assert lock(host) == FREE
    assert ANSWER_MS < SECOND


@pytest.mark.spec("LIL-ASK-002")
def test_a_backend_that_never_answers_slows_only_a_few():
    host = door()
    slow = 0
    for card in CARDS[:10]:
        host.sense("credential", card)
        slow += lock(host) == LOCKED
        host.run(6 * SECOND)
    assert slow == len(asked(host)) == UNANSWERED
    host.run(PAUSE_MS)
    for card in CARDS[:2]:  # it tries again, with one
        host.sense("credential", card)
        host.run(6 * SECOND)
    assert len(asked(host)) == UNANSWERED + 1
    host.answers = True
    host.run(PAUSE_MS)
    for card in CARDS[:3]:
        host.sense("credential", card)
        host.run(6 * SECOND)
    assert len(asked(host)) == UNANSWERED + 4
    assert len(host.events(codes.EVENT_DOOR_DENIED)) == 3


def test_an_answer_ends_the_row_of_questions_without_one():
    host = door()
    for turn in range(3 * UNANSWERED):
        host.answers = False if turn % UNANSWERED == UNANSWERED - 1 else None
        host.sense("credential", CARDS[turn])
        host.run(6 * SECOND)
    assert len(asked(host)) == 3 * UNANSWERED


@pytest.mark.spec("LIL-ASK-002")
def test_a_new_connection_is_asked_at_once():
    host = door()
    for card in CARDS[:UNANSWERED]:
        host.sense("credential", card)
        host.run(SECOND)
    host.cut()
    host.heal()
    host.run(2 * MINUTE)
    assert online(host)
    host.sense("credential", 110)
    assert len(asked(host)) == UNANSWERED + 1
    host.run(SECOND)
    host.sense("credential", 111)
    host.run(SECOND)
    assert len(asked(host)) == UNANSWERED + 1, "one is enough to know that nobody answers here either"


@pytest.mark.spec("LIL-ASK-001")
def test_without_a_link_it_asks_nobody():
    host = door(answers=True)
    host.cut()
    host.sense("credential", 100)
    assert lock(host) == FREE
    host.heal()
    host.run(2 * MINUTE)
    assert not asked(host)


@pytest.mark.spec("LIL-ASK-002")
def test_a_link_that_goes_ends_the_wait():
    host = door(answers=True)
    host.sense("credential", 100)
    host.cut()
    assert lock(host) == FREE
    host.heal()
    host.run(2 * MINUTE)  # the question is told, and answered, too late
    assert len(granted(host)) == 1
    assert not host.events(codes.EVENT_DOOR_DENIED)


@pytest.mark.spec("LIL-ASK-004")
@pytest.mark.parametrize("released", [False, True])
def test_what_frees_the_lock_waits_for_nobody(released):
    host = door(answers=True)
    host.sense("credential", 100)
    if released:
        assert host.order(codes.CMD_FIRE_RELEASE) == frame.OK
    else:
        host.sense("exit_button", 1)
    assert lock(host) == FREE
    host.run(SECOND)
    assert lock(host) == FREE


@pytest.mark.spec("LIL-ASK-002")
def test_a_fire_release_lets_in_who_waits_and_then_nobody_is_asked_about():
    host = door(answers=None)
    host.sense("credential", 100)
    host.command(codes.CMD_FIRE_RELEASE)
    host.run(SECOND)
    host.answer(ref(host), True)
    host.sense("credential", 101)
    host.run(SECOND)
    assert (len(granted(host)), len(asked(host))) == (2, 1)
    assert not host.events(codes.EVENT_DOOR_DENIED)
    assert lock(host) == FREE


@pytest.mark.spec("LIL-ASK-001")
def test_nothing_is_asked_about_pins_strangers_or_those_who_are_not_named():
    host = door(answers=True)
    host.sense("pin", PIN)
    assert lock(host) == FREE
    host.run(10 * SECOND)
    host.sense("credential", NAMELESS)
    assert lock(host) == FREE
    host.run(10 * SECOND)
    host.sense("credential", 5_000)
    host.run(10 * SECOND)
    assert not asked(host)


def test_two_at_a_time_are_answered_each_by_its_own():
    host = door()
    host.sense("credential", 100)
    host.sense("credential", 101)
    host.run(ROUND_TRIP)  # one message in flight
    host.answer(ref(host, 1), False)
    host.answer(ref(host, 0), True)
    host.run(SECOND)
    (denied,), (let_in,) = host.events(codes.EVENT_DOOR_DENIED), granted(host)
    assert denied.body[4][codes.Q_CREDENTIAL] == asked(host)[0].body[4][codes.Q_CREDENTIAL]
    assert let_in.body[4] == asked(host)[1].body[4]


def test_a_card_that_is_held_to_the_reader_is_asked_about_once():
    host = door(answers=False)
    for _ in range(3):
        host.sense("credential", 100)
    host.run(SECOND)
    assert (len(asked(host)), len(granted(host))) == (1, 1)


def test_more_than_it_can_remember_are_let_in_by_the_list():
    host = door(answers=True)
    for card in CARDS[: QUESTIONS + 1]:
        host.sense("credential", card)
    host.run(3 * SECOND)
    assert (len(asked(host)), len(granted(host))) == (QUESTIONS, 1)


def test_a_card_that_is_revoked_while_it_waits_stays_out():
    host = door()
    host.sense("credential", 100)
    who = asked(host)[0].body[4][codes.Q_CREDENTIAL]
    host.command(codes.CMD_CARD_REVOKE, {0: who, 1: 1})
    host.run(2 * host.latency)
    host.answer(ref(host), False)
    host.run(SECOND)
    assert not granted(host)
    assert host.events(codes.EVENT_DOOR_DENIED)[0].body[4][codes.Q_DENIAL] == codes.DENIAL_REVOKED


@pytest.mark.spec("LIL-ASK-003")
def test_an_answer_that_comes_late_twice_or_for_another_does_nothing():
    host = door()
    host.sense("credential", 100)
    boot, seq = ref(host)
    for other in ((boot, seq + 1), (boot, seq - 1), (boot + 1, seq)):
        host.answer(other, True)
    host.answer((boot, seq), True, nonce=bytes(8))  # of another life of this boot number
    host.run(ANSWER_MS)
    assert lock(host) == FREE
    for _ in range(2):
        host.answer((boot, seq), True)
    host.run(SECOND)
    assert len(granted(host)) == 1
    assert not host.events(codes.EVENT_DOOR_DENIED)


@pytest.mark.spec("LIL-ASK-003")
def test_a_restart_forgets_who_waits_and_an_old_answer_finds_nobody():
    host = door()
    host.sense("credential", 100)
    old = ref(host)
    nonce = host.device.uplink.nonce
    host.power_cut()
    host.run(10 * SECOND)
    assert lock(host) == LOCKED
    host.sense("credential", 100)
    host.answer(old, False, nonce)
    host.run(5 * host.latency)
    assert lock(host) == LOCKED
    host.run(ANSWER_MS)
    assert lock(host) == FREE


@pytest.mark.parametrize("body", [{}, {0: 1}, {0: None}, {0: "no"}])
def test_what_makes_no_sense_is_no_answer(body):
    host = door()
    host.sense("credential", 100)
    payload = frame.pack(frame.ANSWER, body, ref=ref(host), nonce=host.device.uplink.nonce)
    host.deliver(topics.COMMAND, payload)
    host.run(ANSWER_MS)
    assert lock(host) == FREE


@pytest.mark.spec("LIL-ASK-001")
def test_one_that_nobody_has_told_to_asks_nobody():
    host = door(answers=True, data={key: GIVEN[key] for key in GIVEN if key != "asks"})
    host.sense("credential", 100)
    assert lock(host) == FREE
    host.run(SECOND)
    assert not asked(host)


def test_an_answer_to_who_never_asks_does_nothing():
    host = Host("smoke")
    host.run(10 * SECOND)
    host.answer((host.device.uplink.boot, 1), True)
    host.run(SECOND)
    assert not host.of(frame.ERROR)
