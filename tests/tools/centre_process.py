"""`python -m lilong_tools.centre` as a child process of a test."""

import asyncio
import json
import os
import signal
import sys
from contextlib import asynccontextmanager
from pathlib import Path

COMMAND = (sys.executable, "-m", "lilong_tools.centre")


async def ended(*arguments, cwd=None):
    """Run a centre that is expected to end by itself: exit code, what it said on stdout and on stderr."""
    process = await asyncio.create_subprocess_exec(
        *COMMAND, *map(str, arguments), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, cwd=cwd
    )
    out, err = await process.communicate()
    return process.returncode, out.decode(), err.decode()


class Child:
    """A running centre: `url`, `process`, and what it has said once it is gone."""

    def __init__(self, process, url):
        self.process = process
        self.url = url

    async def kill(self):
        """As a power cut does."""
        os.kill(self.process.pid, signal.SIGKILL)
        await self.process.wait()

    async def terminate(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        _, err = await self.process.communicate()
        return self.process.returncode, err.decode()


@asynccontextmanager
async def running(broker, folder, *more, stdin=None, python=()):
    """A centre on music_plaza, ready; killed at the end if it is still there."""
    info = Path(folder) / "info.json"
    info.unlink(missing_ok=True)
    process = await asyncio.create_subprocess_exec(
        COMMAND[0], *python, *COMMAND[1:],
        "--broker", f"mqtt://{broker.host}:{broker.port}", "--db", str(Path(folder) / "centre.db"),
        "--http", "127.0.0.1:0", "--info-file", str(info), *map(str, more),
        stdin=stdin, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        while not info.exists():
            assert process.returncode is None, (await process.stderr.read()).decode()
            await asyncio.sleep(0.005)
        yield Child(process, json.loads(info.read_text())["http"])
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()
