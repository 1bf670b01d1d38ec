"""Where a backend's observed feed is read from: a file, an MQTT topic, an HTTP server; or a subscriber of our own.

FILE                    what the backend appends to
mqtt:TOPIC              on the broker of the run: a message is one line, or several
http[s]://...           asked every half second with ?after=N for the lines behind the first N of the feed
"""

from __future__ import annotations

import asyncio
import contextlib
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from pathlib import Path
from ssl import SSLContext
from typing import Any

import aiomqtt
from lilong_protocol import frame, topics
from lilong_protocol.frame import FrameError

from ..feed import Feed, FeedError, FeedEvent, FeedReader, parse_line
from ..fleet.live import Login
from .payload import Template
from .recording import opened

ASK_S = 0.5
PATIENCE_S = 10.0  # how long an HTTP server may be away before the run is over
ANSWER_S = 5.0
MOST_BYTES = 64 << 20  # of one answer


class Account:
    """How an observer of our own reaches the broker of the run."""

    def __init__(
        self, host: str, port: int, username: str | None, password: str | None, tls: SSLContext | None, path: str | None
    ) -> None:
        self._place = f"{host}:{port}"
        self._options: dict[str, Any] = {
            "hostname": host, "port": port, "username": username, "password": password, "tls_context": tls,
            "transport": "tcp" if path is None else "websockets",
            **({} if path is None else {"websocket_path": path}),
        }  # fmt: skip

    def client(self) -> aiomqtt.Client:
        return aiomqtt.Client(**self._options)

    def device(self, device: str, login: Login, tls: SSLContext | None) -> aiomqtt.Client:
        """As one of the devices, with what is its own."""
        password = None if login.password is None else login.password.decode()
        own = {"identifier": device, "username": login.username, "password": password}
        return aiomqtt.Client(**{**self._options, **own, **({} if tls is None else {"tls_context": tls})})

    def __str__(self) -> str:
        return self._place


class Arrivals:
    """Events that arrive by themselves; a failure is told at the next `poll`."""

    def __init__(self) -> None:
        self._events: list[FeedEvent] = []
        self._failure: FeedError | None = None

    def check(self) -> None:
        if self._failure is not None:
            raise self._failure

    def poll(self) -> list[FeedEvent]:
        self.check()
        events, self._events = self._events, []
        return events

    def take(self, event: FeedEvent) -> None:
        self._events.append(event)

    def fail(self, error: FeedError) -> None:
        self._failure = error


@contextlib.asynccontextmanager
async def observed(spec: str, account: Account) -> AsyncIterator[Feed]:
    """The feed that `spec` names; FeedError when it is not there."""
    if spec.startswith("mqtt:"):
        topic = spec.removeprefix("mqtt:")
        if not topic or topic.startswith("/") or "\0" in topic:
            raise FeedError(f"--observed {spec}: names no topic; write mqtt:TOPIC, for example mqtt:backend/observed")

        async with _listening(lambda arrivals, ready: _topic(arrivals, ready, account, topic)) as feed:
            yield feed
    elif spec.startswith(("http://", "https://")):
        async with _listening(lambda arrivals, ready: _http(arrivals, ready, spec)) as feed:
            yield feed
    else:
        yield FeedReader(Path(spec))


@contextlib.asynccontextmanager
async def probe(tenants: list[str], account: Account, template: Template | None = None) -> AsyncIterator[Feed]:
    """A subscriber to the alarms of these tenants: "stored" is then the first delivery of a raise to it.

    template: by which devices speak; what it has no alarm in tells nothing, and an event has code 0.
    """
    filters = [topics.up(tenant, "+", topics.ALARM) for tenant in tenants]
    of: Recognise = _raised
    if template is not None:
        filters = [template.messages[frame.RAISE].filter]
        of = partial(_told, template)
    async with _listening(lambda arrivals, ready: _alarms(arrivals, ready, account, filters, of)) as feed:
        yield feed


Recognise = Callable[[str, bytes], tuple[str, int, int, int] | None]
"""Topic and payload to device, boot and seq of a raise, and the code of its alarm."""
Work = Callable[[Arrivals, asyncio.Event], Awaitable[None]]


@contextlib.asynccontextmanager
async def _listening(work: Work) -> AsyncIterator[Arrivals]:
    """Until the block ends; it begins when the work is ready."""
    arrivals, ready = Arrivals(), asyncio.Event()

    async def run() -> None:
        try:
            await work(arrivals, ready)
        except FeedError as error:
            arrivals.fail(error)
            ready.set()

    task = asyncio.create_task(run())
    try:
        await ready.wait()
        arrivals.check()  # what failed at once is told at once
        yield arrivals
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def _topic(arrivals: Arrivals, ready: asyncio.Event, account: Account, topic: str) -> None:
    try:
        async with account.client() as client:
            await client.subscribe(topic, qos=1)
            ready.set()
            number = 0
            async for message in client.messages:
                for line in bytes(message.payload or b"").splitlines():
                    number += 1
                    if line.strip():
                        arrivals.take(parse_line(line, f"mqtt:{message.topic.value}:{number}"))
    except aiomqtt.MqttError as error:
        raise FeedError(f"--observed mqtt:{topic}: the broker at {account} is not to be had ({error})") from None


def _raised(topic: str, payload: bytes) -> tuple[str, int, int, int] | None:
    parsed = topics.parse(topic)
    with contextlib.suppress(FrameError, ValueError, TypeError, IndexError):  # what is no frame of ours
        told = opened(payload)
        if told.kind == frame.RAISE and parsed is not None:
            return parsed[1], told.boot, told.seq, told.body[0]
    return None


def _told(template: Template, _: str, payload: bytes) -> tuple[str, int, int, int] | None:
    key = template.alarm_of(payload)
    return None if key is None else (*key, 0)


async def _alarms(
    arrivals: Arrivals, ready: asyncio.Event, account: Account, filters: list[str], of: Recognise
) -> None:
    seen: set[tuple[str, int, int]] = set()
    try:
        async with account.client() as client:
            for one in filters:
                await client.subscribe(one, qos=1)
            ready.set()
            async for message in client.messages:
                at = time.time() * 1000
                raised = None if message.retain else of(message.topic.value, bytes(message.payload or b""))
                if raised is not None and raised[:3] not in seen:
                    device, boot, seq, code = raised
                    seen.add((device, boot, seq))
                    arrivals.take(FeedEvent(at, "stored", f"{device}-{boot}-{seq}", device, code, boot, seq))
    except aiomqtt.MqttError as error:
        raise FeedError(f"--probe: the broker at {account} is not to be had ({error})") from None


async def _http(arrivals: Arrivals, ready: asyncio.Event, url: str) -> None:
    number = 0
    failing_since: float | None = None
    while True:
        try:
            lines = await asyncio.to_thread(_ask, url, number)
        except (OSError, ValueError) as error:
            now = time.monotonic()
            failing_since = failing_since or now
            if not ready.is_set() or now - failing_since > PATIENCE_S:
                raise FeedError(f"--observed {url}: {error}; give the address of a feed that answers") from None
        else:
            failing_since = None
            for line in lines:
                number += 1
                if line.strip():
                    arrivals.take(parse_line(line, f"{url}:{number}"))
            ready.set()
        await asyncio.sleep(ASK_S)


def _ask(url: str, after: int) -> list[bytes]:
    """The lines behind the first `after` of a feed."""
    parts = urllib.parse.urlsplit(url)
    query = "&".join(filter(None, (parts.query, f"after={after}")))
    request = urllib.request.Request(parts._replace(query=query).geturl(), headers={"accept": "application/jsonl"})
    with urllib.request.urlopen(request, timeout=ANSWER_S) as answer:  # a user's own address
        data: bytes = answer.read(MOST_BYTES)
    return data.splitlines()
