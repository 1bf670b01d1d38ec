"""Posts what the core wants to be forwarded, and tells it what came of each try."""

import asyncio
import contextlib
import http.client
import os
import ssl
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

from lilong_protocol.pc.simulation import is_loopback

from ..model import CentreError, Post
from .book import ANSWER_MS
from .cap import LONGEST, MEDIA_TYPE, receipt_of

TOKEN = "LILONG_FORWARD_TOKEN"  # the environment is not for everybody to see, as a command line is
AT_ONCE = 4  # a receiver that hangs on one message does not hold up the next

Told = Callable[[str, str], None]


class Receiver:
    """Where messages go. CentreError for an address that cannot be used."""

    def __init__(self, url: str, insecure: bool = False, token: str | None = None) -> None:
        try:
            parts = urlsplit(url)
            self.host, self.port = parts.hostname or "", parts.port
        except ValueError:
            raise CentreError(_no_address(url)) from None
        if parts.scheme not in ("http", "https") or not self.host or parts.username is not None or parts.fragment:
            raise CentreError(_no_address(url))
        self.tls = parts.scheme == "https"
        if not self.tls and not insecure and not is_loopback(self.host):
            raise CentreError(
                f"--forward-to {url}: another machine, and http:// hides nothing of what burns where; give https://, "
                "or start the centre with --insecure-forward"
            )
        self.path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self.name = parts.netloc  # in records: no path, which may hold a secret
        self._token = os.environ.get(TOKEN) if token is None else token
        self._context = ssl.create_default_context() if self.tls else None

    def post(self, post: Post) -> str:
        """One try; the receiver's receipt. OSError, HTTPException or CentreError for none."""
        timeout = ANSWER_MS / 1000
        line: http.client.HTTPConnection
        if self._context is not None:
            line = http.client.HTTPSConnection(self.host, self.port, timeout=timeout, context=self._context)
        else:
            line = http.client.HTTPConnection(self.host, self.port, timeout=timeout)
        headers = {"content-type": f"{MEDIA_TYPE}; charset=utf-8", "idempotency-key": post.id}
        if self._token:
            headers["authorization"] = f"Bearer {self._token}"
        with contextlib.closing(line):
            line.request("POST", self.path, post.message.encode(), headers)
            answer = line.getresponse()
            body = answer.read(LONGEST)
            if not 200 <= answer.status < 300:
                raise CentreError(f"it answered {answer.status} {answer.reason}")
            return receipt_of(post.id, body)


class Courier:
    """`send` returns at once; `received(id, receipt)` or `failed(id, why)` is called in the event loop."""

    def __init__(self, receiver: Receiver, received: Told, failed: Told) -> None:
        self._receiver = receiver
        self._received = received
        self._failed = failed
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="forward")
        self._under_way: set[asyncio.Task[None]] = set()

    def send(self, post: Post) -> None:
        task = asyncio.get_running_loop().create_task(self._try(post))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _try(self, post: Post) -> None:
        try:
            receipt = await asyncio.get_running_loop().run_in_executor(self._threads, self._receiver.post, post)
        except (OSError, http.client.HTTPException, CentreError) as error:
            self._failed(post.id, str(error) or type(error).__name__)
        else:
            self._received(post.id, receipt)

    def close(self) -> None:
        """What is under way is given up: the next centre tries it again."""
        for task in self._under_way:
            task.cancel()
        self._threads.shutdown(wait=False, cancel_futures=True)


def _no_address(url: str) -> str:
    return f"--forward-to {url!r}: no address; give http[s]://host[:port]/path, and a password as ${TOKEN}"
