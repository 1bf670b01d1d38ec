"""The board's link, on real MicroPython in a board's heap, against a real broker."""

import socket
from itertools import pairwise

import pytest
from board_case import DEVICE, DOWNLINK, RESERVE, BoardCase, in_loop
from lilong_firmware.kinds import rules
from lilong_protocol import codes, frame, topics
from lilong_protocol.registry import KIND
from lilong_simulator import stimuli
from lilong_simulator.fleet.board_config import BoardConfig
from lilong_simulator.fleet.board_lines import Handled, Idle, Note, Offline, Online, Output, Sent
from lilong_simulator.fleet.process import BoardProcess
from lilong_simulator.kinds import KINDS

SMOKE = ("obscuration", 400)
# What makes each kind raise an alarm, and the uptime by which it has; others by their stimuli.
ALARMS = {
    "smoke": ({"obscuration": 400}, 8_000, codes.ALARM_SMOKE_ALARM),
    "gas": ({"gas": 200}, 200_000, codes.ALARM_GAS_LEAK),
    "door": ({"contact": 1}, 2_000, codes.ALARM_DOOR_FORCED),
    "streetlight": ({"leakage": 400}, 20_000, codes.ALARM_LAMP_LEAKAGE_DETECTED),
    "manhole": ({"tilt": 300}, 700_000, codes.ALARM_MANHOLE_MOVED),
    "wristband": ({"sos": 1}, 5_000, codes.ALARM_BAND_SOS),
    "intercom": ({"panic": 1}, 2_000, codes.ALARM_PANIC),
}


def by_stimuli(kind):
    alarm = stimuli.ALARMS[KIND[kind].number][1]
    return dict(alarm.begin.steps), 1_000 + alarm.begin.within_s * 1_000, alarm.code


@in_loop
async def test_a_device_connects_and_tells_its_birth_first():
    async with BoardCase("smoke") as case:
        await case.at(0)
        sent = case.frames()
        assert [s.kind for s in sent] == [frame.BIRTH, frame.REPORTED_CONFIG]
        assert sent[0].retain
        assert sent[0].body[0] == codes.KIND_SMOKE
        assert await case.lines.take_a(Online) == Online(1)


@in_loop
async def test_an_alarm_is_repeated_byte_for_byte_until_its_stored_ack():
    async with BoardCase("smoke") as case:
        await case.at(0, SMOKE)
        await case.at(20_000)
        first, *repeats = case.frames(frame.RAISE)
        assert first.frame.uptime == 4_000  # the second sample above the trip level
        assert repeats
        assert {repeat.data for repeat in repeats} == {first.data}
        case.store(first)
        await case.lines.take_a(Handled, "ak")
        stored = [line for line in case.lines.all if isinstance(line, Note) and line.what == "stored"]
        assert [(note.code, note.boot, note.seq) for note in stored] == [(codes.ALARM_SMOKE_ALARM, 1, 1)]
        await case.at(200_000)
        assert len(case.frames(frame.RAISE)) == 1 + len(repeats)


@in_loop
async def test_a_local_output_comes_before_anything_is_handed_to_the_network():
    async with BoardCase("smoke") as case:
        await case.at(0, SMOKE)
        await case.at(8_000)
        told = [line for line in case.lines.all if isinstance(line, Output | Note | Sent)]
        sounder = next(i for i, line in enumerate(told) if line[:2] == ("sounder", 1))
        assert told[sounder + 1][:2] == ("raised", codes.ALARM_SMOKE_ALARM)
        assert ("al",) in [line[:1] for line in told[sounder + 2 :]]
        assert "al" not in [line[0] for line in told[:sounder]]


@in_loop
async def test_a_broken_connection_is_made_anew_and_the_alarm_repeated():
    async with BoardCase("smoke") as case:
        await case.at(0, SMOKE)
        await case.at(8_000)
        before = case.frames(frame.RAISE)
        births = case.frames(frame.BIRTH)
        case.broker.drop(DEVICE)
        assert "closed" in (await case.lines.take(lambda line: isinstance(line, Offline) and line.why)).why
        await case.at(200_000)
        assert case.frames(frame.BIRTH)[-1].body[1] == births[-1].body[1] + 1
        after = case.frames(frame.RAISE)[len(before) :]
        assert after
        assert {repeat.data for repeat in after} == {before[0].data}


@in_loop
async def test_without_a_broker_the_device_goes_on_and_tries_again():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))  # not listening: a connection is refused
        async with BoardCase("smoke") as case:
            process = BoardProcess(case.lines.put)
            config = BoardConfig(
                "music_plaza", DEVICE, "smoke", bytes(32), "127.0.0.1", unused.getsockname()[1], stepped=True
            )
            await process.start(config)
            await process.at(0, SMOKE)
            await process.at(60_000)
            await process.stop()
            refused = [line for line in case.lines.all if isinstance(line, Offline)]
            assert len(refused) > 2
            assert "ECONNREFUSED" in refused[0].why
            assert any(isinstance(line, Output) for line in case.lines.all)


@in_loop
async def test_garbage_and_retained_downlinks_are_counted_and_have_no_effect():
    async with BoardCase("door") as case:
        unlock = frame.pack(
            frame.COMMAND, {0: codes.CMD_UNLOCK, 1: {}}, counter=1, target=1, nonce=bytes(8), deadline=1_000
        )
        case.deliver(topics.COMMAND, DOWNLINK.seal(topics.COMMAND, unlock), retain=True)  # waits in the broker
        await case.at(0)
        case.deliver(topics.ACK, b"garbage")
        case.deliver(topics.COMMAND, bytes(1024))
        case.deliver(topics.COMMAND, DOWNLINK.seal(topics.ACK, unlock))  # sealed for another class
        for _ in range(4):
            await case.lines.take_a(Handled)
        await case.at(61_000)
        assert case.frames(frame.HEARTBEAT)[-1].body[1] == 4
        assert not case.frames(frame.RESPONSE)


@in_loop
async def test_a_packet_beyond_the_limit_ends_the_connection_and_nothing_else():
    async with BoardCase("door") as case:
        await case.at(0)
        case.deliver(topics.COMMAND, bytes(60_000))
        offline = await case.lines.take(lambda line: isinstance(line, Offline) and line.why)
        assert "limit of 2048" in offline.why
        await case.at(61_000)
        assert case.frames(frame.BIRTH)[-1].body[1] == 2


@in_loop
async def test_power_loss_lets_the_broker_publish_the_will():
    async with BoardCase("door") as case:
        await case.at(0)
        await case.process.stop()
        death = await case.frame(frame.DEATH)
        assert death.body == {0: 1}
        assert death.retain


@in_loop
async def test_an_alarm_survives_the_loss_of_power(tmp_path):
    store = str(tmp_path / "flash")
    async with BoardCase("smoke", store=store) as case:
        await case.at(0, SMOKE)
        await case.at(8_000)
        first = case.frames(frame.RAISE)[0]
    async with BoardCase("smoke", store=store) as case:
        await case.at(0)
        assert case.frames(frame.BIRTH)[0].frame.boot == first.frame.boot + 1
        assert case.frames(frame.RAISE)[0].data == first.data
        assert any(isinstance(line, Output) and line[:2] == ("sounder", 1) for line in case.lines.all)
        case.store(first)
        await case.lines.take_a(Note, "stored", codes.ALARM_SMOKE_ALARM, first.frame.boot, first.frame.seq)


@in_loop
async def test_in_real_time_an_interrupt_is_an_alarm_at_once():
    async with BoardCase("smoke", stepped=False) as case:
        await case.frame(frame.BIRTH)
        case.process.set("tamper", 1)
        raised = await case.frame(frame.RAISE)
        case.store(raised)
        await case.lines.take_a(Note, "stored", codes.ALARM_TAMPER)


@in_loop
async def test_the_stepped_clock_runs_every_deadline_at_its_own_time_and_tells_when_it_is_done():
    async with BoardCase("door", beat_s=60) as case:
        await case.at(0)
        await case.at(600_000)
        beats = [sent.frame.uptime for sent in case.frames(frame.HEARTBEAT)]
        assert len(beats) == 10
        assert {later - earlier for earlier, later in pairwise(beats)} == {60_000}
        assert [line for line in case.lines.all if isinstance(line, Idle)] == [Idle(0), Idle(600_000)]


@in_loop
async def test_a_frozen_broker_keeps_no_buzzer_waiting():
    async with BoardCase("door", stepped=False) as case:
        await case.frame(frame.BIRTH)
        case.broker.freeze()
        case.process.set("contact", 1)
        await case.lines.take_a(Output, "buzzer", 1)
        assert not case.frames(frame.RAISE)
        case.broker.thaw()
        assert (await case.frame(frame.RAISE)).body[0] == codes.ALARM_DOOR_FORCED


@pytest.mark.parametrize("kind", KINDS)
@in_loop
async def test_every_kind_lives_in_the_heap_of_a_board(kind):
    changes, by, code = ALARMS[kind] if kind in ALARMS else by_stimuli(kind)
    async with BoardCase(kind) as case:
        await case.at(0)
        assert case.frames(frame.BIRTH)[0].body[0] == rules(kind).KIND
        await case.at(1_000, *changes.items())
        await case.at(by)
        raised = case.frames(frame.RAISE)[0]
        assert raised.body[0] == code
        case.store(raised)
        await case.lines.take_a(Note, "stored", code)
        memory = await case.process.memory()
        assert memory.free > RESERVE


@in_loop
async def test_the_heap_does_not_creep():
    async with BoardCase("door", beat_s=1) as case:
        await case.at(60_000)
        before = await case.process.memory()
        await case.at(1_000_000)
        after = await case.process.memory()
        assert len(case.frames(frame.HEARTBEAT)) > 900
        assert after.allocated - before.allocated < 512
