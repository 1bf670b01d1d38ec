"""The outbox: stored before the first publish, repeated until the stored-ack, never crowded out."""

from itertools import pairwise

import pytest
from harness import DEVICE, HOUR, MINUTE, SECOND, TENANT, FullStore, Host, codes
from hypothesis import given
from hypothesis import strategies as st
from lilong_firmware.draws import Draws
from lilong_firmware.effects import NEVER
from lilong_firmware.outbox import BURST, CAPACITY, FEW, IN_RAM, NO_ROOM, PAUSE_MS, STORED, Outbox
from lilong_firmware.store import RamStore, VolatileStore
from lilong_protocol import frame, topics
from lilong_protocol.keys import frame_key
from lilong_protocol.seal import DOWN, Seal
from waiting_frames import waiting

RAISE, UPDATE, CLEAR = frame.RAISE, frame.UPDATE, frame.CLEAR
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


@pytest.mark.spec("LIL-ALARM-001")
def test_is_on_flash_before_the_first_publish():
    box = outbox(store := RamStore())
    box.add(0, SMOKE, RAISE, 1, 1, data(1))
    assert store.items() == [("o0000000100000001", bytes([SMOKE | 0x80]) + data(1))]


@pytest.mark.spec("LIL-ALARM-003")
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


@pytest.mark.spec("LIL-ALARM-004")
def test_a_puback_proves_nothing():
    host = alarmed(acks=0)
    host.run(HOUR)
    assert len(host.of(frame.RAISE, SMOKE)) > 60
    assert all(not s.windowed and s.qos == 1 for s in host.of(frame.RAISE, SMOKE))


@pytest.mark.spec("LIL-ALARM-004")
def test_a_stored_ack_for_other_bytes_stores_nothing():
    box = outbox()
    box.add(0, SMOKE, RAISE, 1, 1, data(1))
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


@pytest.mark.spec("LIL-ALARM-003")
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


@pytest.mark.spec("LIL-ALARM-003")
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
        box.add(0, code, RAISE, 1, seq, data(seq))
    assert box.due(0) == [data(3), data(5)]
    assert box.deadline() == PAUSE_MS
    assert box.due(PAUSE_MS) == [data(2), data(4)]
    assert box.due(2 * PAUSE_MS) == [data(1)]


def test_of_a_backlog_a_few_go_at_a_time_and_a_new_danger_overtakes_it():
    box = outbox()
    for seq in range(1, 13):
        box.add(0, TAMPER, RAISE, 1, seq, data(seq))
    box.renew(0)
    assert box.due(0) == [data(seq) for seq in range(1, 1 + BURST)]
    assert box.due(PAUSE_MS - 1) == []
    box.add(PAUSE_MS - 1, SMOKE, RAISE, 1, 13, data(13))
    assert box.due(PAUSE_MS - 1) == [data(13)]
    assert box.due(PAUSE_MS) == [data(seq) for seq in range(1 + BURST, 1 + 2 * BURST)]
    assert box.due(2 * PAUSE_MS) == [data(seq) for seq in range(1 + 2 * BURST, 1 + 3 * BURST)]


def filled(*rows, store=None):
    """A box with frames of (code, kind), numbered from 1."""
    box = outbox(store)
    for seq, (code, kind) in enumerate(rows, 1):
        if kind == CLEAR:
            box.add(0, code, kind, 1, seq, data(seq))
            for raised in range(seq - 1, 0, -1):
                if rows[raised - 1] == (code, RAISE):
                    box.unmark(1, raised)
                    break
        else:
            box.add(0, code, kind, 1, seq, data(seq))
    return box


def numbers(box):
    """What waits, by the numbers of the frames."""
    return sorted(entry.seq for entry in waiting(box))


def over(code, times):
    """An alarm that comes and goes."""
    return ((code, RAISE), (code, CLEAR)) * times


def test_a_full_box_gives_up_an_update_before_all_else_and_counts_it():
    box = filled((SMOKE, RAISE), (SMOKE, UPDATE), (SMOKE, UPDATE), *over(BATTERY, 10), (TAMPER, RAISE))
    assert box.add(0, codes.ALARM_GAS_CO, RAISE, 1, 100, data(100)) == STORED
    assert numbers(box) == [1, *range(3, 25), 100]
    assert box.evicted == 1
    assert box.add(0, codes.ALARM_DOOR_HELD, RAISE, 1, 101, data(101)) == STORED
    assert numbers(box) == [1, *range(4, 25), 100, 101], "milder or not: a raise says more than an update"


def test_then_a_whole_alarm_that_has_ended_of_the_mildest():
    box = filled((SMOKE, RAISE), *over(TAMPER, 5), *over(BATTERY, 6), (TAMPER, RAISE))
    assert box.add(0, codes.ALARM_SENSOR_FAULT, RAISE, 1, 100, data(100)) == STORED
    assert numbers(box) == [*range(1, 12), *range(14, 25), 100]
    assert box.evicted == 2


def test_of_two_alarms_that_have_ended_the_one_that_did_so_more_often_gives_way():
    box = filled(*over(BATTERY, 1), *over(codes.ALARM_GAS_LEAK, 11))
    assert box.add(0, TAMPER, RAISE, 1, 100, data(100)) == STORED
    assert numbers(box) == [1, 2, *range(5, 25), 100]


def test_an_update_takes_no_place_of_what_matters_as_much():
    box = filled(*over(SMOKE, 12))
    assert box.add(0, codes.ALARM_GAS_LEAK, UPDATE, 1, 100, data(100)) == NO_ROOM
    assert box.add(0, BATTERY, UPDATE, 1, 101, data(101)) == NO_ROOM
    assert box.evicted == 2
    assert numbers(box) == [*range(1, 25)]


def test_a_clear_takes_the_place_of_its_own_raise_where_nothing_is_milder():
    box = filled((BATTERY, RAISE), *over(SMOKE, 11), (SMOKE, RAISE))
    assert box.add(0, BATTERY, CLEAR, 1, 100, data(100)) == STORED
    assert numbers(box) == [*range(2, 25), 100]


def test_a_clear_whose_raise_is_stored_always_has_a_place():
    box = filled(*over(SMOKE, 12))
    assert box.add(0, BATTERY, CLEAR, 1, 100, data(100)) == STORED
    assert numbers(box) == [*range(3, 25), 100]


def test_a_clear_leaves_with_its_own_raise_and_with_no_other():
    box = filled(*over(BATTERY, 12))
    assert box.stored(1, 2, data(2)[-8:]) == BATTERY  # the first clear is stored, the raise before it is not
    box.add(0, SMOKE, RAISE, 1, 100, data(100))
    assert box.add(0, TAMPER, RAISE, 1, 101, data(101)) == STORED
    assert numbers(box) == [*range(3, 25), 100, 101]


OPEN = (SMOKE, codes.ALARM_GAS_LEAK, TAMPER, codes.ALARM_DOOR_HELD, BATTERY, *range(23, 33))  # fifteen, as a lamp has


CHILD = codes.ALARM_GATEWAY_CHILD_OFFLINE
# What a gateway may have open at once: a child each, and the others.
APART = (*(CHILD | child << 8 for child in (1, 2, 3, 255, 256, 300, 511, 512)), TAMPER, BATTERY, 10, 54, 64)


@pytest.mark.spec("LIL-ALARM-007")
def test_of_several_alarms_of_one_number_each_clear_leaves_with_its_own_raise():
    one, other = CHILD | 1 << 8, CHILD | 2 << 8
    box = filled((one, RAISE), (other, RAISE), *over(SMOKE, 11))
    assert box.add(0, other, CLEAR, 1, 100, data(100)) == STORED
    assert numbers(box) == [1, *range(3, 25), 100]
    assert {entry.code for entry in waiting(box)} == {CHILD, SMOKE}


@pytest.mark.spec("LIL-ALARM-009")
@given(
    st.sampled_from((OPEN, APART)).flatmap(
        lambda several: st.lists(st.tuples(st.sampled_from(several), st.booleans()), max_size=150)
    )
)
def test_the_raise_of_every_open_alarm_has_its_place_whatever_else_happens(sequence):
    store = RamStore()
    box = outbox(store)
    raised = {}
    for seq, (code, ends) in enumerate(sequence, 1):
        if code not in raised:
            assert box.add(0, code, RAISE, 1, seq, data(seq)) == STORED
            raised[code] = seq
        elif ends:
            box.add(0, code, CLEAR, 1, seq, data(seq))
            box.unmark(1, raised.pop(code))
        else:
            box.add(0, code, UPDATE, 1, seq, data(seq))
        waiting = numbers(box)
        assert len(waiting) <= CAPACITY
        assert len(store.items()) == len(waiting)
        assert set(raised.values()) <= set(waiting)


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


# ---- a store that fails


@pytest.mark.spec("LIL-ALARM-002")
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
    assert box.add(0, SMOKE, RAISE, 1, 1, data(1)) == STORED
    assert store.items() == [("o0000000100000001", bytes([SMOKE | 0x80]) + data(1))]
    box.unmark(1, 2)
    box.unmark(1, 1)
    assert store.items() == [("o0000000100000001", bytes([SMOKE]) + data(1))]


def test_a_mark_that_cannot_be_removed_stays():
    box = outbox(store := FullStore(room=1))
    box.add(0, SMOKE, RAISE, 1, 1, data(1))
    box.unmark(1, 1)
    assert store.items() == [("o0000000100000001", bytes([SMOKE | 0x80]) + data(1))]


def test_says_what_has_become_of_a_frame():
    box = outbox(FullStore(room=CAPACITY - 1))
    became = [box.add(0, seq // 3 + 1, RAISE, 1, seq, data(seq)) for seq in range(CAPACITY)]
    assert became == [STORED] * (CAPACITY - 1) + [IN_RAM]
    assert box.add(0, BATTERY, UPDATE, 1, 100, data(100)) == NO_ROOM


def test_the_mark_is_no_part_of_what_is_repeated():
    box = crowded()
    box.add(0, SMOKE, RAISE, 1, 100, data(100))
    assert box.due(0)[0] == data(100)
    assert box.stored(1, 100, data(100)[-8:]) == SMOKE


# ---- what is on flash is not in RAM


def crowded(store=None):
    """A box in which few frames wait already, of the mildest alarm."""
    return filled(*[(BATTERY, UPDATE)] * FEW, store=store)


def test_ram_has_the_first_few_frames_and_flash_all():
    box = filled(*over(BATTERY, 12), store=(store := RamStore()))
    assert [entry.seq for entry in waiting(box) if entry.in_ram] == [1, 2, 3, 4]
    assert [record[1:] for _, record in store.items()] == [data(seq) for seq in range(1, 25)]
    for at in range(0, 20, BURST):  # then the first ones are due again
        assert box.due(at * PAUSE_MS // BURST) == [data(seq) for seq in range(at + 1, at + 1 + BURST)]


@pytest.mark.spec("LIL-ALARM-003")
def test_a_full_box_repeats_the_same_bytes_from_flash_too():
    host = alarmed(link=False)
    for _ in range(10):
        host.sense("tamper", 1)
        host.sense("tamper", 0)
    made = [bytes(entry.frame) for entry in waiting(host.device.outbox)]
    assert len(made) == 1 + 20
    host.acks = 0
    host.heal()
    host.run(5 * MINUTE)
    assert sorted({s.data for s in host.sent if s.cls == topics.ALARM}) == sorted(made)
    assert len([s for s in host.sent if s.data == made[-1]]) > 3
    host.acks = 1
    host.run(5 * MINUTE)
    assert len(host.device.outbox) == 0
    assert [name for name, _ in host.store.items() if name[0] == "o"] == []


class Unsteady(RamStore):
    """A chip that may stop answering, or answer with a bit that has changed."""

    __slots__ = ("away", "rotten")

    def __init__(self, rotten=False):
        super().__init__()
        self.away = False
        self.rotten = rotten

    def get(self, name):
        found = b"" if self.away else super().get(name)
        return found[:-9] + bytes([found[-9] ^ 1]) + found[-8:] if self.rotten and found else found


@pytest.mark.parametrize("make", [VolatileStore, lambda: Unsteady(rotten=True), lambda: FullStore(room=FEW)])
def test_what_flash_does_not_give_back_stays_in_ram(make):
    box = crowded(make())
    box.add(0, SMOKE, RAISE, 1, 100, data(100))
    box.add(0, SMOKE, UPDATE, 1, 101, data(101))
    assert box.due(0)[:2] == [data(100), data(101)]
    assert box.stored(1, 101, data(101)[-8:]) == SMOKE


@pytest.mark.parametrize("fault", ["away", "rotten"])
def test_what_cannot_be_read_is_not_sent_until_it_can(fault):
    box = crowded(store := Unsteady())
    box.add(0, SMOKE, RAISE, 1, 100, data(100))
    setattr(store, fault, True)
    assert box.due(0) == [data(1), data(2)], "RAM has the first few, and they have their turn"
    for tag in (b"", data(100)[-8:]):
        assert box.stored(1, 100, tag) is None
    box.unmark(1, 100)
    setattr(store, fault, False)
    assert dict(store.items())["o0000000100000064"] == bytes([SMOKE | 0x80]) + data(100), "kept rather than spoilt"
    assert data(100) in box.due(2 * SECOND)
    assert box.stored(1, 100, data(100)[-8:]) == SMOKE


def test_a_chip_that_dies_takes_no_usual_alarm_with_it():
    store = Unsteady()
    host = alarmed(store=store, link=False)
    store.away = True
    host.heal()
    host.run(2 * MINUTE)
    assert host.raised(SMOKE)
    assert len(host.device.outbox) == 0
