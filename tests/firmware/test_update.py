"""Updates: an offered artifact is fetched piece by piece, checked, and handed over; and a door's new list of cards."""

from hashlib import sha256
from itertools import pairwise

import pytest
from harness import HOUR, MINUTE, SECOND, CutStore, Host, PowerCut, codes, online
from hypothesis import given, settings
from hypothesis import strategies as st
from lilong_firmware.fetch import ANSWER_MS, CHUNK_BYTES, TRIES
from lilong_firmware.flash import FileStore
from lilong_firmware.store import RamStore, VolatileStore
from lilong_protocol import frame, topics
from lilong_simulator.kinds import KINDS

FIRMWARE, CARD_LIST = 0, 1
DOWNLOADING, VERIFIED, INSTALLING = 1, 2, 3
DATA = bytes(range(256)) * 7 + b"end"


class Sink:
    """Keeps what it is given."""

    def __init__(self, room=1 << 20, fails=None, finishes=True):
        self.data = bytearray()
        self.room = room
        self.fails = fails  # the offset at which the flash is full
        self.finishes = finishes
        self.finished = 0

    def begin(self, size, digest):
        return len(self.data) if size <= self.room else -1

    def read(self, offset, size):
        return bytes(self.data[offset : offset + size])

    def discard(self):
        self.data = bytearray()

    def write(self, offset, data):
        assert offset == len(self.data)
        if offset == self.fails:
            raise OSError(28)
        self.data += data

    RESTARTS = False

    def judge(self, have):
        return frame.OK

    def finish(self, now):
        self.finished += 1
        return self.finishes


class Updating:
    """A board that takes firmware; with `key` only if it is signed."""

    def __init__(self, sink, key=False):
        self.given = sink
        self.key = key

    def sink(self, what):
        return self.given if what == FIRMWARE else None

    def verified(self, digest, signature):
        return not self.key or signature == bytes(32) + digest


def board(kind="smoke", sink=None, key=False, **options):
    host = Host(kind, **options)
    host.run(SECOND)
    host.device.updating = lambda device: Updating(sink or Sink(), key)
    return host


def offer(data=DATA, number=5, what=FIRMWARE, version="1.2.0", **changes):
    body = {0: number, 1: what, 2: version, 3: len(data), 4: sha256(data).digest()}
    body.update(changes.get("body", {}))
    return body


def serve(host, data=DATA, number=5, most=10_000):
    """Answer chunk requests as a backend does, until there is none for a while."""
    answered = set()
    for _ in range(most):
        asked = [s for s in host.of(frame.CHUNK_REQUEST, number) if s.frame.seq not in answered]
        if not asked:
            return
        for one in asked:
            answered.add(one.frame.seq)
            host.chunk(number, one.body[1], data[one.body[1] : one.body[1] + one.body[2]])
        host.run(SECOND)


def results(host):
    return [s.body for s in host.once(frame.UPDATE_RESULT)]


# ---- fetching


@pytest.mark.spec("LIL-UPD-001", "LIL-UPD-004")
@pytest.mark.parametrize("kind", KINDS)
def test_an_artifact_is_fetched_in_pieces_and_handed_over(kind):
    sink = Sink()
    host = board(kind, sink)
    counter = host.offer(offer())
    host.run(SECOND)
    assert host.response(counter) == frame.OK
    serve(host)
    assert bytes(sink.data) == DATA
    assert sink.finished == 1
    assert [(s.body[1], s.body[2]) for s in host.of(frame.UPDATE_PROGRESS)] == [
        (DOWNLOADING, 0), (VERIFIED, len(DATA)), (INSTALLING, len(DATA)),
    ]  # fmt: skip
    assert results(host) == [{0: 5, 1: 200, 2: "1.2.0"}]
    asked = [(s.body[1], s.body[2]) for s in host.of(frame.CHUNK_REQUEST)]
    assert asked == [(at, min(CHUNK_BYTES, len(DATA) - at)) for at in range(0, len(DATA), CHUNK_BYTES)]
    assert all((s.cls, s.qos) == (topics.UPDATE, 1) for s in host.of(frame.CHUNK_REQUEST))


@pytest.mark.spec("LIL-UPD-001")
def test_asks_again_after_ten_seconds_and_gives_up_after_six_in_vain():
    host = board()
    host.offer(offer())
    host.run(5 * MINUTE)
    asked = host.of(frame.CHUNK_REQUEST)
    assert len(asked) == TRIES
    waits = [b.at - a.at for a, b in pairwise(asked)]
    assert all(ANSWER_MS <= wait <= ANSWER_MS + SECOND for wait in waits)
    assert results(host) == [{0: 5, 1: frame.EXPIRED}]
    assert host.device.session.later == []


def test_time_without_a_link_counts_for_nothing():
    sink = Sink()
    host = board("door", sink)
    host.offer(offer())
    host.run(SECOND)
    host.cut()
    host.run(HOUR)
    host.heal()
    for _ in range(90):
        host.run(SECOND)
        serve(host)
    assert results(host) == [{0: 5, 1: 200, 2: "1.2.0"}]


@pytest.mark.spec("LIL-UPD-003")
def test_takes_only_the_piece_that_it_has_asked_for():
    sink = Sink()
    host = board(sink=sink)
    host.offer(offer())
    host.run(SECOND)
    uplink = host.device.uplink
    host.chunk(6, 0, DATA[:CHUNK_BYTES])
    host.chunk(5, CHUNK_BYTES, DATA[:CHUNK_BYTES])
    host.chunk(5, 0, DATA[: CHUNK_BYTES + 1])
    host.chunk(5, 0, b"")
    host.chunk(5, 0, "text")
    host.chunk(5, 0, DATA[:CHUNK_BYTES], target=uplink.boot + 1)
    host.chunk(5, 0, DATA[:CHUNK_BYTES], nonce=bytes(8))
    host.run(SECOND)
    assert sink.data == b""
    assert len(host.of(frame.CHUNK_REQUEST)) == 1
    host.chunk(5, 0, DATA[:100])  # less than it wanted is a piece
    host.chunk(5, 0, DATA[:100])
    host.run(SECOND)
    assert host.of(frame.CHUNK_REQUEST)[-1].body[1] == 100


def test_a_piece_that_nobody_asked_for_changes_nothing():
    host = board()
    host.chunk(5, 0, DATA[:10])
    host.run(SECOND)
    assert not host.of(frame.ERROR)


@pytest.mark.spec("LIL-UPD-002")
def test_bytes_of_another_digest_are_not_used():
    sink = Sink()
    host = board(sink=sink)
    host.offer(offer(body={4: sha256(b"other").digest()}))
    host.run(SECOND)
    serve(host)
    assert results(host) == [{0: 5, 1: frame.INVALID}]
    assert sink.finished == 0


@pytest.mark.spec("LIL-UPD-002")
def test_where_there_is_a_key_only_signed_artifacts_are_fetched():
    sink = Sink()
    host = board(sink=sink, key=True)
    for signature in ({}, {5: bytes(64)}):
        host.offer(offer(body=signature))
        host.run(SECOND)
    assert results(host) == [{0: 5, 1: frame.FORBIDDEN}] * 2
    assert not host.of(frame.CHUNK_REQUEST)
    host.offer(offer(body={5: bytes(32) + sha256(DATA).digest()}))
    host.run(SECOND)
    serve(host)
    assert results(host)[-1] == {0: 5, 1: 200, 2: "1.2.0"}


@pytest.mark.spec("LIL-UPD-004")
def test_the_artifact_in_effect_is_answered_at_once_after_a_restart_too():
    host = board()
    host.offer(offer())
    host.run(SECOND)
    serve(host)
    host.power_cycle()
    host.run(SECOND)
    before = len(host.of(frame.CHUNK_REQUEST))
    host.offer(offer())
    host.run(SECOND)
    assert results(host)[-1] == {0: 5, 1: 200, 2: "1.2.0"}
    assert len(host.of(frame.CHUNK_REQUEST)) == before


@pytest.mark.parametrize(
    ("sink", "code"), [(Sink(fails=2 * CHUNK_BYTES), frame.CONFLICT), (Sink(finishes=False), frame.INVALID)]
)
def test_a_sink_that_fails_ends_the_update(sink, code):
    host = board(sink=sink)
    host.offer(offer())
    host.run(SECOND)
    serve(host)
    assert results(host) == [{0: 5, 1: code}]
    assert host.device.session.later == []


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (offer(what=7), frame.NOT_FOUND),
        (offer(what=CARD_LIST), frame.NOT_FOUND),
        (offer(body={3: 1 << 21}), frame.INVALID),
        (offer(body={3: 0}), frame.INVALID),
        (offer(body={0: True}), frame.INVALID),
        (offer(body={2: 1}), frame.INVALID),
        (offer(body={4: bytes(31)}), frame.INVALID),
        (offer(body={5: 1}), frame.INVALID),
        ({}, frame.INVALID),
    ],
)
@pytest.mark.spec("LIL-UPD-007", "LIL-FRAME-010")
def test_an_offer_that_cannot_be_taken_is_refused(body, code):
    host = board()
    counter = host.offer(body)
    host.run(SECOND)
    assert host.response(counter) == code
    assert not host.of(frame.CHUNK_REQUEST)


@pytest.mark.spec("LIL-UPD-007")
def test_a_device_whose_host_takes_no_updates_refuses_them():
    host = Host("smoke")
    host.run(SECOND)
    counter = host.offer(offer())
    host.run(SECOND)
    assert host.response(counter) == frame.NOT_FOUND


@pytest.mark.spec("LIL-UPD-007", "LIL-UPD-008")
def test_one_update_at_a_time_and_the_same_offer_again_changes_nothing():
    host = board()
    host.offer(offer())
    host.run(SECOND)
    same, other = host.offer(offer()), host.offer(offer(number=6))
    host.run(SECOND)
    assert (host.response(same), host.response(other)) == (frame.OK, frame.CONFLICT)
    serve(host)
    assert len(results(host)) == 1


@pytest.mark.spec("LIL-CMD-001", "LIL-CMD-003")
@pytest.mark.parametrize(("change", "code"), [({"nonce": bytes(8)}, 412), ({"target": 9}, 412), ({"deadline": 0}, 408)])
def test_an_offer_must_be_fresh(change, code):
    host = board()
    counter = host.offer(offer(), **change)
    host.run(SECOND)
    assert host.response(counter) == code
    assert not host.of(frame.CHUNK_REQUEST)


def test_a_sleeping_kind_stays_awake_for_its_update():
    host = board("smoke")
    host.offer(offer())
    host.run(40 * SECOND)
    assert online(host)
    serve(host)
    host.run(10 * SECOND)
    assert not online(host)


@pytest.mark.spec("LIL-UPD-006")
@pytest.mark.parametrize("latency", [20, 700])
def test_an_update_never_delays_an_alarm(latency):
    host = board("door", latency=latency)
    host.offer(offer())
    for _ in range(4):
        host.run(latency)
        serve(host, most=1)
        host.sense("tamper", 1)
        assert host.raised(codes.ALARM_TAMPER)[-1].at == host.now
        host.sense("tamper", 0)
        host.run(10 * SECOND)
        host.order(codes.CMD_RESET)


# ---- a new list of cards


def card_list(cards, visitors=(), pins=(), stamp=0):
    head = stamp.to_bytes(4, "big") + b"".join(len(group).to_bytes(2, "big") for group in (cards, visitors, pins))
    return head + b"".join(number.to_bytes(4, "big") for group in (cards, visitors, pins) for number in sorted(group))


def door(store=None, **options):
    host = Host("door", cards=(7,), card_key=bytes(range(32)), store=store or RamStore(), **options)
    host.run(SECOND)
    return host


def renew(host, data, number=9):
    counter = host.offer(offer(data, number, CARD_LIST, "list"))
    host.run(SECOND)
    serve(host, data, number)
    return host.response(counter)


def passes(host, number, channel="credential"):
    before = len(host.events(codes.EVENT_DOOR_GRANTED))
    host.sense(channel, number)
    host.run(10 * SECOND)
    return len(host.events(codes.EVENT_DOOR_GRANTED)) > before


@pytest.mark.parametrize("flash", [False, True], ids=["RAM", "flash"])
def test_a_door_takes_a_new_list_and_keeps_it(flash, tmp_path):
    host = door(FileStore(str(tmp_path)) if flash else None)
    cards = range(1_000, 1_400)
    assert renew(host, card_list(cards, (2_000,), (10_042,), 12)) == frame.OK
    assert results(host) == [{0: 9, 1: 200, 2: "list"}]
    for _ in range(2):
        assert not passes(host, 7)
        assert passes(host, 1_000)
        assert passes(host, 1_399)
        assert passes(host, 2_000)
        assert passes(host, 10_042, "pin")
        host.run(HOUR)
        assert host.of(frame.HEARTBEAT)[-1].body[3][codes.Q_CARDS_STAMP] == 12
        host.power_cycle()
        host.run(SECOND)


def test_an_intercom_takes_a_list_as_a_door_does():
    host = Host("intercom", cards=(7,), card_key=bytes(range(32)), store=RamStore())
    host.run(SECOND)
    assert renew(host, card_list((1_000,), (), (10_042,), 12)) == frame.OK
    assert not passes(host, 7)
    assert passes(host, 1_000)
    assert passes(host, 10_042, "pin")
    assert host.device.rules.report()[codes.Q_CARDS_STAMP] == 12


@pytest.mark.parametrize("kind", ["door", "intercom"])
def test_a_new_list_forgives_no_wrong_attempts(kind):
    host = Host(kind, cards=(7,), card_key=bytes(range(32)), store=RamStore())
    host.run(SECOND)
    for _ in range(5):
        host.sense("credential", 8)
    renew(host, card_list((7,), (), (10_042,), 1))
    assert not passes(host, 10_042, "pin")
    host.run(MINUTE)
    assert not host.device.active(codes.ALARM_DOOR_ATTEMPTS)
    assert passes(host, 10_042, "pin")


def test_a_new_list_begins_with_no_revocations_and_takes_the_next():
    host = door()
    assert host.order(codes.CMD_CARD_REVOKE, {0: 5, 1: 1}) == frame.OK
    renew(host, card_list((7,), stamp=3))
    assert host.order(codes.CMD_CARD_REVOKE, {0: 6, 1: 3}) == frame.OK  # it is in the list
    assert host.order(codes.CMD_CARDS_CONFIRM, {0: 3}) == frame.OK
    assert host.order(codes.CMD_CARD_REVOKE, {0: 6, 1: 4}) == frame.OK
    host.power_cycle()
    host.run(SECOND)
    assert host.order(codes.CMD_CARDS_CONFIRM, {0: 4}) == frame.OK
    assert passes(host, 7)


def test_a_third_list_goes_into_the_place_of_the_first():
    host = door()
    for number in range(1, 5):
        renew(host, card_list((number,), stamp=number), number)
    assert passes(host, 4)
    assert not passes(host, 3)
    host.power_cycle()
    host.run(SECOND)
    assert passes(host, 4)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        card_list((1, 2)) + b"\\0\\0\\0\\x03",
        card_list((1, 2))[:-4],
        card_list((1, 2))[:-4] + b"\\0\\0\\0\\1",
        card_list((1,))[:9] + b"\\xff" + bytes(4),
    ],
)
def test_what_is_no_list_changes_nothing(data):
    host = door()
    before = dict(host.store.items()).get("cards")
    if data:
        renew(host, data)
        assert results(host)[-1][1] == frame.INVALID
    assert dict(host.store.items()).get("cards") == before
    assert passes(host, 7)


def test_a_door_without_flash_takes_no_list():
    host = door(VolatileStore())
    assert renew(host, card_list((8,))) == frame.NOT_FOUND
    assert passes(host, 7)


def test_a_list_whose_file_is_gone_leaves_the_one_of_before_and_the_backend_sees_it():
    host = door()
    renew(host, card_list((8,), stamp=3))
    host.store.write("list1", 0, b"")
    host.power_cycle()
    host.run(2 * MINUTE)
    assert passes(host, 7)
    assert host.of(frame.HEARTBEAT)[-1].body[3][codes.Q_CARDS_STAMP] == 0


@settings(max_examples=60, deadline=None)
@given(writes=st.integers(0, 12), torn=st.integers(0, 600))
def test_a_power_cut_leaves_the_old_list_or_the_new_one(writes, torn):
    host = door(CutStore())
    data = card_list(range(1_000, 1_300), stamp=1)
    host.store.left = writes
    host.store.torn = torn
    try:
        renew(host, data)
    except PowerCut:
        host.store.left = None
        host.power_cut()
        host.run(SECOND)
    host.store.left = None
    assert passes(host, 7) != passes(host, 1_000)
    renew(host, data, 10)
    assert passes(host, 1_000)
    assert not passes(host, 7)


def test_after_five_wrong_attempts_the_pin_pad_is_deaf_for_a_minute():
    host = door(data={"pins": (10_042).to_bytes(4, "big")})
    for _ in range(5):
        host.sense("pin", 19_999)
        host.run(SECOND)
    denied = len(host.events(codes.EVENT_DOOR_DENIED))
    assert not passes(host, 10_042, "pin")
    assert len(host.events(codes.EVENT_DOOR_DENIED)) == denied
    assert passes(host, 7), "cards go on"
    host.run(MINUTE)
    assert passes(host, 10_042, "pin")
