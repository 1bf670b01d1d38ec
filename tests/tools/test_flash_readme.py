"""boards/README.md, "Flash a board in five minutes", followed word by word on a virtual board."""

import json
import re
import shlex
from pathlib import Path

import pytest
from commands import embedded_broker, run_lilong
from virtual_board import VirtualBoard

README = (Path(__file__).parents[2] / "boards" / "README.md").read_text(encoding="utf-8")
SECTION = README.partition("## Flash a board in five minutes")[2].partition("## What a folder holds")[0]
COMMANDS = [
    shlex.split(line, comments=True)
    for block in re.findall(r"```sh\n(.*?)```", SECTION, re.DOTALL)
    for line in block.splitlines()
]
SCENE = {"adc": {"0": [300_000, 500_000, 6], "1": [1_500_000, 1_500_000, -1]}, "levels": {"4": 0}}
NOT_HERE = {"--firmware": 2, "--ca": 2}
"""Words of the README that need what a test has not: a bare chip, a broker with TLS."""


def here(words, port, broker_port):
    """A command of the README as this machine can do it."""
    done = []
    words = iter(words)
    for word in words:
        if word in NOT_HERE:
            next(words)
        elif word == "broker.example.com":
            done += ["127.0.0.1", "--broker-port", broker_port]
        else:
            done.append(port if word == "/dev/ttyUSB0" else word)
    return done


def test_the_commands_are_those_of_the_shell():
    assert [words[:2] for words in COMMANDS] == [
        ["pip", "install"], ["lilong", "keys"], ["lilong", "provision"], ["lilong", "flash"],
        ["lilong", "update"], ["lilong", "selftest"], ["lilong", "flash"],
    ]  # fmt: skip


@pytest.mark.long
@pytest.mark.timeout(600)
def test_who_follows_the_readme_has_a_device_that_is_tested_calibrated_and_online(tmp_path):
    networks = tmp_path / "networks.json"
    networks.write_text(json.dumps({"networks": [{"ssid": "plaza", "password": "of the plaza"}]}))
    networks.chmod(0o600)
    with embedded_broker() as (_, url), VirtualBoard(tmp_path, scene=SCENE) as board:
        for words in COMMANDS[1:]:
            command = here(words[1:], board.port, url.rpartition(":")[2])
            if command[0] == "selftest":
                command.append("--no-ask")
            done = run_lilong(*command, folder=tmp_path, seconds=180)
            assert done.code == 0, f"{command}: {done.out}{done.err}"
        assert "online" in done.out
        assert board.json("/lilong/device.json")["data"] == {"chamber": "/lilong/data.chamber"}
        assert len(board.files()["/lilong/data.chamber"]) == 12


def test_a_bundle_of_a_release_is_a_file_for_signing(tmp_path):
    done = run_lilong("bundle", "--board", "pico_w", "--kind", "smoke", folder=tmp_path)
    assert done.code == 0, done.err
    assert (tmp_path / "pico_w-smoke.romfs").read_bytes()[:3] == b"\xd2\xcd\x31"
    words = ("update", "sign", "pico_w-smoke.romfs", "--board", "pico_w", "--kind", "smoke", "--sequence", "7")
    assert run_lilong("update", "keygen", "--vendor", "firmware.example.com", folder=tmp_path).code == 0
    signed = run_lilong(*words, "--version", "1.2.3", folder=tmp_path)
    assert signed.code == 0, signed.err
    assert (tmp_path / "smoke-1.2.3.llfw").read_bytes()[:4] == b"LLFW"
