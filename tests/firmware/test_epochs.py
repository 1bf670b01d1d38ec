"""Key epochs: a device goes over to the keys of a higher one, and stays there."""

import pytest
from harness import DEVICE, MINUTE, SECOND, TENANT, FullStore, Host, codes, online
from lilong_firmware.effects import CONNECT
from lilong_firmware.store import VolatileStore
from lilong_protocol import frame, topics
from lilong_protocol.keys import frame_key
from lilong_protocol.seal import UP, Seal, SealError
from lilong_simulator.kinds import KINDS


def born(kind="door", **options):
    host = Host(kind, **options)
    host.run(SECOND)
    return host


def use_epoch(host, epoch, **changes):
    return host.order(codes.CMD_USE_EPOCH, {0: epoch}, **changes)


def epoch_of(host, sent):
    """The epoch of a frame by its seal."""
    for epoch in range(8):
        try:
            Seal(frame_key(host.root, UP, epoch), TENANT, DEVICE, UP, epoch).open(sent.cls, sent.data)
        except SealError:
            continue
        return epoch
    return None


@pytest.mark.spec("LIL-KEY-003", "LIL-KEY-008")
@pytest.mark.parametrize("kind", KINDS)
def test_from_the_response_on_everything_is_sealed_in_the_new_epoch(kind):
    host = born(kind)
    before = len(host.sent)
    assert use_epoch(host, 3) == frame.OK
    host.sense("tamper" if "tamper" in host.slots else host.kind.CHANNELS[1][0], 1)
    host.run(3 * MINUTE)
    after = [s for s in host.sent[before:] if s.kind != frame.REPORTED_CONFIG]
    assert {epoch_of(host, s) for s in after} == {3}
    assert {frame.BIRTH, frame.RESPONSE} <= {s.kind for s in after}
    assert after[0].body[9] == 3, "the birth says so"
    kinds = [s.kind for s in after]
    assert kinds.index(frame.BIRTH) < kinds.index(frame.RESPONSE)


@pytest.mark.spec("LIL-KEY-008")
def test_the_will_is_of_the_new_epoch_too():
    host = born()
    use_epoch(host, 1)
    host.run(SECOND)
    will = host.effects(CONNECT)[-1][1][1]
    Seal(frame_key(host.root, UP, 1), TENANT, DEVICE, UP, 1).open(topics.STATE, will)
    assert online(host)
    assert host.of(frame.BIRTH)[-1].body[1] == 2


@pytest.mark.spec("LIL-KEY-003")
def test_it_is_stored_and_holds_after_a_restart():
    host = born()
    use_epoch(host, 2)
    host.power_cycle()
    host.run(SECOND)
    birth = host.of(frame.BIRTH)[-1]
    assert (birth.frame.boot, birth.body[9], epoch_of(host, birth)) == (2, 2, 2)
    assert host.order(codes.CMD_TEST) == frame.OK


@pytest.mark.spec("LIL-KEY-003")
@pytest.mark.parametrize(
    ("arguments", "code"), [({0: 2}, 409), ({0: 1}, 409), ({}, 422), ({0: 0}, 422), ({0: -1}, 422), ({0: 1 << 32}, 422)]
)
def test_an_epoch_that_is_not_above_or_none_at_all_is_refused(arguments, code):
    host = born()
    use_epoch(host, 2)
    host.run(SECOND)
    assert host.order(codes.CMD_USE_EPOCH, arguments) == code
    assert host.device.epoch == 2
    assert len(host.connects) == 2


@pytest.mark.parametrize("store", [FullStore, VolatileStore])
def test_where_it_cannot_be_stored_it_is_refused(store):
    host = born(store=store())
    assert use_epoch(host, 1) == frame.CONFLICT
    host.power_cycle()
    host.run(SECOND)
    assert host.device.epoch == 0
    assert online(host)


@pytest.mark.spec("LIL-KEY-004")
def test_alarm_frames_that_wait_keep_their_bytes():
    host = born(acks=0)
    host.sense("tamper", 1)
    host.run(SECOND)
    use_epoch(host, 1)
    host.run(MINUTE)
    raises = host.of(frame.RAISE)
    assert len({s.data for s in raises}) == 1
    assert len([s for s in raises if s.at > host.connects[-1]]) > 3
    assert epoch_of(host, raises[-1]) == 0
    assert host.of(frame.BIRTH)[-1].body[8] == 1
    host.stored(raises[-1].data)
    host.run(SECOND)
    assert len(host.device.outbox) == 0


@pytest.mark.spec("LIL-KEY-008")
def test_downlinks_of_the_epoch_before_are_dropped_and_counted():
    host = born()
    use_epoch(host, 1)
    host.run(SECOND)
    rejected = host.device.downlink.rejected
    host.epoch = 0
    assert host.order(codes.CMD_UNLOCK) is None
    assert host.device.downlink.rejected == rejected + 1
    assert host.outputs["lock"] == 0


def test_the_command_again_in_the_new_epoch_gets_the_same_answer():
    host = born()
    counter = host.command(codes.CMD_USE_EPOCH, {0: 1})
    host.run(SECOND)
    host.command(codes.CMD_USE_EPOCH, {0: 1}, counter=counter)
    host.run(SECOND)
    answers = [s for s in host.of(frame.RESPONSE) if s.frame.counter == counter]
    assert len(answers) == 2
    assert len({s.data for s in answers}) == 1
    assert len(host.connects) == 2


def test_a_damaged_record_is_counted_and_stops_nothing():
    host = born()
    host.store.put("epoch", b"xyz")
    host.power_cycle()
    host.run(MINUTE)
    assert host.device.epoch == 0
    assert host.of(frame.HEARTBEAT)[-1].body[2] == 1
    assert "epoch" not in dict(host.store.items())
