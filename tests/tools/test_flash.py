"""`lilong flash` with the real mpremote and a real MicroPython at a serial port."""

import json
import re
import tempfile
from pathlib import Path

import pytest
from commands import embedded_broker, run_lilong
from flash_case import DEVICE, ENDS, SILENT, beside, bundle, configuration, online
from lilong_tools.boards import open_board
from lilong_tools.flash import contents, seen
from lilong_tools.flash.deploy import deploy
from lilong_tools.flash.errors import FlashError
from lilong_tools.flash.plan import make
from lilong_tools.flash.remote import Remote
from lilong_tools.flash.there import check, look
from virtual_board import VirtualBoard


@pytest.fixture(scope="module")
def starter():
    with tempfile.TemporaryDirectory() as folder:
        return contents.starter(Path(folder))


def flash(remote, data, files):
    there = look(remote, ("/main.py",))
    plan = make(there, data, files)
    if plan.changes:
        deploy(remote, plan, there, lambda _: None)
    return plan


def said_online(board):
    return re.findall(rb"online, connection (\d)", board.said)


@pytest.mark.long
def test_a_whole_device_is_flashed_restarted_and_its_birth_is_shown(tmp_path):
    with embedded_broker() as (_, url), VirtualBoard(tmp_path) as board:
        config = configuration(tmp_path, int(url.rpartition(":")[2]))
        words = ("flash", "--board", "esp32_c3", "--kind", "smoke", "--port", board.port, "--config", config)
        dry = run_lilong(*words, "--dry-run")
        assert dry.code == 0, dry.err
        assert re.search(r"^new +/lilong/b \([\d,]+ bytes\)$", dry.out, re.MULTILINE)
        assert board.files() == {}
        done = run_lilong(*words, "--broker", url)
        assert done.code == 0, done.err
        assert "all hashes are right" in done.out
        assert re.search(rf"^birth .* sealed by its key\n\S+ ok +{DEVICE} smoke .* birth", done.out, re.MULTILINE)
        assert "11111111" not in done.out + done.err
        assert "secret of the Wi-Fi" not in done.out + done.err
        there = board.json("/lilong/device.json")
        assert there["data"] == {"record": "/lilong/data.record"}
        assert there["store"] == "/lilong/store"
        again = run_lilong(*words)
        assert again.code == 0, again.err
        assert "nothing has to change" in again.out
        assert "copies" not in again.out
        assert re.search(r"^online [\d.]+ s after the restart$", again.out, re.MULTILINE)


def test_only_what_changed_is_copied_what_is_not_ours_goes_from_our_folder_and_from_nowhere_else(tmp_path, starter):
    with VirtualBoard(tmp_path) as board:
        board.write("/lilong/data.old", b"of another kind")
        board.write("/lilong/b.new", b"half of something")
        board.write("/notes.txt", b"the maker's")
        board.write("/lilong/store/boot", b"7")
        remote = Remote(board.port)
        flash(remote, online(), beside(starter))
        plan = flash(remote, online(), beside(starter, host="another.example"))
        assert list(plan.puts) == ["/lilong/device.json"]
        assert set(board.files()) == {
            "/lilong/b", "/lilong/boot.0", "/lilong/device.json", "/lilong/lilong_boot.mpy", "/lilong/store/boot",
            "/main.py", "/notes.txt",
        }  # fmt: skip
        assert board.json("/lilong/device.json")["host"] == "another.example"


def test_a_new_bundle_goes_into_the_other_slot_and_runs(tmp_path, starter):
    with VirtualBoard(tmp_path) as board:
        remote = Remote(board.port)
        flash(remote, online(1), beside(starter))
        seen.on_console(remote, 30, lambda _: None)
        plan = flash(remote, online(2), beside(starter))
        assert plan.slot == "a"
        lines = []
        seen.on_console(remote, 30, lines.append)
        assert lines[-2:] == ["lilong: runs /lilong/a", "lilong: online, connection 2"]
        assert flash(remote, online(1), beside(starter)).puts.keys() == {"/lilong/boot.1"}
        seen.on_console(remote, 30, lambda _: None)
        assert said_online(board) == [b"1", b"2", b"1"]


@pytest.mark.parametrize("after", [300, 3_000])
def test_a_cable_that_is_pulled_leaves_what_ran_before(tmp_path, starter, after):
    with VirtualBoard(tmp_path) as board:
        remote = Remote(board.port)
        flash(remote, online(1), beside(starter))
        there = look(remote, ("/main.py",))
        before = board.files()
        plan = make(there, bundle("#" * 20_000), beside(starter, host="another.example"))
        board.unplug_after = board.taken + after
        with pytest.raises(FlashError, match=r"the board has gone during .*; what ran before still runs"):
            deploy(remote, plan, there, lambda _: None)
    after_all = board.files()
    assert {path: after_all[path] for path in before} == before
    assert all(path.endswith(".new") for path in after_all.keys() - before.keys())
    with VirtualBoard(tmp_path) as board:
        remote = Remote(board.port)
        remote.run("")
        seen.on_console(remote, 30, lambda _: None)
        assert said_online(board)[-1] == b"1"
        flash(remote, online(3), beside(starter))
        assert not [path for path in board.files() if path.endswith(".new")]


def test_too_little_space_is_said_before_anything_is_written(tmp_path, starter):
    with VirtualBoard(tmp_path, blocks=10) as board:
        with pytest.raises(FlashError, match=r"no space: 5\d KiB are needed and 40 free"):
            flash(Remote(board.port), online(), beside(starter))
        assert board.files() == {}


LITTLEFS = """
class _Ram:
    def __init__(self):
        self.data = bytearray(16 * 4096)
    def readblocks(self, block, buffer, offset=0):
        at = block * 4096 + offset
        buffer[:] = memoryview(self.data)[at:at + len(buffer)]
    def writeblocks(self, block, buffer, offset=0):
        at = block * 4096 + offset
        self.data[at:at + len(buffer)] = buffer
    def ioctl(self, op, argument):
        return {4: 16, 5: 4096}.get(op, 0)
_ram = _Ram()
vfs.VfsLfs2.mkfs(_ram)
vfs.umount("/")
vfs.mount(vfs.VfsLfs2(_ram), "/")
vfs.mount(vfs.VfsPosix(ROOT + "/.models"), "/.models")
os.chdir("/")
"""


def test_a_file_system_that_is_full_after_all_is_told_and_nothing_half_stays(tmp_path, starter):
    """Real LittleFS of 64 KiB, on a board that says it has more."""
    more = f"ROOT = {str(tmp_path / 'root')!r}\n{LITTLEFS}"
    with VirtualBoard(tmp_path, more=more) as board:
        remote = Remote(board.port)
        there = look(remote, ())
        plan = make(there, bundle("#" * 80_000), beside(starter))
        with pytest.raises(FlashError, match=r"copying /lilong/b.new: no space left on the board"):
            deploy(remote, plan, there, lambda _: None)
        assert remote.run("import os; print(os.listdir('/lilong'))").strip() == "[]"


def test_a_board_of_another_chip_is_refused_by_name(tmp_path):
    with VirtualBoard(tmp_path, chip="rp2040") as board:
        remote = Remote(board.port)
        with pytest.raises(FlashError, match=r"this is Raspberry Pi Pico W with RP2040, and esp32_c3 has ESP32-C3"):
            check(look(remote, ()), open_board("esp32_c3"), board.port)


def test_a_device_that_ends_at_its_start_is_told_with_its_last_words(tmp_path, starter):
    with VirtualBoard(tmp_path) as board:
        remote = Remote(board.port)
        flash(remote, bundle(ENDS), beside(starter))
        with pytest.raises(FlashError, match=r"ends at its start:(.|\n)*ValueError: no such sensor"):
            seen.on_console(remote, 30, lambda _: None)


def test_a_device_that_never_comes_online_is_told_after_the_wait(tmp_path, starter):
    with VirtualBoard(tmp_path) as board:
        remote = Remote(board.port)
        flash(remote, bundle(SILENT), beside(starter))
        with pytest.raises(FlashError, match=r"not online in 5 s; look at its Wi-Fi(.|\n)*lilong: runs /lilong/b"):
            seen.on_console(remote, 5, lambda _: None)


def test_a_port_that_is_not_there_or_not_ours_is_said_with_what_to_do(tmp_path, monkeypatch):
    with pytest.raises(FlashError, match=r"ttyUSB9: no such port"):
        Remote(str(tmp_path / "ttyUSB9")).look()
    port = tmp_path / "port"
    port.touch()
    monkeypatch.setattr("os.access", lambda *_: False)
    with pytest.raises(FlashError, match=r"no permission; join its group with `sudo usermod -aG \w+ \$USER`"):
        Remote(str(port)).look()


def test_a_port_where_nobody_answers_is_said(tmp_path):
    with VirtualBoard(tmp_path) as board:
        board.deaf = True
        with pytest.raises(FlashError, match="no MicroPython answers; is this the port"):
            Remote(board.port).run("print(1)")


def test_a_configuration_that_is_not_for_this_kind_never_reaches_a_board(tmp_path):
    config = configuration(tmp_path)
    done = run_lilong("flash", "--board", "esp32_c3", "--kind", "gas", "--port", tmp_path, "--config", config)
    assert done.code == 2
    assert json.loads(config.read_text())["kind"] == "smoke"
    assert '"kind" is smoke, and --kind gas' in done.err
