"""What an observer hears of a live fleet: each frame's way to the broker, and the instant for which it was due."""

from board_case import in_loop
from fleet_case import MINUTE, Case, Told, Wire, soon
from hosts import DEVICE
from lilong_protocol import topics
from lilong_protocol.mqtt import ANSWER_MS
from lilong_protocol.registry import KIND


def told(case, what, cls=topics.EVENT):
    """(class, due) of each frame of a class."""
    return [row[1:] for row in case.fleet.observer.of(what) if row[1] == cls]


@in_loop
async def test_a_frame_is_due_when_the_world_changed_however_late_the_fleet_hears_of_it():
    async with Wire() as wire:
        case = Case("door", wire.broker.port, observer=Told())
        await soon(case.is_online)
        case.now = 10_000
        case.fleet.sense(DEVICE, "exit_button", 1, 7_500.25)
        await soon(lambda: told(case, "puback"))
        assert told(case, "sent") == told(case, "puback") == [(topics.EVENT, 7_500.25)]
        case.fleet.sense(DEVICE, "exit_button", 1)
        await soon(lambda: len(told(case, "puback")) == 2)
        assert told(case, "sent")[1] == (topics.EVENT, 10_000)
        await case.fleet.close()


@in_loop
async def test_a_frame_of_a_timer_is_due_at_that_time_however_late_the_fleet_is():
    async with Wire() as wire:
        case = Case("door", wire.broker.port, observer=Told())
        await soon(case.is_online)
        beat = case.device.session._beat_at
        case.now = beat + 3_000
        case.fleet.run_due()
        assert told(case, "sent", topics.HEARTBEAT) == [(topics.HEARTBEAT, beat)]
        assert not told(case, "puback", topics.HEARTBEAT)  # QoS 0
        await case.fleet.close()


@in_loop
async def test_connacks_and_subacks_are_told_with_the_instant_at_which_the_connection_was_wanted():
    async with Wire() as wire:
        wire.broker.freeze()
        case = Case("door", wire.broker.port, observer=Told())
        await soon(lambda: wire.broker.connections)
        case.now = 4_000
        wire.broker.thaw()
        await soon(case.is_online)
        assert case.fleet.observer.of("connect") == [(DEVICE, "connack", 0), (DEVICE, "online", 0)]
        assert case.fleet.observer.of("link") == [(DEVICE, True)]
        births = told(case, "sent", topics.STATE)
        assert births == [(topics.STATE, 4_000)]  # it answers the SUBACK
        await case.fleet.close()


@in_loop
async def test_frames_without_their_puback_when_the_link_breaks_are_lost_and_sent_again():
    async with Wire() as wire:
        case = Case("door", wire.broker.port, observer=Told())
        await soon(case.is_online)
        case.fleet.sense(DEVICE, "exit_button", 1, 5.0)
        wire.broker.drop(DEVICE)  # which has not read it yet
        await soon(lambda: told(case, "lost"))
        assert told(case, "lost") == [(topics.EVENT, 5.0)]
        assert case.fleet.observer.of("link") == [(DEVICE, True), (DEVICE, False)]
        case.goes_to(MINUTE)
        await soon(lambda: told(case, "puback"))
        assert len(told(case, "sent")) == 2
        await case.fleet.close()


@in_loop
async def test_a_frame_that_cannot_be_handed_over_is_skipped_and_told():
    async with Wire() as wire:
        case = Case("door", wire.broker.port, observer=Told())
        await soon(case.is_online)
        wire.broker.drop_pubacks(1_000)
        case.fleet.sense(DEVICE, "contact", 1)
        for at in range(1, 200):
            case.goes_to(at * 10)
            case.device.outbox.renew(case.now)
            case.fleet.sense(DEVICE, "tamper", at % 2)
        observer = case.fleet.observer
        assert observer.of("skipped")
        assert {(device, cls) for device, cls in observer.of("skipped")} == {(DEVICE, topics.ALARM)}
        assert len(observer.of("sent")) - len(observer.of("puback")) == len(case.member.flight)
        await case.fleet.close()
        assert len(observer.of("sent")) == len(observer.of("puback")) + len(observer.of("lost"))


@in_loop
async def test_a_broker_that_freezes_while_a_puback_is_awaited_is_given_up():
    async with Wire() as wire:
        case = Case("door", wire.broker.port, observer=Told())
        await soon(case.is_online)
        wire.broker.freeze()
        case.fleet.sense(DEVICE, "exit_button", 1)
        case.goes_to(ANSWER_MS)
        assert list(case.fleet.troubles) == [
            f"no PUBACK in {ANSWER_MS} ms: frozen broker or dead link, connect anew"
        ]
        assert told(case, "lost") == [(topics.EVENT, 0)]
        wire.broker.thaw()
        case.goes_to(ANSWER_MS + MINUTE)
        await soon(lambda: told(case, "puback"))
        await case.fleet.close()


@in_loop
async def test_a_broker_that_freezes_while_nothing_is_said_is_found_out_by_a_ping():
    async with Wire() as wire:
        case = Case("door", wire.broker.port, observer=Told())
        await soon(case.is_online)
        wire.broker.freeze()
        case.goes_to(KIND["door"].link.keepalive_s * 750 + ANSWER_MS)
        assert list(case.fleet.troubles) == [
            f"no PINGRESP in {ANSWER_MS} ms: frozen broker or dead link, connect anew"
        ]
        assert not case.fleet.observer.online
        await case.fleet.close()


@in_loop
async def test_what_a_frozen_broker_does_not_read_does_not_grow_without_bound():
    """The socket takes no more: what is lost without harm is skipped, and the rest waits in its few places."""
    async with Wire() as wire:
        case = Case("door", wire.broker.port, observer=Told())
        await soon(case.is_online)
        wire.broker.freeze()
        connection = case.member.connection
        while not connection.stalled:
            connection.write(bytes(60_000))
        held = len(connection._unsent)
        for at in range(1, 5_000):
            case.device.publish(at, 3, topics.HEARTBEAT, {})
            case.member.settle()
        assert len(connection._unsent) == held
        assert len(case.fleet.observer.of("skipped")) == 4_999
        await case.fleet.close()
