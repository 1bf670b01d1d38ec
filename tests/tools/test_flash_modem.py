"""The manhole cover's board: flashed, born, and cut off, through a modem at its serial line. Real MicroPython."""

import json
import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from commands import embedded_broker, run_lilong
from flash_case import DEVICE, configuration
from lilong_tools.flash.remote import Remote
from virtual_board import VirtualBoard

MODEM = {"unit": 1, "key": 18, "boots_ms": 300, "registers_ms": 600}
GIVEN = {"apn": "iot.example", "pin": "4711"}
LOOK_S = 0.2
PATIENCE_S = 90.0


def cover(folder: Path, port: int, modem: dict[str, str] | None = None) -> Path:
    return configuration(folder, port, kind="manhole", networks=None, modem=modem or GIVEN, data=None, beat_s=5)


def around(folder: Path, **changes: object) -> None:
    """What is around the modem from now on."""
    scene = folder / "root" / ".models" / "scene.json"
    there = json.loads(scene.read_text())
    there["modem"].update(changes)
    beside = scene.with_suffix(".new")
    beside.write_text(json.dumps(there))
    beside.replace(scene)


def heard(folder: Path) -> list[str]:
    """What the modem was told."""
    return (folder / "root" / ".models" / "heard").read_text().splitlines()


def until(there: Callable[[], object], what: object) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not there():
        assert time.monotonic() < deadline, what
        time.sleep(LOOK_S)


def said(board: VirtualBoard, pattern: bytes, after: int = 0) -> int:
    """Where on its console it has said so; waits for it."""
    until(lambda: re.search(pattern, board.said[after:]), pattern)
    found = re.search(pattern, board.said[after:])
    assert found
    return after + found.end()


def words(board: VirtualBoard, config: Path, *more: object) -> tuple[object, ...]:
    return ("flash", "--board", "esp32_ppp", "--kind", "manhole", "--port", board.port, "--config", config, *more)


@pytest.mark.long
@pytest.mark.timeout(300)
def test_a_cover_is_flashed_comes_online_through_its_modem_and_survives_the_loss_of_its_carrier(tmp_path):
    with (
        embedded_broker() as (_, url),
        VirtualBoard(tmp_path, "esp32", scene={"modem": {**MODEM, "sim": "pin", "pin": "4711"}}) as board,
    ):
        config = cover(tmp_path, int(url.rpartition(":")[2]))
        done = run_lilong(*words(board, config, "--broker", url), seconds=150)
        assert done.code == 0, done.out + done.err + board.said.decode(errors="replace")
        assert re.search(r"^modem +iot\.example$", done.out, re.MULTILINE)
        assert re.search(rf"\S+ ok +{DEVICE} manhole .* birth", done.out)
        assert "4711" not in done.out + done.err
        commands = heard(tmp_path)
        assert [line for line in commands if "CPIN=" in line] == ['AT+CPIN="4711"']
        assert commands[-2:] == ['AT+CGDCONT=1,"IP","iot.example"', "ATD*99#"]
        assert "/lilong/store/sim" not in board.files(), "the PIN was right"
        after = len(board.said)
        around(tmp_path, carrier=False)
        after = said(board, rb"modem: PPP is lost \(-9\); left alone for 10 s", after)
        around(tmp_path, carrier=True)
        said(board, rb"modem: up\r?\n", after)
        assert heard(tmp_path).count("ATD*99#") == 2


@pytest.mark.timeout(300)
def test_a_sim_that_refuses_its_pin_is_told_its_alarms_are_kept_and_another_pin_brings_it_online(tmp_path):
    with (
        embedded_broker() as (_, url),
        VirtualBoard(tmp_path, "esp32", scene={"modem": {**MODEM, "sim": "pin", "pin": "1111"}}) as board,
    ):
        config = cover(tmp_path, int(url.rpartition(":")[2]))
        done = run_lilong(*words(board, config, "--wait", 1), seconds=150)
        assert done.code == 2
        assert "not online in 1 s" in done.err
        assert "4711" not in done.out + done.err
        after = said(board, rb"lilong: runs /lilong/b")
        said(board, rb"lilong: offline: the modem has no link yet", after)
        said(board, rb"lilong: modem: the SIM has refused its PIN; it wants another PIN", after)
        assert [line for line in heard(tmp_path) if "CPIN=" in line] == ['AT+CPIN="4711"']
        assert "/lilong/store/sim" in board.files()
        until(lambda: any(path.startswith("/lilong/store/o") for path in board.files()), "its alarms are kept")
        assert b"Traceback" not in board.said[after:]
        other = {**board.json("/lilong/device.json"), "modem": {**GIVEN, "pin": "1111"}}
        board.write("/lilong/device.json", json.dumps(other).encode())
        Remote(board.port).restart()
        after = said(board, rb"modem: up\r?\n", after)
        said(board, rb"online, connection \d+", after)
        assert [line for line in heard(tmp_path) if "CPIN=" in line] == ['AT+CPIN="4711"', 'AT+CPIN="1111"']
