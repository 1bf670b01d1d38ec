"""An earlier key epoch is kept for all that may still be on its way in it, and for nothing else."""

import pytest
from engine_world import DOOR, DOOR_KIND, NOW, SECOND, Backend, Scripted
from lilong_protocol.pc.errors import RequestError

HOUR = 3_600 * SECOND


@pytest.fixture
def backend():
    return Backend()


@pytest.fixture
def door(backend):
    """It was told to use epoch 1 while nobody has heard three of its events, and does so from its next birth on."""
    door = Scripted(DOOR, DOOR_KIND)
    backend.give(NOW, door.birth(NOW))
    door.queue = [door.event(NOW) for _ in range(3)]
    backend.engine.use_epoch(NOW, DOOR, 1)
    backend.commit()
    door.use(1)
    return door


def events(backend):
    return [message.seq for message in backend.effects if message.cls == "ev"]


@pytest.mark.spec("LIL-KEY-006")
@pytest.mark.parametrize("anew", [False, True])
def test_events_that_wait_behind_the_birth_in_the_newer_epoch_count(backend, door, anew):
    backend.give(NOW + SECOND, door.birth(NOW + SECOND, again=not anew, _8=0))
    backend.crash(NOW + SECOND)
    backend.give(NOW + SECOND, *door.queue, door.event(NOW + SECOND))
    assert (events(backend), backend.engine.refused) == ([1, 2, 3, 4], {})


@pytest.mark.spec("LIL-KEY-006")
def test_while_an_event_is_missing_the_earlier_epoch_is_not_given_up_whatever_the_outbox(backend, door):
    first, second, third = door.queue
    backend.give(NOW, first, third)
    backend.give(NOW + SECOND, door.birth(NOW + SECOND, _8=0))
    with pytest.raises(RequestError, match="events and alarms of epoch 0; ask again"):
        backend.engine.use_epoch(NOW + SECOND, DOOR, 2)
    backend.crash(NOW + SECOND)
    backend.give(NOW + 2 * SECOND, second)
    assert (events(backend), backend.engine.refused) == ([1, 2, 3], {})
    backend.engine.use_epoch(NOW + 2 * SECOND, DOOR, 2)


@pytest.mark.spec("LIL-KEY-006")
def test_a_gap_that_is_passed_ends_the_wait(backend, door):
    backend.give(NOW, door.queue[2])
    backend.give(NOW + SECOND, door.birth(NOW + SECOND, _8=0))
    backend.pass_time(NOW + SECOND, NOW + 21 * SECOND)
    assert backend.gaps == [(DOOR, 1, 1, 2)]
    backend.engine.use_epoch(NOW + 21 * SECOND, DOOR, 2)


@pytest.mark.spec("LIL-KEY-006")
def test_of_what_was_given_up_an_event_counts_until_one_of_the_newer_epoch_has_had_its_turn(backend, door):
    backend.give(NOW, *door.queue, door.birth(NOW, _8=0))
    newer = door.event(NOW)
    door.use(0)
    older, heartbeat, alarm = door.event(NOW), door.heartbeat(NOW), door.alarm(NOW)
    backend.give(NOW, heartbeat, alarm)
    assert backend.engine.refused == {"forged": 2}
    backend.give(NOW, newer, older)
    assert (events(backend), backend.engine.refused) == ([1, 2, 3, 4], {"forged": 3})


@pytest.mark.spec("LIL-KEY-006")
def test_one_that_has_no_events_leaves_its_earlier_epoch_an_hour_after_its_last_birth(backend, door):
    backend.give(NOW, door.birth(NOW, _8=0))
    backend.give(NOW + HOUR // 2, door.birth(NOW + HOUR // 2, _8=0))
    first, second, _ = door.queue
    end = NOW + HOUR // 2 + HOUR
    backend.give(end - 1, first)
    backend.crash(end)
    backend.give(end, second)
    assert (events(backend), backend.engine.refused) == ([1], {"forged": 1})


@pytest.mark.parametrize("epoch", [0, -1, 1 << 32, "1", True, None])
def test_what_is_no_epoch_is_refused_before_anything_is_ordered(epoch):
    backend, door = Backend(), Scripted(DOOR, DOOR_KIND)
    backend.give(NOW, door.birth(NOW))
    with pytest.raises(RequestError, match=r"argument 'epoch': .* give an integer from 1 to 4294967295"):
        backend.engine.use_epoch(NOW, DOOR, epoch)
    assert backend.engine.receiver.peer(DOOR).keyring.asked is None
    assert backend.engine.orders.all_open() == []
