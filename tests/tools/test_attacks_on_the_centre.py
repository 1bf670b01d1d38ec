"""Every attack that a backend must withstand: what the centre does about it, counts, tells, and what it costs."""

import sys
import tracemalloc
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1] / "protocol"))

from bad_payloads import BAD_PAYLOADS
from centre_world import (
    DOOR,
    ESTATE,
    FIRE,
    KEY,
    MINUTE,
    NOW,
    OBSCURATION,
    SECOND,
    SMOKE,
    SMOKE_2,
    TENANT,
    World,
    birth,
    event,
    heartbeat,
    raised,
    up,
    up_seal,
)  # fmt: skip
from lilong_protocol import cbor, codes, frame, topics
from lilong_protocol.keys import device_root, frame_key
from lilong_protocol.pc import refusals as receiving
from lilong_protocol.pc.receiver import Receiver
from lilong_protocol.seal import DOWN, UP, Seal
from lilong_tools.centre.core import Core
from lilong_tools.centre.store import Store

LAST = 2**53 - 1


@pytest.fixture
def core():
    """A centre that knows a door from its birth."""
    centre = Core(ESTATE, KEY, NOW)
    centre.receive(NOW, *birth(DOOR), False)
    centre.take()
    return centre


def give(core, topic, data, retained=False, now=NOW):
    core.receive(now, topic, data, retained)
    return core.take()


def reasons(core):
    return {reason: count for reason, count in core.receiver.refused.items() if count}


def reported(batch):
    return [row.values[1] for row in batch.rows if row.table == "security"]


def unharmed(core, batch):
    """Nothing was said to any device, no alarm is there, nobody is in another state."""
    return not batch.publishes and not core.alarm_list() and not [c for c in batch.changes if c["type"] == "alarm"]


def stranger(device=SMOKE, key=bytes(32), direction=UP, tenant=TENANT, epoch=0):
    return Seal(frame_key(device_root(key, tenant, device), direction, epoch), tenant, device, direction, epoch)


ALARM = frame.pack(frame.RAISE, {0: 1, 1: 4, 2: 4, 3: 4, 4: {}}, boot=1, seq=1, uptime=0)


# ---- bytes


@pytest.mark.spec("LIL-SEC-004", "LIL-SEAL-005")
@pytest.mark.parametrize("group", BAD_PAYLOADS, ids=["bombs", "malformed", "overflows", "bad UTF-8"])
def test_bombs_and_malformed_frames_are_counted_and_answered_by_nothing(core, group):
    for cls in ("al", "ev", "st", "hb"):
        for payload in group.values():
            for data in (payload, stranger().seal(cls, payload), up_seal(SMOKE).seal(cls, payload)):
                assert unharmed(core, give(core, topics.up(TENANT, SMOKE, cls), data))
    assert sum(reasons(core).values()) == 12 * len(group)
    assert reasons(core)[receiving.PAYLOAD] == reasons(core)[receiving.FORGED] == 4 * len(group)


@pytest.mark.spec("LIL-SEC-004")
def test_a_message_of_any_length_costs_no_more_than_a_frame(core):
    def peak(size):
        data = bytes(size)
        core.receive(NOW, topics.up(TENANT, SMOKE, "al"), data, False)
        tracemalloc.start()
        try:
            core.receive(NOW, topics.up(TENANT, SMOKE, "al"), data, False)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    assert peak(16_000_000) <= peak(1_024) + 1_000
    assert reasons(core) == {receiving.SEAL: 4}


def test_numbers_at_the_ends_of_their_fields_neither_wrap_nor_end_anything(core):
    last = 0xFFFFFFFF
    for message in (
        heartbeat(DOOR, last, boot=1, uptime=LAST, values={1: -LAST, LAST: LAST}),
        event(DOOR, last, boot=last, uptime=LAST, values={-LAST: LAST}),
        birth(SMOKE, boot=last, connection=LAST, seq=last, uptime=LAST, offline_s=LAST),
        up(DOOR, "rs", frame.RESPONSE, {0: LAST}, boot=1, seq=last, uptime=LAST, counter=last),
        up(DOOR, "tm", frame.TELEMETRY, {0: [1], 1: [LAST], 2: [[LAST]]}, boot=1, seq=last, uptime=0),
    ):
        give(core, *message)
        core.step(NOW + MINUTE)
    fields = {0: 1, 1: frame.RAISE, 2: 2**32, 3: 1, 4: 0, 7: {0: 1}}
    give(core, topics.up(TENANT, SMOKE, "al"), up_seal(SMOKE).seal("al", cbor.encode(fields)))
    assert reasons(core)[receiving.PAYLOAD] == 1
    assert not core.alarm_list()
    give(core, *raised(SMOKE, boot=last, seq=last, uptime=LAST, values={1: LAST}))
    assert len(core.alarm_list()) == 1, "and the next alarm is heard"


# ---- who says it


@pytest.mark.spec("LIL-SEAL-004", "LIL-SEAL-005", "LIL-SEC-004", "LIL-SEC-007")
def test_a_forged_alarm_changes_nothing_is_not_answered_and_is_reported(core):
    topic, data = raised(SMOKE)
    for at in range(len(data)):
        changed = bytearray(data)
        changed[at] ^= 0x01
        assert unharmed(core, give(core, topic, bytes(changed)))
    assert sum(reasons(core).values()) == len(data)
    batch = give(core, topic, stranger().seal("al", ALARM))
    assert unharmed(core, batch)
    assert reported(batch) == [receiving.FORGED]
    give(core, topic, data)
    assert len(core.alarm_list()) == 1


@pytest.mark.spec("LIL-SEC-005", "LIL-SEAL-003")
def test_a_frame_reflected_or_of_elsewhere_fails_its_seal(core):
    own = topics.up(TENANT, SMOKE, "al")
    elsewhere = {
        "of another device": raised(SMOKE_2)[1],
        "of another class": up_seal(SMOKE).seal("ev", ALARM),
        "reflected: the centre's own": stranger(key=KEY, direction=DOWN).seal("al", ALARM),
        "of another estate": stranger(key=KEY, tenant="other").seal("al", ALARM),
        "of a key epoch to come": stranger(key=KEY, epoch=1).seal("al", ALARM),
    }
    renamed = bytearray(elsewhere["of another device"])
    renamed[8:16] = bytes.fromhex(SMOKE)
    elsewhere["of another device, under this one's id"] = bytes(renamed)
    for name, data in elsewhere.items():
        assert unharmed(core, give(core, own, data)), name
    assert reasons(core) == {receiving.SEAL: 2, receiving.FORGED: 4}


@pytest.mark.spec("LIL-TOPIC-001", "LIL-SEC-007")
def test_a_spoofed_topic_is_refused_whatever_it_carries(core):
    data = raised(SMOKE)[1]
    for topic, reason in {
        topics.up(TENANT, SMOKE.upper(), "al"): receiving.TOPIC,
        topics.up(TENANT, SMOKE[:-1], "al"): receiving.TOPIC,
        topics.up(TENANT, SMOKE, "al") + "/al": receiving.TOPIC,
        topics.up(TENANT, SMOKE, "AL"): receiving.TOPIC,
        topics.up(TENANT, SMOKE, ""): receiving.TOPIC,
        topics.up(TENANT, SMOKE, "l"): receiving.TOPIC,
        topics.down(TENANT, SMOKE, "ak"): receiving.TOPIC,
        "/" + topics.up(TENANT, SMOKE, "al"): receiving.TOPIC,
        topics.up("", SMOKE, "al"): receiving.TOPIC,
        topics.up("elsewhere", SMOKE, "al"): receiving.TENANT,
        topics.up(TENANT, "f" * 16, "al"): receiving.UNKNOWN,
    }.items():
        before = core.receiver.refused.get(reason, 0)
        assert unharmed(core, give(core, topic, data)), topic
        assert core.receiver.refused[reason] == before + 1, topic


@pytest.mark.spec("LIL-SEC-007", "LIL-SEC-004")
def test_strangers_under_any_number_of_names_leave_no_trace_but_counts(core):
    receiver = Receiver(TENANT, KEY)  # it lets in whoever has a key of the estate
    for number in range(300):
        receiver.receive(NOW, topics.up(TENANT, f"{number:016x}", "al"), stranger().seal("al", ALARM), False)
        core.receive(NOW, topics.up(TENANT, f"{number:016x}", "al"), b"x", False)
    assert sum(receiver.refused.values()) == 300
    assert receiver._peers == {}
    assert len(reported(core.take())) == 100
    assert reasons(core) == {receiving.UNKNOWN: 300}


@pytest.mark.spec("LIL-TOPIC-004")
def test_a_retained_uplink_is_refused_and_reported_on_every_class_but_state_and_configuration(core):
    for message in (raised(SMOKE), event(DOOR, 1), heartbeat(DOOR, 1)):
        batch = give(core, *message, retained=True)
        assert unharmed(core, batch)
        assert reported(batch) == [receiving.RETAINED]


# ---- again, and from before


@pytest.mark.spec("LIL-SEC-006", "LIL-ALARM-012")
def test_a_replayed_alarm_is_acknowledged_again_and_has_no_second_effect_after_a_restart_too(tmp_path):
    store = Store(str(tmp_path / "centre.db"), TENANT)
    world = World(store=store)
    recorded = raised(SMOKE)
    world.deliver(*recorded, False)
    world.settle()
    before = [(alarm["id"], alarm["state"]) for alarm in world.core.alarm_list()]
    assert len(before) == 1
    for _ in range(2):
        told, stored = len(world.sent_to(SMOKE, frame.STORED_ACK)), len(world.feed())
        for _ in range(50):
            world.deliver(*recorded, False)
            world.settle()
        assert [(alarm["id"], alarm["state"]) for alarm in world.core.alarm_list()] == before
        assert (len(world.sent_to(SMOKE, frame.STORED_ACK)), len(world.feed())) == (told + 50, stored)
        world.restart()
    store.close()


@pytest.mark.spec("LIL-ALARM-013", "LIL-SEC-007")
def test_one_number_with_other_bytes_is_not_acknowledged_and_is_reported(core):
    give(core, *raised(SMOKE))
    before = [dict(alarm) for alarm in core.alarm_list()]
    batch = give(core, *raised(SMOKE, code=2))
    assert not batch.publishes
    assert reported(batch) == [receiving.OTHER_BYTES]
    assert core.alarm_list() == before


@pytest.mark.spec("LIL-SEC-006", "LIL-SEC-007", "LIL-SESSION-008")
def test_a_boot_counter_that_rolls_back_moves_no_session_and_is_reported(core):
    give(core, *birth(DOOR, boot=9, nonce=b"nonce..9"))
    before = core.receiver.save(DOOR)
    batch = give(core, *birth(DOOR, boot=8))
    assert unharmed(core, batch)
    assert reported(batch) == [receiving.BOOT_ROLLBACK]
    give(core, *heartbeat(DOOR, 1, boot=8))
    assert reasons(core) == {receiving.BOOT_ROLLBACK: 1, receiving.EARLIER_BOOT: 1}
    assert core.receiver.save(DOOR) == before


@pytest.mark.spec("LIL-SEC-006")
def test_a_replayed_birth_and_heartbeat_change_nothing(core):
    give(core, *heartbeat(DOOR, 5, uptime=5_000), now=NOW + 5_000)
    before = core.receiver.save(DOOR)
    for message in (birth(DOOR), heartbeat(DOOR, 5, uptime=5_000)):
        for _ in range(20):
            give(core, *message, now=NOW + MINUTE)
    assert core.receiver.save(DOOR) == before


# ---- poison


@pytest.mark.spec("LIL-FRAME-007")
def test_a_poison_alarm_is_acknowledged_so_that_it_ends_and_holds_up_nothing(core):
    poison = up(SMOKE, "al", frame.RAISE, {0: "no code"}, boot=1, seq=1, uptime=0)
    for _ in range(50):
        batch = give(core, *poison)
        assert [topics.parse(publish.topic)[3] for publish in batch.publishes] == ["ak"]
    assert not core.alarm_list()
    give(core, *raised(SMOKE, seq=2))
    assert len(core.alarm_list()) == 1


def test_an_error_of_a_device_is_answered_by_nothing_so_that_no_two_can_argue(core):
    for seq in range(1, 20):
        message = up(DOOR, "rs", frame.ERROR, {0: 415, 1: "kind 0 is not for a device"}, boot=1, seq=seq, uptime=seq)
        assert not give(core, *message).publishes


# ---- a broker that says nothing


@pytest.mark.spec("LIL-SEC-008", "LIL-SESSION-007", "LIL-ALARM-016")
def test_what_a_broker_suppresses_shows_as_silence_and_the_siren_does_not_wait():
    world = World(SMOKE, DOOR)
    assert world.core.states()[DOOR] == "online"
    world.members[DOOR].publish = world.members[SMOKE].publish = lambda *_: None  # the broker swallows it all
    world.sense(SMOKE, OBSCURATION, FIRE)
    world.run(8 * SECOND)
    assert world.members[SMOKE].outputs["sounder"] == 1
    world.sense(DOOR, "exit_button", 1)
    assert world.members[DOOR].outputs["lock"] == 1
    assert (SMOKE, codes.ALARM_SMOKE_ALARM) not in [(a["device"], a["code"]) for a in world.core.alarm_list()]
    world.run(4 * MINUTE)
    assert world.core.states()[DOOR] == "offline"
