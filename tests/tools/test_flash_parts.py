"""What `lilong flash` works out without a board: plan, budget, configuration, image of a bare chip."""

import ast
import hashlib
import struct
from pathlib import Path

import pytest
from commands import run_lilong
from flash_case import beside, bundle, configuration, online
from lilong_firmware import boot
from lilong_firmware.slots import NONE, Slots
from lilong_protocol.keys import device_root
from lilong_protocol.pc.simulation import simulation_key
from lilong_tools.boards import open_board
from lilong_tools.flash import bare, budget, contents
from lilong_tools.flash.contents import Contents
from lilong_tools.flash.errors import FlashError
from lilong_tools.flash.plan import make
from lilong_tools.flash.settings import CONFIG, read
from lilong_tools.flash.there import There, check, chip_id

RECORDS = ("/lilong/boot.0", "/lilong/boot.1")
FIRMWARE = Path(boot.__file__).parent


def there_with(files=None, **changes):
    files = files or {}
    told = {
        "machine": "Generic ESP32C3 module with ESP32C3", "platform": "esp32", "version": (1, 29, 0), "mpy": 0x0B06,
        "free": 500_000, "block": 4096, "records": tuple(files.get(path, b"") for path in RECORDS),
        "files": {path: hashlib.sha256(data).hexdigest() for path, data in files.items()},
    }  # fmt: skip
    return There(**{**told, **changes})


class Shelf:
    """The slots of a board whose files are a dictionary."""

    def __init__(self, files):
        self.files = files

    def record(self, at):
        return self.files.get(RECORDS[at], b"")

    def keep(self, at, data):
        self.files[RECORDS[at]] = data

    def read(self, slot, offset, size):
        if ("/lilong/a", "/lilong/b")[slot] not in self.files:
            raise OSError(2)
        return self.files[("/lilong/a", "/lilong/b")[slot]][offset : offset + size]


def runs(files):
    """The bundle that a board with these files starts."""
    slot = Slots(Shelf(dict(files))).boot(False)
    return None if slot == NONE else files[("/lilong/a", "/lilong/b")[slot]]


def flashed(files, data, more):
    """The files after each step of putting a plan into place, the last of them all done."""
    states = [dict(files)]
    for path, content in make(there_with(files), data, more).puts.items():
        states.append({**states[-1], path: content})
    return states


def test_wherever_putting_into_place_stops_the_old_bundle_or_the_new_one_runs():
    files = {}
    old = None
    for number in range(6):
        new = online(number)
        states = flashed(files, new, beside(b"starter", version=str(number)))
        for state in states:
            assert runs(state) in (old, new)
        assert runs(states[-1]) == new
        config = files.get("/lilong/device.json")
        assert all(runs(state) == new for state in states if state.get("/lilong/device.json") != config)
        files, old = states[-1], new


def test_a_bundle_that_is_in_effect_is_not_copied_and_a_staged_update_ends():
    files = flashed({}, online(), beside(b"s"))[-1]
    assert not make(there_with(files), online(), beside(b"s")).changes
    slots = Slots(Shelf(files))
    slots.clear()
    files["/lilong/a"] = bundle("update")
    slots.stage(9, len(files["/lilong/a"]), hashlib.sha256(files["/lilong/a"]).digest())
    assert runs(files) == files["/lilong/a"]
    plan = make(there_with(files), online(), beside(b"s"))
    assert [path for path in plan.puts if path not in RECORDS] == []
    assert runs(flashed(files, online(), beside(b"s"))[-1]) == online()


def test_a_bundle_with_a_rotten_byte_is_copied_anew():
    files = flashed({}, online(), beside(b"s"))[-1]
    files["/lilong/b"] = files["/lilong/b"][:-1] + b"?"
    assert runs(flashed(files, online(), beside(b"s"))[-1]) == online()


def test_downgrades_over_the_air_stay_refused_after_a_flash():
    files = flashed({}, online(1), beside(b"s"))[-1]
    slots = Slots(Shelf(files))
    slots.boot(False)
    slots.clear()
    slots.stage(41, 1, bytes(32))
    slots.running = slots.trial
    slots.confirm()
    assert Slots(Shelf(flashed(files, online(2), beside(b"s"))[-1])).newest == 41


@pytest.mark.parametrize(
    ("machine", "chip"),
    [
        ("Generic ESP32 module with ESP32", "esp32"),
        ("Generic ESP32C3 module with ESP32C3", "esp32c3"),
        ("Generic ESP32S3 module with Octal-SPIRAM with ESP32S3", "esp32s3"),
        ("Raspberry Pi Pico W with RP2040", "rp2040"),
        ("Raspberry Pi Pico 2 W with RP2350", "rp2350"),
        ("linux [GCC 14.2.1] version", "linux [gcc 14.2.1] version"),
    ],
)
def test_a_board_says_its_chip_last(machine, chip):
    assert chip_id(machine) == chip


def test_a_micropython_that_cannot_run_it_is_refused():
    board = open_board("esp32_c3")
    check(there_with(), board, "port")
    with pytest.raises(FlashError, match=r"port: MicroPython 1.19.1 is too old; write 1.25 or newer"):
        check(there_with(version=(1, 19, 1)), board, "port")
    with pytest.raises(FlashError, match=r"takes .mpy files of version 7, and these are of 6"):
        check(there_with(mpy=0x0B07), board, "port")


def test_what_is_over_its_ceiling_is_not_flashed():
    board = open_board("esp32_c3")
    ceiling = budget.load(board).bundle["smoke"]
    rows = budget.rows(board, "smoke", Contents(bytes(ceiling + 10), {}, {}))
    with pytest.raises(FlashError, match=r"budget.toml: bundle of smoke has [\d,]+ bytes, 10 over its ceiling; shrink"):
        budget.hold(board.file.parent, rows)
    with pytest.raises(FlashError, match=r"bundle.door: is missing; set a ceiling"):
        budget.rows(board, "door", Contents(b"", {}, {}))


def test_a_configuration_goes_with_the_files_that_it_names(tmp_path):
    settings = read(configuration(tmp_path, tls={"ca": "record"}), "esp32_c3", "smoke")
    assert list(settings.files) == ["/lilong/data.record", "/lilong/tls.ca", "/lilong/device.json"]
    assert settings.broker == "127.0.0.1:1883 (TLS)"
    assert "1111" not in repr(settings)
    with pytest.raises(FlashError, match=r'"data": "record": .*nowhere cannot be read \(No such file'):
        read(configuration(tmp_path, data={"record": "nowhere"}), "esp32_c3", "smoke")


def test_a_configuration_as_it_was_provisioned_has_the_boards_paths_and_its_files_beside_it(tmp_path):
    there = configuration(tmp_path, data={"card_key": "/lilong/data.card_key"}, tls={"ca": "/lilong/ca.der"})
    (tmp_path / "data.card_key").write_bytes(b"k")
    (tmp_path / "ca.der").write_bytes(b"c")
    settings = read(there, "esp32_c3", "smoke")
    assert {path: data for path, data in settings.files.items() if path != CONFIG} == {
        "/lilong/data.card_key": b"k", "/lilong/ca.der": b"c",
    }  # fmt: skip
    assert settings.networks == ["estate"]
    with pytest.raises(FlashError, match='"board" is pico_w, and --board esp32_c3; they must be alike'):
        read(configuration(tmp_path, board="pico_w"), "esp32_c3", "smoke")


def test_the_public_key_of_simulations_never_gets_onto_hardware(tmp_path):
    root = device_root(simulation_key("music_plaza"), "music_plaza", "a4cf12fffe0b3c5d")
    with pytest.raises(FlashError, match="its root follows from the key of simulations, which is public"):
        read(configuration(tmp_path, root=root.hex()), "esp32_c3", "smoke")


def chip_image(folder, chip_number):
    """The smallest image of a chip: header, extended header, one segment, checksum."""
    head = struct.pack("<BBBBI", 0xE9, 1, 0, 0, 0x40380000)
    more = struct.pack("<BBBBHBHH4xB", 0xEE, 0, 0, 0, chip_number, 0, 0, 9900, 0)
    data = head + more + struct.pack("<II", 0x3FC80000, 16) + bytes(16)
    path = folder / f"{chip_number}.bin"
    path.write_bytes(data + bytes(15 - len(data) % 16) + b"\xef")
    return path


def test_an_image_for_another_chip_is_refused_before_anything_is_erased(tmp_path):
    pytest.importorskip("esptool")
    said = []
    bare.write("esp32c3", "port", chip_image(tmp_path, 5), said.append, dry_run=True)
    assert said == [f"would write {tmp_path}/5.bin at 0x0"]
    with pytest.raises(FlashError, match=r"9.bin: for esp32s3, and the board has esp32c3"):
        bare.write("esp32c3", "port", chip_image(tmp_path, 9), said.append)
    (tmp_path / "text.bin").write_text("no image at all")
    with pytest.raises(FlashError, match=r"text.bin: no image of an ESP32: "):
        bare.write("esp32c3", "port", tmp_path / "text.bin", said.append)
    with pytest.raises(FlashError, match=r"hold BOOTSEL, plug it in"):
        bare.write("rp2040", "port", tmp_path / "text.bin", said.append)


def test_a_dry_run_with_an_image_touches_no_board(tmp_path):
    pytest.importorskip("esptool")
    port = tmp_path / "port"
    port.touch()
    words = ("flash", "--board", "esp32_c3", "--kind", "smoke", "--port", port, "--config", configuration(tmp_path))
    done = run_lilong(*words, "--firmware", chip_image(tmp_path, 5), "--dry-run")
    assert done.code == 0, done.err
    assert done.out.splitlines()[-2:] == [
        f"would write {tmp_path}/5.bin at 0x0", "a bare chip has nothing yet: all of the above would be new",
    ]  # fmt: skip


def test_a_bare_chip_that_does_not_answer_is_said(tmp_path):
    pytest.importorskip("esptool")
    with pytest.raises(FlashError, match=r"port: esptool could not write: "):
        bare.write("esp32c3", str(tmp_path / "port"), chip_image(tmp_path, 5), lambda _: None)


def test_main_py_goes_onto_a_board_without_what_is_for_people():
    text = '"""For people."""\n\nimport sys  # of the board\n\nprint("starts")\n'
    assert contents.without_words(text) == "import sys\nprint('starts')\n"
    assert contents.without_words("import sys\n") == "import sys\n"


def test_firmware_asks_for_no_private_name_of_the_slots_whose_module_is_built_apart_with_other_words_for_them():
    starting = {FIRMWARE.parent / path for path in contents.STARTING}
    asked = {
        node.attr
        for path in {*FIRMWARE.glob("*.py"), *(FIRMWARE.parents[1] / "boards" / "common").glob("*.py")} - starting
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and ast.unparse(node.value).rpartition(".")[2].strip("_") == "slots"
    }
    assert {"running", "trial", "left", "kept"} <= asked
    assert not {name for name in asked if name.startswith("_")}
