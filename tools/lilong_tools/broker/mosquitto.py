"""Runs mosquitto for the length of a demo or a test, set up to lose no alarm."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import socket
import tempfile
import time
from pathlib import Path

from lilong_tools.broker.errors import BrokerError
from lilong_tools.broker.limits import raise_file_limit
from lilong_tools.broker.probe import probe

START_TIMEOUT_S = 10
STOP_TIMEOUT_S = 5

# mosquitto's defaults lose alarms silently: 20 in flight and 1,000 queued a client, the rest is acknowledged and gone.
CONFIG = """\
listener {port} 127.0.0.1
allow_anonymous true
max_queued_messages 200000
max_inflight_messages 0
set_tcp_nodelay true
persistence false
log_dest file {log}
log_type error
log_type warning
log_type notice
log_type information
connection_messages false
"""


def find_mosquitto() -> Path | None:
    """The mosquitto of PATH, or of the folders where distributions put it."""
    folders = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin", "/opt/homebrew/sbin"])
    found = shutil.which("mosquitto", path=folders)
    return Path(found) if found else None


class Mosquitto:
    """`async with Mosquitto() as broker`: one mosquitto on 127.0.0.1 and `broker.port`, stopped when the block ends.

    `port` 0 is any free one. `pid` is there for tests that stop and continue the process.
    """

    kind = "mosquitto"
    host = "127.0.0.1"

    def __init__(self, port: int = 0, binary: Path | None = None) -> None:
        self.port = port
        self.version = "version unknown"
        self._binary = binary
        self._process: asyncio.subprocess.Process | None = None
        self._folder: Path | None = None

    async def __aenter__(self) -> Mosquitto:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    @property
    def pid(self) -> int:
        if self._process is None:
            raise BrokerError("mosquitto is not running: start it first")
        return self._process.pid

    def describe(self) -> str:
        return f"{self.version} at {self.host}:{self.port}"

    def log(self) -> str:
        """What mosquitto has written, on its log and before it had one."""
        if self._folder is None:
            return ""
        files = [self._folder / "mosquitto.log", self._folder / "stderr.txt"]
        return "".join(file.read_text(errors="replace") for file in files if file.exists())

    async def start(self) -> None:
        binary = self._binary or find_mosquitto()
        if binary is None:
            raise BrokerError("mosquitto is not installed: install it (Debian: apt install mosquitto), or do without")
        raise_file_limit()
        any_port = self.port == 0
        for attempt in range(3):  # a free port may be taken between our look and mosquitto's
            self.port = _free_port(0 if any_port else self.port)
            try:
                await self._start_once(binary)
                return
            except BaseException as error:
                await self.stop()
                if not (isinstance(error, BrokerError) and any_port and attempt < 2):
                    raise

    async def _start_once(self, binary: Path) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="lilong-mosquitto-"))
        config = self._folder / "mosquitto.conf"
        text = CONFIG.format(port=self.port, log=self._folder / "mosquitto.log")
        if os.geteuid() == 0:
            text += "user root\n"  # else it becomes a user who cannot write the log
        config.write_text(text)
        with (self._folder / "stderr.txt").open("wb") as errors:
            try:
                self._process = await asyncio.create_subprocess_exec(
                    binary, "-c", config, stdin=asyncio.subprocess.DEVNULL, stdout=errors, stderr=errors,
                    start_new_session=True,
                )  # fmt: skip
            except OSError as error:
                raise BrokerError(f"cannot run {binary}: {error.strerror}") from None
        give_up_at = time.monotonic() + START_TIMEOUT_S
        while True:
            try:
                self.version = await probe(self.host, self.port, timeout_s=START_TIMEOUT_S)
            except BrokerError as error:
                reason = str(error)
            else:
                if self._process.returncode is None:
                    return
                reason = "another program answers on its port"
            if self._process.returncode is not None:
                raise BrokerError(
                    f"mosquitto ended with code {self._process.returncode} at {self.host}:{self.port} ({reason}); "
                    f"its log:\n{self.log().strip() or '(empty)'}"
                )
            if time.monotonic() > give_up_at:
                raise BrokerError(
                    f"mosquitto did not accept connections at {self.host}:{self.port} within {START_TIMEOUT_S} s "
                    f"({reason}); its log:\n{self.log().strip() or '(empty)'}"
                )
            await asyncio.sleep(0.02)

    async def stop(self) -> None:
        """SIGTERM, SIGKILL if that is not heeded, and its folder removed."""
        process, self._process = self._process, None
        if process is not None and process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGCONT)  # a test may have stopped it
                process.terminate()
            try:
                await asyncio.wait_for(process.wait(), STOP_TIMEOUT_S)
            except TimeoutError:
                process.kill()
                await process.wait()
        folder, self._folder = self._folder, None
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)


def _free_port(port: int) -> int:
    """`port` if it is free, any free one for 0."""
    with socket.socket() as probing:
        probing.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probing.bind(("127.0.0.1", port))
        except OSError as error:
            raise BrokerError(
                f"mosquitto cannot listen on 127.0.0.1:{port} ({error.strerror}): "
                "stop what holds the port, or give another"
            ) from None
        free: int = probing.getsockname()[1]
        return free
