"""The Wireshark dissector on a real capture: an estate of 40 devices and its centre, then alarms and a forged frame."""

import shutil
import subprocess
from pathlib import Path

import pytest
from commands import run_lilong

CAPTURE = Path(__file__).with_name("captures") / "lilong.pcapng"
PORTS = (33143, 41063)  # of the two brokers that were listened to


@pytest.fixture(scope="module")
def plugin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if shutil.which("tshark") is None:
        pytest.skip("tshark is not installed: apt-get install tshark")
    path = tmp_path_factory.mktemp("wireshark") / "lilong.lua"
    end = run_lilong("dissector", "--out", path)
    assert (end.code, end.err) == (0, "")
    return path


def tshark(plugin: Path, *options: str) -> list[str]:
    decode = [word for port in PORTS for word in ("-d", f"tcp.port=={port},mqtt")]
    done = subprocess.run(
        ["tshark", "-r", CAPTURE, "-X", f"lua_script:{plugin}", *decode, *options],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "Lua" not in done.stderr, done.stderr
    return done.stdout.splitlines()


def told(plugin: Path, display_filter: str, *fields: str) -> list[list[str]]:
    options = [word for field in fields for word in ("-e", f"lilong.{field}")]
    return [line.split("\t") for line in tshark(plugin, "-Y", display_filter, "-T", "fields", *options)]


def test_the_list_of_packets_says_what_each_frame_is(plugin: Path) -> None:
    info = tshark(plugin, "-T", "fields", "-e", "_ws.col.Protocol", "-e", "_ws.col.Info")
    assert info[0] == "Lilong\tdeath"  # the will inside a CONNECT
    assert "Lilong\tcommand cards_confirm" in info
    assert "Lilong\tresponse 200" in info
    assert "Lilong\talarm raise smoke.alarm red" in info
    assert "Lilong\tevent door.opened" in info
    assert "Lilong\tnot a sealed frame" in info


def test_fields_can_be_filtered_and_values_have_units(plugin: Path) -> None:
    (first, _) = told(plugin, 'lilong.level == "red"', "device", "class", "code", "boot", "seq", "uptime", "body")
    assert first[:6] == ["a4cf12fffe0b3c5d", "al", "smoke.alarm", "1", "1", "26600"]
    assert first[6].endswith("values: obscuration 0.182 dB/m")
    assert told(plugin, "lilong.message == \"alarm update\"", "ref", "body") == [
        ["[1, 1]", "code: smoke.alarm,state: restored"]
    ]  # fmt: skip


def test_several_messages_in_one_segment_are_each_dissected(plugin: Path) -> None:
    several = [row for row in told(plugin, "lilong", "message", "device", "direction") if "," in row[0]]
    assert several
    for messages, devices, directions in several:
        assert len(messages.split(",")) == len(devices.split(",")) == len(directions.split(",")) > 3
        assert set(directions.split(",")) == {"down"}


def test_a_frame_that_is_none_is_marked(plugin: Path) -> None:
    assert len(tshark(plugin, "-Y", "lilong.malformed")) == 1


def test_the_plugin_can_be_printed_and_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    assert "register_postdissector(lilong)" in run_lilong("dissector").out
    end = run_lilong("dissector", "--out", tmp_path / "nowhere" / "lilong.lua")
    assert end.code == 2
    assert "cannot be written" in end.err
