"""The command line as a user has it: a process of its own, its lines as they come, and all that it has started."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

LILONG = Path(sys.executable).with_name("lilong")
SMALL_ESTATE = Path(__file__).parents[1] / "simulator" / "small_estate.toml"
SMALL_TENANT = "lane_house"
PATIENCE_S = 60.0
"""How long anything may take on a machine that is busy with other tests. Not a limit of the product."""


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str


class Process:
    """`with Process(...) as process`: a program whose output is collected while it runs; nothing of it survives."""

    def __init__(self, *command: object, folder: Path | None = None, env: dict[str, str] | None = None) -> None:
        self._process = subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8", cwd=folder,
            env={**os.environ, **(env or {})},
        )  # fmt: skip
        self._news = threading.Condition()
        self._text = {"out": "", "err": ""}
        self._open = 2
        self._readers = [
            threading.Thread(target=self._read, args=(name, stream))
            for name, stream in (("out", self._process.stdout), ("err", self._process.stderr))
        ]
        self.family: dict[int, str] = {}
        for reader in self._readers:
            reader.start()

    def __enter__(self) -> "Process":
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self.remember_family()
            self._process.kill()
        for pid in alive(self.family):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._process.wait()
        for reader in self._readers:
            reader.join()
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            assert stream is not None
            stream.close()

    @property
    def pid(self) -> int:
        return self._process.pid

    def wait_for(self, pattern: str, seconds: float = PATIENCE_S) -> re.Match[str]:
        """The first match in what it has said on stdout; fails when it ends, or the time is over, without one."""
        deadline = time.monotonic() + seconds
        with self._news:
            while (match := re.search(pattern, self._text["out"], re.MULTILINE)) is None:
                left = deadline - time.monotonic()
                if not self._open or left <= 0:
                    raise AssertionError(f"never said {pattern!r}:\n{self._text['out']}\n{self._text['err']}")
                self._news.wait(left)
        return match

    def answer(self, text: str) -> None:
        """Type something."""
        assert self._process.stdin is not None
        self._process.stdin.write(text)
        self._process.stdin.flush()

    def signal(self, number: int) -> None:
        self._process.send_signal(number)

    def end(self, seconds: float = PATIENCE_S) -> Ended:
        """Wait until it has ended by itself."""
        try:
            code = self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"still running after {seconds:g} s:\n{self._text}") from None
        for reader in self._readers:
            reader.join(PATIENCE_S)
        return Ended(code, self._text["out"], self._text["err"])

    def remember_family(self) -> dict[int, str]:
        """The processes that it has started, and theirs: command line by process id; kept in `family`."""
        self.family.update(descendants(self.pid))
        return self.family

    def _read(self, name: str, stream: object) -> None:
        for line in stream:  # type: ignore[attr-defined]
            with self._news:
                self._text[name] += line
                self._news.notify_all()
        with self._news:
            self._open -= 1
            self._news.notify_all()


def lilong(*arguments: object, folder: Path | None = None, env: dict[str, str] | None = None) -> Process:
    """The console script of the environment that runs the tests."""
    return Process(LILONG, *arguments, folder=folder, env=env)


def run_lilong(
    *arguments: object, folder: Path | None = None, env: dict[str, str] | None = None, seconds: float = PATIENCE_S
) -> Ended:
    """The same to its end."""
    with lilong(*arguments, folder=folder, env=env) as process:
        return process.end(seconds)


# ---- processes and ports


def _processes() -> dict[int, tuple[int, str]]:
    """Process id: (parent's id, command line) of all that live."""
    found = {}
    listing = Path("/proc")
    if not (listing / "self" / "stat").exists():
        lines = subprocess.run(["ps", "-A", "-o", "pid=,ppid=,args="], capture_output=True, text=True, check=True)
        for line in lines.stdout.splitlines():
            pid, parent, command = [*line.split(None, 2), ""][:3]
            found[int(pid)] = (int(parent), command)
        return found
    for folder in listing.glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it has ended while we looked
            state, parent = (folder / "stat").read_text().rpartition(")")[2].split()[:2]
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            if state not in "ZX":
                found[int(folder.name)] = (int(parent), command)
    return found


def descendants(pid: int) -> dict[int, str]:
    processes = _processes()
    found: dict[int, str] = {}
    parents = {pid}
    while parents:
        children = {child for child, (parent, _) in processes.items() if parent in parents}
        found.update({child: processes[child][1] for child in children})
        parents = children
    return found


def alive(family: dict[int, str]) -> dict[int, str]:
    """Those of a family that still live; a process id that was given to somebody else does not count."""
    processes = _processes()
    return {pid: command for pid, command in family.items() if processes.get(pid, (0, None))[1] == command}


def that_name(path: Path) -> list[str]:
    """The command lines that mention a path: what outlived its parent is no descendant of it any more."""
    return [command for _, command in _processes().values() if str(path) in command]


def listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 5).close()
    except ConnectionRefusedError:
        return False
    return True


# ---- what a run meets


@contextlib.contextmanager
def embedded_broker() -> Iterator[tuple[Process, str]]:
    """(process, URL) of a broker of the test's own, as a user would run one."""
    with Process(sys.executable, "-m", "lilong_tools.broker.embedded", "--port", 0) as process:
        port = process.wait_for(r"^listening \S+ (\d+)$")[1]
        yield process, f"mqtt://127.0.0.1:{port}"


@contextlib.contextmanager
def centre_of_small_estate(broker: str, folder: Path) -> Iterator[Path]:
    """A management centre that serves the small estate; gives its observed feed."""
    observed = folder / "observed.jsonl"
    with Process(
        sys.executable, "-m", "lilong_tools.centre", "--estate", SMALL_ESTATE, "--broker", broker,
        "--db", folder / "centre.db", "--http", "127.0.0.1:0", "--observed", observed,
    ) as process:  # fmt: skip
        process.wait_for(r"^centre: console at ")
        yield observed
