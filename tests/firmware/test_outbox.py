"""The outbox: stored before the first publish, repeated until the stored-ack, never crowded out."""

from itertools import pairwise

import pytest
from harness import DEVICE, HOUR, MINUTE, SECOND, TENANT, FullStore, Host, codes
from hypothesis import given
from hypothesis import strategies as st
from lilong_firmware.draws import Draws
from lilong_firmware.effects import NEVER
from lilong_firmware.outbox import CAPACITY, IN_RAM, NO_ROOM, RAISED, STORED, Outbox
from lilong_firmware.store import RamStore
from lilong_protocol import frame, topics
from lilong_protocol.keys import frame_key
from lilong_protocol.seal import DOWN, Seal

SMOKE, TAMPER, BATTERY = codes.ALARM_SMOKE_ALARM, codes.ALARM_TAMPER, codes.ALARM_BATTERY_LOW


def outbox(store=None):
    return Outbox(store or RamStore(), Draws(b"outbox"))


def data(seq):
    return b"frame %04d" % seq


def alarmed(**options):
    """A smoke detector in alarm at 10 s."""
    host = Host("smoke", **options)
    host.run(3 * SECOND)
    host.set("obscuration", 900)
    host.run(7 * SECOND)
    return host


# ---- repeats


def test_is_on_flash_before_the_first_publish():
    box = outbox(store := RamStore())
    box.add(0, SMOKE, 1, 1, data(1))
    assert store.items() == [("o0000000100000001", bytes([SMOKE]) + data(1))]


def test_is_repeated_byte_for_byte_on_its_schedule_until_it_is_stored():
    host = alarmed(acks=0)
    host.run(4 * MINUTE)
    raises = host.of(frame.RAISE, SMOKE)
    assert len({s.data for s in raises}) == 1
    waits = [b.at - a.at for a, b in pairwise(raises)]
    for wait, base in zip(waits, (1, 2, 4, 8, 16, 32, 60, 60), strict=False):
        assert base * SECOND <= wait < base * SECOND * 11 // 10
    host.stored(raises[0].data)
    host.run(HOUR)
    assert len(host.of(frame.RAISE, SMOKE)) == len(raises)


def test_a_puback_proves_nothing():
    host = alarmed(acks=0)
    host.run(HOUR)
    assert len(host.of(frame.RAISE, SMOKE)) > 60
    assert all(not s.windowed and s.qos == 1 for s in host.of(frame.RAISE, SMOKE))


def test_a_stored_ack_for_other_bytes_stores_nothing():
    box = outbox()
    box.add(0, SMOKE, 1, 1, data(1))
    assert box.stored(1, 1, b"8 others") is None
    assert box.stored(1, 2, data(1)[-8:]) is None
    assert box.stored(2, 1, data(1)[-8:]) is None
    assert len(box) == 1
    assert box.stored(1, 1, data(1)[-8:]) == SMOKE
    assert len(box) == 0
    assert box.stored(1, 1, data(1)[-8:]) is None
    assert box.deadline() == NEVER


def test_a_forged_stored_ack_stores_nothing():
    host = alarmed(acks=0)
    forger = Seal(frame_key(bytes(32), DOWN), TENANT, DEVICE, DOWN)
    sent = host.of(frame.RAISE)[0]
    ack = frame.pack(frame.STORED_ACK, {0: sent.data[-8:]}, ref=(sent.frame.boot, sent.frame.seq))
    host.deliver_sealed(topics.ACK, forger.seal(topics.ACK, ack))
    host.run(MINUTE)
    assert len(host.device.outbox) == 1
    assert host.device.downlink.rejected == 1


def test_the_link_coming_back_repeats_at_once_and_starts_the_schedule_anew():
    host = alarmed(acks=0)
    host.run(5 * MINUTE)
    host.cut()
    host.run(3 * MINUTE)
    host.heal()
    host.run(2 * MINUTE)
    births = [s.at for s in host.of(frame.BIRTH)]
    raises = [s.at for s in host.of(frame.RAISE, SMOKE) if s.at >= births[-1]]
    assert raises[0] == births[-1]
    assert raises[1] - raises[0] < 1_100


def test_a_restart_repeats_the_same_bytes():
    host = alarmed(acks=0)
    host.power_cycle()
    host.run(MINUTE)
    assert len({s.data for s in host.of(frame.RAISE, SMOKE)}) == 1
    assert host.of(frame.RAISE, SMOKE)[-1].frame.boot == 1
    host.acks = 1
    host.run(2 * MINUTE)
    assert len(host.device.outbox) == 0
    assert [name for name, _ in host.store.items() if name[0] == "o"] == []


# ---- order and room


def test_the_most_severe_goes_first_and_among_equals_the_oldest():
    box = outbox()
    for seq, code in ((1, BATTERY), (2, TAMPER), (3, SMOKE), (4, TAMPER), (5, SMOKE)):
        box.add(0, code, 1, seq, data(seq))
    assert box.due(0) == [data(3), data(5), data(2), data(4), data(1)]


def test_a_full_box_gives_up_the_mildest_and_counts_it():
    box = outbox()
    for seq in range(CAPACITY):
        box.add(0, BATTERY, 1, seq, data(seq))
    assert box.add(0, SMOKE, 1, 100, data(100))
    assert len(box) == CAPACITY
    assert box.evicted == 1
    assert box.due(0)[0] == data(100)


def test_a_box_full_of_alarms_within_their_share_takes_nothing_as_mild():
    box = outbox(store := RamStore())
    for seq in range(CAPACITY):
        box.add(0, seq // 3 + 1, 1, seq, data(seq))  # alarms 1 to 8: red and orange
    assert not box.add(0, BATTERY, 1, 100, data(100))
    assert box.evicted == 1
    assert len(store.items()) == CAPACITY
    assert box.add(0, codes.ALARM_BAND_SOS, 1, 101, data(101))
    assert data(101) in box.due(0)


def test_an_alarm_that_comes_and_goes_does_not_crowd_out_another_as_severe():
    box = outbox()
    for seq in range(3 * CAPACITY):
        box.add(0, codes.ALARM_GAS_LEAK, 1, seq, data(seq))
    box.add(0, codes.ALARM_GAS_CO, 1, 1_000, data(1_000))
    waiting = box.due(0)
    assert data(1_000) in waiting
    assert data(0) in waiting, "the raise"
    assert data(3 * CAPACITY - 1) in waiting, "the last update"


def test_of_an_alarm_that_ends_by_itself_the_oldest_goes():
    box = outbox()
    for seq in range(CAPACITY + 1):
        box.add(0, codes.ALARM_DOOR_HELD, 1, seq, data(seq))
    assert data(0) not in box.due(0)


def test_a_smoke_alarm_that_flickers_for_a_night_without_a_link_leaves_room_for_tamper():
    host = alarmed(link=False)
    for _ in range(60):
        host.set("obscuration", 5)
        host.run(2 * MINUTE)
        host.set("obscuration", 900)
        host.run(MINUTE)
    host.set("tamper", 1)
    host.heal()
    host.run(5 * MINUTE)
    assert host.raised(SMOKE)
    assert host.raised(TAMPER)
    assert host.once(frame.UPDATE, SMOKE)[-1].body[5] == 1


@given(st.lists(st.sampled_from((SMOKE, codes.ALARM_GAS_LEAK, TAMPER, codes.ALARM_DOOR_HELD, BATTERY)), max_size=90))
def test_never_holds_more_than_its_capacity_nor_loses_the_raise_of_an_alarm_that_latches(sequence):
    store = RamStore()
    box = outbox(store)
    first = {}
    for seq, code in enumerate(sequence):
        box.add(0, code, 1, seq, data(seq))
        first.setdefault(code, seq)
        assert len(box) <= CAPACITY
        assert len(store.items()) == len(box)
    waiting = box.due(0)
    for code in (SMOKE, codes.ALARM_GAS_LEAK, TAMPER):
        assert code not in first or data(first[code]) in waiting


# ---- a store that fails


def test_a_full_flash_keeps_no_alarm_from_being_told():
    host = alarmed(store=FullStore())
    assert host.outputs["sounder"] == 1
    assert host.raised(SMOKE)
    assert host.device.outbox.unstored == 1


@pytest.mark.parametrize("link", [True, False])
def test_a_full_flash_repeats_from_ram(link):
    host = alarmed(store=FullStore(), acks=0, link=link)
    host.heal()
    host.run(2 * MINUTE)
    assert len(host.of(frame.RAISE, SMOKE)) > 3
    host.stored(host.of(frame.RAISE)[0].data)
    host.run(SECOND)
    assert len(host.device.outbox) == 0


# ---- the mark of an alarm that is open


def test_a_raise_is_marked_until_its_alarm_ends():
    box = outbox(store := RamStore())
    assert box.add(0, SMOKE, 1, 1, data(1), RAISED) == STORED
    assert store.items() == [("o0000000100000001", bytes([SMOKE | 0x80]) + data(1))]
    box.unmark(1, 2)
    box.unmark(1, 1)
    assert store.items() == [("o0000000100000001", bytes([SMOKE]) + data(1))]


def test_a_mark_that_cannot_be_removed_stays():
    box = outbox(store := FullStore(room=1))
    box.add(0, SMOKE, 1, 1, data(1), RAISED)
    box.unmark(1, 1)
    assert store.items() == [("o0000000100000001", bytes([SMOKE | 0x80]) + data(1))]


def test_says_what_has_become_of_a_frame():
    box = outbox(FullStore(room=CAPACITY - 1))
    became = [box.add(0, seq // 3 + 1, 1, seq, data(seq)) for seq in range(CAPACITY)]
    assert became == [STORED] * (CAPACITY - 1) + [IN_RAM]
    assert box.add(0, BATTERY, 1, 100, data(100)) == NO_ROOM


def test_the_mark_is_no_part_of_what_is_repeated():
    store = RamStore()
    outbox(store).add(0, SMOKE, 1, 1, data(1), RAISED)
    box = outbox(store)
    box.load(*store.items()[0], 0)
    assert box.due(0) == [data(1)]
    assert box.stored(1, 1, data(1)[-8:]) == SMOKE
