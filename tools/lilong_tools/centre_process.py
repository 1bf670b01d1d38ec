"""The management centre as a process of its own, so that it does not share a CPU thread with the devices."""

import asyncio
import json
import os
import secrets
import signal
import sys
from pathlib import Path
from types import TracebackType

START_TIMEOUT_S = 30.0


class CentreProcessError(Exception):
    """The centre did not start, or died; the text carries its own last words."""


class CentreProcess:
    """`async with CentreProcess(...) as centre`: `centre.url` is the console's address."""

    def __init__(
        self, estate: str, broker_url: str, folder: Path, http: str, observed: Path, forward_to: str | None = None
    ) -> None:
        self._folder = folder
        self._info = folder / "centre.json"
        self._log = folder / "centre.log"
        self._environment = {**os.environ, "LILONG_BROKER_URL": broker_url}  # with its password
        self._arguments = [
            "--estate", estate, "--db", str(folder / "centre.db"), "--http", http,
            "--observed", str(observed), "--info-file", str(self._info),
            "--client-id", f"lilong-demo-{secrets.token_hex(4)}", "--forget", "--until-eof", "--simulation-key",
            *([] if forward_to is None else ["--forward-to", forward_to]),
        ]  # fmt: skip
        self._process: asyncio.subprocess.Process | None = None
        self.url = ""

    async def __aenter__(self) -> "CentreProcess":
        with self._log.open("wb") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "lilong_tools.centre", *self._arguments,
                stdin=asyncio.subprocess.PIPE, env=self._environment, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        try:
            async with asyncio.timeout(START_TIMEOUT_S):
                while not self._info.exists():
                    self.check()
                    await asyncio.sleep(0.02)
        except BaseException as error:
            await self._stop()
            if isinstance(error, TimeoutError):
                raise CentreProcessError(
                    f"the centre was not ready after {START_TIMEOUT_S:.0f} s: {self._words()}"
                ) from None
            raise
        self.url = json.loads(self._info.read_text())["http"]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stop()

    def check(self) -> None:
        """CentreProcessError when the centre has died."""
        if self._process is not None and self._process.returncode is not None:
            raise CentreProcessError(self._words())

    async def watch(self) -> None:
        """Until cancelled; CentreProcessError when the centre dies meanwhile."""
        assert self._process is not None
        code = await self._process.wait()
        how = f"with code {code}" if code >= 0 else f"by signal {-code}"
        raise CentreProcessError(f"the centre ended {how} in the middle of the run: {self._words()}")

    async def _stop(self) -> None:
        process = self._process
        if process is None or process.returncode is not None:
            return
        process.send_signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(process.wait(), 10)
        except TimeoutError:
            os.killpg(process.pid, signal.SIGKILL)
            await process.wait()

    def _words(self) -> str:
        lines = self._log.read_text(errors="replace").strip().splitlines()
        return "\n".join(lines[-5:]) or "the centre died without a word"
