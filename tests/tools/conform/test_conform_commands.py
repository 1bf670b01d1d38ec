"""`lilong conform device` and `backend` as a user has them: table, files, exit codes, one line for bad input."""

import json
from xml.etree import ElementTree

import pytest
from commands import run_lilong


def test_a_simulated_device_in_virtual_time_ends_with_0_and_its_files_tell_everything(tmp_path):
    json_file, junit_file = tmp_path / "all.json", tmp_path / "all.xml"
    ended = run_lilong(
        "conform", "device", "--simulate", "smoke", "--only", "LIL-CMD", "--only", "LIL-ALARM-003",
        "--json", json_file, "--junit", junit_file,
    )  # fmt: skip
    assert ended.code == 0, ended
    assert "LIL-CMD-002" in ended.out
    assert "LIL-SEAL-005" not in ended.out
    told = json.loads(json_file.read_text())
    assert (told["suite"], told["passed"]) == ("conform device", True)
    assert told["assertions"]["LIL-CMD-001"]["passed"] > 3
    suites = {suite.get("name") for suite in ElementTree.parse(junit_file).getroot()}
    assert {"LIL-CMD-001", "LIL-ALARM-003"} <= suites


def test_nothing_tried_ends_with_1():
    ended = run_lilong("conform", "device", "--simulate", "gas", "--only", "LIL-SESSION-006")
    assert ended.code == 1, ended


@pytest.mark.parametrize(("side", "name"), [("device", "wrong_stored_acks"), ("backend", "two_episodes")])
def test_the_list_names_scenarios_and_what_they_judge(side, name):
    ended = run_lilong("conform", side, "--list")
    assert ended.code == 0
    assert name in ended.out
    assert "LIL-" in ended.out


ROOT = "00" * 32
DEVICE = ("device", "--broker", "mqtt://127.0.0.1:1", "--device", "a4cf12fffe0b3c5d")
BACKEND = ("backend", "--broker", "mqtt://127.0.0.1:1", "--estate", "music_plaza")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("device",), "--broker and --device: both are needed"),
        (("device", "--simulate", "toaster"), "--simulate toaster: not one of smoke"),
        (("device", "--simulate", "smoke", "--on", "mars"), "--on mars: not one of virtual"),
        (("device", "--simulate", "smoke", "--root", ROOT), "--simulate: brings its own"),
        (("device", "--simulate", "smoke", "--only", "LIL-NONE"), "--only LIL-NONE: no scenario"),
        (("device", "--simulate", "smoke", "--patience", "0"), "--patience 0: out of bounds"),
        (("device", "--simulate", "smoke", "--maker-key", "release.key"), "--simulate: brings its own"),
        ((*DEVICE, "--root", ROOT, "--maker-key", "no.key"), "--maker-key: for which board? give --board"),
        ((*DEVICE, "--root", ROOT, "--maker-key", "no.key", "--board", "esp32_c3"), "--key no.key: "),
        ((*DEVICE, "--root", ROOT, "--board", "esp32_c3", "--release", "a"), "--board and --release: whose firmware?"),
        (DEVICE, "no key: give one of --root"),
        ((*DEVICE, "--root", "12"), "--root: no key of 32 bytes"),
        ((*DEVICE, "--root", ROOT, "--key", ROOT), "--root and --key: give one of"),
        ((*DEVICE, "--root", ROOT, "--stimulus", "press {button}"), "--stimulus 'press {button}': unknown braces"),
        ((*DEVICE, "--root", ROOT), "broker 127.0.0.1:1: "),
        (("device", "--broker", "x", "--device", "A4", "--root", ROOT), "--device: device id 'A4'"),
        (("backend",), "--broker: give the broker"),
        (("backend", "--broker", "mqtt://127.0.0.1:1"), "--device or --estate: give ids"),
        (BACKEND, "--key (the estate's), --keys FILE, --simulation-key: give one of them"),
        ((*BACKEND, "--tenant", "other", "--key", ROOT), "--estate music_plaza: its devices are of tenant music_plaza"),
        ((*BACKEND, "--key", "12"), "--key: no key of 32 bytes"),
        ((*BACKEND, "--simulation-key", "--command", "{nothing}"), "--command '{nothing}': unknown braces"),
        ((*BACKEND, "--simulation-key"), "broker 127.0.0.1:1: "),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(arguments, said):
    ended = run_lilong("conform", *arguments)
    assert ended.code == 2, ended
    assert ended.err.startswith(f"lilong: {said}"), ended.err
    assert len(ended.err.splitlines()) == 1
