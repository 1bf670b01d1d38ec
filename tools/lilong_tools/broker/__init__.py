"""The broker of a run: an external one by URL, else mosquitto when it is installed, else the embedded one."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Literal
from urllib.parse import quote, unquote, urlsplit

from lilong_tools.broker.errors import BrokerError
from lilong_tools.broker.mosquitto import Mosquitto, find_mosquitto
from lilong_tools.broker.probe import probe
from lilong_tools.broker.tls import Tls

__all__ = ["Broker", "BrokerError", "Mosquitto", "Tls", "find_mosquitto", "open_broker", "parse_url", "probe"]

DEFAULT_PORTS = {"mqtt": 1883, "mqtts": 8883}
START_TIMEOUT_S = 10


@dataclass(frozen=True)
class Broker:
    """Where the broker of this run is, and what it is. The password never shows in `repr` or `describe`."""

    kind: Literal["external", "mosquitto", "embedded"]
    host: str
    port: int
    version: str = "version unknown"
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    tls: Tls | None = None
    process: Mosquitto | None = field(default=None, repr=False, compare=False)  # where it is ours

    @property
    def url(self) -> str:
        """For `open_broker` in another process; it carries the password."""
        login = quote(self.username, safe="") if self.username else ""
        if self.password is not None:
            login += ":" + quote(self.password, safe="")
        host = f"[{self.host}]" if ":" in self.host else self.host
        scheme, query = ("mqtt", "") if self.tls is None else ("mqtts", self.tls.query())
        return f"{scheme}://{login}{'@' if login else ''}{host}:{self.port}{query}"

    def describe(self) -> str:
        """For a report: `mosquitto 2.0.18 at 127.0.0.1:40123`, with "(external)" behind it when it is not ours."""
        return f"{self.version} at {self.host}:{self.port}{' (external)' if self.kind == 'external' else ''}"


def parse_url(url: str) -> Broker:
    """`mqtt[s]://[user[:password]@]host[:port]`, percent-encoded; BrokerError for anything else.

    Behind mqtts:// may stand `?ca=FILE&cert=FILE&key=FILE`.
    """
    form = "a broker is given as mqtt://[user:password@]host[:port]"
    try:
        parts = urlsplit(url)
        port = DEFAULT_PORTS.get(parts.scheme, 0) if parts.port is None else parts.port
    except ValueError as error:
        raise BrokerError(f"broker URL: {error}; {form}") from None
    shown = url.rpartition("@")[2] if "@" in url else url
    if parts.scheme not in DEFAULT_PORTS:
        raise BrokerError(f"broker URL {shown!r} has no scheme that is spoken here; {form}")
    secured = parts.scheme == "mqtts"
    if not parts.hostname or port == 0:
        raise BrokerError(f"broker URL {shown!r} names no {'port' if parts.hostname else 'host'}; {form}")
    if parts.path not in ("", "/") or (parts.query and not secured) or parts.fragment:
        raise BrokerError(f"broker URL {shown!r} has something behind host and port; {form}")
    if parts.password is not None and not parts.username:
        raise BrokerError(f"broker URL {shown!r} has a password and no user; {form}")
    return Broker(
        "external", parts.hostname, port,
        username=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password is not None else None,
        tls=Tls.parse(parts.query) if secured else None,
    )  # fmt: skip


@asynccontextmanager
async def open_broker(
    url: str | None, port: int | None = None, kind: Literal["mosquitto", "embedded"] | None = None
) -> AsyncIterator[Broker]:
    """The broker at `url`, looked at once; without a URL one of our own on 127.0.0.1, stopped at the end.

    `port` is for one of our own (None or 0: any free one), `kind` insists on one. BrokerError when there is none.
    """
    if url is not None:
        if port is not None or kind is not None:
            raise BrokerError(f"broker {url!r} is external: leave out the port and the kind of a local one")
        wanted = parse_url(url)
        password = None if wanted.password is None else wanted.password.encode()
        context = None if wanted.tls is None else wanted.tls.context()
        version = await probe(wanted.host, wanted.port, wanted.username, password, tls=context)
        yield replace(wanted, version=version)
    elif kind == "mosquitto" or (kind is None and find_mosquitto() is not None):
        async with Mosquitto(port or 0) as mosquitto:
            yield Broker("mosquitto", mosquitto.host, mosquitto.port, mosquitto.version, process=mosquitto)
    else:
        async with _embedded_process(port or 0) as broker:
            yield broker


@asynccontextmanager
async def _embedded_process(port: int) -> AsyncIterator[Broker]:
    """The embedded broker in a process of its own: in ours it would share the fleet's loop and its lag."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "lilong_tools.broker.embedded", "--port", str(port),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        try:
            line = await asyncio.wait_for(process.stdout.readline(), START_TIMEOUT_S)
        except TimeoutError:
            raise BrokerError(f"the embedded broker did not start within {START_TIMEOUT_S} s") from None
        words = line.split()
        if words[:1] != [b"listening"]:
            said = (line + await process.stdout.read()).decode(errors="replace").strip()
            raise BrokerError(said or "the embedded broker ended without a word: see its traceback")
        host, bound = words[1].decode(), int(words[2])
        yield Broker("embedded", host, bound, await probe(host, bound))
    finally:
        process.stdin.close()  # it stops at the end of its input, whatever ends ours
        try:
            await asyncio.wait_for(process.wait(), START_TIMEOUT_S)
        except TimeoutError:
            process.kill()
            await process.wait()
