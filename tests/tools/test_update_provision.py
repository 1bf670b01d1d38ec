"""`lilong provision --release`: a board is told whose firmware it takes, as `lilong update sign` names it."""

import json

import pytest
from lilong_tools.update import keys, release
from provisioning import EUI, MAC, Bench

ONE = ("--kind", "smoke", "--board", "esp32_c3", "--mac", MAC)


@pytest.fixture
def bench(tmp_path):
    return Bench(tmp_path)


def maker_of(bench):
    return json.loads((bench.out / EUI / "device.json").read_text()).get("maker")


def test_a_device_takes_the_firmware_of_the_key_that_it_was_given(bench, tmp_path):
    public = keys.make(tmp_path / "release.key", "lights.example")
    done = bench.run(*ONE, "--release", tmp_path / "release.key.pub")
    assert done.code == 0, done.error
    maker = maker_of(bench)
    made = release.sign(tmp_path / "release.key", "esp32_c3", "smoke", 1, "1", b"\xd2\xcd\x31image")
    assert maker == {
        "key": public.key.hex(), "vendor": made.manifest.vendor.hex(), "class": made.manifest.device_class.hex(),
    }  # fmt: skip


def test_it_stays_so_when_it_is_provisioned_anew_and_changes_when_another_is_given(bench, tmp_path):
    keys.make(tmp_path / "release.key", "lights.example")
    other = keys.make(tmp_path / "other.key", "lights.example")
    bench.run(*ONE, "--release", tmp_path / "release.key.pub")
    before = maker_of(bench)
    assert bench.run("--again", EUI).code == 0
    assert maker_of(bench) == before
    assert bench.run("--again", EUI, "--release", tmp_path / "other.key.pub").code == 0
    assert maker_of(bench)["key"] == other.key.hex()


def test_without_it_a_device_takes_no_updates(bench):
    bench.run(*ONE)
    assert maker_of(bench) is None
