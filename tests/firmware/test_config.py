"""A board's configuration is checked before anything starts; each complaint names the file, the key and the form."""

import json

import pytest
from lilong_firmware.config import ConfigError, load
from lilong_protocol.keys import broker_password

GOOD = {"tenant": "t", "device": "a4cf12fffe0b3c5d", "kind": "smoke", "root": "00" * 32, "host": "h", "port": 1883}


@pytest.fixture
def loaded(tmp_path):
    """Loads a configuration with changes."""

    def load_with(**changes):
        path = tmp_path / "config.json"
        path.write_text(json.dumps({**GOOD, **changes}))
        return load(str(path))

    return load_with


def test_what_is_absent_is_none_and_hex_is_bytes(loaded):
    config = loaded(seed="0aff")
    assert config["root"] == bytes(32)
    assert config["seed"] == b"\x0a\xff"
    assert config["data"] == {}
    for key in ("beat_s", "offline_s", "keepalive_s", "boot", "wait", "store", "username", "password"):
        assert config[key] is None


def test_what_a_board_adds_is_left_to_it(loaded):
    assert loaded(stepped=True)["stepped"] is True


@pytest.mark.parametrize("key", sorted(GOOD))
def test_what_every_device_needs(loaded, key):
    with pytest.raises(ConfigError, match=f'config.json: "{key}" is missing'):
        loaded(**{key: None})


@pytest.mark.parametrize(
    ("key", "value", "complaint"),
    [
        ("tenant", 1, "is not a text"),
        ("store", ["a"], "is not a text"),
        ("port", "1883", "is not a whole number"),
        ("boot", -1, "is not a whole number"),
        ("beat_s", 1.5, "is not a whole number"),
        ("keepalive_s", True, "is not a whole number"),
        ("wait", "60", "is not a whole number"),
        ("seed", "xy", "is not hex"),
        ("seed", 7, "is not hex"),
        ("root", "00", "is not 64 hex digits"),
        ("data", ["cards"], "is not an object of file names"),
        ("data", {"cards": 7}, '"cards" is not the name of a file'),
    ],
)
def test_a_wrong_value_is_named(loaded, key, value, complaint):
    with pytest.raises(ConfigError, match=f'config.json: "{key}"(: | ){complaint}'):
        loaded(**{key: value})


@pytest.mark.parametrize(("text", "complaint"), [("{", "is not JSON"), ("[]", "is not a JSON object")])
def test_a_file_that_is_no_configuration(tmp_path, text, complaint):
    path = tmp_path / "config.json"
    path.write_text(text)
    with pytest.raises(ConfigError, match=complaint):
        load(str(path))


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(ConfigError, match=r"none\.json cannot be read"):
        load(str(tmp_path / "none.json"))


def test_a_user_name_alone_has_the_password_that_follows_from_the_root(loaded):
    assert loaded(username=GOOD["device"])["password"] == broker_password(bytes(32))
    assert loaded(username="u", password="p")["password"] == "p"
    assert loaded(username="u", password="")["password"] == ""
