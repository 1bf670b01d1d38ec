"""The log of events: nothing is lost within its capacity, whatever the power, the flash and the link do."""

import pytest
from harness import DAY, HOUR, MINUTE, SECOND, CutStore, FullStore, Host, PowerCut, codes
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from lilong_firmware.flash import FileStore
from lilong_firmware.history import records
from lilong_firmware.log import MARK_EVERY, SEGMENT, Log
from lilong_firmware.rules import Rules
from lilong_firmware.session import QUEUE_MAX
from lilong_firmware.store import RamStore, VolatileStore
from lilong_protocol import frame, topics

CAPACITY = 100
SEGMENTS = 3  # as many as hold 100, and the one that is being written


def opened(store, capacity=CAPACITY):
    return Log(store, capacity, dict(store.items()).get("sent", b""))


def data(seq, size=20):
    return (b"%06d" % seq) * (size // 6 + 1)


def filled(log, seqs, boot=1):
    for seq in seqs:
        assert log.append(boot, seq, data(seq))


def drained(log):
    """The frames that are sent one after another until nothing waits."""
    frames = []
    while log.first() is not None:
        frames.append(log.first())
        log.sent()
    return frames


def frames(seqs):
    return [data(seq) for seq in seqs]


@pytest.fixture(params=["ram", "file"])
def store(request, tmp_path):
    return RamStore() if request.param == "ram" else FileStore(str(tmp_path / "flash"))


# ---- what it keeps


def test_an_empty_log_has_nothing_to_send(store):
    log = opened(store)
    assert log.first() is None
    log.sent()
    assert drained(log) == []
    assert list(records(log)) == []


def test_the_oldest_goes_first_before_a_restart_and_after(store):
    filled(opened(store), range(1, 80))
    log = opened(store)
    filled(log, range(1, 40), boot=2)
    assert drained(log) == frames(range(1, 80)) + frames(range(1, 40))


def test_what_is_sent_stays_readable_by_its_name(store):
    log = opened(store)
    filled(log, range(1, 90), boot=7)
    drained(log)
    assert next(records(log, 7, 65)) == (7, 65, data(65)), "from the segment on in which it is"
    assert next(records(log, 7, 64)) == (7, 1, data(1))
    assert [seq for _, seq, _ in records(log, 8, 1)] == list(range(65, 90))
    assert [(boot, seq) for boot, seq, _ in records(opened(store))] == [(7, seq) for seq in range(1, 90)]


def test_a_restart_sends_again_less_than_16_of_what_was_sent(store):
    log = opened(store)
    filled(log, range(1, 61))
    for _ in range(40):
        assert log.first() is not None
        log.sent()
    again = drained(opened(store))
    assert again == frames(range(33, 61))
    assert MARK_EVERY > 40 - 32


def test_beyond_its_capacity_the_oldest_are_overwritten_and_counted(store):
    log = opened(store)
    filled(log, range(1, 1_000))
    assert log.dropped >= 1_000 - 1 - SEGMENTS * SEGMENT
    left = drained(log)
    assert left == frames(range(log.dropped + 1, 1_000))
    assert len(left) >= CAPACITY
    assert len(list(records(log))) <= SEGMENTS * SEGMENT


def test_what_was_sent_is_overwritten_without_being_counted(store):
    log = opened(store)
    for seq in range(1, 1_000):
        filled(log, [seq])
        drained(log)
    assert log.dropped == 0


def test_a_frame_as_long_as_any_is_kept(store):
    log = opened(store)
    assert log.append(1, 1, bytes(1_024))
    filled(log, [2])
    assert drained(opened(store)) == [bytes(1_024), data(2)]


def test_reading_passes_over_what_is_overwritten_meanwhile(store):
    log = opened(store)
    filled(log, range(1, 3 * SEGMENT + 1))
    reading = records(log)
    assert next(reading)[1] == 1
    filled(log, range(3 * SEGMENT + 1, 5 * SEGMENT + 1))
    assert [seq for _, seq, _ in reading] == list(range(2 * SEGMENT + 1, 5 * SEGMENT + 1))


def test_a_log_of_1000_small_events_stays_below_150_kilobytes(tmp_path):
    log = opened(FileStore(str(tmp_path)), 1_000)
    for seq in range(1, 3_000):
        assert log.append(1, seq, bytes(100))
    assert sum(file.stat().st_size for file in tmp_path.iterdir()) < 150_000
    assert len(drained(log)) >= 1_000


# ---- what goes wrong


@pytest.mark.parametrize("torn", [1, 5, 13, 14, 20, 33])
def test_a_torn_record_is_dropped_and_the_next_takes_its_place(tmp_path, torn):
    store = FileStore(str(tmp_path))
    filled(opened(store), [1, 2])
    with (tmp_path / "l01").open("ab") as file:
        file.write(bytes(range(200, 200 + torn)))
    log = opened(store)
    filled(log, [3])
    assert drained(opened(store)) == frames([1, 2, 3])


@pytest.mark.parametrize("at", [0, 5, 8, 12, 30])
def test_a_segment_that_is_damaged_ends_there_and_stops_nothing(tmp_path, at):
    store = FileStore(str(tmp_path))
    filled(opened(store), range(1, SEGMENT + 10))
    damaged = bytearray((tmp_path / "l01").read_bytes())
    damaged[at] ^= 1
    (tmp_path / "l01").write_bytes(damaged)
    log = opened(store)
    filled(log, [SEGMENT + 10])
    left = drained(log)
    assert left[-10:] == frames(range(SEGMENT + 1, SEGMENT + 11))
    assert set(left) <= set(frames(range(1, SEGMENT + 11)))


def test_new_records_never_take_the_place_of_lost_ones_that_were_sent(tmp_path):
    store = FileStore(str(tmp_path))
    log = opened(store)
    filled(log, range(1, 1 + MARK_EVERY))
    drained(log)
    (tmp_path / "l01").write_bytes((tmp_path / "l01").read_bytes()[:60])
    filled(opened(store), [50])
    assert drained(opened(store)) == frames([50])


@pytest.mark.parametrize("mark", [b"", b"1", bytes(8), b"\xff" * 8, b"\0\0\0\x09\0\0\0\x08"])
def test_a_mark_of_what_was_sent_that_makes_no_sense_sends_all_again(mark):
    store = RamStore()
    filled(opened(store), [1, 2])
    store.put("sent", mark)
    assert drained(opened(store)) == frames([1, 2])


def test_a_file_that_cannot_be_read_costs_what_is_in_it(tmp_path):
    store = FileStore(str(tmp_path))
    filled(opened(store), range(1, SEGMENT + 3))
    (tmp_path / "l01").unlink()
    (tmp_path / "l01").mkdir()
    assert drained(opened(store)) == frames([SEGMENT + 1, SEGMENT + 2])


def test_a_write_that_fails_is_told_and_counted_and_leaves_no_gap():
    log = opened(FullStore(room=1))
    assert log.append(1, 1, data(1))
    assert not log.append(1, 2, data(2))
    assert log.unstored == 1
    log._store.room = 5
    filled(log, [3])
    assert drained(log) == frames([1, 3])


class Flash(CutStore):
    """Its power may go, and it may be full."""

    full = False

    def write(self, name, at, data):
        if self.full:
            raise OSError(28)
        super().write(name, at, data)


class LogLife(RuleBasedStateMachine):
    """A log beside a plain list: `frames` is all that was appended, `sent` counts those that are done with."""

    @initialize()
    def birth(self):
        self.store = Flash()
        self.log = opened(self.store)
        self.frames = []
        self.sent = self.dropped = self.seq = 0
        self.acked = 0  # up to here they had their PUBACK; `sent` may be beyond: overwritten, or about to be

    def _next(self, size):
        self.seq += 1
        return data(self.seq, size)

    @rule(count=st.sampled_from((1, 3, 30, 64, 90)), size=st.integers(1, 300))
    def events_come(self, count, size):
        for _ in range(count):
            event = self._next(size)
            assert self.log.append(1, self.seq, event)
            self.frames.append(event)
        self._settle()

    @rule(count=st.sampled_from((1, 2, 15, 16, 40, 120)))
    def events_get_their_puback(self, count):
        for _ in range(count):
            if self.log.first() is not None:
                assert self.log.first() == self.frames[self.sent]
                self.log.sent()
                self.sent += 1
                self.acked = self.sent

    @rule()
    def the_power_goes_and_comes(self):
        self._restart()

    @rule(torn=st.integers(0, 340), size=st.integers(1, 300), before=st.sampled_from((0, 1, 70)))
    def the_power_goes_while_an_event_is_written(self, torn, size, before):
        self.events_come(before, size)
        self.store.left, self.store.torn = 0, torn
        event = self._next(size)
        try:
            self.log.append(1, self.seq, event)
        except PowerCut:
            pass
        self.store.left = None
        self.log = opened(self.store)
        if [kept for _, _, kept in records(self.log)][-1:] == [event]:
            self.frames.append(event)  # all of it had got there
        self._restart()

    @rule(size=st.integers(1, 300))
    def the_flash_is_full_for_a_while(self, size):
        self.store.full = True
        assert not self.log.append(1, self.seq + 1, self._next(size))
        self.store.full = False
        self._settle()

    def _restart(self):
        self.log = opened(self.store)
        self.dropped = 0
        first = self.log.first()
        now = len(self.frames) if first is None else self.frames.index(first)
        assert now > self.acked - MARK_EVERY, "few are sent again"
        assert now <= max(self.sent, len(self.frames) - CAPACITY), "none is lost within the capacity"
        self.sent = self.acked = now

    def _settle(self):
        self.sent += self.log.dropped - self.dropped
        self.dropped = self.log.dropped
        assert self.dropped == 0 or len(self.frames) > CAPACITY

    @invariant()
    def holds(self):
        if hasattr(self, "log"):
            kept = [kept for _, _, kept in records(self.log)]
            assert len(kept) >= min(CAPACITY, len(self.frames))
            assert kept == self.frames[len(self.frames) - len(kept) :], "in order, none invented, none left out"
            assert self.log.first() == (self.frames[self.sent] if self.sent < len(self.frames) else None)

    def teardown(self):
        if hasattr(self, "log"):
            assert drained(self.log) == self.frames[self.sent :]


TestLog = LogLife.TestCase
TestLog.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)


# ---- in a device


class Counter(Rules):
    """A door that only counts: each value of its one sensor is an event."""

    KIND = codes.KIND_DOOR
    CHANNELS = (("pulse", 0, 0), ("tamper", 0, 0))
    LOG_EVENTS = 1_000
    __slots__ = ()

    def sample(self, now, channel, value):
        if channel == 0:
            self.device.event(now, codes.EVENT_DOOR_EXIT, {})
        elif value:
            self.device.alarm(now, codes.ALARM_TAMPER, {})

    def command(self, now, command, arguments):
        return frame.OK

    def report(self):
        return {}


def pulses(host, count):
    for _ in range(count):
        host.set("pulse", 1)


def told(host):
    """(boot, seq) of each event that came to the backend, in the order of its first arrival."""
    names = []
    for sent in host.arrived:
        if sent.cls == topics.EVENT and (sent.frame.boot, sent.frame.seq) not in names:
            names.append((sent.frame.boot, sent.frame.seq))
    return names


def resends_are_the_same_bytes(host):
    known = {}
    for sent in host.sent:
        if sent.cls == topics.EVENT:
            name = (sent.frame.boot, sent.frame.seq)
            assert known.setdefault(name, sent.data) == sent.data


@pytest.mark.parametrize("restarts", [0, 3])
def test_an_outage_of_days_with_a_thousand_events_loses_none(restarts):
    host = Host(Counter, link=False)
    for boot in range(restarts + 1):
        pulses(host, 1_000 // (restarts + 1))
        host.run(DAY)
        if boot < restarts:
            host.power_cycle()
    host.heal()
    host.run(5 * MINUTE)
    per_boot = 1_000 // (restarts + 1)
    assert told(host) == [(boot + 1, seq + 1) for boot in range(restarts + 1) for seq in range(per_boot)]
    assert host.of(frame.HEARTBEAT)[-1].body[2] == 0
    resends_are_the_same_bytes(host)


@pytest.mark.spec("LIL-EVENT-003")
def test_more_than_the_log_holds_costs_the_oldest_and_the_beat_says_how_many():
    host = Host(Counter, link=False)
    pulses(host, 1_500)
    host.heal()
    host.run(5 * MINUTE)
    dropped = host.of(frame.HEARTBEAT)[-1].body[2]
    assert 0 < dropped <= 500
    assert told(host) == [(1, seq) for seq in range(dropped + 1, 1_501)]


@pytest.mark.spec("LIL-EVENT-002")
def test_one_event_is_in_flight_at_a_time():
    host = Host(Counter, latency=100)
    host.run(SECOND)
    pulses(host, 10)
    assert len(host.of(frame.EVENT)) == 1
    host.run(SECOND)
    assert len(host.of(frame.EVENT)) == 6


def test_an_event_that_was_in_flight_when_it_was_overwritten_is_not_confused_with_another():
    host = Host(Counter, latency=3 * SECOND)
    host.run(20 * SECOND)
    pulses(host, 1_200)
    host.latency = 20
    host.run(10 * MINUTE)
    seqs = [seq for _, seq in told(host)]
    assert seqs[0] == 1
    assert seqs[1:] == list(range(seqs[1], 1_201))
    assert len(seqs) > 1_000


def test_an_alarm_and_a_response_overtake_a_backlog():
    host = Host(Counter, link=False)
    pulses(host, 500)
    host.run(HOUR)
    host.heal()
    while not host.of(frame.EVENT):
        host.run(20)
    counter = host.command(codes.CMD_TEST)
    host.run(50)
    host.set("tamper", 1)
    host.run(SECOND)
    assert host.raised(codes.ALARM_TAMPER)
    assert host.response(counter) == frame.OK
    assert len(host.events()) < 100


def test_without_a_backlog_a_response_keeps_its_place_among_the_events():
    orders = []
    for store in (RamStore(), VolatileStore()):
        host = Host(Counter, store=store, latency=100)
        host.run(SECOND)
        host.command(codes.CMD_TEST)
        pulses(host, 3)
        host.at(host.now + 150, pulses, host, 2)
        host.run(5 * SECOND)
        orders.append([(sent.at, sent.data) for sent in host.sent])
    assert orders[0] == orders[1]


def test_a_full_flash_leaves_the_queue_in_ram_as_it_is_without_a_log():
    for store in (FullStore(), VolatileStore()):
        host = Host(Counter, store=store, link=False)
        pulses(host, QUEUE_MAX + 5)
        host.heal()
        host.run(3 * MINUTE)
        assert [seq for _, seq in told(host)] == list(range(7, QUEUE_MAX + 6))
        assert host.of(frame.HEARTBEAT)[-1].body[2] == 6
        assert host.of(frame.REPORTED_CONFIG), "it has a place among them"


@given(steps=st.lists(st.tuples(st.integers(1, 12), st.booleans(), st.booleans()), min_size=1, max_size=8))
@settings(max_examples=40, deadline=None)
def test_a_flash_that_comes_and_goes_keeps_the_order_and_loses_only_by_power_cuts(steps):
    store = FullStore(room=-1)
    host = Host(Counter, store=store, link=False)
    pulsed = 0
    for count, full, link in steps:
        store.room = 0 if full else -1
        if link:
            host.heal()
        else:
            host.cut()
        count = min(count, QUEUE_MAX - pulsed % QUEUE_MAX)
        pulses(host, count)
        pulsed += count
        host.run(MINUTE)
    host.heal()
    host.run(5 * MINUTE)
    seqs = [seq for _, seq in told(host)]
    assert seqs == sorted(seqs)
    dropped = host.device.session.dropped
    assert len(seqs) == pulsed - dropped
    resends_are_the_same_bytes(host)


@pytest.mark.parametrize("torn", [0, 1, 30, 95])
def test_a_power_cut_at_any_write_of_an_outage_loses_only_the_event_of_that_instant(torn):
    for left in range(0, 150, 7):
        store = CutStore()
        host = Host(Counter, store=store, link=False)
        store.left, store.torn = left, torn
        done = 0
        while store.left is not None:
            try:
                pulses(host, 1)
                done += 1
            except PowerCut:
                store.left = None
        host.power_cut()
        pulses(host, 3)
        host.heal()
        host.run(5 * MINUTE)
        first = [seq for boot, seq in told(host) if boot == 1]
        assert first in (list(range(1, done + 1)), list(range(1, done + 2)))
        assert [seq for boot, seq in told(host) if boot == 2] == [1, 2, 3]
        resends_are_the_same_bytes(host)


def test_a_kind_without_a_log_writes_none():
    host = Host("gas")
    host.run(HOUR)
    assert host.device.event_log is None
    assert host.store._logs is None
