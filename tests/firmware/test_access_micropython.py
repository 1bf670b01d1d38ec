"""New access on real MicroPython: offered over one broker, tried on another, left again when nobody answers there."""

import os
import socket
from hashlib import sha256

import pytest
from board_case import DOWNLINK, ROOT_KEY, BoardCase, Broker, Sent, in_loop
from lilong_firmware.access import ACCESS, BROKER, TRIES
from lilong_firmware.flash import FileStore
from lilong_protocol import frame, topics
from lilong_protocol.wrap import wrap
from lilong_simulator.fleet.board_lines import Note
from test_access import item, staged

ARTIFACT, VERSION = 7, "w1"


def broker_item(port):
    return item(BROKER, port.to_bytes(2, "big") + b"127.0.0.1")


def dead_port():
    with socket.socket() as probing:
        probing.bind(("127.0.0.1", 0))
        port: int = probing.getsockname()[1]
        return port


def serving(case, data):
    """Answer as a backend that offers an artifact: the time, then the offer, then pieces as they are asked for."""
    offered = []

    def answer(sent: Sent) -> None:
        boot, nonce = sent.frame.boot, sent.frame.nonce
        case.backend(sent)
        if sent.kind == frame.BIRTH and not offered:
            offered.append((boot, nonce))
            body = {0: ARTIFACT, 1: ACCESS, 2: VERSION, 3: len(data), 4: sha256(data).digest()}
            told = frame.pack(
                frame.UPDATE_OFFER, body, counter=1, target=boot, nonce=nonce, deadline=sent.frame.uptime + 60_000
            )
            case.deliver(topics.UPDATE, DOWNLINK.seal(topics.UPDATE, told))
        elif sent.kind == frame.CHUNK_REQUEST:
            at, size = sent.body[1], sent.body[2]
            boot, nonce = offered[0]
            told = frame.pack(frame.CHUNK, {0: ARTIFACT, 1: at, 2: data[at : at + size]}, target=boot, nonce=nonce)
            case.deliver(topics.UPDATE, DOWNLINK.seal(topics.UPDATE, told))

    return answer


@pytest.mark.spec("LIL-UPD-010", "LIL-UPD-011")
@in_loop
async def test_an_access_that_was_offered_is_fetched_tried_and_told_as_good(tmp_path):
    flash = str(tmp_path / "flash")
    there = Broker()
    await there.start()
    try:
        async with BoardCase("smoke", stepped=False, store=flash) as case:
            case.broker.answer = serving(case, wrap(ROOT_KEY, os.urandom(16), broker_item(there.port)))
            await case.lines.take(lambda line: isinstance(line, Note) and line.what == "restart")
        case = BoardCase("smoke", stepped=False, store=flash)
        here = case.broker

        def answer(sent: Sent) -> None:
            case.broker = there
            case.backend(sent)
            case.broker = here

        there.answer = answer
        async with case:
            result = await there.messages.take(lambda message: Sent(message).kind == frame.UPDATE_RESULT)
            assert Sent(result).body == {0: ARTIFACT, 1: frame.OK, 2: VERSION}
            assert not here.messages.all, "nobody was told anything at the old broker"
    finally:
        await there.stop()


@pytest.mark.spec("LIL-UPD-011")
@in_loop
async def test_where_nobody_answers_it_is_left_again_after_some_tries_and_told_as_failed(tmp_path):
    flash = str(tmp_path / "flash")
    _, taken = staged(FileStore(flash), broker_item(dead_port()), ROOT_KEY, ROOT_KEY)
    assert taken
    async with BoardCase("smoke", store=flash) as case:
        case.broker.answer = case.backend
        uptime = 0
        while not case.frames(frame.UPDATE_RESULT):
            uptime += 10_000
            assert uptime <= TRIES * 90_000
            await case.at(uptime)
        assert case.frames(frame.UPDATE_RESULT)[0].body == {0: ARTIFACT, 1: frame.EXPIRED}
        assert case.frames(frame.BIRTH)[0].body[1] == TRIES, "so many connections came before"
