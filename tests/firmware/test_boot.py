"""What a board starts with: a bundle as a file system, the choice of one, and what the firmware is told of it."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lilong_firmware import boot
from lilong_firmware.slots import NONE, Slots
from lilong_firmware.suit import ROMFS, Manifest, head
from lilong_tools.flash.contents import romfs
from micropython import run_micropython

NAMES = st.text("abcdefghijklmnopqrstuvwxyz_.", min_size=1, max_size=30)
MANIFEST = Manifest(7, bytes(16), bytes(16), ROMFS, 5, bytes(32), "1.2.3")


def bundle(tmp_path, files, before=b""):
    (tmp_path / "a").write_bytes(before + romfs(files))
    return boot.Bundle(str(tmp_path / "a"))


def read(files, name):
    piece = files.open(f"/{name}", "rb")
    data = b""
    while True:
        buffer = bytearray(100)
        got = piece.readinto(buffer)
        data += buffer[:got]
        if not got:
            piece.ioctl(boot.CLOSE, 0)
            return data


@given(files=st.dictionaries(NAMES, st.binary(max_size=700), max_size=5), signed=st.booleans())
def test_every_file_of_a_bundle_is_read_as_it_was_written_also_behind_a_manifest(tmp_path_factory, files, signed):
    there = bundle(tmp_path_factory.mktemp("bundle"), files, head(MANIFEST) if signed else b"")
    assert {name: read(there, name) for name in files} == files
    assert {name: there.stat(f"/{name}")[6] for name in files} == {name: len(data) for name, data in files.items()}


def test_what_is_not_in_a_bundle_is_not_there_and_nothing_can_be_written(tmp_path):
    there = bundle(tmp_path, {"lilong.mpy": b"x"})
    for call in (lambda: there.stat("/other"), lambda: there.open("/other", "rb")):
        with pytest.raises(OSError, match="2"):
            call()
    with pytest.raises(OSError, match="30"):
        there.open("/lilong.mpy", "wb")


def test_what_is_no_bundle_is_refused_by_name(tmp_path):
    (tmp_path / "a").write_bytes(b"something else")
    with pytest.raises(ValueError, match="a is no ROMFS"):
        boot.Bundle(str(tmp_path / "a"))


def staged(tmp_path, data):
    slots = Slots(boot.Files(str(tmp_path)))
    slots.clear()
    (tmp_path / boot.NAMES[slots.spare()]).write_bytes(data)
    slots.stage(1, len(data), hashlib.sha256(data).digest())


def test_the_bundle_that_the_slots_choose_is_run_and_the_firmware_is_told_which(tmp_path):
    staged(tmp_path, romfs({"lilong.mpy": b"1"}))
    assert boot.choose(False, str(tmp_path)) == f"{tmp_path}/b"
    assert boot.BOOTED == (1, False)
    assert not (tmp_path / "boot.0.new").exists()


def test_a_board_with_nothing_whole_has_nothing_to_run(tmp_path):
    assert boot.choose(False, str(tmp_path)) is None
    staged(tmp_path, b"bundle")
    (tmp_path / "b").write_bytes(b"bumble")
    assert boot.choose(False, str(tmp_path)) is None
    assert boot.BOOTED[0] == NONE


RUN = """
import sys, vfs
from lilong_firmware.boot import Bundle
vfs.mount(Bundle(sys.argv[1]), "/rom")
sys.path.insert(0, "/rom")
import first
print(first.VALUE, first.text()[-4:], sys.modules["second"].__name__)
"""


def test_micropython_imports_modules_from_a_bundle(tmp_path):
    long = "x" * 5_000 + "tail"
    files = {
        "first.py": f"from second import VALUE\ndef text():\n    return {long!r}\n".encode(),
        "second.py": b"VALUE = 42\n",
    }
    bundle(tmp_path, files, head(MANIFEST))
    assert run_micropython(RUN, tmp_path / "a").split() == ["42", "tail", "second"]


ROM = """
import sys, vfs
from lilong_firmware import boot
memory = bytearray(8192)
asked = []
FAILS = {FAILS}
def rom_ioctl(what, *given):
    asked.append(what)
    if what == FAILS:
        return -5
    if what == boot.SEGMENTS:
        return 1
    if what == boot.SEGMENT:
        return memoryview(memory)
    if what == boot.PREPARE:
        for at in range((given[1] + 4095) // 4096 * 4096):
            memory[at] = 0xFF
        return 256
    if what == boot.WRITE:
        segment, at, data = given
        assert not at % 256 and not len(data) % 256
        memory[at:at + len(data)] = data
    return 0
"""


def run_rom(text, bundle, fails=0):
    return run_micropython(ROM.replace("{FAILS}", str(fails)) + text, bundle).split()


@pytest.mark.parametrize("before", [b"", head(MANIFEST)])
def test_a_bundle_is_copied_once_into_the_rom_that_a_port_has_and_is_run_there(tmp_path, before):
    bundle(tmp_path, {"first.py": b"VALUE = 42\n", "more.bin": bytes(range(256)) * 20}, before)
    text = """
path = sys.argv[1]
rom = boot.in_rom(path, rom_ioctl)
print(asked.count(boot.WRITE), bytes(rom[:3]) == boot.MAGIC)
vfs.mount(vfs.VfsRom(rom), "/rom")
sys.path.insert(0, "/rom")
print(__import__("first").VALUE, open("/rom/more.bin", "rb").read() == bytes(range(256)) * 20)
asked.clear()
boot.in_rom(path, rom_ioctl)
print(asked == [boot.SEGMENTS, boot.SEGMENT])
memory[5_000] ^= 1  # a cut in the middle of the copy, or a bit that has rotted
print(boot.in_rom(path, rom_ioctl) is not None, memory[5_000] == open(path, "rb").read()[-len(rom):][5_000])
"""
    assert run_rom(text, tmp_path / "a") == ["2", "True", "42", "True", "True", "True", "True"]


@pytest.mark.parametrize("fails", [boot.SEGMENTS, boot.SEGMENT, boot.PREPARE, boot.WRITE, boot.COMPLETE])
def test_a_rom_that_is_none_or_takes_nothing_leaves_the_bundle_to_be_read_from_its_file(tmp_path, fails):
    bundle(tmp_path, {"first.py": b"VALUE = 42\n"})
    assert run_rom("print(boot.in_rom(sys.argv[1], rom_ioctl))", tmp_path / "a", fails) == ["None"]


def test_a_bundle_that_is_larger_than_the_rom_is_read_from_its_file(tmp_path):
    bundle(tmp_path, {"first.bin": bytes(9_000)})
    assert run_rom("print(boot.in_rom(sys.argv[1], rom_ioctl), asked)", tmp_path / "a") == ["None", "[1,", "2]"]
