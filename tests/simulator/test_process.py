"""A MicroPython process for one device: how it starts, what it tells, and every way in which it ends."""

import asyncio
import os
import select
import signal
import sys
from pathlib import Path

import pytest
from board_case import DEVICE, ROOT_KEY, TENANT, BoardCase, Inbox, in_loop
from lilong_protocol import frame
from lilong_simulator.fleet import board_lines, process
from lilong_simulator.fleet.board_config import BoardConfig
from lilong_simulator.fleet.board_lines import Refused, parse
from lilong_simulator.fleet.process import BoardError, BoardProcess, available


@pytest.fixture(autouse=True)
def _micropython():
    if available():
        pytest.skip(str(available()))


def config(**changes):
    values = {"tenant": TENANT, "device": DEVICE, "kind": "smoke", "root": ROOT_KEY, "host": "127.0.0.1", "port": 1}
    return BoardConfig(**{**values, **changes})


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("ready 12", board_lines.Ready(12)),
        ("out sounder 1 34", board_lines.Output("sounder", 1, 34)),
        ("note raised 1 2 3 45", board_lines.Note("raised", 1, 2, 3, 45)),
        ("online 2", board_lines.Online(2)),
        ("offline", board_lines.Offline("")),
        ("offline [Errno 111] ECONNREFUSED", board_lines.Offline("[Errno 111] ECONNREFUSED")),
        ("tx al 56", board_lines.Sent("al", 56)),
        ("rx ak", board_lines.Handled("ak")),
        ("idle 60000", board_lines.Idle(60_000)),
        ("mem 1 2", board_lines.Memory(1, 2)),
        ("error no channel x", board_lines.Refused("no channel x")),
    ],
)
def test_every_line_of_a_board_is_understood(text, line):
    assert parse(text) == line


@pytest.mark.parametrize("text", ["", "out sounder", "out sounder on 1", "ready", "idle 1 2", "Traceback:", "readyx 1"])
def test_any_other_line_is_refused(text):
    with pytest.raises(ValueError, match="not a line of a board"):
        parse(text)


@in_loop
async def test_a_device_that_cannot_start_says_why():
    board = BoardProcess()
    with pytest.raises(BoardError, match=r"toaster .* ended with code 1(.|\n)*no module named.*toaster"):
        await board.start(config(kind="toaster"))
    await board.stop()


@in_loop
async def test_a_device_that_dies_tells_how_and_answers_nothing_more():
    ends = Inbox()
    board = BoardProcess(on_end=ends.put)
    await board.start(config())
    os.kill(board.pid, signal.SIGKILL)
    error = await ends.take()
    assert "smoke" in str(error)
    assert "by signal 9" in str(error)
    with pytest.raises(BoardError, match="by signal 9"):
        board.set("obscuration", 400)
    with pytest.raises(BoardError, match="by signal 9"):
        await board.memory()
    await board.stop()


@in_loop
async def test_to_stop_a_device_is_no_accident():
    ends = Inbox()
    board = BoardProcess(on_end=ends.put)
    await board.start(config())
    await board.stop()
    assert ends.all == []
    with pytest.raises(BoardError, match="not started, or stopped"):
        board.set("obscuration", 400)


@in_loop
async def test_whoever_waits_when_a_device_dies_is_told():
    board = BoardProcess()
    await board.start(config(stepped=True))
    waiting = asyncio.ensure_future(board.at(10_000_000_000))
    os.kill(board.pid, signal.SIGKILL)
    with pytest.raises(BoardError, match="by signal 9"):
        await waiting
    await board.stop()


@in_loop
async def test_a_line_that_the_device_does_not_understand_is_answered():
    async with BoardCase("smoke") as case:
        case.process.set("temperature", 20)
        refused = await case.lines.take_a(Refused)
        assert refused.why == "no channel temperature: there are battery, obscuration, tamper"
        await case.at(5_000)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(case.process.at(4_000), 0.1)
        assert "is past" in (await case.lines.take_a(Refused)).why


@in_loop
async def test_a_device_is_out_of_reach_of_ctrl_c():
    board = BoardProcess()
    await board.start(config())
    assert os.getsid(board.pid) == board.pid
    await board.stop()


PARENT = """
import asyncio, sys
from lilong_simulator.fleet.board_config import BoardConfig
from lilong_simulator.fleet.process import BoardProcess

async def main():
    board = BoardProcess()
    await board.start(BoardConfig("t", "a4cf12fffe0b3c5d", "smoke", bytes(32), "127.0.0.1", 1))
    print(board.pid, flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="only Linux can wait for a process that is no child")
@in_loop
async def test_a_device_does_not_outlive_its_parent():
    parent = await asyncio.create_subprocess_exec(sys.executable, "-c", PARENT, stdout=asyncio.subprocess.PIPE)
    child = os.pidfd_open(int(await parent.stdout.readline()))
    parent.kill()
    await parent.wait()
    ended, _, _ = await asyncio.to_thread(select.select, [child], [], [], 30)
    os.close(child)
    assert ended


@pytest.mark.parametrize("path", [str, os.path.relpath], ids=["absolute", "relative"])
@in_loop
async def test_another_micropython_can_be_named(monkeypatch, path):
    beside = Path(sys.executable).with_name("micropython")
    if not beside.exists():
        pytest.skip(f"no {beside}")
    monkeypatch.setenv("MICROPYTHON", path(beside))
    async with BoardCase("smoke") as case:
        await case.at(0)
        assert [sent.kind for sent in case.frames()] == [frame.BIRTH, frame.REPORTED_CONFIG]


def test_what_is_missing_is_told_before_anything_starts(monkeypatch):
    monkeypatch.setenv("MICROPYTHON", "/no/such/micropython")
    assert "correct it or unset it" in available()
    monkeypatch.delenv("MICROPYTHON")
    monkeypatch.setattr(process.importlib.util, "find_spec", lambda _: None)
    assert "set MICROPYTHON" in available()
