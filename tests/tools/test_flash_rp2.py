"""An rp2 with MicroPython's own image: its flash divided by `lilong flash`. Real LittleFS, flash of real geometry."""

import json
import re
from pathlib import Path

import pytest
from commands import embedded_broker, run_lilong
from flash_case import DEVICE, beside, configuration, online
from lilong_tools.boards import open_board
from lilong_tools.flash import contents, divide, seen
from lilong_tools.flash.deploy import deploy
from lilong_tools.flash.plan import make
from lilong_tools.flash.remote import Remote
from lilong_tools.flash.there import look
from virtual_board import VirtualBoard

PICO = open_board("pico_w")
KIB = PICO.flash.layout["files_kib"]
ALARMS = PICO.flash.layout["alarms_kib"] << 10
ROOT = 8 << 10
VOLUMES = """
import sys
sys.path.append("/.models/common")
import volumes
found = [volumes.Volume(region) for region in volumes._of_rp2()]
def records():
    from lilong_firmware.mirror import Mirror
    return Mirror(found)
"""


def pico(folder: Path, **changes: object) -> VirtualBoard:
    board = VirtualBoard(folder, "rp2040", flash_kib=KIB, **changes)
    models = folder / "root" / ".models"
    for name, source in (("common", contents.image.common_folder()), ("lilong_firmware", FIRMWARE)):
        if not (models / name).exists():
            (models / name).symlink_to(source)
    return board


FIRMWARE = Path(contents.boot.__file__).parent


def listing(remote: Remote) -> list[str]:
    """What is in its file system, without what is mounted there."""
    names = json.loads(remote.run("import os, json; print(json.dumps(sorted(os.listdir('/'))))"))
    return [name for name in names if name not in (".models", "rom")]


def divided(remote: Remote) -> divide.Division:
    return divide.look(remote, PICO)


def test_an_empty_pico_is_divided_flashed_and_online_and_found_again_after_a_restart(tmp_path):
    with embedded_broker() as (_, url), pico(tmp_path) as board:
        config = configuration(tmp_path, int(url.rpartition(":")[2]))
        words = ("flash", "--board", "pico_w", "--kind", "smoke", "--port", board.port, "--config", config)
        dry = run_lilong(*words, "--dry-run")
        assert dry.code == 0, dry.out + dry.err
        assert "flash    empty: to be divided, so that the alarms are kept twice" in dry.out
        assert listing(Remote(board.port)) == []
        done = run_lilong(*words, "--broker", url, seconds=150)
        assert done.code == 0, done.out + done.err + board.said.decode(errors="replace")
        assert f"{DEVICE} smoke" in done.out
        again = run_lilong(*words, seconds=150)
        assert again.code == 0, again.out + again.err
        assert "flash    divided: the alarms are kept twice" in again.out
        assert "nothing has to change" in again.out
        remote = Remote(board.port)
        assert listing(remote) == ["lilong", "main.py"]
        with board.flash.open("rb") as file:
            root = file.read(ROOT)
        assert root.count(b"rp2.Flash(start=8192") >= 1


def test_alarms_have_two_volumes_that_survive_the_loss_of_either_and_of_the_files(tmp_path):
    with pico(tmp_path) as board:
        remote = Remote(board.port)
        divide.divide(remote, divided(remote))
        said = remote.run(VOLUMES + "records().put('o1', b'fire' * 20)\nprint(len(found))")
        assert said.split() == ["2"]
    whole = board.flash.read_bytes()
    for start, size in ((len(whole) - ALARMS, ALARMS // 2), (len(whole) - ALARMS // 2, ALARMS // 2), (ROOT, 8 << 10)):
        board.flash.write_bytes(whole[:start] + bytes(size) + whole[start + size :])
        with pico(tmp_path) as again:
            remote = Remote(again.port)
            there = divided(remote)
            if there.wanted:
                divide.divide(remote, there)
            assert "True" in remote.run(VOLUMES + "print(records().items() == [('o1', b'fire' * 20)])")


def test_files_never_lie_where_the_alarms_are_nor_alarms_among_the_files(tmp_path):
    with pico(tmp_path) as board:
        remote = Remote(board.port)
        there = divided(remote)
        divide.divide(remote, there)
        before = board.flash.read_bytes()
        fill = """
import os
data = bytes(range(256)) * 16
try:
    for at in range(1000):
        with open("/%d" % at, "wb") as file:
            file.write(data)
except OSError as error:
    print(error.errno)
"""
        assert remote.run(fill, 120).split() == ["28"]
        full = board.flash.read_bytes()
        end = there.start + there.size
        assert full[:ROOT] == before[:ROOT]
        assert full[end:] == before[end:]
        remote.run(VOLUMES + "records().put('o1', b'fire')")
        assert board.flash.read_bytes()[:end] == full[:end]


def test_a_power_cut_at_any_write_leaves_a_flash_that_is_empty_or_divided(tmp_path):
    """The image formats what it cannot mount: never with the alarms in it."""
    with pico(tmp_path) as board:
        remote = Remote(board.port)
        there = divided(remote)
        cut = f"""
import rp2
left = [CUT]
write, erase = rp2.Flash.writeblocks, rp2.Flash._erase
def gone(function):
    def done(*given):
        left[0] -= 1
        if left[0] < 0:
            raise OSError(5)
        return function(*given)
    return done
rp2.Flash.writeblocks, rp2.Flash._erase = gone(write), gone(erase)
START, SIZE, FINDER = {there.start}, {there.size}, {divide.FINDER.format(start=there.start, size=there.size)!r}
try:
    exec({divide.DIVIDE!r})
    print("done")
except OSError:
    print("cut")
"""
        blank = b"\xff" * (KIB << 10)
        outcomes = []
        for at in range(40):
            board.flash.write_bytes(blank)
            done = Remote(board.port).run(cut.replace("CUT", str(at))).split()[-1]
            after = divided(Remote(board.port))
            outcomes.append((done, after.wanted))
            assert after.wanted or after.says.startswith("divided")
            if done == "done":
                break
        assert outcomes[-1] == ("done", False)
        assert len(outcomes) > 5


def test_a_pico_in_service_keeps_its_one_file_system_and_all_that_is_on_it(tmp_path):
    with pico(tmp_path) as board:
        remote = Remote(board.port)
        remote.run("import os; os.mkdir('/lilong'); open('/lilong/device.json', 'w').close(); open('/x', 'w').close()")
        there = divided(remote)
        assert not there.wanted
        assert there.says.startswith("whole, with lilong, x on it: the alarms are kept once.")
        starter = contents.starter(tmp_path)
        found = look(remote, ("/main.py",))
        deploy(remote, make(found, online(), beside(starter)), found, lambda _: None)
        lines: list[str] = []
        seen.on_console(remote, 30, lines.append)
        assert lines[-1] == "lilong: online, connection 1"
        assert remote.run(VOLUMES + "print(found)").split() == ["[]"]
        assert listing(remote) == ["lilong", "main.py", "x"]


README = (Path(__file__).parents[2] / "boards" / "README.md").read_text(encoding="utf-8")


def test_a_pico_in_service_is_moved_over_as_the_readme_says(tmp_path):
    (emptied,) = re.findall(r'^mpremote connect /dev/ttyACM0 exec "(.*)" reset$', README, re.MULTILINE)
    with pico(tmp_path) as board:
        remote = Remote(board.port)
        remote.run("import os; os.mkdir('/lilong'); open('/main.py', 'w').close()")
        assert divided(remote).says.startswith("whole, with lilong, main.py on it")
        remote.run(emptied)
        assert divided(Remote(board.port)).says.startswith("empty")


def test_an_image_with_less_room_than_the_board_wants_is_refused_by_its_size(tmp_path):
    with VirtualBoard(tmp_path, "rp2040", flash_kib=256) as board, pytest.raises(
        divide.FlashError, match=r"its MicroPython keeps 256 KiB for files, and pico_w wants 848"
    ):
        divide.look(Remote(board.port), PICO)


@pytest.mark.parametrize(
    ("labels", "says"), [("alarm_a alarm_b", "kept twice"), ("", "kept once"), ("alarm_a", "kept once")]
)
def test_an_esp32_says_whether_its_image_has_the_partitions_of_the_alarms(tmp_path, labels, says):
    partition = f"""
class Partition:
    TYPE_DATA = 1
    @staticmethod
    def find(type, label):
        return [label] if label in {labels.split()!r} else []
"""
    with VirtualBoard(tmp_path, "esp32") as board:
        board.write("/.models/esp32.py", partition.encode())
        assert says in divide.look(Remote(board.port), open_board("esp32")).says


def test_the_finder_is_small_enough_to_lie_in_the_roots_own_sectors():
    assert len(divide.FINDER.format(start=ROOT, size=(KIB << 10) - ROOT - ALARMS)) < 512


def test_a_boot_py_of_a_locked_board_runs_from_the_divided_files(tmp_path):
    with pico(tmp_path) as board:
        remote = Remote(board.port)
        divide.divide(remote, divided(remote))
        remote.run("with open('/boot.py', 'w') as file:\n    file.write('LOCKED = 7')")
        assert Remote(board.port).run("print(LOCKED)").split() == ["7"]
