"""`lilong keys`: a key store for an estate, what a board needs of it, and rotation."""

import json
import stat

import pytest
from commands import run_lilong
from lilong_firmware.config import load as load_config
from lilong_protocol.keys import broker_password
from lilong_protocol.pc.keystore import load

NAME = "core3/12F/1203/smoke"


@pytest.fixture
def lilong(tmp_path):
    """Runs `lilong keys` on one store."""

    def run(command, *arguments, code=0):
        ended = run_lilong("keys", command, *arguments, "--keys", tmp_path / "keys.json")
        assert ended.code == code, ended.err
        return ended.err if code else ended.out

    return run


def test_an_estate_gets_a_key_and_a_device_what_its_board_needs(lilong, tmp_path):
    lilong("new", "music_plaza")
    keys = tmp_path / "keys.json"
    assert stat.S_IMODE(keys.stat().st_mode) == 0o600
    printed = json.loads(lilong("device", "music_plaza", NAME, "--host", "broker.example"))
    board = tmp_path / "board.json"
    lilong("device", "music_plaza", printed["device"], "--host", "broker.example", "--out", board)
    assert json.loads(board.read_text()) == printed
    assert stat.S_IMODE(board.stat().st_mode) == 0o600
    config = load_config(str(board))
    assert config["root"] == load(keys).root("music_plaza", config["device"])
    assert (config["kind"], config["host"], config["port"]) == ("smoke", "broker.example", 8883)
    assert (config["username"], config["password"]) == (config["device"], broker_password(config["root"]))
    own = json.loads(lilong("device", "music_plaza", NAME, "--host", "h", "--own-root"))
    assert own["root"] != printed["root"]
    assert load(keys).root("music_plaza", own["device"]).hex() == own["root"]
    assert lilong("show") == "music_plaza: a key, 1 devices with a root of their own, epoch 0\n"


def test_rotation_is_asked_for_and_finished(lilong):
    lilong("new", "music_plaza")
    assert lilong("rotate", "music_plaza").endswith("epoch 1 is asked for\n")
    assert "finish that first" in lilong("rotate", "music_plaza", code=2)
    assert lilong("rotate", "music_plaza", "--finish").endswith("epoch 1 is in use\n")
    assert lilong("rotate", "music_plaza", "--device", NAME).endswith("epoch 2 is asked for\n")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("device", "music_plaza", "nobody", "--host", "h"), "device 'nobody': music_plaza has none of this id"),
        (("device", "music_plaza", NAME, "--host", "h"), "cannot be read (No such file or directory)"),
        (("rotate", "music_plaza"), "cannot be read (No such file or directory)"),
        (("new", "music_plazza"), 'no estate is called "music_plazza"'),
    ],
)
def test_what_cannot_be_done_is_told(lilong, arguments, said):
    assert said in lilong(*arguments, code=2)


def test_a_key_is_never_replaced(lilong, tmp_path):
    lilong("new", "music_plaza")
    before = (tmp_path / "keys.json").read_text()
    assert "has a key already" in lilong("new", "music_plaza", code=2)
    assert (tmp_path / "keys.json").read_text() == before
