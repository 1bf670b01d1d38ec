"""What a backend asks for again: the birth, and events that never came."""

from itertools import pairwise

import pytest
from harness import DAY, MINUTE, SECOND, FullStore, Host, codes, online
from lilong_firmware.flash import FileStore
from lilong_firmware.requests import BACKFILLS
from lilong_firmware.store import RamStore, VolatileStore
from lilong_protocol import frame, topics
from lilong_simulator.kinds import KINDS

REBIRTH, BACKFILL = 0, 1


def door(**options):
    host = Host("door", **options)
    host.run(SECOND)
    return host


def knocks(host, n):
    for _ in range(n):
        host.sense("exit_button", 1)


def backfill(first, last, boot=1, cls=topics.EVENT):
    return {0: BACKFILL, 1: cls, 2: boot, 3: first, 4: last}


def answers(host, counter):
    return [s.body for s in host.of(frame.RESPONSE) if s.frame.counter == counter]


# ---- rebirth


@pytest.mark.spec("LIL-SESSION-010")
@pytest.mark.parametrize("kind", KINDS)
def test_a_rebirth_is_answered_with_a_birth_as_it_is_now(kind):
    host = Host(kind)
    host.run(SECOND)
    counter = host.request({0: REBIRTH})
    host.run(SECOND)
    first, again = host.of(frame.BIRTH)
    assert (again.cls, again.qos) == (topics.STATE, 1)
    assert (again.body[6], again.body[1]) == (2, first.body[1])
    assert again.frame.nonce == first.frame.nonce
    assert again.frame.seq == 2
    assert host.response(counter) is None


@pytest.mark.spec("LIL-SESSION-010")
def test_at_most_one_birth_is_told_in_ten_seconds():
    host = door()
    told = []
    for _ in range(40):
        host.request({0: REBIRTH})
        host.run(SECOND)
    told = [s.at for s in host.of(frame.BIRTH)[1:]]
    assert len(told) == 4
    assert all(b - a >= 10 * SECOND for a, b in pairwise(told))


@pytest.mark.spec("LIL-TIME-007")
def test_a_rebirth_opens_the_question_for_the_time():
    host = door(times=False)
    host.run(10 * SECOND)
    host.times = True
    host.request({0: REBIRTH})
    host.run(SECOND)
    assert host.device.uplink.clock.epoch(0) is not None


@pytest.mark.spec("LIL-CMD-011")
@pytest.mark.parametrize("change", [{"nonce": bytes(8)}, {"target": 2}])
def test_a_request_for_another_boot_is_stale(change):
    host = door()
    counter = host.request({0: REBIRTH}, **change)
    host.run(SECOND)
    assert host.response(counter) == frame.STALE
    assert host.of(frame.RESPONSE)[-1].frame.boot == host.device.uplink.boot
    assert len(host.of(frame.BIRTH)) == 1


def test_a_request_has_no_deadline_and_its_counter_must_rise():
    host = door()
    host.run(DAY)
    assert host.order(codes.CMD_TEST, counter=7) == frame.OK
    counter = host.request({0: REBIRTH}, counter=6)
    host.run(SECOND)
    assert host.response(counter) == frame.CONFLICT
    assert len(host.of(frame.BIRTH)) == 1


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, frame.INVALID),
        ({0: "0"}, frame.INVALID),
        ({0: False}, frame.INVALID),
        ({0: 2}, frame.NOT_FOUND),
        ({0: BACKFILL}, frame.INVALID),
        ({0: BACKFILL, 1: "ev", 2: 1, 3: True, 4: 2}, frame.INVALID),
        ({0: BACKFILL, 1: "ev", 2: "x", 3: 1, 4: 2}, frame.INVALID),
    ],
)
def test_a_request_that_makes_no_sense_is_refused(body, code):
    host = door()
    counter = host.request(body)
    host.run(SECOND)
    assert host.response(counter) == code


# ---- backfill


@pytest.fixture(params=["RAM", "flash"])
def store(request, tmp_path):
    return RamStore() if request.param == "RAM" else FileStore(str(tmp_path))


@pytest.mark.spec("LIL-EVENT-006", "LIL-EVENT-009")
def test_events_of_the_log_come_again_byte_for_byte_oldest_first_after_their_count(store):
    host = door(store=store)
    knocks(host, 200)
    host.run(MINUTE)
    told = {s.frame.seq: s.data for s in host.events()}
    before = len(host.sent)
    counter = host.request(backfill(70, 140))
    host.run(MINUTE)
    first = [s for s in host.sent[before:] if s.cls in (topics.RESPONSE, topics.EVENT)]
    assert (first[0].kind, first[0].frame.counter, first[0].body) == (frame.RESPONSE, counter, {0: 200, 1: 71})
    assert [(s.frame.seq, s.data) for s in first[1:]] == [(seq, told[seq]) for seq in range(70, 141)]
    assert all(s.windowed for s in first)
    assert host.device.session.later == []


@pytest.mark.spec("LIL-EVENT-006", "LIL-EVENT-009")
def test_events_of_an_earlier_boot_come_again_too(store):
    host = door(store=store)
    knocks(host, 5)
    host.run(MINUTE)
    told = [s.data for s in host.events()]
    host.power_cycle()
    knocks(host, 3)
    host.run(MINUTE)
    before = len(host.sent)
    counter = host.request(backfill(2, 9))
    host.run(MINUTE)
    assert answers(host, counter) == [{0: 200, 1: 4}]
    assert [s.data for s in host.sent[before:] if s.cls == topics.EVENT] == told[1:]


@pytest.mark.spec("LIL-EVENT-006")
@pytest.mark.parametrize("wanted", [backfill(6, 9), backfill(1, 5, boot=2), backfill(5, 1), backfill(1, 1, cls="al")])
def test_what_is_not_there_is_not_found(wanted, store):
    host = door(store=store)
    knocks(host, 5)
    host.run(MINUTE)
    counter = host.request(wanted)
    host.run(SECOND)
    assert answers(host, counter) == [{0: 404}]


def test_a_backfill_gives_way_to_what_is_new_and_goes_on_after_a_lost_link():
    host = door(latency=100)
    knocks(host, 40)
    host.run(MINUTE)
    before = len(host.sent)
    host.request(backfill(1, 40))
    host.run(SECOND)
    knocks(host, 1)
    host.run(SECOND)
    host.cut()
    host.run(SECOND)
    host.heal()
    host.run(2 * MINUTE)
    seqs = [s.frame.seq for s in host.sent[before:] if s.cls == topics.EVENT]
    assert seqs.index(41) < 10
    seqs.remove(41)
    assert sorted(set(seqs)) == list(range(1, 41))
    assert len(seqs) <= 41, "one was in flight when the link went"


def test_an_alarm_waits_for_no_backfill():
    host = door(latency=100)
    knocks(host, 40)
    host.run(MINUTE)
    host.request(backfill(1, 40))
    host.run(SECOND)
    host.sense("tamper", 1)
    assert host.raised(codes.ALARM_TAMPER)[0].at == host.now


@pytest.mark.parametrize("store", [VolatileStore, FullStore])
def test_without_a_log_what_waits_in_ram_is_all_there_is(store):
    host = door(store=store(), latency=200)
    knocks(host, 3)
    host.run(SECOND)
    knocks(host, 6)
    boot = host.device.uplink.boot
    counter = host.request(backfill(1, 9, boot))
    host.run(5 * SECOND)
    assert answers(host, counter) == [{0: 200, 1: 7}]  # the third was in flight
    seqs = [s.frame.seq for s in host.of(frame.EVENT)]
    assert seqs.count(1) == 1
    assert set(range(3, 10)) <= set(seqs)
    again = host.request(backfill(1, 9, boot))
    host.run(5 * SECOND)
    assert answers(host, again) == [{0: 404}]


@pytest.mark.spec("LIL-EVENT-008")
def test_only_a_few_backfills_wait_for_one_another():
    host = door(latency=300)
    knocks(host, 60)
    host.run(5 * MINUTE)
    counters = [host.request(backfill(1, 60)) for _ in range(BACKFILLS + 2)]
    host.run(10 * MINUTE)
    assert [host.response(counter) for counter in counters] == [200] * BACKFILLS + [409] * 2
    assert online(host)


def test_a_request_that_comes_twice_is_answered_twice_and_carried_out_once():
    host = door()
    knocks(host, 3)
    host.run(MINUTE)
    before = len(host.sent)
    host.request(backfill(1, 3), counter=9)
    host.request(backfill(1, 3), counter=9)
    host.run(MINUTE)
    assert len([s for s in host.sent[before:] if s.cls == topics.EVENT]) == 3
    assert len({s.data for s in host.of(frame.RESPONSE)}) == 1
