"""A board on a pty: a real MicroPython at a serial port, with a file system of its own and modelled peripherals.

The pty outlives the interpreter, as a USB bridge does: Ctrl-D, `machine.reset()` and a crash start another one, which
runs boot.py and, unless it is in the raw REPL, main.py.
"""

import contextlib
import json
import os
import pty
import select
import shutil
import signal
import termios
import threading
import tty
from pathlib import Path
from typing import Any, Self

from micropython import find_micropython

TESTS = Path(__file__).parents[1]
STAND_INS = Path(__file__).parent / "on_a_board"
MOST_WAITING = 1 << 16
UP = b"\x05"  # an interpreter is there and has its file system: Ctrl-C to what starts it would be lost, or be its end
MACHINES = {
    "esp32c3": "Generic ESP32C3 module with ESP32C3",
    "esp32": "Generic ESP32 module with ESP32",
    "rp2040": "Raspberry Pi Pico W with RP2040",
}

# The interpreter's prelude. `os` is the board's: it has uname, and the size of a flash.
PRELUDE = """
import vfs, os, sys
vfs.umount("/")
vfs.mount(vfs.VfsPosix({root!r}), "/")
os.chdir("/")
sys.path[:] = ["", ".frozen", "/lib", "/.models"]
{more}
def _run(name):
    try:
        os.stat(name)
    except OSError:
        return
    try:
        execfile(name)
    except Exception as error:
        sys.print_exception(error)
sys.stdout.write({up!r})
_run("boot.py")
if {starts}:
    _run("main.py")
"""
OS = """
from uos import *
import uos
class _Uname:
    machine = {machine!r}
def uname():
    return _Uname
_whole = __import__("vfs").VfsPosix()
def rename(old, new):  # a VfsPosix with a root of its own renames a file to itself; a command would swallow Ctrl-C
    _whole.rename("{root}" + old, "{root}" + new)
def statvfs(path):
    there = uos.statvfs("/")
    return (4096, 4096, {blocks}, {blocks}, {blocks}, 0, 0, 0, 0, 255)
"""

# What ports/rp2/modules/_boot.py does, with the flash of on_a_board/rp2.py; `os` is MicroPython's own.
BOOT_RP2 = """
import umachine
vfs.umount("/")
vfs.mount(vfs.VfsPosix({models!r}), "/.models")
import rp2
bdev = rp2.Flash()
try:
    fs = vfs.VfsLfs2(bdev, progsize=256)
except OSError:
    vfs.VfsLfs2.mkfs(bdev, progsize=256)
    fs = vfs.VfsLfs2(bdev, progsize=256)
vfs.mount(fs, "/")
del bdev, fs
os.chdir("/")
"""
OS_RP2 = """
from uos import *
class _Uname:
    machine = {machine!r}
def uname():
    return _Uname
"""


class VirtualBoard:
    """`with VirtualBoard(folder) as board`: `board.port` is its serial port, `board.root` its file system.

    chip: what it says it is. blocks: of 4 KiB that it says are free. heap: of the interpreter. more: statements of its
    prelude. flash_kib: its file system is LittleFS on so much flash of an rp2, `root` only has what is around it.
    scene: what is around it (on_a_board/machine.py). unplug_after: the port goes away once so many bytes have been
    `taken`. deaf: nothing reaches the board.
    """

    def __init__(
        self,
        folder: Path,
        chip: str = "esp32c3",
        heap: str = "512k",
        blocks: int = 128,
        more: str = "",
        scene: Any = None,
        flash_kib: int = 0,
    ) -> None:
        self.root = folder / "root"
        self.port = str(folder / "port")
        self.unplug_after: int | None = None
        self.taken = 0
        self.deaf = False
        self.said = b""
        self._more = more
        self._heap = heap
        self._micropython = find_micropython()
        self._stop, self._stopped = os.pipe()
        self._thread = threading.Thread(target=self._serve)
        models = self.root / ".models"
        models.mkdir(parents=True, exist_ok=True)
        shutil.copytree(TESTS / "chips", models / "chips", dirs_exist_ok=True)
        shutil.copytree(STAND_INS, models, dirs_exist_ok=True)
        shutil.copyfile(TESTS / "tools" / "models" / "machine.py", models / "board_models.py")
        (models / "scene.json").write_text(json.dumps(scene or {}))
        text = OS_RP2 if flash_kib else OS
        (models / "os.py").write_text(text.format(machine=MACHINES[chip], blocks=blocks, root=self.root))
        self.flash = models / "flash.bin"
        if flash_kib:
            self._more = BOOT_RP2.format(models=str(models)) + more
            if not self.flash.exists():
                self.flash.write_bytes(b"\xff" * (flash_kib << 10))

    def __enter__(self) -> Self:
        self._master, self._slave = pty.openpty()
        tty.setraw(self._slave)
        Path(self.port).symlink_to(os.ttyname(self._slave))
        self._pid, self._console = self._start(raw=False)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._stopped)
        self._thread.join()
        os.close(self._stop)

    def write(self, path: str, data: bytes) -> None:
        (self.root / path.lstrip("/")).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path.lstrip("/")).write_bytes(data)

    def files(self) -> dict[str, bytes]:
        """All that is on it but the stand-ins."""
        return {
            f"/{path.relative_to(self.root)}": path.read_bytes()
            for path in sorted(self.root.rglob("*"))
            if path.is_file() and ".models" not in path.parts
        }

    def json(self, path: str) -> Any:
        return json.loads(self.files()[path])

    # ---- inside

    def _start(self, raw: bool) -> tuple[int, int]:
        prelude = PRELUDE.format(root=str(self.root), starts=not raw, more=self._more, up=UP.decode())
        command = [self._micropython, "-X", f"heapsize={self._heap}", "-i", "-c", prelude]
        pid, console = pty.fork()
        if not pid:
            try:
                os.chdir(self.root)
                os.execv(command[0], command)
            finally:
                os._exit(127)
        tty.setraw(console)
        modes = termios.tcgetattr(console)
        modes[3] |= termios.ISIG  # Ctrl-C interrupts what runs; at its prompt the REPL takes it as a character
        termios.tcsetattr(console, termios.TCSANOW, modes)
        self._up = False
        return pid, console

    def _serve(self) -> None:
        raw = False
        plugged = True
        waiting = b""  # for whoever reads the port, who may be slow or nobody
        held = b""  # for an interpreter that is not up yet
        os.set_blocking(self._master, False)
        while True:
            wanted = [self._stop, self._console, *([self._master] if plugged else [])]
            ready, writable, _ = select.select(wanted, [self._master] if plugged and waiting else [], [])
            if self._stop in ready:
                break
            if writable:
                waiting = waiting[os.write(self._master, waiting) :]
            if plugged and self._master in ready:
                data = os.read(self._master, 4096)
                self.taken += len(data)
                if self.deaf:
                    continue
                if self.unplug_after is not None and self.taken > self.unplug_after:
                    plugged = False
                    self._unplug()
                    continue
                enters, leaves = data.rfind(b"\x01"), data.rfind(b"\x02")
                if enters != leaves and len(data) < 8:
                    raw = enters > leaves
                if self._up:
                    os.write(self._console, data)
                else:
                    held += data
            if self._console in ready:
                try:
                    data = os.read(self._console, 4096)
                except OSError:
                    data = b""
                if not data:
                    os.waitpid(self._pid, 0)
                    os.close(self._console)
                    data = b"MPY: soft reboot\r\n"
                    self._pid, self._console = self._start(raw)
                    held = b"\x01" if raw else b""
                elif not self._up and UP in data:
                    self._up = True
                    os.write(self._console, held)
                    data = data.replace(UP, b"", 1)
                self.said += data
                waiting = (waiting + data)[-MOST_WAITING:]
        os.kill(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)
        os.close(self._console)
        if plugged:
            self._unplug()

    def _unplug(self) -> None:
        with contextlib.suppress(FileNotFoundError):
            Path(self.port).unlink()
        os.close(self._slave)
        os.close(self._master)
