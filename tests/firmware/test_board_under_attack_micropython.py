"""Attacks over a real connection: a board's whole program, on real MicroPython, and a hostile broker."""

import pytest
from board_case import DEVICE, DOWNLINK, ESTATE_KEY, TENANT, BoardCase, in_loop
from lilong_protocol import codes, frame, topics
from lilong_protocol.keys import device_root, frame_key
from lilong_protocol.seal import DOWN, Seal
from lilong_simulator.fleet.board_lines import Handled, Offline, Output
from lilong_tools.broker.embedded_client import Message

# As much as the busiest lobby of the estate has.
DOOR = {
    name: b"".join((first + n * 1_000).to_bytes(4, "big") for n in range(count))
    for name, first, count in (("cards", 0, 315), ("visitors", 1, 144), ("pins", 1_000_002, 90))
} | {"card_key": bytes(32)}

STRANGER = Seal(frame_key(device_root(bytes(32), TENANT, DEVICE), DOWN), TENANT, DEVICE, DOWN)
OTHER = "b000000000000002"
NEIGHBOUR = Seal(frame_key(device_root(ESTATE_KEY, TENANT, OTHER), DOWN), TENANT, OTHER, DOWN)


def unlock(case, counter):
    """The payload of an unlock that the door would obey now."""
    birth = case.frames(frame.BIRTH)[-1].frame
    return frame.pack(
        frame.COMMAND, {0: codes.CMD_UNLOCK, 1: {}}, counter=counter, target=birth.boot, nonce=birth.nonce,
        deadline=2**53 - 1,
    )  # fmt: skip


def opened(case):
    """How often the lock was freed."""
    return len([line for line in case.lines.all if isinstance(line, Output) and line[:2] == ("lock", 1)])


async def handled(case, count):
    for _ in range(count):
        await case.lines.take_a(Handled)


@pytest.mark.spec("LIL-SEC-004", "LIL-SEC-005", "LIL-SEC-006", "LIL-CMD-002", "LIL-SEAL-005")
@in_loop
async def test_a_hostile_broker_opens_no_door_with_what_it_forges_and_has_recorded():
    async with BoardCase("door") as case:
        await case.at(0)
        recorded = DOWNLINK.seal(topics.COMMAND, unlock(case, 1))
        case.deliver(topics.COMMAND, recorded)
        await handled(case, 1)
        await case.at(10_000)
        assert opened(case) == 1
        forged = [STRANGER.seal(topics.COMMAND, unlock(case, 2)), NEIGHBOUR.seal(topics.COMMAND, unlock(case, 2))]
        forged += [recorded[:at] + bytes([recorded[at] ^ 1]) + recorded[at + 1 :] for at in range(0, len(recorded), 5)]
        forged.append(case.frames(frame.BIRTH)[0].data)
        for data in forged:
            case.deliver(topics.COMMAND, data)
        for _ in range(20):
            case.deliver(topics.COMMAND, recorded)
        await handled(case, len(forged) + 20)
        await case.at(70_000)
        assert opened(case) == 1
        assert {sent.frame.counter for sent in case.frames(frame.RESPONSE)} == {1}
        assert len({sent.data for sent in case.frames(frame.RESPONSE)}) == 1
        assert case.frames(frame.HEARTBEAT)[-1].body[1] == len(forged)


@pytest.mark.spec("LIL-TOPIC-001")
@in_loop
async def test_what_a_broker_sends_under_another_topic_is_not_looked_at():
    async with BoardCase("door") as case:
        await case.at(0)
        data = DOWNLINK.seal(topics.COMMAND, unlock(case, 1))
        session = case.broker.sessions[DEVICE]
        for topic in (topics.down(TENANT, OTHER, "cm"), topics.up(TENANT, DEVICE, "cm"), "lilong/1/cm", "cm"):
            session.deliver(Message(topic, data, 1, False))
        case.deliver("cm/cm", data)  # below its own d/, and of no class
        await handled(case, 1)
        await case.at(61_000)
        assert opened(case) == 0
        assert not case.frames(frame.RESPONSE)


@pytest.mark.spec("LIL-SEC-004")
@pytest.mark.parametrize("data", [{}, DOOR], ids=["no cards", "a lobby's cards"])
@in_loop
async def test_a_flood_of_forgeries_costs_no_connection_and_the_next_alarm_is_told(data, tmp_path):
    """Frames as long as they may be, faster than a heap of 64 KB takes them."""
    async with BoardCase("door", store=str(tmp_path), data=data) as case:
        await case.at(0)
        frames = [STRANGER.seal(topics.COMMAND, bytes(size)) for size in (0, 100, 900, 960)]
        for _ in range(150):
            for forged in frames:
                case.deliver(topics.COMMAND, forged)
        await handled(case, 600)
        await case.at(61_000)
        assert case.frames(frame.HEARTBEAT)[-1].body[1] == 600
        await case.at(100_000, ("contact", 1))
        await case.at(102_000)
        assert (await case.frame(frame.RAISE)).body[0] == codes.ALARM_DOOR_FORCED
        assert not [line for line in case.lines.all if isinstance(line, Offline)]
        assert opened(case) == 0
        assert not case.frames(frame.RESPONSE)


@in_loop
async def test_what_a_frame_needs_too_much_memory_for_is_dropped_and_counted_and_the_connection_stays():
    """From the backend, but of so many values that what is left of this heap cannot hold them decoded."""
    async with BoardCase("door", heap="60k", data=DOOR) as case:
        await case.at(0)
        many = [[[n, n] for n in range(40)] for _ in range(2)]
        large = frame.pack(frame.CHUNK, {9: many, 10: b"x" * 600}, target=1, nonce=bytes(8))
        for _ in range(59):
            case.deliver(topics.UPDATE, DOWNLINK.seal(topics.UPDATE, large))
        await handled(case, 59)
        await case.at(61_000)
        dropped = case.frames(frame.HEARTBEAT)[-1].body[1]
        case.deliver(topics.COMMAND, DOWNLINK.seal(topics.COMMAND, unlock(case, 1)))
        await handled(case, 1)
        await case.at(70_000)
        assert opened(case) == 1
        assert not [line for line in case.lines.all if isinstance(line, Offline)]
        assert dropped
